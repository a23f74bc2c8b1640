// One turn as it is shown: the question, what was called, the answer, the drawings, who answered.

import { html, nothing, type TemplateResult } from "lit";
import { guard } from "lit/directives/guard.js";
import "./asked.js";
import "./blob.js";
import "./copy.js";
import { curves } from "./curves.js";
import { resolve } from "./fields.js";
import "./feedback.js";
import "./form.js";
import { icon, type Icon } from "./icons.js";
import { markdown } from "./markdown.js";
import { money, NANO } from "./money.js";
import { number, words as spaced } from "./numbers.js";
import { address, explore } from "./route.js";
import { connection } from "./status.js";
import { command } from "./steer.js";
import { type Call, drawings, ended, type Turn, words } from "./turn.js";
import { drawn, failure, table } from "./views.js";
import type { Attached, FormView, View } from "./wire.js";

/** Characters of a question; a longer one is set smaller and scrolls. */
const LONG = 240;

/** What can be done with a turn, as far as it can. */
export interface Acts {
  retry?: () => void;
  branch?: () => void;
  turnTo: (runId: string) => void;
  /** Whether it can be judged. */
  rates: boolean;
}

export function draw(turn: Turn, last: boolean, busy: boolean, acts: Acts): TemplateResult {
  const running = !ended(turn);
  const said = words(turn);
  return html`<article class="turn" aria-busy=${running}>
    ${turn.attached.length ? html`<div class="attached">${turn.attached.map(attachment)}</div>` : nothing}
    ${turn.question.length > LONG
      ? html`<h2 class="long" dir="auto" tabindex="0">${turn.question}</h2>`
      : html`<h2 dir="auto">${turn.question || html`<span class="hidden">Without words</span>`}</h2>`}
    ${guard([turn.seq, turn.state], () => turn.calls.map((call) => called(call, turn.views, said)))}
    ${guard([said], () => (said ? html`<div class="prose" dir="auto">${markdown(said)}</div>` : nothing))}
    ${guard([turn.views.length, said, busy, last], () =>
      drawings(turn).map((view, index, views) => shown(view, index > 0 || repeats(view, views), last, busy)),
    )}
    ${turn.notes.map((note) => html`<p class="note">${note}</p>`)}
    ${running ? waiting(turn) : nothing} ${turn.problem ? failure(turn.problem, acts.retry) : nothing}
    ${turn.state === "cancelled" ? html`<p class="note">Stopped.</p>` : nothing}
    ${running ? nothing : signed(turn, acts)}
  </article>`;
}

function attachment(one: Attached): TemplateResult {
  return one.gone ? html`<p class="note">${one.name || one.media_type} was deleted since.</p>` : html`<nis-blob .blob=${one}></nis-blob>`;
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
    <p class="hint"><a href=${explore(call.operation, call.arguments)}>Open it in Explore</a></p>
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

/** A view as an answer has it: a table that is `aside` waits behind its title, since an answer begins with what was asked. */
function shown(view: View, aside: boolean, last: boolean, busy: boolean): TemplateResult | typeof nothing {
  if (view.kind === "form") return html`<nis-form .form=${view} ?asks=${last} ?disabled=${busy}></nis-form>`;
  if (view.kind === "table" && aside) {
    return html`<details class="aside"><summary>${view.title}</summary>${table(view)}</details>`;
  }
  return drawn(view);
}

function waiting(turn: Turn): TemplateResult {
  const { progress, runId } = turn;
  const { asked, state } = turn.standing;
  if (connection().state !== "ok") return quiet("the server is out of reach; the answer goes on once it is back");
  if (asked && runId) return html`<nis-asked .runId=${runId} .asked=${asked}></nis-asked>`;
  if (state === "paused" && runId) {
    return html`${quiet("paused")} <p><button class="small" @click=${() => void command(runId, "resume").catch(() => undefined)}>Go on</button></p>`;
  }
  if (progress) {
    return html`<p class="waiting">
        <progress max="1" .value=${progress.fraction} aria-label="Progress"></progress> ${progress.message}
      </p>
      ${curves(progress.measured)}`;
  }
  return quiet(words(turn) ? "answering" : "thinking");
}

const quiet = (doing: string): TemplateResult => html`<p class="waiting"><span class="pulse"></span><span class="quiet">${doing}</span></p>`;

/** Who answered, the run it was, and what one can do with it. */
function signed(turn: Turn, { retry, branch, turnTo, rates }: Acts): TemplateResult | typeof nothing {
  if (!turn.model && !turn.runId) return nothing;
  return html`<footer>
    <span class="acts">
      ${turn.state === "succeeded" ? html`<nis-copy .text=${() => words(turn)} label="Copy the answer"></nis-copy>` : nothing}
      ${retry && !turn.problem?.retryable ? act("again", "Answer again", retry) : nothing} ${branch ? act("branch", "Go on from here in another conversation", branch) : nothing}
      ${rates && turn.state === "succeeded" && turn.runId ? html`<nis-feedback .runId=${turn.runId}></nis-feedback>` : nothing}
      ${turn.answers.length > 1 ? others(turn, turnTo) : nothing}
    </span>
    ${turn.model ? html`<span>${turn.model.provider} · ${turn.model.model}</span>` : nothing}
    ${turn.model?.demonstration
      ? html`<span class="badge" title="It is too small to be relied on.">demonstration model</span>`
      : nothing}
    ${turn.tokens ? html`<span>${turn.tokens} tokens</span>` : nothing}
    ${turn.cost ? html`<span>${money(turn.cost / NANO)}</span>` : nothing}
    ${turn.runId ? html`<a class="run id" href=${address({ page: "run", id: turn.runId })} title="The run's events">${turn.runId}</a>` : nothing}
  </footer>`;
}

const act = (sign: Icon, label: string, does: () => void): TemplateResult =>
  html`<button class="ghost" aria-label=${label} title=${label} @click=${does}>${icon(sign)}</button>`;

/** Which of several answers this is, and the way to the others. */
function others(turn: Turn, turnTo: (runId: string) => void): TemplateResult {
  const at = turn.answers.indexOf(turn.runId!);
  const way = (sign: Icon, label: string, to: string | undefined): TemplateResult =>
    html`<button class="ghost" aria-label=${label} title=${label} ?disabled=${!to} @click=${() => turnTo(to!)}>${icon(sign)}</button>`;
  return html`${way("left", "The answer before", turn.answers[at - 1])}<span>${at + 1} of ${turn.answers.length}</span>${way(
    "right",
    "The answer after",
    turn.answers[at + 1],
  )}`;
}
