// A run's log as a line of time: what happened, when, and what it left.

import { html, nothing, type TemplateResult } from "lit";
import { guard } from "lit/directives/guard.js";
import { curves, type Measured, measuredIn } from "./curves.js";
import { coloured, pretty } from "./json.js";
import { markdown } from "./markdown.js";
import { money, NANO } from "./money.js";
import { span } from "./numbers.js";
import { address, explore } from "./route.js";
import { drawn, failure } from "./views.js";
import type { Body, RunEvent } from "./wire.js";

/** Events of one step's words are one entry. */
interface Entry {
  first: RunEvent;
  last: RunEvent;
  text: string;
  /** Whether the step began again: these words count no more. */
  gone: boolean;
  /** What progress has measured. */
  measured: Measured[];
}

/** Entries drawn; of a longer log the latest. */
const MOST = 400;

export function timeline(events: readonly RunEvent[]): TemplateResult {
  const all = joined(events);
  const shown = all.slice(-MOST);
  const from = events[0]?.time ?? 0;
  return html`${all.length > shown.length ? html`<p class="note">The last ${MOST} of ${all.length} entries.</p>` : nothing}
    <ol class="timeline">
      ${shown.map(
        (entry) => html`<li class="${entry.first.body.type} ${entry.gone ? "gone" : ""}">
          <span class="at" title=${new Date(entry.first.time * 1000).toLocaleString()}>${span(entry.first.time - from, 2)}</span>
          <span class="seq">${entry.first.seq === entry.last.seq ? entry.first.seq : `${entry.first.seq}–${entry.last.seq}`}</span>
          <div class="what">${guard([entry.first, entry.last, entry.gone], () => told(entry))}</div>
        </li>`,
      )}
    </ol>`;
}

function joined(events: readonly RunEvent[]): Entry[] {
  const out: Entry[] = [];
  for (const event of events) {
    const { body } = event;
    // Times and ids that the run has noted so as to be replayed tell a person nothing.
    if (body.type === "noted") continue;
    if (body.type === "step_retried") {
      for (const one of out) one.gone ||= spoken(one.first.body) && one.first.body.step === body.step;
    }
    const before = out.at(-1);
    const words = spoken(body) ? body.text : "";
    const same = before && spoken(body) && before.first.body.type === body.type && before.first.body.step === body.step;
    if (same) [before.last, before.text] = [event, before.text + words];
    else if (before?.first.body.type === "progress" && body.type === "progress") {
      before.last = event;
      before.measured.push(...measuredIn(event));
    } else out.push({ first: event, last: event, text: words, gone: false, measured: measuredIn(event) });
  }
  return out;
}

/** Whether a model says it as it comes: its words, or what it thinks before them. */
const spoken = (body: Body): body is Extract<Body, { text: string }> => body.type === "text_delta" || body.type === "reasoning_delta";

function told({ first, last, text, gone, measured }: Entry): TemplateResult {
  const body: Body = last.body;
  switch (body.type) {
    case "started":
      return html`<strong>Started</strong> <a href=${explore(body.operation)}><code>${body.operation}</code></a>${body.attempt > 1
        ? html` <span class="note">attempt ${body.attempt}</span>`
        : nothing}`;
    case "text_delta":
      return html`${gone ? html`<span class="note">Taken back:</span>` : nothing}<div class="prose said">${markdown(text)}</div>`;
    case "reasoning_delta":
      return html`<details><summary>${gone ? "Taken back: it thought" : "Thought"}</summary><div class="prose">${markdown(text)}</div></details>`;
    case "model_called":
      return html`<strong>Model asked</strong> ${body.provider} · ${body.model}`;
    case "model_answered":
      return html`<strong>Model answered</strong> <span class="note">${[
        body.answered_by,
        body.finish_reason,
        body.input_tokens ? `${body.input_tokens} tokens in` : "",
        body.output_tokens ? `${body.output_tokens} out` : "",
        body.cost ? money(body.cost / NANO) : "",
      ].filter(Boolean).join(" · ")}</span>`;
    case "tool_called":
      return html`<strong>Called</strong> <a href=${explore(body.operation, body.arguments)}><code>${body.operation}</code></a>
        ${folded("Arguments", body.arguments)}`;
    case "tool_answered":
      return html`<strong>${body.problem ? "Refused" : "Answered"}</strong> <code>${body.operation}</code>
        ${body.problem ? failure(body.problem) : folded("Result", body.result)}`;
    case "progress":
      return html`<strong>Progress</strong> <progress max="1" .value=${body.fraction} aria-label="Progress"></progress>
        <span class="note">${Math.round(100 * body.fraction)} % ${body.message}</span>${curves(measured)}`;
    case "surface":
      return html`<strong>Shown</strong> ${body.views.map(drawn)}`;
    case "input_required":
      return html`<strong>Asks</strong> for ${body.missing.join(", ") || "a choice"} ${body.operation ? html`of <code>${body.operation}</code>` : nothing}
        <span class="note">${body.question}</span>`;
    case "approval_required":
      return html`<strong>Asks</strong> to be allowed <code>${body.operation}</code> <span class="note">${body.reason}</span>
        ${folded("Arguments", body.arguments)}`;
    case "noted":
      return html`<strong>Noted</strong> <code>${body.name}</code> ${folded("Value", body.value)}`;
    case "artifact":
      return html`<strong>Made</strong> ${body.name} <span class="note">${body.media_type} · ${body.size} bytes</span>`;
    case "step_retried":
      return html`<strong>Begun again</strong> <span class="note">step ${body.step}: ${body.reason}</span>`;
    case "handed_off":
      return html`<strong>Handed off</strong> by ${body.agent} to <a href=${address({ page: "agent", name: body.to })}>${body.to}</a> <span class="note">${body.reason}</span>`;
    case "arguments_mended":
      return html`<strong>${body.shown ? "Told the schema of" : "Mended a call of"}</strong> <code>${body.tool}</code> <span class="note">${body.changes.join("; ")}</span>`;
    case "compacted":
      return html`<strong>Made shorter</strong> <span class="note">${body.results} results shortened, ${body.turns} turns condensed: about ${body.tokens_before} tokens are ${body.tokens_after}</span>`;
    case "warning":
      return html`<strong>Warning</strong> ${body.message}`;
    case "cancel_requested":
      return html`<strong>Told to stop</strong>`;
    case "pause_requested":
      return html`<strong>Told to pause</strong>`;
    case "resume_requested":
      return html`<strong>Told to go on</strong>`;
    case "approved":
      return html`<strong class="good">Approved</strong>`;
    case "rejected":
      return html`<strong class="bad">Rejected</strong> ${body.reason}`;
    case "input_provided":
      return html`<strong>Told</strong> ${folded("Values", body.values)}`;
    case "retry_scheduled":
      return html`<strong>To be tried again</strong> ${body.problem.detail ? failure(body.problem) : nothing}`;
    case "released":
      return html`<strong>${{ shutdown: "Handed over", paused: "Paused", waiting: "Waits" }[body.reason]}</strong>`;
    case "succeeded":
      return html`<strong class="good">Succeeded</strong> ${folded("Result", body.result)}`;
    case "failed":
      return html`<strong class="bad">Failed</strong> ${failure(body.problem)}`;
    case "cancelled":
      return html`<strong>Stopped</strong>`;
    default:
      // A later server may know events that this page does not.
      body satisfies never;
      return html`<strong>${(first.body as { type: string }).type}</strong> ${folded("Event", first.body)}`;
  }
}

function folded(title: string, value: unknown): TemplateResult {
  return html`<details><summary>${title}</summary>${coloured(pretty(value))}</details>`;
}
