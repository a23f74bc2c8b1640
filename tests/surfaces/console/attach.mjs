// Sends pictures and documents from the composer in a headless browser and prints what it saw as JSON:
// node attach.mjs ADDRESS PICTURE DOCUMENT FILM

import { readFile } from "node:fs/promises";
import { browse } from "./scenes.mjs";

const [base, picture, document, film] = process.argv.slice(2);
const { scene, close } = await browse(base);

const over = (page) => page.locator(".turn").last().locator(":scope > footer").waitFor();

const turn = async (page) => ({
  question: await page.locator(".turn > h2").last().innerText(),
  text: await page.locator(".turn").last().locator(":scope > .prose").innerText(),
  calls: await page.locator(".turn").last().locator(".call code").allInnerTexts(),
  names: await page.locator(".turn").last().locator(".attached figcaption").allInnerTexts(),
});

/** The width of a picture once the page has its bytes. */
async function seen(page) {
  const image = page.locator(".turn").last().locator(".attached img");
  await image.waitFor();
  await page.waitForFunction((one) => one.complete && one.naturalWidth > 0, await image.elementHandle());
  return image.evaluate((one) => one.naturalWidth);
}

/** A file over the composer: `paste` or `drop`. */
async function give(page, kind) {
  const bytes = (await readFile(picture)).toString("base64");
  await page.locator("#message").evaluate(
    (area, [data, what]) => {
      const held = new DataTransfer();
      held.items.add(new File([Uint8Array.from(atob(data), (one) => one.charCodeAt(0))], `${what}.jpg`, { type: "image/jpeg" }));
      const event = what === "paste" ? new ClipboardEvent("paste", { clipboardData: held, bubbles: true, cancelable: true }) : new DragEvent("drop", { dataTransfer: held, bubbles: true, cancelable: true });
      area.dispatchEvent(event);
    },
    [bytes, kind],
  );
}

await scene("chosen", async (page) => {
  await page.locator("#files").setInputFiles(picture);
  await page.locator(".files img").waitFor();
  const waiting = await page.locator(".files li").allInnerTexts();
  await page.locator("#message").fill("What is this?");
  await page.locator("#message").press("Enter");
  await over(page);
  const found = { waiting, width: await seen(page), ...(await turn(page)), left: await page.locator(".files li").count() };
  await page.reload();
  await over(page);
  return { ...found, again: await seen(page), named: await page.locator(".attached figcaption").allInnerTexts() };
});

await scene("pasted", async (page) => {
  await give(page, "paste");
  await give(page, "drop");
  const both = await page.locator(".files li").allInnerTexts();
  await page.getByRole("button", { name: "Remove drop.jpg" }).click();
  const one = await page.locator(".files li").allInnerTexts();
  await page.getByRole("button", { name: "Send" }).click();
  await over(page);
  return { both, one, ...(await turn(page)) };
});

await scene("document", async (page) => {
  await page.locator("#files").setInputFiles(document);
  const waiting = await page.locator(".files li").allInnerTexts();
  await page.locator("#message").fill("When is the invoice payable?");
  await page.locator("#message").press("Enter");
  await over(page);
  const first = await turn(page);
  await page.locator("#message").fill("How much are the lanterns?");
  await page.locator("#message").press("Enter");
  await page.waitForFunction(() => globalThis.document.querySelectorAll(".turn > footer").length === 2);
  return { waiting, ...first, next: await turn(page) };
});

await scene("refused", async (page) => {
  await page.locator("#files").setInputFiles(film);
  await page.locator("#message").fill("Read it");
  await page.locator("#message").press("Enter");
  const told = page.locator(".turn .failure");
  await told.waitFor();
  return { told: await told.innerText() };
});

await close();
