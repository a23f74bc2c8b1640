// Drives the console in a headless browser and prints what it saw as JSON: node page.mjs ADDRESS KEYED_ADDRESS

import { browse } from "./scenes.mjs";

const [plain, keyed] = process.argv.slice(2);
const { scene, close } = await browse(plain);

async function ask(page, message) {
  await page.locator("#message").fill(message);
  await page.locator("#message").press("Enter");
}

const over = (page) => page.locator(".turn").last().locator(":scope > footer").waitFor();

const turn = async (page) => ({
  question: await page.locator(".turn > h2").last().innerText(),
  text: (await page.locator(".turn").last().locator(":scope > .prose").allInnerTexts()).join("\n"),
  signed: await page.locator(".turn > footer").last().innerText(),
});

await scene("answer", async (page) => {
  const model = await page.locator(".model").innerText();
  await page.getByRole("button", { name: /How far does a ball fly/ }).click();
  await over(page);
  await page.locator("nis-chart path.line").first().waitFor();
  return {
    model,
    ...(await turn(page)),
    call: await page.locator(".call").innerText(),
    lines: await page.locator("nis-chart path.line").count(),
    panels: await page.locator("nis-chart svg").count(),
    chart: await page.locator("nis-chart svg").first().getAttribute("aria-label"),
    table: await page.locator("figure table").first().innerText(),
    aside: await page.locator("details.aside:not([open]) > summary").allInnerTexts(),
    busy: await page.locator(".turn").getAttribute("aria-busy"),
    address: new URL(page.url()).hash,
  };
});

await scene("form", async (page) => {
  await ask(page, "How far does a ball fly at 20 m/s and 40 degrees with drag, mass 0.145 kg, diameter 74 mm?");
  await over(page);
  const field = (name) => page.locator("nis-form").getByLabel(name).and(page.locator(":not(.slide)"));
  const label = page.locator("nis-form .field label");
  await page.locator("nis-form > details > summary").click();
  const texts = async (found) => (await found.allInnerTexts()).map((text) => text.replace(/\s+/g, " "));
  const first = await texts(label.locator("visible=true"));
  await page.locator("nis-form .more > summary").click();
  const fields = await texts(label);
  await field("delay").fill("-1");
  await page.locator("nis-form .more > summary").click();
  await page.locator("nis-form button").click();
  await page.locator("nis-form .more[open]").waitFor();
  const refused = await page.evaluate(() => [document.activeElement.closest('[data-path]').dataset.path, document.querySelectorAll(".turn").length]);
  await field("delay").fill("0");
  await field("speed").fill("25.5");
  await field("mass").fill("");
  await field("planet").selectOption("moon");
  await field("drag").uncheck();
  await field("heights").fill("1, 2.5");
  await page.locator("nis-form button").click();
  await page.locator(".turn").nth(1).locator(":scope > footer").waitFor();
  return { first, fields, refused, ...(await turn(page)) };
});

await scene("asked", async (page) => {
  await ask(page, "asked");
  await over(page);
  const open = await page.locator("nis-form > section").count();
  await ask(page, "anything");
  await page.locator(".turn").nth(1).locator(":scope > footer").waitFor();
  return { open, folded: await page.locator("nis-form > details:not([open])").count(), call: await page.locator(".call").innerText() };
});

await scene("cut", async (page) => {
  await ask(page, "cut");
  await over(page);
  const live = await turn(page);
  const status = await page.locator(".status").innerText();
  await page.reload();
  await page.locator(".turn > footer").last().waitFor();
  return { ...live, status, turns: await page.locator(".turn").count() };
});

await scene("long", async (page) => {
  await ask(page, "long");
  await over(page);
  // The question stays in sight while the answer grows below it.
  const top = await page.evaluate(() => scrollY);
  await page.getByRole("button", { name: "To the end" }).click();
  await page.waitForFunction((from) => scrollY > from + 5000, top);
  return { top, down: await page.evaluate(() => scrollY), bold: await page.locator(".prose strong").count() };
});

await scene("stop", async (page) => {
  await ask(page, "stop");
  await page.locator(".prose").first().waitFor();
  await page.getByRole("button", { name: "Stop" }).click();
  await page.getByText("Stopped.").waitFor();
  return { ...(await turn(page)), send: await page.getByRole("button", { name: "Send" }).count() };
});

await scene("stopped from its page", async (page) => {
  await ask(page, "stop");
  await page.locator(".prose").first().waitFor();
  const run = await page.evaluate(() => fetch("/conversations/conversation-1").then((answer) => answer.json()));
  await page.goto(`${plain}/#/runs/${run.turns.at(-1).run_id}`);
  await page.locator(".run-page .text_delta").waitFor();
  const live = await page.locator(".facts .state-mark").innerText();
  await page.getByRole("button", { name: "Stop" }).click();
  await page.locator(".run-page .timeline .cancelled").waitFor();
  await page.locator(".facts .state-mark", { hasText: "cancelled" }).waitFor();
  return { live, state: await page.locator(".facts .state-mark").innerText(), said: await page.locator(".said").innerText() };
});

await scene("measured", async (page) => {
  const charts = page.locator(".turn nis-chart svg");
  await ask(page, "measured");
  await charts.nth(1).waitFor();
  const labels = (found) => found.evaluateAll((all) => all.map((one) => one.getAttribute("aria-label")));
  const live = await labels(charts);
  const run = await page.evaluate(() => fetch("/conversations/conversation-1").then((answer) => answer.json()));
  await page.getByRole("button", { name: "Stop" }).click();
  await page.getByText("Stopped.").waitFor();
  const left = await charts.count();
  await page.goto(`${plain}/#/runs/${run.turns.at(-1).run_id}`);
  await page.locator(".run-page .timeline nis-chart svg").nth(1).waitFor();
  return { live, left, kept: await labels(page.locator(".run-page .timeline nis-chart svg")) };
});

await scene("retried", async (page) => {
  await ask(page, "retried");
  await over(page);
  return { ...(await turn(page)), note: await page.locator(".note").innerText() };
});

await scene("failure", async (page) => {
  await ask(page, "failure");
  await page.locator(".failure").waitFor();
  return { failure: await page.locator(".failure").innerText() };
});

await scene("hostile", async (page) => {
  await ask(page, "hostile");
  await over(page);
  await page.locator(".prose a").first().waitFor();
  return {
    ...(await turn(page)),
    links: await page.locator(".turn > :not(footer) a").evaluateAll((all) => all.map((one) => [one.getAttribute("href"), one.rel])),
    made: await page.locator(".turn > :not(footer) :is(img, script, iframe, object, style, svg, form)").count(),
    ran: await page.evaluate(() => "hacked" in window),
  };
});

await scene("policy", async (page, trouble) => {
  const told = page.waitForEvent("console", (message) => message.type() === "error");
  const refused = await page.evaluate(() => {
    try {
      document.createElement("div").innerHTML = "<b>x</b>";
      return false;
    } catch {
      return true;
    }
  });
  await told;
  const complaints = trouble.splice(0);
  return { refused, complaints };
});

await scene("markdown", async (page) => {
  await ask(page, "markdown");
  await over(page);
  const tags = ["h3", "strong", "em", "code", "pre", "ol > li", "ul > li", "blockquote", "table td", "a", "hr", "br"];
  return Object.fromEntries(await Promise.all(tags.map(async (tag) => [tag, await page.locator(`.prose ${tag}`).allInnerTexts()])));
});

await scene("keyboard", async (page) => {
  const input = page.locator("#message");
  await input.press("a");
  await input.press("Shift+Enter");
  await input.press("b");
  const held = await input.inputValue();
  await input.press("Enter");
  await over(page);
  return { held, left: await input.inputValue(), ...(await turn(page)) };
});

await scene(
  "phone",
  async (page) => {
    await ask(page, "wide");
    await over(page);
    return { across: await page.evaluate(() => document.documentElement.scrollWidth), width: 390 };
  },
  { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true },
);

await scene(
  "key",
  async (page) => {
    await page.getByLabel("Key", { exact: true }).fill("wrong");
    await page.getByRole("button", { name: "Continue" }).click();
    const again = page.getByText("That key was not accepted.");
    await again.waitFor();
    await page.getByLabel("Key", { exact: true }).fill("right");
    await page.getByRole("button", { name: "Continue" }).click();
    await page.locator("dialog.key").waitFor({ state: "detached" });
    await page.locator("#message:focus").waitFor();
    await ask(page, "anything");
    await over(page);
    return { ...(await turn(page)), kept: await page.evaluate(() => [localStorage.length, sessionStorage.getItem("nis-key")]) };
  },
  { base: keyed },
);

await scene("docs", async (page) => {
  await page.getByRole("link", { name: "API" }).click();
  await page.locator(".opblock").first().waitFor();
  return { shown: await page.locator(".opblock").allInnerTexts() };
});

await close();
