// Finds, fills and runs operations of a real server: node explore.mjs ADDRESS

import { browse } from "./scenes.mjs";

const { scene, close } = await browse(process.argv[2]);

const shown = (page, text) => page.locator(".cards code", { hasText: text }).first().waitFor();
const run = (page) => page.getByRole("button", { name: "Run", exact: true }).click();

await scene("found", async (page) => {
  await page.getByRole("link", { name: "Explore", exact: true }).first().click();
  await shown(page, "physics.");
  const all = await page.locator(".cards a").count();
  await page.locator("#find").fill("proj sim");
  await shown(page, "physics.simulate_projectile");
  const narrowed = await page.locator(".cards code").allInnerTexts();
  await page.locator("#find").press("Enter");
  await page.locator(".operation h1").waitFor();
  const label = (name) => page.locator(".request .field label", { hasText: name }).first();
  const unit = await label("speed").innerText();
  await page.locator("[data-path=speed] input").fill("31");
  await run(page);
  await page.locator(".result nis-chart path.line").first().waitFor();
  const charts = await page.locator(".result nis-chart svg").count();
  await page.locator(".result .switch").getByRole("button", { name: "JSON" }).click();
  const json = JSON.parse(await page.locator(".result pre").innerText());
  return { all, narrowed, unit, charts, fields: Object.keys(json), address: new URL(page.url()).hash };
});

await close();
