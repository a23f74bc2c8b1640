// One turn as it is shown: the question, what was called, the answer, the drawings, who answered.

import { html, nothing, type TemplateResult } from "lit";
import { guard } from "lit/directives/guard.js";
import "./chart.js";
import { resolve } from "./form.js";
import { markdown } from "./markdown.js";
import { number, words as spaced } from "./numbers.js";
import { type Call, drawings, ended, type Turn, words } from "./turn.js";
import type { FormView, Problem, TableView, View } from "./wire.js";

/** Characters of a question; a longer one is set smaller and scrolls. */
const LONG = 240;

export function draw(turn: Turn, last: boolean, busy: boolean, retry: () => void): TemplateResult {
  const running = !ended(turn);
  const said = words(turn);
  return html`<article class="turn" aria-busy=${running}>
    ${turn.question.length > LONG
      ? html`<h2 class="long" dir="auto" tabindex="0">${turn.question}</h2>`
      : html`<h2 dir="auto">${turn.question}</h2>`}
    ${guard([turn.seq, turn.state], () => turn.calls.map((call) => called(call, turn.views, said)))}
    ${guard([said], () => (said ? html`<div class="prose" dir="auto">${markdown(said)}</div>` : nothing))}
    ${guard([turn.views.length, said, busy, last], () =>
      drawings(turn).map((view, index, views) => drawn(view, index > 0 || repeats(view, views), last, busy)),
    )}
    ${turn.notes.map((note) => html`<p class="note">${note}</p>`)}
    ${running ? waiting(turn) : nothing} ${turn.problem ? failure(turn.problem, last && !busy ? retry : undefined) : nothing}
    ${turn.state === "cancelled" ? html`<p class="note">Stopped.</p>` : nothing}
    ${running ? nothing : signed(turn)}
  </article>`;
}

function called(call: Call, views: View[], said: string): TemplateResult {
  const given = Object.entries(call.arguments);
  // The form to run again brings the schema, and with it the units.
  const form = views.find((view) => view.kind === "form" && view.operation === call.operation) as FormView | undefined;
  const unit = (name: string): string => {
    const schema = form?.request_schema.properties?.[name];
    return schema ? (resolve(schema, form!.request_schema).unit ?? "") : "";
  };
  const state = { running: "computing", done: "computed", failed: "not computed" }[call.state];
  // What the answer says by itself is not said twice.
  const problem = call.problem && !said.includes(call.problem.detail) ? call.problem : null;
  return html`<details class="call" ?open=${call.chosen || problem !== null}>
    <summary><span class="state ${call.state}">${state}</span> <code>${call.operation}</code></summary>
    ${given.length
      ? html`<dl>
          ${given.map(([name, value]) => html`<div><dt>${spaced(name)}</dt><dd>${argument(value)} ${unit(name)}</dd></div>`)}
        </dl>`
      : html`<p class="hint">Without arguments.</p>`}
    ${problem ? html`<p class="bad">${problem.detail} ${problem.remedy ?? ""}</p>` : nothing}
  </details>`;
}

function argument(value: unknown): string {
  if (typeof value === "number") return number(value);
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > 200 ? `${text.slice(0, 199)}…` : text;
}

/** Whether a table has a row for each of some fields of a form: the words say what was given. */
function repeats(view: View, views: View[]): boolean {
  if (view.kind !== "table") return false;
  const fields = views.flatMap((one) => (one.kind === "form" ? Object.keys(one.request_schema.properties ?? {}) : []));
  const names = new Set<unknown>(fields.map(spaced));
  return view.rows.every(([name]) => names.has(name));
}

/** A view; a table that is `aside` waits behind its title, since an answer begins with what was asked. */
function drawn(view: View, aside: boolean, last: boolean, busy: boolean): TemplateResult {
  switch (view.kind) {
    case "text":
      return html`<div class="prose" dir="auto">${markdown(view.text)}</div>`;
    case "table":
      return aside
        ? html`<details class="aside"><summary>${view.title}</summary>${table(view)}</details>`
        : html`<figure><figcaption>${view.title}</figcaption>${table(view)}</figure>`;
    case "series":
      return html`<nis-chart .series=${view}></nis-chart>`;
    case "form":
      return html`<nis-form .form=${view} ?asks=${last} ?disabled=${busy}></nis-form>`;
  }
}

function table(view: TableView): TemplateResult {
  // A column that is mostly numbers is set as one, a word among them included.
  const side = view.columns.map((_, index) => {
    const numbers = view.rows.filter((row) => typeof row[index] === "number");
    return 2 * numbers.length > view.rows.length ? "n" : "";
  });
  const cell = (value: string | number, index: number): TemplateResult =>
    html`<td class=${side[index] ?? ""}>${typeof value === "number" ? number(value) : value}</td>`;
  return html`<div class="wide" tabindex="0">
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

function waiting(turn: Turn): TemplateResult {
  const { progress } = turn;
  if (progress) {
    return html`<p class="waiting">
      <progress max="1" .value=${progress.fraction} aria-label="Progress"></progress> ${progress.message}
    </p>`;
  }
  return html`<p class="waiting"><span class="pulse"></span><span class="quiet">${words(turn) ? "answering" : "thinking"}</span></p>`;
}

export function failure(problem: Problem, retry?: () => void): TemplateResult {
  return html`<div class="failure" role="alert">
    <p><strong>${sentence(problem.title)}.</strong> ${problem.detail}</p>
    ${problem.errors && problem.errors.length > 1
      ? html`<ul>${problem.errors.map((one) => html`<li><code>${one.field}</code> ${one.message}</li>`)}</ul>`
      : nothing}
    ${problem.remedy ? html`<p class="remedy">${problem.remedy}</p>` : nothing}
    ${retry && problem.retryable ? html`<button @click=${retry}>Ask again</button>` : nothing}
  </div>`;
}

const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

function signed(turn: Turn): TemplateResult | typeof nothing {
  if (!turn.model && !turn.runId) return nothing;
  return html`<footer>
    ${turn.model ? html`<span>${turn.model.provider} · ${turn.model.model}</span>` : nothing}
    ${turn.model?.demonstration
      ? html`<span class="badge" title="It is too small to be relied on.">demonstration model</span>`
      : nothing}
    ${turn.tokens ? html`<span>${turn.tokens} tokens</span>` : nothing}
    ${turn.runId ? html`<span class="run">${turn.runId}</span>` : nothing}
  </footer>`;
}
