"use strict";

(() => {
  const id = decodeURIComponent(location.pathname.split("/").filter(Boolean).pop() ?? "");
  const part = (name) => document.getElementById(name);
  let key = "";

  const tell = (text) => {
    part("notice").textContent = text;
    part("notice").hidden = !text;
  };

  const ask = async (path, body) => {
    const options = { headers: { Authorization: "Bearer " + key, "Content-Type": "application/json" } };
    if (body) Object.assign(options, { method: "POST", body: JSON.stringify(body) });
    const answer = await fetch(path, options);
    const said = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Error(said.error?.message ?? "The server answered with " + answer.status + ".");
    return said;
  };

  const money = (amount) => (amount ? amount.amount + " " + amount.currency : "");

  const show = (approval) => {
    const asked = approval.proposal ?? {};
    const items = (asked.items ?? []).map((item) => item.quantity + " × " + item.title).join(", ");
    const facts = [
      ["Order", asked.order_number],
      ["What", items],
      ["Amount", money(asked.amount) || (asked.at_most ? "at most " + money(asked.at_most) : "")],
      ["In the shopper's words", asked.wanted],
      ["Why it waits", approval.reason],
      ["State", approval.state],
      ["Decided by", approval.decided_by],
      ["Expires", new Date(approval.expires_at).toLocaleString()],
      ["Conversation", approval.conversation_id],
    ];
    part("facts").replaceChildren(
      ...facts
        .filter(([, value]) => typeof value === "string" && value)
        .map(([name, value]) => {
          const row = document.createElement("div");
          row.append(document.createElement("dt"), document.createElement("dd"));
          row.firstChild.textContent = name;
          row.lastChild.textContent = value;
          return row;
        }),
    );
    part("sign-in").hidden = true;
    part("approval").hidden = false;
    part("decide").hidden = approval.state !== "pending";
  };

  const decide = async (verb, body, done) => {
    part("approve").disabled = part("deny").disabled = true;
    tell("");
    try {
      const decided = await ask("/v1/approvals/" + encodeURIComponent(id) + "/" + verb, body);
      show(decided.approval);
      tell(decided.effect?.problem ?? done);
    } catch (error) {
      tell(error.message);
    } finally {
      part("approve").disabled = part("deny").disabled = false;
    }
  };

  part("sign-in").addEventListener("submit", async (event) => {
    event.preventDefault();
    key = part("key").value.trim();
    tell("");
    try {
      // A list shows no more than 200: what waits is looked for first.
      const pending = await ask("/v1/approvals?state=pending");
      const all = await ask("/v1/approvals");
      const approval = [...pending.approvals, ...all.approvals].find((one) => one.approval_id === id);
      if (!approval) throw new Error("This store has no such approval.");
      part("key").value = "";
      show(approval);
    } catch (error) {
      key = "";
      tell(error.message);
    }
  });

  part("decide").addEventListener("submit", (event) => {
    event.preventDefault();
    const amount = part("amount").value.trim();
    decide("approve", amount ? { amount } : {}, "Approved.");
  });

  part("deny").addEventListener("click", () => {
    const message = part("message").value.trim();
    decide("deny", message ? { message } : {}, "Denied.");
  });
})();
