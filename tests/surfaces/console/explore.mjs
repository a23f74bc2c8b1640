// Uses a real server as a person does: node explore.mjs ADDRESS KEYED_ADDRESS

import { axe, browse } from "./scenes.mjs";

const [address, keyed] = process.argv.slice(2);
const { scene, close } = await browse(address);

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

await scene("slid", async (page) => {
  const slides = page.locator(".request .slide");
  const before = await slides.count();
  await run(page);
  await page.locator(".result nis-chart path.line").first().waitFor();
  const words = () => page.locator(".result .prose").first().innerText();
  const first = await words();
  const angle = page.locator("#r-angle-slide");
  const range = await angle.evaluate((one) => [one.min, one.max, one.step].map(Number));
  await angle.fill("75");
  await page.waitForFunction((said) => document.querySelector(".result .prose").innerText !== said, first);
  const typed = await page.locator("#r-angle").inputValue();
  for (const one of ["10", "20", "30", "40", "50"]) await angle.fill(one);
  await page.waitForFunction(() => document.querySelector("nis-operation").outcome?.result?.impact_angle && !document.querySelector("nis-operation").sliding.busy);
  const last = await page.evaluate(() => document.querySelector("nis-operation").outcome.result.trajectory);
  return { before, after: await slides.count(), range, typed, first, steepness: last.height[1] / last.distance[1], named: await angle.getAttribute("aria-label") };
}, { path: `/#/explore/physics.simulate_projectile?input=${encodeURIComponent(JSON.stringify({ speed: 20, angle: 40 }))}` });

await scene("sentence", async (page) => {
  await page.locator("#find").fill("how long does a swing of a pendulum take");
  await shown(page, "physics.simulate_pendulum");
  return { found: await page.locator(".cards code").allInnerTexts(), address: new URL(page.url()).hash };
}, { path: "/#/explore" });

await scene("family", async (page) => {
  await page.locator(".chip", { hasText: "runs" }).click();
  await page.waitForFunction(() => [...document.querySelectorAll(".cards code")].every((one) => one.textContent.startsWith("runs.")));
  return { found: await page.locator(".cards code").allInnerTexts(), badges: await page.locator(".cards .badges").allInnerTexts() };
}, { path: "/#/explore" });

await scene("refused", async (page) => {
  await page.locator("[data-path=unit] input").fill("parsec per fortnight squared kelvin nonsense");
  await run(page);
  await page.locator(".failure").waitFor();
  const failure = await page.locator(".failure").innerText();
  await page.locator(".switch").getByRole("button", { name: "JSON" }).first().click();
  await page.locator("#json").fill('{"value": "far", "unit": "m", "to": "km"}');
  await page.locator(".request .switch").getByRole("button", { name: "Form" }).click();
  await page.locator("#example").selectOption({ label: "Empty" });
  await page.locator("[data-path=value] input").fill("1");
  await page.locator("[data-path=unit] input").fill("m");
  // The browser would stop a field that is missing: what the server says of it is what is looked at.
  await page.evaluate(() => (document.querySelector("form.panel").noValidate = true));
  await run(page);
  const error = page.locator("[data-path=to] .error");
  await error.waitFor();
  await page.waitForFunction(() => document.activeElement?.closest("[data-path]")?.dataset.path === "to");
  return {
    failure,
    error: await error.innerText(),
    told: await page.locator("[data-path=to] input").getAttribute("aria-describedby"),
    invalid: await page.locator("[data-path=to] input").getAttribute("aria-invalid"),
  };
}, { path: "/#/explore/physics.convert_unit" });

await scene("json", async (page) => {
  await page.locator(".request .switch").getByRole("button", { name: "JSON" }).click();
  await page.locator("#json").fill("{");
  const broken = await page.locator(".request .error").innerText();
  await page.locator("#json").fill('{"value": 3, "unit": "km", "to": "m"}');
  await page.locator("#json").press("Control+Enter");
  await page.locator(".result .took.done").waitFor();
  await page.locator(".request .switch").getByRole("button", { name: "Form" }).click();
  const back = await page.locator("[data-path=unit] input").inputValue();
  return { broken, back, result: await page.locator(".result").innerText() };
}, { path: "/#/explore/physics.convert_unit" });

await scene("linked", async (page) => {
  const held = await page.locator("[data-path=unit] input").inputValue();
  await page.goto(`${address}/#/explore/nothing.is_called_so`);
  await page.locator(".failure").waitFor();
  return { held, unknown: await page.locator(".failure").innerText() };
}, { path: `/#/explore/physics.convert_unit?input=${encodeURIComponent('{"value":5,"unit":"mile","to":"km"}')}` });

await scene("a run", async (page) => {
  await page.locator("[data-path=message] :is(input, textarea)").fill("Convert 65 miles per hour to m/s");
  await run(page);
  await page.locator(".result .took.done").waitFor();
  await page.locator(".result .switch").getByRole("button", { name: "Events" }).click();
  const events = await page.locator(".result .timeline .what > strong").allInnerTexts();
  await page.locator(".result a.id").click();
  await page.locator(".run-page .timeline .succeeded").waitFor();
  await page.locator(".facts .state-mark", { hasText: "succeeded" }).waitFor();
  const state = await page.locator(".facts .state-mark").innerText();
  const live = await page.locator(".run-page .timeline .what > strong").allInnerTexts();
  await page.getByRole("link", { name: "Runs", exact: true }).first().click();
  await page.locator("table.runs tbody tr").first().waitFor();
  const listed = await page.locator("table.runs tbody tr").first().innerText();
  await page.locator(".chip", { hasText: "failed" }).click();
  await page.getByText("No run is failed.").waitFor();
  return { events, state, live, listed, filtered: new URL(page.url()).hash };
}, { path: "/#/explore/chat.send_message" });

await scene("out of reach", async (page) => {
  const run = await page.evaluate(async () => (await (await fetch("/runs?limit=1")).json()).runs[0].id);
  const seen = {};
  for (const [name, hash, found] of [["list", "#/runs", "table.runs"], ["run", `#/runs/${run}`, ".run-page .facts"]]) {
    await page.context().setOffline(true);
    await page.evaluate((to) => (location.hash = to), hash);
    seen[name] = await page.locator("main .failure").first().innerText();
    await page.context().setOffline(false);
    await page.locator(found).waitFor();
    seen[`${name} after`] = await page.locator("main .failure").count();
  }
  return seen;
});

await scene("a stream", async (page) => {
  const id = await page.evaluate(async () => (await (await fetch("/runs?limit=1")).json()).runs[0].id);
  await page.locator("[data-path=id] input").fill(id);
  await run(page);
  await page.locator(".result .took.done").waitFor();
  return { events: await page.locator(".result .timeline .what > strong").allInnerTexts() };
}, { path: "/#/explore/runs.stream_events" });

await scene("shapes", async (page) => {
  const at = (path) => page.locator(`[data-path="${path}"]`);
  const fill = (path, text) => at(path).locator("input:not(.slide), textarea").fill(text);
  const press = (path, name) => at(path).getByRole("button", { name, exact: true }).first().click();
  await fill("text", "words");
  await fill("count", "3");
  await fill("share", "1e-3");
  await at("flag").locator("input").check();
  await at("wide").locator("input").uncheck();
  await at("colour").locator("select").selectOption("red");
  await fill("maybe", "7");
  await fill("maybe", "");
  await press("tags", "Add tags");
  for (const [index, tag] of ["a, b", "gone", "c"].entries()) {
    await press("tags", "Add an item");
    await fill(`tags.${index}`, tag);
  }
  const full = await at("tags").getByRole("button", { name: "Add an item" }).count();
  await at("tags").getByRole("button", { name: "Remove item 2 of tags" }).click();
  await fill("numbers", "1, 2.5 3e2");
  await press("pair", "Add pair");
  await fill("pair.0", "left");
  await fill("pair.1", "4");
  await fill("origin.x", "-1.5");
  await press("target", "Add target");
  await fill("target.x", "2");
  await press("target", "Leave out target");
  await at("figure").locator("select").first().selectOption({ label: "Polygon" });
  await fill("figure.corners.0.x", "1");
  await press("figure.corners", "Add an item");
  await fill("figure.corners.1.x", "2");
  await fill("figure.corners.1.y", "3");
  await press("either", "Add either");
  await at("either").locator("select").first().selectOption({ label: "string" });
  await at("either").locator("input").fill("12");
  await fill("free", '{"a": 1}');
  await press("tree", "Add tree");
  await fill("tree.name", "root");
  await press("tree.inner", "Add inner");
  await fill("tree.inner.name", "leaf");
  await page.locator(".request .switch").getByRole("button", { name: "JSON" }).click();
  const json = JSON.parse(await page.locator("#json").inputValue());
  await page.locator(".request .switch").getByRole("button", { name: "Form" }).click();
  const again = await at("figure.corners.1.y").locator("input").inputValue();
  await run(page);
  await page.locator(".result .took.done").waitFor();
  await page.locator(".result .switch").getByRole("button", { name: "JSON" }).click();
  const { asked } = JSON.parse(await page.locator(".result pre").innerText());
  await page.evaluate(() => (document.querySelector("form.panel").noValidate = true));
  await fill("figure.corners.1.x", "");
  await fill("count", "99");
  await run(page);
  await page.locator(".error").first().waitFor();
  const wrong = await page.locator(".wrong").evaluateAll((all) => all.map((one) => one.dataset.path));
  return { full, json, again, asked, wrong };
}, { path: "/#/explore/shapes.echo_shape" });

await scene("bytes", async (page) => {
  // The smallest picture there is.
  const picture = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");
  await page.locator("input[type=file]").setInputFiles({ name: "dot.png", mimeType: "image/png", buffer: picture });
  await page.locator(".file .hint", { hasText: "dot.png" }).waitFor();
  await page.waitForFunction(() => document.querySelector(".file input").value.startsWith("blob-"));
  await run(page);
  await page.locator(".blob img").waitFor();
  const wide = await page.locator(".blob img").evaluate((img) => img.decode().then(() => img.naturalWidth));
  return { wide, told: await page.locator(".blob figcaption").innerText(), snippet: await page.locator("[data-snippet]").innerText() };
}, { path: "/#/explore/blobs.create_blob" });

await scene("palette", async (page) => {
  await page.locator("#message").waitFor();
  await page.keyboard.press("Control+k");
  await page.keyboard.type("solve heat");
  await page.locator(".palette [aria-selected=true]", { hasText: "physics.solve_heat" }).waitFor();
  await page.keyboard.press("Enter");
  await page.locator(".operation h1").waitFor();
  // From here on by the keyboard alone, to the result.
  for (let steps = 0; steps < 60; steps++) {
    await page.keyboard.press("Tab");
    if (await page.evaluate(() => document.activeElement.textContent.trim() === "Run")) break;
  }
  await page.keyboard.press("Enter");
  await page.locator(".result .took.done").waitFor();
  return { title: await page.title(), charts: await page.locator(".result nis-chart").count() };
});

/** The text of each tab. */
async function snippets(page) {
  const texts = {};
  for (const tab of await page.locator(".code .switch button").all()) {
    await tab.click();
    const block = page.locator("[data-snippet]");
    texts[await block.getAttribute("data-snippet")] = await block.innerText();
  }
  return texts;
}

await scene("conversations", async (page) => {
  await page.getByRole("button", { name: /Look up a constant/ }).click();
  await page.locator(".turn > footer").waitFor();
  await page.getByRole("button", { name: "Answer again" }).click();
  await page.getByText("2 of 2").waitFor();
  const runs = [await page.locator(".turn .run").innerText()];
  await page.getByRole("button", { name: "The answer before" }).click();
  await page.getByText("1 of 2").waitFor();
  runs.push(await page.locator(".turn .run").innerText());
  await page.getByRole("button", { name: "A bad answer" }).click();
  await page.getByLabel("Why?").fill("Too short.");
  await page.getByLabel("Why?").press("Enter");
  await page.getByText("Thank you.").waitFor();
  const feedback = await page.evaluate(async () => (await (await fetch("/feedback")).json()).feedback);
  const first = page.url();
  await page.getByRole("button", { name: "Go on from here in another conversation" }).click();
  await page.waitForURL((url) => url.toString() !== first);
  await page.locator(".turn > footer").waitFor();
  const copied = await page.locator(".turn > h2").allInnerTexts();
  const side = page.locator(".side .conversations");
  await side.locator("li").first().hover();
  await side.getByRole("button", { name: /Rename/ }).first().click();
  await side.locator(".rename").fill("Named anew");
  await side.locator(".rename").press("Enter");
  await side.locator("a", { hasText: "Named anew" }).waitFor();
  await page.evaluate(async () => {
    for (let count = 0; count < 8; count++) {
      const body = JSON.stringify({ message: `Convert ${count} miles to km` });
      await fetch("/chat", { method: "POST", headers: { "Content-Type": "application/json" }, body });
    }
  });
  await page.reload();
  await side.getByLabel("Search conversations").fill("planck");
  await side.locator(".match mark").first().waitFor();
  const found = await side.locator(".match a").allInnerTexts();
  await side.getByLabel("Search conversations").fill("");
  await side.locator(".match").first().waitFor({ state: "detached" });
  const named = side.locator("li", { hasText: "Named anew" });
  await named.hover();
  await named.getByRole("button", { name: /Delete/ }).click();
  await side.locator(".asking").getByRole("button", { name: "Delete" }).click();
  await named.waitFor({ state: "detached" });
  await page.locator(".welcome").waitFor();
  return { runs, feedback, copied, found, address: new URL(page.url()).hash };
});

for (const name of ["physics.simulate_pendulum", "operations.get_operation", "physics.solve_heat"]) {
  await scene(`snippets of ${name}`, async (page) => {
    await page.locator("[data-snippet]").waitFor();
    return { texts: await snippets(page) };
  }, { path: `/#/explore/${name}` });
}

await scene("keyed snippets", async (page) => {
  await page.getByLabel("Key", { exact: true }).fill("a key of sixteen letters or more");
  await page.getByRole("button", { name: "Continue" }).click();
  await page.locator("[data-snippet]").waitFor();
  const texts = await snippets(page);
  const shown = await page.content();
  return { texts, leaks: shown.includes("sixteen") || page.url().includes("sixteen") };
}, { base: keyed, path: "/#/explore/physics.convert_unit" });

await scene("a run that asks", async (page) => {
  const begun = await page.evaluate(() =>
    fetch("/shapes/send-thing", {
      method: "POST",
      headers: { "Content-Type": "application/json", Prefer: "respond-async" },
      body: JSON.stringify({ thing: "A piano" }),
    }).then((answer) => answer.json()),
  );
  await page.goto(`${new URL(page.url()).origin}/#/runs/${begun.id}`);
  const asks = page.getByRole("region", { name: "The run waits for you" });
  await asks.waitFor();
  const question = await asks.innerText();
  await page.locator(".facts .state-mark", { hasText: "waiting" }).waitFor();
  const state = await page.locator(".facts .state-mark").innerText();
  await page.getByRole("button", { name: "Pause" }).waitFor({ state: "detached" });
  await asks.getByRole("button", { name: "Approve" }).click();
  await page.getByLabel("place").fill("The attic");
  await page.getByRole("button", { name: "Send" }).click();
  await page.locator(".run-page .timeline .succeeded").waitFor();
  await page.locator(".facts .state-mark", { hasText: "succeeded" }).waitFor();
  return {
    question,
    state,
    ended: await page.locator(".facts .state-mark").innerText(),
    spent: await page.locator(".spent figcaption").innerText(),
    result: await page.locator(".timeline .succeeded").textContent(),
  };
});

const started = (page, body) =>
  page.evaluate(
    (given) => fetch("/runs/start-run", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(given) }).then((answer) => answer.json()),
    body,
  );

const state = (page, word) => page.locator(".facts .state-mark", { hasText: word }).waitFor();

await scene("a run that is held", async (page) => {
  const held = await started(page, { operation: "models.list_models", approval: "It asks every provider." });
  await page.goto(`${new URL(page.url()).origin}/#/runs/${held.id}`);
  const asks = page.getByRole("region", { name: "The run waits for you" });
  await asks.waitFor();
  await state(page, "waiting");
  const question = await asks.innerText();
  await asks.getByRole("button", { name: "Approve" }).click();
  await state(page, "succeeded");
  const wanting = await started(page, { operation: "physics.convert_unit", arguments: { value: 5, unit: "mile" }, ask: true });
  await page.goto(`${new URL(page.url()).origin}/#/runs/${wanting.id}`);
  await page.locator(".asks [data-path=to] input").fill("km");
  await page.getByRole("button", { name: "Send" }).click();
  await state(page, "succeeded");
  return { question };
});

await scene("a run that rests", async (page) => {
  const later = await started(page, { operation: "models.list_models", delay_seconds: 3600 });
  await page.goto(`${new URL(page.url()).origin}/#/runs/${later.id}`);
  const press = (name) => page.getByRole("button", { name, exact: true }).click();
  await press("Pause");
  await state(page, "paused");
  await press("Go on");
  await state(page, "queued");
  await press("Stop");
  await state(page, "cancelled");
  await press("Try again");
  await page.waitForFunction((id) => !location.hash.includes(id), later.id);
  await state(page, "succeeded");
  const from = await page.locator(".facts a.id").innerText();
  await page.locator(".facts > a", { hasText: "Export" }).waitFor();
  const more = [];
  for (const link of await page.locator(".facts > a").all()) more.push([await link.innerText(), await link.getAttribute("href")]);
  const forms = [];
  for (const [, href] of more) {
    await page.goto(`${new URL(page.url()).origin}/${href}`);
    await page.locator(".operation h1").waitFor();
    forms.push(await page.locator("[data-path=id] input").inputValue());
  }
  const turn = await page.evaluate(() => fetch("/chat", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ message: "Convert 5 feet to metres" }) }).then((answer) => answer.json()));
  await page.goto(`${new URL(page.url()).origin}/#/explore/runs.get_export?input=${encodeURIComponent(JSON.stringify({ id: turn.run_id }))}`);
  await run(page);
  const file = { shown: await page.locator("nis-text pre").innerText(), name: await page.getByRole("link", { name: "Save" }).getAttribute("download") };
  return { file, from, later: later.id, more: more.map(([name]) => name), forms };
});

const PAGES = ["/", "/#/explore", "/#/explore/physics.simulate_projectile", "/#/runs"];

for (const colorScheme of ["light", "dark"]) {
  for (const path of PAGES) {
    await scene(`access ${colorScheme} ${path}`, async (page) => {
      await page.locator("#message, .cards a, .request .field, table.runs").first().waitFor();
      if (path.includes("projectile")) {
        await run(page);
        await page.locator(".result nis-chart path.line").first().waitFor();
      }
      if (path === "/") {
        await page.getByRole("button", { name: /Convert units/ }).click();
        await page.locator(".turn > footer").waitFor();
      }
      return { breaches: await breaches(page) };
    }, { path, colorScheme, reducedMotion: "reduce", bypassCSP: true });
  }
}

/** What axe finds wrong, in short. */
async function breaches(page) {
  await page.addScriptTag({ path: axe() });
  return page.evaluate(async () => {
    const found = await globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "best-practice"] });
    return found.violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.target.join(" ") + " " + (node.any[0]?.message ?? "")).join(" | ")}`);
  });
}

for (const path of PAGES) {
  await scene(`phone ${path}`, async (page) => {
    await page.locator("#message, .cards a, .request .field, table.runs").first().waitFor();
    if (path.includes("projectile")) {
      await run(page);
      await page.locator(".result nis-chart path.line").first().waitFor();
    }
    return { across: await page.evaluate(() => document.documentElement.scrollWidth) };
  }, { path, viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true });
}

await close();
