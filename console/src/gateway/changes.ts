// Who has changed what of providers, routes, prices and budgets.

import { html, nothing, type TemplateResult } from "lit";
import { same } from "../fields.js";
import { Reading } from "../reading.js";
import { ago } from "../runs.js";
import { read } from "../wire.js";
import { money } from "./money.js";

type Given = Record<string, unknown>;

interface Change {
  id: string;
  subject: string;
  subject_id: string;
  action: string;
  by_owner: string;
  by_key: string | null;
  before: Given | null;
  after: Given | null;
  created: number;
}
interface ChangeList {
  changes: Change[];
  next_cursor: string | null;
}

/** What stands in every row, and says nothing of what was changed. */
const OWN = ["id", "owner", "created", "updated"];
const MOST = 120;

export class NisChanges extends Reading {
  static override properties = { ...Reading.properties, changes: { state: true }, more: { state: true } };
  declare changes: Change[] | null;
  declare more: string | null;
  protected override pause = 30_000;

  constructor() {
    super();
    [this.changes, this.more] = [null, null];
  }

  protected override firstUpdated(): void {
    void this.again();
  }

  protected override async look(): Promise<() => void> {
    const page = await this.page(null);
    return () => {
      [this.changes, this.more] = [page.changes, page.next_cursor];
    };
  }

  private async next(): Promise<void> {
    const { changes, next_cursor } = await this.page(this.more);
    [this.changes, this.more] = [[...(this.changes ?? []), ...changes], next_cursor];
  }

  private page(cursor: string | null): Promise<ChangeList> {
    return read<ChangeList>(`/routes/list-changes?${new URLSearchParams({ limit: "50", ...(cursor ? { cursor } : {}) })}`);
  }

  protected override render(): TemplateResult {
    const { changes } = this;
    return html`<header class="head">
        <h1>Changes</h1>
        <p class="lede">Who has changed which provider, route, price or budget; written down with the change itself.</p>
      </header>
      ${changes && !this.trouble
        ? changes.length
          ? html`<ol class="budgets">${changes.map(line)}</ol>`
          : html`<p class="empty">Nothing has been changed since this server was set up.</p>`
        : this.standing(changes !== null, "the changes")}
      ${this.more && !this.trouble ? html`<button @click=${() => void this.next()}>Earlier changes</button>` : nothing}`;
  }
}

function line(one: Change): TemplateResult {
  const made = new Date(one.created * 1000);
  return html`<li class="panel change">
    <p>
      <strong>${one.by_owner}</strong>${one.by_key ? html` <span class="note">with ${one.by_key}</span>` : nothing}
      ${one.action}d the ${one.subject} <code>${one.subject_id}</code>
      <time class="note" datetime=${made.toISOString()} title=${made.toLocaleString()}>${ago(one.created)}</time>
    </p>
    ${one.before && one.after ? differences(one.before, one.after) : html`<details><summary>What it ${one.after ? "is" : "was"}</summary>${differences(one.before ?? {}, one.after ?? {})}</details>`}
  </li>`;
}

function differences(before: Given, after: Given): TemplateResult {
  const names = Object.keys({ ...before, ...after }).filter((name) => !OWN.includes(name) && !same(before[name], after[name]));
  const row = (name: string): TemplateResult => html`<div>
    <dt>${name === "cap" ? "limit" : name}</dt>
    <dd>${name in before ? html`<del>${short(before[name], name)}</del>` : nothing} ${name in after ? html`<ins>${short(after[name], name)}</ins>` : nothing}</dd>
  </div>`;
  return html`<dl class="rows">${names.map(row)}</dl>`;
}

function short(value: unknown, name: string): string {
  // Of a budget the row has billionths of a dollar.
  if (name === "cap" && typeof value === "number") return money(value / 1e9);
  const text = typeof value === "string" ? value || "nothing" : (JSON.stringify(value) ?? "nothing");
  return text.length > MOST ? `${text.slice(0, MOST)}…` : text;
}

customElements.define("nis-changes", NisChanges);
