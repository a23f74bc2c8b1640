// Uses the pages of models, usage and budgets as an operator does: node gateway.mjs ADDRESS KEYED_ADDRESS KEY

import { readFile } from "node:fs/promises";
import { axe, browse } from "./scenes.mjs";

const [address, keyed, key] = process.argv.slice(2);
const { scene, close } = await browse(address);
/** A page reads again by itself every few seconds; a loaded machine takes its time. */
const PATIENT = { timeout: 60_000 };

const ask = (page) =>
  page.evaluate(async () => {
    const body = JSON.stringify({ model: "local:fake", messages: [{ role: "user", content: "Say a word." }], max_tokens: 3 });
    const answer = await fetch("/v1/chat/completions", { method: "POST", headers: { "Content-Type": "application/json" }, body });
    return answer.status;
  });
const button = (page, name) => page.getByRole("button", { name, exact: true });
const field = (page, path) => page.locator(`.sheet [data-path="${path}"]`);
const gone = (page) => page.locator(".sheet").waitFor({ state: "detached" });

await scene("usage", async (page) => {
  await page.getByText("No calls in these days.").waitFor();
  const status = await ask(page);
  // It is open for as long as its end is not written down.
  await page.locator("table.calls .state-mark.ok").waitFor(PATIENT);
  const row = await page.locator("table.calls tbody tr").innerText();
  await page.locator(".figures dd").first().waitFor(PATIENT);
  const figures = await page.locator(".figures").innerText();
  await page.locator(".families a", { hasText: "model" }).click();
  const group = page.getByRole("region", { name: "Usage by model" }).locator("tbody");
  await group.waitFor();
  const address = new URL(page.url()).hash;
  const sums = await group.innerText();
  const charts = await page.locator(".bars svg").count();
  const saving = page.waitForEvent("download");
  await button(page, "Sums as CSV").click();
  const file = await saving;
  const moved = page.waitForURL(/until=2026-01-01/);
  await page.evaluate(() => (location.hash = "#/usage?since=2026-02-01&until=2026-01-01"));
  await moved;
  await page.locator(".failure").waitFor();
  const mistaken = await page.locator(".failure").innerText();
  return {
    mistaken,
    status,
    row,
    figures,
    group: sums,
    charts,
    address,
    file: [file.suggestedFilename(), await readFile(await file.path(), "utf8")],
  };
}, { path: "/#/usage" });

await scene("budgets", async (page) => {
  await page.getByText("nothing limits what is spent").waitFor();
  await button(page, "New budget").click();
  await field(page, "scope").locator("select").selectOption("user");
  await field(page, "limit").locator("input").fill("0.01");
  await button(page, "Create").click();
  const error = field(page, "subject").locator(".error");
  await error.waitFor();
  await page.waitForFunction(() => document.activeElement?.closest("[data-path]")?.dataset.path === "subject");
  const wrong = await error.innerText();
  await field(page, "name").locator("input").fill("A month");
  await field(page, "period").locator("select").selectOption("month");
  await field(page, "scope").locator("select").selectOption("server");
  await button(page, "Create").click();
  await gone(page);
  const meter = page.getByRole("meter");
  await meter.waitFor();
  const from = await meter.evaluate((one) => one.value);
  const status = await ask(page);
  // More is reserved than is spent.
  await page.locator(".spend", { hasText: "$0.0000475 of" }).waitFor(PATIENT);
  const to = await meter.evaluate((one) => one.value);
  const spent = await page.locator(".spend").innerText();
  await button(page, "Edit A month").click();
  await button(page, "Save").click();
  await field(page, "limit").locator(".error").waitFor();
  const unchanged = await field(page, "limit").locator(".error").innerText();
  await field(page, "limit").locator("input").fill("0.00005");
  await button(page, "Save").click();
  await gone(page);
  await page.getByText("nearly used up").waitFor(PATIENT);
  const near = await page.locator(".spend").innerText();
  await button(page, "Delete A month").click();
  await button(page, "Delete").click();
  await page.getByText("nothing limits what is spent").waitFor();
  return { status, wrong, from, to, spent, unchanged, near };
}, { path: "/#/budgets" });

await scene("routes", async (page) => {
  await page.getByText("There is no route").waitFor();
  await button(page, "New route").click();
  await field(page, "name").locator("input").fill("writing");
  await field(page, "targets.0.model").locator("input").fill("nobody:any");
  await page.locator('#offered-models option[value="local:fake"]').waitFor({ state: "attached" });
  const offered = await field(page, "targets.0.model").locator("input").evaluate((one) => one.list.options.length);
  await button(page, "Create").click();
  const error = field(page, "targets.0.model").locator(".error");
  await error.waitFor();
  const wrong = await error.innerText();
  await field(page, "targets.0.model").locator("input").fill("local:fake");
  await button(page, "Create").click();
  await gone(page);
  await button(page, "Explain writing").click();
  await page.locator(".sheet td", { hasText: "local:fake" }).waitFor();
  const explained = await page.locator(".sheet table").innerText();
  await page.keyboard.press("Escape");
  await gone(page);
  await button(page, "Edit writing").click();
  await field(page, "enabled").locator("select").selectOption("false");
  await button(page, "Save").click();
  await page.locator(".badge", { hasText: "disabled" }).waitFor();
  await button(page, "Delete writing").click();
  await button(page, "Delete").click();
  await page.getByText("There is no route").waitFor();
  await page.locator(".chip", { hasText: "changes" }).click();
  await page.locator(".change").first().waitFor();
  return { wrong, offered, explained, changes: (await page.locator(".change").allInnerTexts()).slice(0, 3) };
}, { path: "/#/models/routes" });

await scene("models", async (page) => {
  const row = page.locator("tbody tr", { hasText: "local:fake" });
  await row.waitFor();
  const told = await row.innerText();
  await button(page, "Test local:fake").click();
  await page.locator(".sheet td", { hasText: "A word." }).waitFor();
  await button(page, "Close").click();
  await gone(page);
  await page.locator(".chip", { hasText: "providers" }).click();
  await page.locator("tbody tr", { hasText: "ready" }).first().waitFor();
  return { told, providers: await page.locator("tbody").innerText() };
}, { path: "/#/models" });

await scene("without the scope", async (page) => {
  await page.getByLabel("Key", { exact: true }).fill(key);
  await button(page, "Continue").click();
  await page.getByText("server:admin").first().waitFor();
  const routes = await page.locator("main").innerText();
  const news = await button(page, "New route").count();
  await page.locator(".chip", { hasText: "changes" }).click();
  await page.locator(".failure").waitFor();
  const changes = await page.locator(".failure").innerText();
  await page.goto(`${keyed}/#/usage`);
  await page.locator(".failure").first().waitFor();
  return { routes, news, changes, usage: await page.locator(".failure").first().innerText() };
}, { base: keyed, path: "/#/models/routes" });

for (const path of ["/#/usage?by=model", "/#/budgets", "/#/models", "/#/models/providers"]) {
  await scene(`looks ${path}`, async (page) => {
    await page.locator("table.runs tbody tr, .budgets li, main .empty").first().waitFor();
    await page.addScriptTag({ path: axe() });
    const breaches = {};
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      breaches[colorScheme] = await page.evaluate(async () => {
        const found = await globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "best-practice"] });
        return found.violations.map((one) => `${one.id}: ${one.nodes.map((node) => `${node.target.join(" ")} ${node.any[0]?.message ?? ""}`).join(" | ")}`);
      });
    }
    await page.setViewportSize({ width: 390, height: 844 });
    return { breaches, across: await page.evaluate(() => document.documentElement.scrollWidth) };
  }, { path, bypassCSP: true });
}

await close();
