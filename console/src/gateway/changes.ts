// Who has changed what of providers, routes, prices and budgets.

import { html, nothing, type TemplateResult } from "lit";
import { same } from "../fields.js";
import { Listing } from "../reading.js";
import { ago } from "../runs.js";
import { read } from "../wire.js";
import { money, NANO } from "../money.js";

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

export class NisChanges extends Listing<Change> {
  protected override async page(cursor: string | null): Promise<{ lines: Change[]; next_cursor: string | null }> {
    const given = { limit: "50", ...(cursor ? { cursor } : {}) };
    const { changes, next_cursor } = await read<ChangeList>(`/routes/list-changes?${new URLSearchParams(given)}`);
    return { lines: changes, next_cursor };
  }

  protected override render(): TemplateResult {
    const { lines } = this;
    return html`<header class="head">
        <h1>Changes</h1>
        <p class="lede">Who has changed which provider, route, price or budget; written down with the change itself.</p>
      </header>
      ${this.standing(lines !== null, "the changes")}
      ${lines && this.holds
        ? lines.length
          ? html`<ol class="budgets">${lines.map(line)}</ol>`
          : html`<p class="empty">Nothing has been changed since this server was set up.</p>`
        : nothing}
      ${this.more ? html`<button @click=${() => void this.next()}>Earlier changes</button>` : nothing}`;
  }
}

function line(one: Change): TemplateResult {
  const made = new Date(one.created * 1000);
  const name = (one.after ?? one.before)?.["name"];
  return html`<li class="panel change">
    <p>
      <strong>${one.by_owner}</strong>${one.by_key ? html` <span class="note">with ${one.by_key}</span>` : nothing}
      ${one.action}d the ${one.subject} ${typeof name === "string" && name ? html`${name} ` : nothing}<code>${one.subject_id}</code>
      <time class="note" datetime=${made.toISOString()} title=${made.toLocaleString()}>${ago(one.created)}</time>
    </p>
    ${one.before && one.after ? differences(one.before, one.after) : html`<details><summary>What it ${one.after ? "is" : "was"}</summary>${differences(one.before ?? {}, one.after ?? {})}</details>`}
  </li>`;
}

function differences(was: Given, is: Given): TemplateResult {
  const [before, after] = [flat(was), flat(is)];
  const names = Object.keys({ ...before, ...after }).filter((name) => !OWN.includes(name) && !same(before[name], after[name]));
  const row = (name: string): TemplateResult => html`<div>
    <dt>${name === "cap" ? "limit" : name}</dt>
    <dd>${name in before ? html`<del>${short(before[name], name)}</del>` : nothing} ${name in after ? html`<ins>${short(after[name], name)}</ins>` : nothing}</dd>
  </div>`;
  return html`<dl class="rows">${names.map(row)}</dl>`;
}

/** Each value by its path; a row holds lists and groups as JSON. */
function flat(value: unknown, path = ""): Given {
  let held = value;
  if (typeof value === "string" && /^[[{]/.test(value)) {
    try {
      held = JSON.parse(value);
    } catch {
      // It only looked like it.
    }
  }
  if (typeof held !== "object" || held === null) return { [path]: value };
  return Object.assign({}, ...Object.entries(held).map(([name, one]) => flat(one, path ? `${path}.${name}` : name))) as Given;
}

function short(value: unknown, name: string): string {
  // Limits and prices are kept in billionths of a dollar.
  if (/^(cap$|rates\.)/.test(name) && typeof value === "number") return money(value / NANO);
  const text = typeof value === "string" ? value || "nothing" : (JSON.stringify(value) ?? "nothing");
  return text.length > MOST ? `${text.slice(0, MOST)}…` : text;
}

customElements.define("nis-changes", NisChanges);
