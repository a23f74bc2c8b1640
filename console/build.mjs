// Bundles src/ and copies what the API page needs into the package; the result is committed.

import { build } from "esbuild";
import { copyFile, mkdir, rm, writeFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const out = process.argv[2] ?? join(here, "../src/nis_backend/surfaces/console/static");
const swagger = join(here, "node_modules/swagger-ui-dist");

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
const shared = {
  absWorkingDir: here,
  outdir: out,
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  charset: "utf8",
  legalComments: "none",
  // Fonts are copied beside the stylesheet that names them.
  external: ["*.woff2"],
  logLevel: "warning",
};
await build({ ...shared, entryPoints: ["src/early.ts", "src/docs.ts", "src/microphone.ts", "src/console.css", "src/docs.css"] });
// What is imported when it is first gone to is a file of its own; what both stand on is another.
await build({ ...shared, entryPoints: ["src/console.ts"], splitting: true, chunkNames: "[name]" });
for (const name of ["index.html", "docs.html", "icon.svg"]) await copyFile(join(here, "src", name), join(out, name));
for (const name of ["swagger-ui.css", "swagger-ui-bundle.js"]) {
  const text = await readFile(join(swagger, name), "utf8");
  // The source maps stay behind, and a browser would ask for them.
  await writeFile(join(out, name), text.replace(/\n(\/\/|\/\*)# sourceMappingURL=.*$/m, ""));
}
for (const [name, file] of [["inter", "inter-latin-wght-normal"], ["jetbrains-mono", "jetbrains-mono-latin-wght-normal"]]) {
  const font = join(here, "node_modules/@fontsource-variable", name);
  await copyFile(join(font, `files/${file}.woff2`), join(out, `${name}.woff2`));
  await copyFile(join(font, "LICENSE"), join(out, `${name}.LICENSE`));
}
await copyFile(join(swagger, "LICENSE"), join(out, "swagger-ui.LICENSE"));
await copyFile(join(swagger, "NOTICE"), join(out, "swagger-ui.NOTICE"));
await copyFile(join(swagger, "swagger-ui-bundle.js.LICENSE.txt"), join(out, "swagger-ui-bundle.js.LICENSE.txt"));
await copyFile(join(here, "node_modules/lit/LICENSE"), join(out, "lit.LICENSE"));
