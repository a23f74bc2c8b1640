// What is kept of one kind: listed, made, changed, tried and deleted.

import { html, nothing, type TemplateResult } from "lit";
import { act } from "../act.js";
import { list, named } from "../catalog.js";
import { Listing } from "../reading.js";
import { may } from "../rights.js";
import { read } from "../wire.js";
import type { Kept, Kind } from "./kinds.js";

const PAGE = 50;

export class NisKept extends Listing<Kept> {
  static override properties = { ...Listing.properties, kind: { attribute: false }, can: { state: true } };
  declare kind: Kind;
  /** The operations that there are and that the caller may call. */
  declare can: ReadonlySet<string>;

  constructor() {
    super();
    this.can = new Set();
  }

  protected override async page(cursor: string | null): Promise<{ lines: Kept[]; next_cursor: string | null }> {
    const { kind } = this;
    const given = new URLSearchParams({ limit: String(PAGE), ...(cursor ? { cursor } : {}) });
    const [answer, there, writes] = await Promise.all([
      read<Record<string, unknown>>(`${kind.path}?${given}`),
      list(),
      may(`${kind.list}:write`),
    ]);
    const wanted = [kind.create, kind.update, kind.destroy, kind.run, ...(kind.one === "agent" ? ["agents.test_agent"] : [])];
    const known = wanted.filter((name) => writes && named(there, name));
    this.can = new Set([...known, ...kind.more.map(([, name]) => name).filter((name) => named(there, name))]);
    return { lines: answer[kind.list] as Kept[], next_cursor: answer["next_cursor"] as string | null };
  }

  protected override render(): TemplateResult {
    const { kind, lines } = this;
    return html`<header class="head">
        <h1>${kind.title} ${this.can.has(kind.create) ? html`<button class="primary small" @click=${() => void this.change(kind.create, `A new ${kind.one}`, "Create")}>New ${kind.one}</button>` : nothing}</h1>
        <p class="lede">${kind.lede}</p>
      </header>
      ${this.standing(lines !== null, `the ${kind.list}`)}
      ${lines && this.holds
        ? lines.length
          ? html`<ul class="budgets">${lines.map((one) => this.row(one))}</ul>`
          : html`<p class="empty">There is no ${kind.one} yet. ${this.can.has(kind.create) ? kind.begin : nothing}</p>`
        : nothing}
      ${this.more ? html`<button @click=${() => void this.next()}>Earlier ${kind.list}</button>` : nothing}`;
  }

  private row(one: Kept): TemplateResult {
    const { kind, can } = this;
    const button = (label: string, does: () => void, plain = ""): TemplateResult =>
      html`<button class="small ${plain}" aria-label="${label} ${one.name}" @click=${does}>${label}</button>`;
    return html`<li class="panel">
      <div class="bar">
        <h2>${can.has(kind.run) ? html`<a href=${kind.to(one.name)}><code>${one.name}</code></a>` : html`<code>${one.name}</code>`}</h2>
        ${can.has("agents.test_agent") && (one as { tests?: unknown[] }).tests?.length ? button("Test", () => void act({ name: "agents.test_agent", title: `Test ${one.name}`, button: "Test", of: { id: one.id }, stays: true })) : nothing}
        ${kind.more.filter(([, name]) => can.has(name)).map(([label, name]) => button(label, () => void this.change(name, `${label} of ${one.name}`, label, one)))}
        ${can.has(kind.update) ? button("Edit", () => void this.edit(one)) : nothing}
        ${can.has(kind.destroy) ? button("Delete", () => void this.change(kind.destroy, `Delete ${one.name}?`, "Delete", one), "plain") : nothing}
      </div>
      ${one.description ? html`<p dir="auto">${one.description}</p>` : nothing}
      <p class="facts">${kind.facts(one)}</p>
    </li>`;
  }

  /** The fields are those of a new one; what is made otherwise is the change. */
  private async edit(one: Kept): Promise<void> {
    const { create, update } = this.kind;
    const after = (one as { version?: number }).version;
    const of = { id: one.id, ...(after === undefined ? {} : { after }) };
    const form = { of: create, as: "change", without: ["name", "dry_run"] };
    if (await act({ name: update, title: `Change ${one.name}`, button: "Save", of, given: one, form })) await this.again();
  }
}

customElements.define("nis-kept", NisKept);
