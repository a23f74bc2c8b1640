// Keeps documents in the console and asks them, in a headless browser; prints what it saw as JSON: node documents.mjs ADDRESS FILE LOCKED

import { axe, browse } from "./scenes.mjs";

const [address, file, locked] = process.argv.slice(2);
const { scene, close } = await browse(address);

const button = (page, name) => page.getByRole("button", { name, exact: true });
const row = (page, name) => page.locator(".kept > li", { hasText: name });

/** What a reader cannot use, in light and in dark, and how far the page reaches on a phone. */
async function looks(page) {
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
}

await scene("documents", async (page) => {
  await button(page, "New collection").click();
  await page.locator('.sheet [data-path="name"] input').fill("rooms");
  await button(page, "Create").click();
  await page.waitForURL(/in=rooms/);
  await page.getByText("There is nothing here yet.").waitFor();
  const where = new URL(page.url()).hash;
  await page.locator(".zone input[type=file]").setInputFiles([file, locked]);
  const bars = page.locator(".kept progress");
  await bars.first().waitFor();
  const coming = await bars.count();
  await row(page, "lease.pdf").getByText("ready", { exact: true }).waitFor();
  const kept = await row(page, "lease.pdf").innerText();
  await row(page, "locked.pdf").locator(".failure").waitFor();
  const refused = await row(page, "locked.pdf").locator(".failure").innerText();

  const box = page.getByLabel("A question, or words to look for");
  await box.fill("How can the lease be terminated?");
  await box.press("Enter");
  const mark = page.locator(".cited p", { hasText: "terminate" }).locator(".mark-of");
  await mark.waitFor();
  const quotes = await page.locator(".quotes").innerText();
  await mark.press("Enter");
  const quoted = page.locator(".paper mark");
  await quoted.waitFor();
  const shown = { quoted: await quoted.innerText(), page: await page.locator(".paper").innerText(), title: await page.locator(".sheet.page h2").innerText() };
  await page.keyboard.press("Escape");

  await box.fill("bicycles in the yard");
  await button(page, "Search").click();
  const hit = page.locator(".hits li").first();
  await hit.waitFor();
  const found = { where: await hit.locator(".place").innerText(), quote: await hit.locator("mark").innerText(), why: await hit.locator(".note").innerText() };
  await button(page, "Summary of lease.pdf").click();
  await page.locator("nis-summary .mark-of").first().waitFor();
  const seen = await looks(page);

  for (const name of ["lease.pdf", "locked.pdf"]) {
    await button(page, `Delete ${name}`).click();
    await button(page, "Delete").click();
    await row(page, name).waitFor({ state: "detached" });
  }
  await button(page, "Delete the collection rooms").click();
  await button(page, "Delete").click();
  await page.waitForURL(/documents$/);
  return { where, coming, kept, refused, quotes, shown, found, ...seen };
}, { path: "/#/documents", bypassCSP: true });

await scene("memory", async (page) => {
  await button(page, "Remember something").click();
  const field = (path) => page.locator(`.sheet [data-path="${path}"] :is(input, textarea)`);
  await field("text").fill("Ida takes her coffee with oat milk.");
  await field("user").fill("ida-of-the-page");
  await button(page, "Remember").click();
  await page.locator(".sheet").waitFor({ state: "detached" });
  await page.evaluate(() => (location.hash = "#/documents/memory?of=ida-of-the-page"));
  await page.getByText("oat milk").waitFor();
  const remembered = await page.locator(".kept > li").allInnerTexts();
  await page.getByLabel("What is looked for").fill("coffee");
  await button(page, "Recall").click();
  const because = page.locator(".because");
  await because.waitFor();
  const why = await because.innerText();
  const seen = await looks(page);
  await button(page, "Forget a user").click();
  await button(page, "See what there is").click();
  await button(page, "Forget ida-of-the-page").click();
  await page.locator(".verdict :is(.good, .bad)").waitFor();
  const proof = await page.locator(".sheet").innerText();
  await button(page, "Close").click();
  await page.getByText("Nothing is remembered of ida-of-the-page.").waitFor();
  return { remembered, why, proof, ...seen };
}, { path: "/#/documents/memory", bypassCSP: true });

await close();
