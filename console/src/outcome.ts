// What a call has answered: drawn, as JSON, or as a run's events.

import { html, nothing, type TemplateResult } from "lit";
import "./asked.js";
import { blobs, texts } from "./blob.js";
import "./copy.js";
import type { Outcome } from "./invoke.js";
import { coloured, pretty } from "./json.js";
import { markdown } from "./markdown.js";
import { span } from "./numbers.js";
import { address } from "./route.js";
import { timeline } from "./timeline.js";
import { drawn, table } from "./views.js";
import type { Line, View } from "./wire.js";

export type Tab = "drawn" | "json" | "events";

export function outcomeOf(outcome: Outcome | null, line: Line, tab: Tab, choose: (tab: Tab) => void): TemplateResult {
  if (!outcome) {
    return html`<div class="bar"><h2>Result</h2></div>
      <p class="placeholder">Run it to see the result here${line.shape === "run" ? ", its events as they happen" : line.shape === "stream" ? ", as it comes" : ""}.</p>`;
  }
  const tabs: [Tab, string][] = [["drawn", "Drawn"], ["json", "JSON"], ...(outcome.log ? ([["events", "Events"]] as [Tab, string][]) : [])];
  const has = outcome.result !== undefined || outcome.items.length > 0 || outcome.log !== null;
  return html`<div class="bar">
      <h2>Result</h2>
      <span class="took ${outcome.state}" role="status">${said(outcome)}</span>
      ${has
        ? html`<div class="switch" role="group" aria-label="How to look at it">
              ${tabs.map(([id, name]) => html`<button type="button" aria-pressed=${id === tab} @click=${() => choose(id)}>${name}</button>`)}
            </div>
            <nis-copy .text=${() => pretty(whole(outcome))} label="Copy the result as JSON"></nis-copy>`
        : nothing}
    </div>
    ${has ? shown(outcome, tab) : outcome.state === "running" ? html`<p class="waiting"><span class="pulse"></span> computing</p>` : nothing}
    ${outcome.log?.runId && outcome.log.asked ? html`<nis-asked .runId=${outcome.log.runId} .asked=${outcome.log.asked}></nis-asked>` : nothing}
    ${outcome.log?.runId
      ? html`<p class="note">Run <a class="id" href=${address({ page: "run", id: outcome.log.runId })}>${outcome.log.runId}</a></p>`
      : nothing}`;
}

const said = (outcome: Outcome): string =>
  outcome.state === "running"
    ? outcome.items.length
      ? `${outcome.items.length} so far`
      : "running"
    : `${{ done: "done", failed: "failed", stopped: "stopped" }[outcome.state]} · ${span((outcome.took ?? 0) / 1000)}`;

const whole = (outcome: Outcome): unknown => outcome.result ?? (outcome.log ? outcome.log.events : outcome.items);

function shown(outcome: Outcome, tab: Tab): TemplateResult {
  if (tab === "json") return coloured(pretty(whole(outcome)));
  if (tab === "events" && outcome.log) return timeline(outcome.log.events);
  if (outcome.log && !outcome.views.length) return timeline(outcome.log.events);
  const text = texts(outcome.result);
  if (text) return html`<div class="views"><nis-text .file=${text}></nis-text></div>`;
  const views = outcome.views.filter((view) => view.kind !== "form");
  // What a view draws is not shown twice.
  const seen = new Set(views.map((view) => ("blob" in view ? view.blob : "")));
  const bytes = blobs(outcome.result).filter((one) => !seen.has(one.id)).map((one) => html`<nis-blob .blob=${one}></nis-blob>`);
  if (views.length || bytes.length) return html`<div class="views">${bytes}${views.map(drawn)}</div>`;
  return outcome.items.length ? items(outcome.items) : coloured(pretty(whole(outcome)));
}

/** What a stream answers: its words where the items have some, else a row for each. */
function items(all: unknown[]): TemplateResult {
  const objects = all.filter((one): one is Record<string, unknown> => typeof one === "object" && one !== null);
  const text = objects.map((one) => (typeof one["text"] === "string" ? one["text"] : "")).join("");
  if (text) return html`<div class="prose" aria-live="polite">${markdown(text)}</div>`;
  const columns = [...new Set(objects.flatMap((one) => Object.keys(one)))];
  const cell = (value: unknown): string | number => (typeof value === "number" || typeof value === "string" ? value : (JSON.stringify(value) ?? ""));
  const view: View = { kind: "table", title: "Items", columns, rows: objects.slice(-200).map((one) => columns.map((name) => cell(one[name]))) };
  return table(view);
}
