// What there is to read of an operation besides its form.

import { html, nothing, type TemplateResult } from "lit";
import { toolName } from "./catalog.js";
import { coloured, pretty } from "./json.js";
import { inline, markdown } from "./markdown.js";
import type { Detail, Schema } from "./wire.js";

/** What its docstring says beyond the first line, where it is called, and what it answers. */
export function about(detail: Detail): TemplateResult {
  const [, ...rest] = detail.description.split(/\n\s*\n/);
  const rows: [string, unknown][] = [
    ["REST", detail.routes.map((one) => html`<code>${one}</code> `)],
    ["MCP tool", html`<code>${toolName(detail.id)}</code>`],
    ["Command line", html`<code>nis call ${detail.id}</code>`],
    ["Scopes", detail.scopes.length ? detail.scopes.map((one) => html`<code>${one}</code> `) : "none"],
    ["Time limit", detail.shape === "run" ? "the run's own" : `${detail.time_limit} s`],
    ["Runs in", detail.pool ? `the worker pool ${detail.pool}` : "the server"],
  ];
  return html`${rest.length ? html`<section class="about prose">${markdown(docstring(rest.join("\n\n")))}</section>` : nothing}
    <details class="panel">
      <summary>Where it is called</summary>
      <dl class="rows">${rows.map(([name, what]) => html`<div><dt>${name}</dt><dd>${what}</dd></div>`)}</dl>
    </details>
    <details class="panel">
      <summary>What it answers</summary>
      ${results(detail.result_schema)}
    </details>`;
}

/** A docstring's parts as Markdown: lines broken for its width are one paragraph, `Raises:` is a list. */
function docstring(text: string): string {
  return text.replace(/^(Raises|Source|Note):\s*$/gm, "**$1**\n").replace(/^ {4,}(\w+): /gm, "- `$1`: ");
}

function results(schema: Schema): TemplateResult {
  const fields = Object.entries(schema.properties ?? {});
  if (!fields.length) return coloured(pretty(schema));
  return html`<div class="wide" tabindex="0" role="region" aria-label="Fields of the result"><table>
    <tbody>
      ${fields.map(
        ([name, one]) => html`<tr>
          <th scope="row"><code>${name}</code></th>
          <td class="kind">${kind(one)}</td>
          <td>${one.unit ? html`<span class="unit">${one.unit}</span> ` : nothing}${one.description ? inline(one.description) : nothing}</td>
        </tr>`,
      )}
    </tbody>
  </table></div>`;
}

/** A field's type in a word or two. */
function kind(schema: Schema): string {
  const { $ref, anyOf, items, type, enum: choices } = schema;
  if ($ref) return $ref.replace("#/$defs/", "");
  if (choices) return choices.map((one) => JSON.stringify(one)).join(", ");
  if (anyOf) return anyOf.map(kind).join(" or ");
  return type === "array" ? `list of ${items ? kind(items) : "anything"}` : (type ?? "anything");
}
