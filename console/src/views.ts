// What a result is better looked at as: each kind of view as this console draws it.

import { html, nothing, type TemplateResult } from "lit";
import "./chart.js";
import "./grid.js";
import "./picture.js";
import "./plots.js";
import { markdown } from "./markdown.js";
import { number } from "./numbers.js";
import type { Problem, TableView, View } from "./wire.js";

/** A view; a form is for whoever can run it. */
export function drawn(view: View): TemplateResult | typeof nothing {
  switch (view.kind) {
    case "text":
      return html`<div class="prose" dir="auto">${markdown(view.text)}</div>`;
    case "table":
      return html`<figure><figcaption>${view.title}</figcaption>${table(view)}</figure>`;
    case "series":
      return html`<nis-chart .series=${view}></nis-chart>`;
    case "grid":
      return html`<nis-grid .grid=${view}></nis-grid>`;
    case "box_plot":
      return html`<nis-box-plot .plot=${view}></nis-box-plot>`;
    case "network":
      return html`<nis-network .network=${view}></nis-network>`;
    case "image":
      return html`<nis-picture .picture=${view}></nis-picture>`;
    case "audio":
      return html`<nis-sound .sound=${view}></nis-sound>`;
    case "form":
      return nothing;
    default:
      // A later server may know views that this page does not.
      view satisfies never;
      return html`<p class="note">This page cannot draw a ${(view as { kind: string }).kind}; the JSON has it.</p>`;
  }
}

export function table(view: TableView): TemplateResult {
  // A column that is mostly numbers is set as one, a word among them included.
  const side = view.columns.map((_, index) => {
    const numbers = view.rows.filter((row) => typeof row[index] === "number");
    return 2 * numbers.length > view.rows.length ? "n" : "";
  });
  const cell = (value: string | number, index: number): TemplateResult =>
    // A short word, such as an id, is not broken at its hyphens.
    html`<td class="${side[index] ?? ""} ${/^\S{1,40}$/.test(String(value)) ? "token" : ""}">${typeof value === "number" ? number(value) : value}</td>`;
  return html`<div class="wide" tabindex="0" role="region" aria-label=${view.title}>
    <table>
      <thead>
        <tr>
          ${view.columns.map((name, index) => html`<th scope="col" class=${side[index]!}>${name}</th>`)}
        </tr>
      </thead>
      <tbody>${view.rows.map((row) => html`<tr>${row.map(cell)}</tr>`)}</tbody>
    </table>
  </div>`;
}

/** What went wrong, with the remedy; fields that a form shows beside its inputs need not be told again. */
export function failure(problem: Problem, retry?: () => void): TemplateResult {
  return html`<div class="failure" role="alert">
    <p><strong>${sentence(problem.title)}.</strong> ${problem.detail}</p>
    ${problem.errors && problem.errors.length > 1
      ? html`<ul>${problem.errors.map((one) => html`<li><code>${one.field}</code> ${one.message}</li>`)}</ul>`
      : nothing}
    ${problem.remedy ? html`<p class="remedy">${problem.remedy}</p>` : nothing}
    ${retry && problem.retryable ? html`<button @click=${retry}>Try again</button>` : nothing}
  </div>`;
}

const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
