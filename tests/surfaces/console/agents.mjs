// Uses the pages of agents and plans as a person does: node agents.mjs ADDRESS KEYED_ADDRESS KEY

import { axe, browse } from "./scenes.mjs";

const [address, keyed, key] = process.argv.slice(2);
const { scene, close } = await browse(address);
const PATIENT = { timeout: 60_000 };

const button = (page, name) => page.getByRole("button", { name, exact: true });
const field = (page, path) => page.locator(`.sheet [data-path="${path}"]`);
const gone = (page) => page.locator(".sheet").waitFor({ state: "detached" });

await scene("agents", async (page) => {
  await page.getByText("There is no agent yet").waitFor(PATIENT);
  await button(page, "New agent").click();
  const hint = await field(page, "operations").innerText();
  await field(page, "instructions").locator("textarea, input").first().fill("You throw balls.");
  await field(page, "name").locator("input").first().fill("no name");
  await button(page, "Create").click();
  const error = field(page, "name").locator(".error");
  await error.waitFor();
  const wrong = await error.innerText();
  await field(page, "name").locator("input").first().fill("tidy");
  await button(page, "Create").click();
  await gone(page);
  const row = page.locator(".budgets li", { hasText: "tidy" });
  await row.waitFor();
  const made = await row.innerText();
  await button(page, "Edit tidy").click();
  await field(page, "description").locator("textarea, input").first().fill("Throws balls.");
  const dry = await field(page, "dry_run").count();
  await field(page, "asks").locator("select").first().selectOption({ label: "tainted" });
  await button(page, "Save").click();
  await gone(page);
  await page.locator(".facts", { hasText: "version 2" }).waitFor(PATIENT);
  const changed = await row.innerText();
  await button(page, "Versions tidy").click();
  await page.locator(".sheet table tbody tr").nth(1).waitFor();
  const versions = await page.locator(".sheet table tbody tr").count();
  await button(page, "Close").click();
  await gone(page);
  await button(page, "Delete tidy").click();
  await button(page, "Delete").click();
  await page.getByText("There is no agent yet").waitFor(PATIENT);
  return { hint, wrong, made, dry, changed, versions };
}, { path: "/#/agents" });

await scene("talk", async (page) => {
  await page.evaluate(async () => {
    const agent = { name: "thrower", description: "Throws balls.", instructions: "You throw balls.", model: "local:words", operations: ["memory.remember"] };
    await fetch("/agents", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(agent) });
  });
  await page.goto(`${address}/#/agents`);
  await page.getByRole("link", { name: "thrower" }).click();
  const input = page.getByLabel("What it is to do");
  await input.waitFor();
  await input.fill("Who are you?");
  await button(page, "Run").click();
  await page.locator(".turn .prose", { hasText: "I am: You throw balls. 1" }).waitFor(PATIENT);
  await input.fill("Please remember it.");
  await page.keyboard.press("Enter");
  await button(page, "Approve").waitFor(PATIENT);
  const asked = await page.locator(".asks").innerText();
  await button(page, "Approve").click();
  await page.locator(".turn:last-child .prose", { hasText: "I am: You throw balls. 5" }).waitFor(PATIENT);
  const kept = await page.evaluate(async () => (await (await fetch("/memory?user=mia")).json()).memories.map((one) => one.text));
  return { asked, kept, title: await page.title() };
});

await scene("plans", async (page) => {
  await page.getByText("There is no plan").waitFor(PATIENT);
  const empty = await page.locator("main .empty").innerText();
  await button(page, "New plan").click();
  await button(page, "Create").click();
  const error = page.locator(".sheet .error").first();
  await error.waitFor();
  await button(page, "Create").waitFor();
  const below = await page.waitForFunction(() => {
    const [error, buttons] = [document.querySelector(".sheet .error"), document.querySelector(".sheet button.primary")];
    return error.getBoundingClientRect().bottom <= buttons.getBoundingClientRect().top;
  });
  const seen = await below.jsonValue();
  await button(page, "Cancel").click();
  await gone(page);
  await page.getByRole("link", { name: "teams", exact: true }).click();
  await page.getByText("There is no team yet").waitFor(PATIENT);
  return { news: await button(page, "New team").count(), empty, seen };
}, { path: "/#/plans" });

await scene("without the scope", async (page) => {
  await page.getByLabel("Key", { exact: true }).fill(key);
  await button(page, "Continue").click();
  await page.getByText("There is no agent yet").waitFor(PATIENT);
  return { news: await button(page, "New agent").count(), empty: await page.locator("main .empty").innerText() };
}, { base: keyed, path: "/#/agents" });

for (const path of ["/#/agents", "/#/agents/thrower", "/#/plans"]) {
  await scene(`looks ${path}`, async (page) => {
    await page.locator(".budgets li, main .empty, .to-agent").first().waitFor();
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
    const tabs = page.locator(".tabs a").last();
    const end = await tabs.evaluate((one) => one.getBoundingClientRect().right);
    return { breaches, across: await page.evaluate(() => document.documentElement.scrollWidth), end };
  }, { path, bypassCSP: true });
}

await close();
