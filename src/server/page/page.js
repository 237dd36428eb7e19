"use strict";

// The chat, and beside it the workings. Everything that is shown comes from one stream of events; text is only ever set
// as text. The conversation's id and token are kept in this browser, so that a reload goes on where it was.

(() => {
  const settings = JSON.parse(document.getElementById("settings").textContent);
  const KEPT = "deskhand.conversation." + settings.public_key;
  // The server sends at least a comment every 15 seconds.
  const SILENCE_MS = 40_000;
  const WAITS_MS = [500, 1000, 2000, 4000, 8000];

  const byId = (id) => document.getElementById(id);
  const view = {
    scroller: byId("scroller"), welcome: byId("welcome"), messages: byId("messages"), typing: byId("typing"),
    typingText: byId("typing-text"), notice: byId("notice"), composer: byId("composer"), field: byId("message"),
    person: byId("person"), presence: byId("presence"), dot: byId("presence-dot"), announcer: byId("announcer"), ledger: byId("ledger"),
    turns: byId("turns"), events: byId("events"), eventCount: byId("event-count"),
  };

  let kept = readKept();
  let stream = null;
  let shown = freshScreen();

  // What is on the screen, beside what the elements hold themselves.
  function freshScreen() {
    return {
      lastId: "", status: null, draft: null, turns: new Map(), tools: new Map(), effects: new Map(),
      sent: new Map(), events: 0, handoff: null,
    };
  }

  // ---- elements

  function element(tag, className, text) {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  }

  const words = (name) => String(name).replaceAll("_", " ");
  const time = (at) => new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });

  function seconds(from, to) {
    const ms = new Date(to) - new Date(from);
    return ms < 1000 ? ms + " ms" : (ms / 1000).toFixed(1) + " s";
  }

  // Follows the newest line, unless the reader has scrolled up.
  function keepingPlace(change) {
    const box = view.scroller;
    const atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 80;
    const result = change();
    if (atEnd) box.scrollTop = box.scrollHeight;
    return result;
  }

  // ---- what is kept

  function readKept() {
    try {
      const value = JSON.parse(localStorage.getItem(KEPT));
      return value && value.id && value.token ? value : null;
    } catch {
      return null;
    }
  }

  function keep(value) {
    kept = value;
    try {
      if (value) localStorage.setItem(KEPT, JSON.stringify(value));
      else localStorage.removeItem(KEPT);
    } catch {
      // A browser that keeps nothing still chats; only a reload begins anew.
    }
  }

  // ---- the API

  class Refusal extends Error {
    constructor(status, body) {
      super(body?.error?.message ?? "The server answered with " + status + ".");
      this.status = status;
      this.code = body?.error?.code ?? "";
      this.requestId = body?.request_id ?? "";
    }
  }

  function headers(more) {
    const all = { Authorization: "Bearer " + settings.public_key, ...more };
    if (kept) all["X-Conversation-Token"] = kept.token;
    return all;
  }

  async function post(path, body) {
    const response = await fetch(path, {
      method: "POST",
      headers: headers({ "Content-Type": "application/json" }),
      body: JSON.stringify(body),
    });
    const answer = await response.json().catch(() => null);
    if (!response.ok) throw new Refusal(response.status, answer);
    return answer;
  }

  const here = (rest) => "/v1/conversations/" + encodeURIComponent(kept.id) + rest;

  let opening = null;

  // One conversation, however often Send is pressed while it opens.
  function open() {
    opening ??= post("/v1/conversations", { channel: "chat" })
      .then((answer) => {
        keep({ id: answer.conversation_id, token: answer.conversation_token });
        follow();
      })
      .finally(() => { opening = null; });
    return opening;
  }

  // ---- sending

  function uniqueId() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  function send(text) {
    const message = { text, id: uniqueId(), item: null };
    message.item = addMessage("customer", text, "sending");
    message.item.root.classList.add("pending");
    shown.sent.set(message.id, message);
    deliver(message);
  }

  async function deliver(message) {
    const screen = shown;
    message.item.root.classList.remove("failed");
    message.item.root.classList.add("pending");
    message.item.meta.textContent = "sending";
    hideNotice();
    try {
      if (!kept) await open();
      await post(here("/messages"), { content: message.text, client_message_id: message.id });
    } catch (problem) {
      if (screen === shown && screen.sent.has(message.id)) failed(message, problem);
    }
  }

  function failed(message, problem) {
    if (problem instanceof Refusal && (problem.status === 403 || problem.status === 404)) {
      gone();
      return;
    }
    message.item.root.classList.remove("pending");
    message.item.root.classList.add("failed");
    const again = element("button", "link", "Try again");
    again.type = "button";
    again.addEventListener("click", () => deliver(message));
    message.item.meta.replaceChildren("not sent · ", again);
    const why = problem instanceof Refusal ? sentence(problem.message) : "The server cannot be reached.";
    notify("Your message was not sent. " + why, "bad");
  }

  const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? "" : ".");

  // The server no longer knows this conversation: a new database, or another secret.
  function gone() {
    begin();
    notify("The earlier conversation is no longer there. Your next message begins a new one.", "warn");
  }

  // ---- notices

  function notify(text, kind) {
    view.notice.className = "notice " + kind;
    view.notice.textContent = text;
    view.notice.hidden = false;
  }

  function hideNotice() {
    view.notice.hidden = true;
  }

  // ---- the stream

  function follow() {
    stream?.abort();
    stream = new AbortController();
    keepFollowing(stream.signal);
  }

  async function keepFollowing(signal) {
    let failures = 0;
    while (!signal.aborted) {
      try {
        await readStream(signal, () => {
          failures = 0;
          connected(true);
        });
      } catch (problem) {
        if (signal.aborted) return;
        if (problem instanceof Refusal && problem.status >= 400 && problem.status < 500 && problem.status !== 429) {
          if (problem.status === 401) notify("This page's key is not accepted: " + problem.message, "bad");
          else gone();
          return;
        }
      }
      if (signal.aborted) return;
      failures += 1;
      if (failures > 1) connected(false);
      await new Promise((done) => setTimeout(done, WAITS_MS[Math.min(failures, WAITS_MS.length) - 1]));
    }
  }

  // Reads until the connection ends. A connection that is silent for too long is taken for lost.
  async function readStream(signal, onOpen) {
    const connection = new AbortController();
    const stop = () => connection.abort();
    signal.addEventListener("abort", stop);
    let watchdog = setTimeout(stop, SILENCE_MS);
    try {
      const more = shown.lastId ? { "Last-Event-ID": shown.lastId } : {};
      const response = await fetch(here("/events?view=operator"), {
        headers: headers({ Accept: "text/event-stream", ...more }),
        signal: connection.signal,
      });
      if (!response.ok) throw new Refusal(response.status, await response.json().catch(() => null));
      onOpen();
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      let rest = "";
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        clearTimeout(watchdog);
        watchdog = setTimeout(stop, SILENCE_MS);
        const blocks = (rest + value).split("\n\n");
        rest = blocks.pop();
        for (const block of blocks) {
          if (signal.aborted) return;
          take(block);
        }
      }
    } finally {
      clearTimeout(watchdog);
      signal.removeEventListener("abort", stop);
      connection.abort();
    }
  }

  function take(block) {
    const event = { id: "", name: "", data: "" };
    for (const line of block.split("\n")) {
      const colon = line.indexOf(": ");
      if (colon <= 0) continue;
      const [field, value] = [line.slice(0, colon), line.slice(colon + 2)];
      if (field === "id") event.id = value;
      else if (field === "event") event.name = value;
      else if (field === "data") event.data += value;
    }
    if (!event.name) return;
    const data = JSON.parse(event.data);
    keepingPlace(() => {
      listEvent(event);
      handlers[event.name]?.(data);
    });
    shown.lastId = event.id;
  }

  function connected(yes) {
    view.dot.classList.toggle("lost", !yes);
    if (yes) tellPresence();
    else view.presence.textContent = "Connection lost, trying again";
  }

  function tellPresence() {
    const person = shown.status === "handoff_pending" || shown.status === "human_handling";
    view.dot.classList.toggle("person", person);
    view.presence.textContent =
      shown.status === "handoff_pending" ? "A person will take over"
      : shown.status === "human_handling" ? "A person has this conversation"
      : shown.status === "resolved" ? "Resolved; write to begin again"
      : "Answered by an automated assistant";
    view.person.disabled = !kept || person;
    view.field.placeholder = person ? "Write to our team" : "Write a message";
  }

  // ---- the chat

  function addMessage(author, text, meta) {
    return keepingPlace(() => {
      view.welcome.hidden = true;
      const root = element("li", author);
      const speaker = { customer: "You: ", agent: "Assistant: ", system: "Support: ", human: "Our team: " }[author];
      const bubble = element("div", "bubble");
      const body = element("span", "", text);
      bubble.append(element("span", "unseen", speaker), body);
      const small = element("span", "meta", meta ?? "");
      root.append(bubble, small);
      view.messages.append(root);
      return { root, body, meta: small };
    });
  }

  function typing(text) {
    view.typing.hidden = !text;
    view.typingText.textContent = text ?? "";
  }

  function discardDraft() {
    shown.draft?.item.root.remove();
    shown.draft = null;
  }

  const DOING = {
    find_order: "Looking for the order", get_order: "Reading the order", track_shipment: "Asking the carrier",
    list_orders: "Looking through the orders", search_help_center: "Reading the store's rules",
    find_product: "Looking at the products", send_verification_code: "Sending a code",
    confirm_verification_code: "Checking the code", escalate_to_human: "Calling a colleague",
  };

  const handlers = {
    "message.received"(data) {
      const sent = shown.sent.get(data.client_message_id);
      const item = sent ? sent.item : addMessage("customer", data.content);
      item.root.classList.remove("pending", "failed");
      item.body.textContent = data.content;
      item.meta.textContent = time(data.at);
      if (sent) shown.sent.delete(data.client_message_id);
      if (shown.status === null || shown.status === "ai_handling") typing("Reading your message");
    },
    "turn.started"(data) {
      turnOf(data.turn, data.at);
      typing("Reading your message");
    },
    "routed"(data) {
      fact("agent", words(data.agent));
      fact("intent", words(data.intent));
      fact("confidence", Math.round(data.confidence * 100) + " %");
      fact("sentiment", words(data.sentiment) + " · " + data.language);
      const row = step(data, data.from ? "transfer" : "routed");
      row.append(
        element("span", "", words(data.intent)),
        element("span", "quiet-text", (data.from ? words(data.from) + " → " : "→ ") + words(data.agent)),
        element("span", "pill", Math.round(data.confidence * 100) + " %"),
      );
      typing("Thinking");
    },
    "model.answered"(data) {
      const row = step(data, "model");
      const asks = data.tools.length ? "asks for " + data.tools.join(", ") : "has answered";
      const tokens = data.usage.input_tokens + data.usage.output_tokens;
      row.append(element("span", "quiet-text", asks + (tokens ? " · " + tokens.toLocaleString() + " tokens" : "")));
    },
    "tool.started"(data) {
      const row = step(data, data.tool);
      const pill = element("span", "pill", "running");
      row.append(pill);
      shown.tools.set(data.call_id, { row, pill, at: data.at });
      typing(DOING[data.tool] ?? "Working on it");
    },
    "tool.completed"(data) {
      const tool = shown.tools.get(data.call_id) ?? newTool(data);
      tool.pill.className = "pill " + ({ done: "good", invalid: "warn", refused: "warn", unavailable: "bad" }[data.outcome] ?? "");
      tool.pill.textContent = words(data.outcome);
      tool.row.append(element("span", "quiet-text", seconds(tool.at, data.at)));
      tool.row.parentElement.append(fields(data.result));
      typing("Thinking");
    },
    "message.delta"(data) {
      typing(null);
      const same = shown.draft && shown.draft.turn === data.turn && shown.draft.attempt === data.attempt;
      if (!same) {
        discardDraft();
        shown.draft = { turn: data.turn, attempt: data.attempt, item: addMessage("agent", "") };
      }
      const body = shown.draft.item.body;
      if (data.offset === 0) body.textContent = "";
      body.append(data.text);
    },
    "message.reset"() {
      discardDraft();
      typing("Thinking again");
    },
    "message.completed"(data) {
      const draft = data.author === "agent" ? shown.draft : null;
      if (draft) shown.draft = null;
      const item = draft ? draft.item : addMessage(data.author, "");
      item.body.textContent = data.content;
      item.meta.textContent = time(data.at);
      view.announcer.textContent = data.content;
    },
    "human.message"(data) {
      const who = data.name ?? "Our team";
      const item = addMessage("human", data.content, who + " · " + time(data.at));
      view.announcer.textContent = who + ": " + data.content;
      item.root.title = "Written by a person";
      typing(null);
    },
    "ticket.seen"(data) {
      const row = step(data, "ticket");
      row.append(
        element("span", "pill", data.open ? "open" : "closed"),
        element("span", "quiet-text", [data.ticket, data.assignee, ...data.tags].filter(Boolean).join(" · ")),
      );
    },
    "message.drafted"(data) {
      const row = step(data, "draft");
      row.append(element("span", "quiet-text", "a person would send this"));
      row.parentElement.append(element("blockquote", "", data.content));
    },
    "claim.withheld"(data) {
      const row = step(data, "claim");
      row.append(element("span", "pill warn", "withheld"), element("span", "quiet-text", words(data.reason)));
      row.parentElement.append(element("blockquote", "", data.sentence));
    },
    "identity.proved"(data) {
      const how = data.by === "order" ? data.order + " and " + words(data.matched_by) : data.by === "code" ? "one-time code" : "customer token";
      fact("identity", how);
      const row = step(data, "identity");
      row.append(element("span", "pill good", data.by === "order" ? "order matched" : "verified"), element("span", "quiet-text", how));
    },
    "code.checked"(data) {
      const row = step(data, "code");
      row.append(element("span", data.right ? "pill good" : "pill warn", data.right ? "right" : "wrong"));
      if (!data.right) row.append(element("span", "quiet-text", data.tries_left + " tries left"));
    },
    "effect"(data) {
      // Every message that goes into the ticket is one; they would fill the list.
      if (data.kind === "ticket_entry" && data.state === "confirmed") return;
      const known = shown.effects.get(data.effect_id) ?? newEffect(data);
      if (known.track.childElementCount) known.track.append(element("span", "arrow", "→"));
      const kind = { confirmed: "good", failed: "bad", unknown: "warn", sent: "info" }[data.state] ?? "";
      known.track.append(element("span", "pill " + kind, words(data.state)));
      if (data.vendor_reference) known.reference.textContent = "no. " + data.vendor_reference.split(" ")[0].split("/").pop();
    },
    "approval.requested"(data) {
      const amount = data.amount ? data.amount.amount + " " + data.amount.currency : "";
      const row = step(data, "approval");
      row.append(element("span", "pill warn", "waiting"), element("span", "quiet-text", [words(data.reason ?? ""), amount].join(" · ")));
      const effect = shown.effects.get(data.effect_id) ?? newEffect(data);
      effect.track.append(element("span", "pill warn", "waits for a yes"));
    },
    "approval.decided"(data) {
      const row = step(data, "approval");
      row.append(element("span", data.state === "approved" ? "pill good" : "pill bad", words(data.state)));
      const effect = shown.effects.get(data.effect_id);
      effect?.track.append(element("span", "arrow", "→"), element("span", "pill", words(data.state)));
    },
    "handoff"(data) {
      if (shown.handoff?.number !== data.number) {
        const line = element("li", "break", "");
        view.welcome.hidden = true;
        view.messages.append(line);
        shown.handoff = { number: data.number, line };
        const row = step(data, "hand-off");
        row.append(element("span", "pill info", words(data.reason)));
      }
      shown.handoff.line.textContent = data.reference ? "Passed to our team · reference " + data.reference : "Passed to our team";
    },
    "status"(data) {
      shown.status = data.status;
      fact("status", words(data.status));
      const row = step(data, "status");
      row.append(element("span", "pill", words(data.status)), element("span", "quiet-text", data.by ? "by " + data.by : ""));
      if (data.status !== "ai_handling") typing(null);
      tellPresence();
    },
    "error"(data) {
      const row = step(data, "error");
      row.append(element("span", "pill bad", words(data.code)), element("span", "quiet-text", data.message));
    },
    "turn.completed"(data) {
      const turn = turnOf(data.turn, data.at);
      turn.took.textContent = seconds(turn.at, data.at);
      typing(null);
      if (shown.status === null) fact("status", "ai handling");
    },
  };

  // ---- the workings

  function fact(name, text) {
    byId("fact-" + name).textContent = text;
  }

  function turnOf(id, at) {
    const known = shown.turns.get(id);
    if (known) return known;
    byId("turns-empty").hidden = true;
    const root = element("li", "turn");
    const title = element("div", "turn-title");
    const took = element("span", "took", "");
    title.append(element("span", "", "Turn " + (shown.turns.size + 1) + " · " + time(at)), took);
    const steps = element("ol", "steps");
    root.append(title, steps);
    view.turns.prepend(root);
    const turn = { at, steps, took };
    shown.turns.set(id, turn);
    shown.turn = turn;
    return turn;
  }

  // A line of the turn that the event belongs to, or of the one under way.
  function step(data, name) {
    const turn = data.turn ? turnOf(data.turn, data.at) : shown.turn ?? turnOf("between", data.at);
    const root = element("li", "step");
    const row = element("div", "row");
    row.append(element("span", "name", name));
    root.append(row);
    turn.steps.append(root);
    return row;
  }

  function newTool(data) {
    const row = step(data, data.tool);
    const pill = element("span", "pill");
    row.append(pill);
    return { row, pill, at: data.at };
  }

  function newEffect(data) {
    byId("ledger-empty").hidden = true;
    const root = element("li");
    const track = element("span", "track");
    const reference = element("span", "reference");
    root.append(element("span", "what", words(data.kind)), track, reference);
    view.ledger.append(root);
    const effect = { track, reference };
    shown.effects.set(data.effect_id, effect);
    return effect;
  }

  // A projection as a list of names and values, with a heading for each thing in it that has several.
  function fields(value) {
    const list = element("dl", "result");
    const add = (name, inner) => {
      if (inner === null) return;
      if (Array.isArray(inner)) {
        const numbered = inner.length > 1;
        inner.forEach((one, index) => add(numbered ? name + " " + (index + 1) : name, one));
      } else if (typeof inner === "object") {
        if (name) list.append(element("dt", "group", name));
        for (const [key, deeper] of Object.entries(inner)) add(words(key), deeper);
      } else {
        list.append(element("dt", "", name), element("dd", "", String(inner)));
      }
    };
    add("", value);
    return list;
  }

  function listEvent(event) {
    shown.events += 1;
    view.eventCount.textContent = String(shown.events);
    const line = element("li");
    line.append(element("span", "id", event.id), element("span", "", event.name), element("span", "data", event.data));
    view.events.append(line);
    if (view.events.childElementCount > 500) view.events.firstElementChild.remove();
  }

  // ---- beginning

  // An empty screen, without a conversation.
  function begin() {
    stream?.abort();
    keep(null);
    shown = freshScreen();
    for (const list of [view.messages, view.ledger, view.turns, view.events]) list.replaceChildren();
    for (const id of ["ledger-empty", "turns-empty", "welcome"]) byId(id).hidden = false;
    for (const name of ["agent", "intent", "confidence", "sentiment"]) fact(name, "–");
    fact("status", "no conversation yet");
    fact("identity", "nothing yet");
    view.eventCount.textContent = "0";
    view.dot.className = "dot";
    typing(null);
    hideNotice();
    tellPresence();
  }

  function grow() {
    view.field.style.height = "auto";
    view.field.style.height = Math.min(view.field.scrollHeight + 2, 144) + "px";
  }

  function submit() {
    const text = view.field.value.trim();
    if (!text) return;
    view.field.value = "";
    grow();
    send(text);
    view.scroller.scrollTop = view.scroller.scrollHeight;
  }

  function suggest() {
    const list = byId("suggestions");
    byId("suggestions-hint").hidden = settings.suggestions.length === 0;
    for (const text of settings.suggestions) {
      const button = element("button", "", text);
      button.type = "button";
      button.addEventListener("click", () => {
        send(text);
        view.field.focus();
      });
      const item = element("li");
      item.append(button);
      list.append(item);
    }
  }

  view.composer.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  view.field.addEventListener("input", grow);
  view.field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      submit();
    }
  });
  view.person.addEventListener("click", async () => {
    view.person.disabled = true;
    try {
      await post(here("/escalate"), {});
    } catch (problem) {
      tellPresence();
      notify("A person could not be called. " + (problem instanceof Refusal ? sentence(problem.message) : "The server cannot be reached."), "bad");
    }
  });
  byId("restart").addEventListener("click", () => {
    begin();
    view.field.focus();
  });

  document.title = settings.store_name + " · Deskhand";
  byId("store-name").textContent = settings.store_name;
  byId("model-note").textContent = settings.model_note;
  suggest();
  tellPresence();
  if (kept) {
    view.welcome.hidden = true;
    follow();
  }
})();
