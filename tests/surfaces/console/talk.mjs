// Talks to the console by a microphone that plays a file, and prints what came of it: node talk.mjs ADDRESS FILE

import { browse } from "./scenes.mjs";

const [plain, file] = process.argv.slice(2);
const fake = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", `--use-file-for-fake-audio-capture=${file}%noloop`];
const { scene, close } = await browse(plain, fake);

await scene(
  "talk",
  async (page) => {
    const kinds = [];
    let sounds = 0;
    let spoken;
    const heard = new Promise((resolve) => (spoken = resolve));
    page.on("websocket", (socket) =>
      socket.on("framereceived", ({ payload }) => {
        if (typeof payload === "string") kinds.push(JSON.parse(payload).type);
        else sounds += 1;
        if (sounds && kinds.includes("sentence")) spoken();
      }),
    );
    await page.getByRole("button", { name: "Talk" }).click();
    await page.locator(".said").waitFor();
    await page.locator(".turn > footer").first().waitFor();
    const answer = await page.locator(".turn > .prose").first().innerText();
    // The words of an answer stand on the page before its sound has come.
    await Promise.race([heard, page.waitForTimeout(60_000)]);
    const question = await page.locator(".turn > h2").first().innerText();
    await page.getByRole("button", { name: "Stop talking" }).click();
    await page.getByRole("button", { name: "Talk", exact: true }).waitFor();
    return { question, answer, kinds, sounds, address: new URL(page.url()).hash };
  },
  { permissions: ["microphone"] },
);

await close();
