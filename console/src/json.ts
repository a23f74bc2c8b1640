// JSON as a person reads it: indented, numbers in a row, coloured by what each part is.

import { html, type TemplateResult } from "lit";

/** Characters of a filled line. */
const WIDTH = 56;
/** Characters that are drawn; the rest is copied or saved, not looked at. */
const MOST = 60_000;

/** JSON whose lists of scalars are filled lines. */
export function pretty(value: unknown, indent = "", step = "  "): string {
  const inner = indent + step;
  if (Array.isArray(value)) {
    if (!value.length) return "[]";
    if (value.every((one) => typeof one !== "object" || one === null)) return filled(value.map((one) => JSON.stringify(one)), indent, step);
    return `[\n${value.map((one) => inner + pretty(one, inner, step)).join(",\n")}\n${indent}]`;
  }
  if (typeof value === "object" && value !== null) {
    const fields = Object.entries(value).filter(([, one]) => one !== undefined);
    if (!fields.length) return "{}";
    return `{\n${fields.map(([name, one]) => `${inner}${JSON.stringify(name)}: ${pretty(one, inner, step)}`).join(",\n")}\n${indent}}`;
  }
  return JSON.stringify(value) ?? "null";
}

function filled(parts: string[], indent: string, step: string): string {
  const one = `[${parts.join(", ")}]`;
  if (one.length + indent.length <= WIDTH) return one;
  const lines = [""];
  for (const [index, part] of parts.entries()) {
    const piece = index < parts.length - 1 ? `${part},` : part;
    const line = lines.at(-1)!;
    if (line && line.length + piece.length + 1 > WIDTH - indent.length) lines.push(piece);
    else lines[lines.length - 1] = line ? `${line} ${piece}` : piece;
  }
  return `[\n${lines.map((line) => `${indent}${step}${line}`).join("\n")}\n${indent}]`;
}

const TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(true|false|null)\b|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)/g;

export function coloured(text: string): TemplateResult {
  const whole = text.length <= MOST;
  const shown = whole ? text : text.slice(0, MOST);
  const out: unknown[] = [];
  let from = 0;
  for (const match of shown.matchAll(TOKEN)) {
    out.push(shown.slice(from, match.index));
    from = match.index + match[0].length;
    const [, string, colon, word, digits] = match;
    if (string !== undefined && colon !== undefined) out.push(html`<span class="j-name">${string}</span>`, colon);
    else if (string !== undefined) out.push(html`<span class="j-text">${string}</span>`);
    else out.push(html`<span class="j-value">${word ?? digits}</span>`);
  }
  out.push(shown.slice(from));
  return html`<pre class="code-block" tabindex="0"><code>${out}</code></pre>
    ${whole ? "" : html`<p class="note">The first ${MOST.toLocaleString("en")} of ${text.length.toLocaleString("en")} characters. Copy takes all of it.</p>`}`;
}
