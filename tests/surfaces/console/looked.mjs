// Looks at drawings and drops a file on a form in a headless browser, one page for all; prints what it saw as JSON: node looked.mjs ADDRESS PICTURE CALLS

import { readFile } from "node:fs/promises";
import { browse } from "./scenes.mjs";

const [base, picture, calls] = process.argv.slice(2);
const { scene, close } = await browse(base);

const texts = (page, selector) => page.locator(selector).evaluateAll((all) => all.map((one) => one.textContent.trim()).filter(Boolean));

async function run(page) {
  await page.getByRole("button", { name: /^Run/ }).last().click();
  await page.locator(".views figure").first().waitFor();
}

/** Words that lie outside of their drawing, on whichever side. */
const cut = (page) =>
  page.locator(".views svg").evaluateAll((all) =>
    all.flatMap((svg) => {
      const frame = svg.getBoundingClientRect();
      return [...svg.querySelectorAll("text")]
        .filter((text) => ((box) => box.left < frame.left - 1 || box.right > frame.right + 1)(text.getBoundingClientRect()))
        .map((text) => text.textContent);
    }),
  );

await scene("looked", async (page) => {
  const seen = {};
  for (const [name, operation, request] of JSON.parse(calls)) {
    await page.goto(`${base}/#/explore/${operation}?input=${encodeURIComponent(JSON.stringify(request))}`);
    await page.getByRole("heading", { name: operation }).waitFor();
    await run(page);
    await page.locator(".views :is(svg, canvas)[role=img]").first().waitFor();
    seen[name] = {
      words: await texts(page, ".views svg text"),
      legend: await texts(page, ".views .legend"),
      spoken: await page.locator(".views :is(svg, canvas)[role=img]").first().getAttribute("aria-label"),
      marks: await page.locator(".views svg :is(.box, .bar, .point, .link, circle)").count(),
      cut: await cut(page),
      sent: JSON.parse(await page.locator("nis-operation").evaluate((one) => JSON.stringify(one.given))),
    };
  }
  await page.goto(`${base}/#/explore/vision.find_edges`);
  const field = page.locator(".field[data-path=image]");
  await field.waitFor();
  const bytes = (await readFile(picture)).toString("base64");
  const held = await page.evaluateHandle((data) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([Uint8Array.from(atob(data), (one) => one.charCodeAt(0))], "dropped.jpg", { type: "image/jpeg" }));
    return transfer;
  }, bytes);
  const zone = field.locator(".file");
  await zone.dispatchEvent("dragover", { dataTransfer: held });
  const over = await zone.evaluate((one) => one.classList.contains("over"));
  await zone.dispatchEvent("drop", { dataTransfer: held });
  await field.locator("img.preview").waitFor();
  const dropped = { over, after: await zone.evaluate((one) => one.classList.contains("over")), note: await field.getByRole("status").innerText(), id: await field.locator("input[type=text]").inputValue() };
  const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  await run(page);
  await page.locator(".views img").first().waitFor();
  return { ...seen, dropped: { ...dropped, wider, pictures: await page.locator(".views img").count() } };
});

await close();
