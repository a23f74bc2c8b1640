// What models were asked for, and what it cost: sums by day and by what one likes, and every call.

import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { Reading } from "../reading.js";
import { ADMIN, may } from "../rights.js";
import { address, go, type Route } from "../route.js";
import { failure } from "../views.js";
import { type Problem, problem, read, request, sending } from "../wire.js";
import { type Bar, bars } from "./bars.js";
import "./calls.js";
import { count, money, span } from "../money.js";

type Days = Extract<Route, { page: "usage" }>;

interface Used {
  calls: number;
  failed: number;
  hits: number;
  input: number;
  output: number;
  cost: number;
  saved: number;
  unpriced: number;
  first_ms: number | null;
  total_ms: number | null;
}
interface Usage {
  since: string;
  until: string;
  by: string[];
  rows: (Used & Record<string, string | null>)[];
  total: Used;
}

const BY = ["day", "model", "provider", "route", "operation", "key"];
const SPANS: [days: number, name: string][] = [[1, "today"], [7, "7 days"], [30, "30 days"], [90, "90 days"]];
const DAY = 86_400_000;
/** What a group is called where there is none. */
const NONE: Record<string, string> = { key: "no key", route: "no route" };
/** Days of which each has a bar that can be seen. */
const MOST_BARS = 400;

const day = (time: number): string => new Date(time).toISOString().slice(0, 10);
const after = (date: string, days: number): string => day(Date.parse(date) + days * DAY);

export class NisUsage extends Reading {
  static override properties = {
    ...Reading.properties,
    chosen: { attribute: false },
    daily: { state: true },
    groups: { state: true },
    admin: { state: true },
    unsaved: { state: true },
  };
  /** Which days, by what, and whose. */
  declare chosen: Days;
  declare daily: Usage | null;
  declare groups: Usage | null;
  /** Whether everybody's may be looked at. */
  declare admin: boolean;
  /** Why a file was not saved. */
  declare unsaved: Problem | null;

  constructor() {
    super();
    [this.daily, this.groups, this.admin, this.unsaved] = [null, null, false, null];
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (!this.hasUpdated || !changed.has("chosen") || JSON.stringify(changed.get("chosen")) === JSON.stringify(this.chosen)) return;
    this.unsaved = null;
    void this.again();
  }

  /** The request's days; those of a span end with today. */
  private get asked(): Record<string, unknown> {
    const { since, until, days, everyone } = this.chosen;
    const now = day(Date.now());
    const from = since || until ? { since: since || null, until: until ? after(until, 1) : null } : { since: after(now, 1 - days), until: after(now, 1) };
    return { ...from, ...(everyone ? { owner: "*" } : {}) };
  }

  protected override async look(): Promise<() => void> {
    const { asked } = this;
    const { by } = this.chosen;
    const sums = (name: string): Promise<Usage> => read<Usage>("/usage/get-usage", sending("POST", { ...asked, by: [name] }));
    const [admin, daily, other] = await Promise.all([may(ADMIN), sums("day"), by === "day" ? null : sums(by)]);
    return () => {
      this.admin = admin;
      [this.daily, this.groups] = [daily, other ?? daily];
    };
  }

  protected override render(): TemplateResult {
    const { daily, groups } = this;
    return html`<div class="column wide-column">
      <header class="head">
        <h1>Usage</h1>
        <p class="lede">Every call of a model, what it took and what it cost. The sums are exact: they are those of the <a href="#calls" @click=${this.down}>calls below</a>. Days are UTC.</p>
      </header>
      ${this.choice()}
      ${this.standing(daily !== null, "the usage")}
      ${daily && groups && this.holds ? (daily.total.calls ? this.sums(daily, groups) : EMPTY) : nothing}
      ${this.unsaved ? failure(this.unsaved) : nothing}
      <nis-calls></nis-calls>
    </div>`;
  }

  private down = (event: Event): void => {
    event.preventDefault();
    this.querySelector("#calls")?.scrollIntoView();
  };

  private choice(): TemplateResult {
    const { chosen } = this;
    const chip = (name: string, to: Partial<Days>, here: boolean): TemplateResult =>
      html`<a class="chip" href=${address({ ...chosen, ...to })} aria-current=${here ? "true" : nothing}>${name}</a>`;
    const free = chosen.since || chosen.until;
    const date = (name: "since" | "until", label: string): TemplateResult => html`<label>
      ${label}<input
        type="date" .value=${chosen[name]} max=${day(Date.now())}
        @change=${(event: Event) => go({ ...chosen, [name]: (event.target as HTMLInputElement).value })}
      />
    </label>`;
    return html`<div class="choice">
      <nav class="families" aria-label="Days">
        ${SPANS.map(([days, name]) => chip(name, { days, since: "", until: "" }, !free && chosen.days === days))}
      </nav>
      <div class="dates">${date("since", "from")} ${date("until", "to")}</div>
      ${this.admin
        ? html`<nav class="families" aria-label="Whose">
            ${chip("mine", { everyone: false }, !chosen.everyone)} ${chip("everyone's", { everyone: true }, chosen.everyone)}
          </nav>`
        : nothing}
    </div>`;
  }

  private sums(daily: Usage, groups: Usage): TemplateResult {
    const { total } = daily;
    const facts: [name: string, value: string, note: string][] = [
      ["Cost", money(total.cost), total.saved ? `${money(total.saved)} saved by the cache` : ""],
      ["Calls", count(total.calls), total.failed ? `${count(total.failed)} failed` : "none failed"],
      ["Cached", count(total.hits), "answered without a model"],
      ["Tokens", count(total.input + total.output), `${count(total.input)} in, ${count(total.output)} out`],
      ["First word", span(total.first_ms), `on average; whole ${span(total.total_ms)}`],
    ];
    return html`<dl class="figures">
        ${facts.map(([name, value, note]) => html`<div><dt>${name}</dt><dd>${value} <span class="note">${note}</span></dd></div>`)}
      </dl>
      ${total.unpriced
        ? html`<p class="note">${count(total.unpriced)} of the calls were of models of which no price is known: what they cost is missing here. <a href="#/models">Set their prices.</a></p>`
        : nothing}
      <div class="pair">${this.chart(daily, "Cost by day", "cost", money)} ${this.chart(daily, "Calls by day", "calls", count)}</div>
      <section class="panel">
        <div class="bar">
          <h2>By ${this.chosen.by}</h2>
          <button class="small" @click=${() => void this.save("usage")}>Sums as CSV</button>
          ${this.chosen.everyone ? nothing : html`<button class="small" @click=${() => void this.save("calls")}>Calls as CSV</button>`}
        </div>
        <nav class="families" aria-label="Sums by">
          ${BY.map((by) => html`<a class="chip" href=${address({ ...this.chosen, by })} aria-current=${by === this.chosen.by ? "true" : nothing}>${by}</a>`)}
        </nav>
        ${this.table(groups)}
      </section>`;
  }

  private chart(daily: Usage, title: string, name: "cost" | "calls", say: (value: number) => string): TemplateResult | typeof nothing {
    const held = new Map(daily.rows.map((row) => [row["day"], row[name]]));
    const all: Bar[] = [];
    for (let label = daily.since; label < daily.until; label = after(label, 1)) {
      const value = held.get(label) ?? 0;
      all.push({ label, value, said: say(value) });
    }
    return all.length > 1 && all.length <= MOST_BARS ? bars(title, all) : nothing;
  }

  private table({ rows, by: [by = ""] }: Usage): TemplateResult {
    const sorted = by === "day" ? [...rows].reverse() : rows.toSorted((a, b) => b.cost - a.cost || b.calls - a.calls);
    return html`<div class="wide" role="region" aria-label="Usage by ${by}" tabindex="0">
      <table class="runs">
        <thead>
          <tr>
            <th scope="col">${by}</th>
            ${["calls", "failed", "cached", "tokens in", "tokens out", "cost", "first word, mean", "whole, mean"].map((name) => html`<th scope="col" class="n">${name}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${sorted.map(
            (row) => html`<tr>
              <th scope="row">${row[by] || NONE[by] || "none"}</th>
              ${[count(row.calls), count(row.failed), count(row.hits), count(row.input), count(row.output), money(row.cost), span(row.first_ms), span(row.total_ms)].map(
                (cell) => html`<td class="n">${cell}</td>`,
              )}
            </tr>`,
          )}
        </tbody>
      </table>
    </div>`;
  }

  /** Saves what is shown as a file; a link of its own could not send the key. */
  private async save(what: "usage" | "calls"): Promise<void> {
    this.unsaved = null;
    const by = this.chosen.by === "day" ? ["day"] : ["day", this.chosen.by];
    try {
      const response = await request("/usage/get-export", sending("POST", { ...this.asked, what, by }, { Accept: "text/csv" }));
      const link = document.createElement("a");
      link.href = URL.createObjectURL(await response.blob());
      link.download = response.headers.get("Content-Disposition")?.match(/filename="([^"]+)"/)?.[1] ?? `${what}.csv`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    } catch (error) {
      this.unsaved = problem(error);
    }
  }
}

const EMPTY = html`<p class="empty">No calls in these days. <a href="#/">Ask something in the chat</a>, or send a request to <code>/v1/chat/completions</code>: it is here a moment later.</p>`;

customElements.define("nis-usage", NisUsage);
