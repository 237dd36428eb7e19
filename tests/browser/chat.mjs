// Chats on the built-in page in a real browser, looks at what is shown, and takes pictures.
// node chat.mjs URL FOLDER, with CHROMIUM naming the browser's program, DESKHAND that of the demo, and DATA its folder.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { chromium } from "playwright-core";

const [url, folder] = process.argv.slice(2);
await mkdir(folder, { recursive: true });
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox"] });

const checks = [];
const check = (name, run) => checks.push({ name, run });

async function open(options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 860 }, locale: "en-US", ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const problems = [];
  page.on("console", (message) => {
    if (message.type() === "error") problems.push(message.text());
  });
  page.on("pageerror", (error) => problems.push(String(error)));
  await page.goto(url);
  return { context, page, problems };
}

// Somebody at the helpdesk does something with a ticket.
const colleague = (...does) => execFileSync(process.env.DESKHAND, ["sandbox", ...does, "--data", process.env.DATA]);

const picture = (page, name) => page.screenshot({ path: join(folder, name + ".png") });

async function say(page, text) {
  await page.getByLabel("Your message").fill(text);
  await page.keyboard.press("Enter");
}

// The turn is over when nobody types and its time is shown.
const done = (page, turns) =>
  page.waitForFunction((count) => {
    const took = [...document.querySelectorAll(".turn .took")].filter((one) => one.textContent !== "");
    return took.length >= count && document.getElementById("typing").hidden;
  }, turns);

const bubbles = (page, author) => page.locator(`.messages .${author} .bubble > span:last-child`).allTextContents();

check("an order is looked up, and both sides show it", async () => {
  const { context, page, problems } = await open();
  await picture(page, "1-welcome");
  await page.locator("#suggestions button").first().click();
  await done(page, 1);
  const said = (await bubbles(page, "agent")).join("\n");
  assert.match(said, /UPS/);
  assert.match(said, /1Z/);
  assert.equal((await page.locator("#fact-intent").textContent()).trim(), "order status");
  assert.equal((await page.locator("#fact-agent").textContent()).trim(), "wismo");
  assert.match(await page.locator("#fact-identity").textContent(), /#1001 and email/);
  for (const tool of ["find_order", "track_shipment"]) {
    const step = page.locator(".step", { has: page.locator(".name", { hasText: tool }) }).first();
    assert.equal(await step.locator(".pill").textContent(), "done");
  }
  await picture(page, "2-answer");

  // A reload goes on where it was.
  const before = await page.locator("#messages").innerText();
  await page.reload();
  await done(page, 1);
  assert.equal(await page.locator("#messages").innerText(), before);

  // What looks like markup is text.
  await say(page, '<img src=x onerror="document.title=1"> Thanks!');
  await done(page, 2);
  assert.equal(await page.locator(".messages img").count(), 0);
  assert.match((await bubbles(page, "customer"))[1], /<img src=x/);

  // A person takes over, and from then on the agent is silent.
  await say(page, "I would like to talk to a person");
  await page.locator(".messages .break", { hasText: /reference \S+/ }).waitFor();
  await done(page, 3);
  const ledger = page.locator("#ledger li", { hasText: "ticket" });
  assert.match(await ledger.innerText(), /confirmed/);
  assert.match(await page.locator("#presence").textContent(), /person/);
  const agents = (await bubbles(page, "agent")).length;
  await say(page, "Are you still there?");
  await page.locator(".messages .customer:not(.pending)", { hasText: "still there" }).waitFor();
  await page.waitForTimeout(600);
  assert.equal((await bubbles(page, "agent")).length, agents);
  assert.equal(await page.locator("#typing").isVisible(), false);
  await picture(page, "3-handed-off");

  // What a person writes in the helpdesk shows by itself, under their name.
  const ticket = (await page.locator(".messages .break").textContent()).match(/\d+/)[0];
  colleague("reply", ticket, "Hello, <b>Rosa</b> here. I have found your parcel.");
  await page.locator(".messages .human", { hasText: "I have found your parcel" }).waitFor({ timeout: 2000 });
  assert.match((await page.locator(".messages .human").innerText()), /<b>Rosa<\/b> here[\s\S]*Rosa/);
  await say(page, "Thank you, Rosa!");
  await page.locator(".messages .customer:not(.pending)", { hasText: "Thank you, Rosa" }).waitFor();
  colleague("close", ticket);
  await page.locator("#presence", { hasText: "Resolved" }).waitFor();
  assert.equal((await bubbles(page, "agent")).length, agents);
  await picture(page, "3-answered-by-a-person");
  assert.deepEqual(problems, []);
  await context.close();
});

check("a link leads to an approval, and a key decides", async () => {
  const { context, page, problems } = await open();
  await say(page, "my jacket from order #1005 came torn, refund please. chloe@example.com");
  await done(page, 1);
  const key = (await readFile(join(process.env.DATA, "sandbox", "approver-key"), "utf8")).trim();
  const headers = { Authorization: "Bearer " + key };
  const listed = await (await fetch(url + "v1/approvals?state=pending", { headers })).json();
  const link = url + "approvals/" + listed.approvals.at(-1).approval_id;
  const decision = await context.newPage();
  decision.on("pageerror", (error) => problems.push(String(error)));
  await decision.goto(link);
  assert.equal(await decision.locator("#approval").isVisible(), false, "the link alone shows nothing");
  await decision.getByLabel("Approver's key").fill("ak_of_nobody");
  await decision.getByRole("button", { name: "Sign in" }).click();
  await decision.locator("#notice:not([hidden])").waitFor();
  assert.equal(await decision.locator("#approval").isVisible(), false);
  await decision.getByLabel("Approver's key").fill(key);
  await decision.getByRole("button", { name: "Sign in" }).click();
  await decision.locator("#approval:not([hidden])").waitFor();
  assert.match(await decision.locator("#facts").innerText(), /#1005[\s\S]*Summit Storm Jacket[\s\S]*320\.00 USD/);
  await decision.getByLabel("Amount, if it is to be less").fill("100.00");
  await picture(decision, "8-approval");
  await decision.getByRole("button", { name: "Approve" }).click();
  await decision.locator("#notice", { hasText: "Approved." }).waitFor();
  assert.equal(await decision.locator("#decide").isVisible(), false);
  // The shopper reads it.
  await page.locator(".messages", { hasText: "$100.00 has been refunded" }).waitFor();
  assert.deepEqual(problems.filter((problem) => !/401/.test(problem)), []);
  await context.close();
});

check("a message that was not sent can be sent again, once", async () => {
  const { context, page } = await open();
  let broken = true;
  await page.route("**/messages", (route) => (broken ? route.abort() : route.continue()));
  await say(page, "How long do I have to return something?");
  const retry = page.getByRole("button", { name: "Try again" });
  await retry.waitFor();
  await picture(page, "4-not-sent");
  broken = false;
  await retry.click();
  await done(page, 1);
  assert.equal((await bubbles(page, "customer")).length, 1);
  assert.equal(await page.locator("#notice").isVisible(), false);
  await context.close();
});

check("a lost stream is found again, in the middle of a conversation", async () => {
  const { context, page } = await open();
  let streams = 0;
  await page.route("**/events?*", async (route) => {
    streams += 1;
    // The first one is cut by answering with what the server has sent so far.
    if (streams === 1) await route.fulfill({ status: 200, contentType: "text/event-stream", body: "retry: 1000\n\n" });
    else await route.continue();
  });
  await say(page, "Where is my order #1001? My e-mail is ana@example.com");
  await done(page, 1);
  assert.ok(streams >= 2);
  assert.match((await bubbles(page, "agent")).join("\n"), /1001/);
  assert.equal((await bubbles(page, "customer")).length, 1);
  await context.close();
});

check("a conversation that is gone begins anew", async () => {
  const { context, page } = await open();
  await page.evaluate(() => {
    const key = "deskhand.conversation." + JSON.parse(document.getElementById("settings").textContent).public_key;
    localStorage.setItem(key, JSON.stringify({ id: "conv_gone", token: "ct_gone" }));
  });
  await page.reload();
  await page.locator("#notice", { hasText: "no longer there" }).waitFor();
  await say(page, "Hello");
  await done(page, 1);
  await context.close();
});

check("keyboard and names", async () => {
  const { context, page } = await open();
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Skip to the message field");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.activeElement.id === "message");
  await page.keyboard.type("Hello");
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.type("again");
  assert.equal(await page.locator("#message").inputValue(), "Hello\nagain");
  const nameless = await page.evaluate(() =>
    [...document.querySelectorAll("button, textarea, a, [tabindex]")]
      .filter((one) => !one.hidden && !(one.textContent.trim() || one.getAttribute("aria-label") || one.labels?.length))
      .map((one) => one.outerHTML));
  assert.deepEqual(nameless, []);
  await context.close();
});

check("it fits a phone, and the dark", async () => {
  const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true };
  for (const [name, options] of [
    ["5-phone", phone],
    ["6-phone-dark", { ...phone, colorScheme: "dark" }],
    ["7-dark", { colorScheme: "dark", reducedMotion: "reduce" }],
  ]) {
    const { context, page } = await open(options);
    await page.locator("#suggestions button").first().click();
    await done(page, 1);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    assert.ok(overflow <= 0, `${name}: ${overflow} px too wide`);
    await picture(page, name);
    if (name === "5-phone") await page.screenshot({ path: join(folder, "5-phone-whole.png"), fullPage: true });
    await context.close();
  }
});

let failed = 0;
for (const { name, run } of checks) {
  try {
    await run();
    console.log("ok      " + name);
  } catch (problem) {
    failed += 1;
    const pages = browser.contexts().flatMap((context) => context.pages());
    await Promise.all(pages.map((page, index) => picture(page, `failed-${failed}-${index}`)));
    await Promise.all(browser.contexts().map((context) => context.close()));
    console.log("FAILED  " + name + "\n" + (problem?.stack ?? problem));
  }
}
await browser.close();
console.log(failed ? `${failed} of ${checks.length} failed` : `${checks.length} passed; pictures in ${folder}`);
process.exit(failed ? 1 : 0);
