// A headless browser in which each scene has a page of its own; what all of them saw is printed as JSON at the end.

import { createRequire } from "node:module";

const require = createRequire(new URL("../../../console/package.json", import.meta.url));
const { chromium } = require("playwright-core");
const { default: packaged } = await import(require.resolve("@sparticuz/chromium"));

export const axe = () => require.resolve("axe-core/axe.min.js");

const LIMIT = 60_000;

export async function browse(plain, switches = []) {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM || (await packaged.executablePath()),
    // Not the package's own arguments: they switch the checks of origins off, and everything into one process.
    args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking", ...switches],
    headless: true,
    timeout: 3 * LIMIT,
  });
  const said = {};

  /** `look` answers what it saw; trouble on the page and requests to elsewhere are told beside it. */
  async function scene(name, look, { base = plain, path = "/", ...options } = {}) {
    const context = await browser.newContext({ viewport: { width: 1200, height: 900 }, ...options });
    context.setDefaultTimeout(LIMIT);
    const page = await context.newPage();
    const trouble = [];
    const foreign = [];
    page.on("pageerror", (error) => trouble.push(error.message));
    page.on("console", (message) => {
      // A refusal that a scene is about is noted by the browser itself, and that it takes the network away.
      if (message.type() === "error" && !/status of 4\d\d|ERR_INTERNET_DISCONNECTED/.test(message.text())) trouble.push(message.text());
    });
    page.on("request", (request) => {
      if (!request.url().startsWith(base) && !/^(data|blob):/.test(request.url())) foreign.push(request.url());
    });
    try {
      await page.goto(`${base}${path}`);
      said[name] = { ...(await look(page, trouble)), trouble, foreign };
    } catch (error) {
      said[name] = { failed: String(error), trouble, foreign };
    }
    await context.close();
  }

  async function close() {
    await browser.close();
    process.stdout.write(JSON.stringify(said));
  }

  return { scene, close };
}
