// Budgets: what may be spent, and how much of it is.

import { html, nothing, type TemplateResult } from "lit";
import { Reading } from "../reading.js";
import { ADMIN, may } from "../rights.js";
import { address, explore } from "../route.js";
import { read } from "../wire.js";
import { money, percent } from "../money.js";

/** From this part of a budget on it is said that it goes to its end. */
const NEAR = 0.8;

interface Budget {
  id: string;
  name: string;
  owner: string;
  scope: "run" | "conversation" | "key" | "user" | "server";
  subject: string;
  period: string;
  limit: number;
  model: string;
  action: "refuse" | "ladder";
  enabled: boolean;
  used: number | null;
  resets_at: string | null;
}

export class NisBudgets extends Reading {
  static override properties = { ...Reading.properties, budgets: { state: true }, more: { state: true }, admin: { state: true }, writes: { state: true } };
  declare budgets: Budget[] | null;
  declare more: boolean;
  declare admin: boolean;
  declare writes: boolean;

  constructor() {
    super();
    [this.budgets, this.more, this.admin, this.writes] = [null, false, false, false];
  }

  protected override async look(): Promise<() => void> {
    const [admin, writes, page] = await Promise.all([
      ...([may(ADMIN), may("budgets:write")] as const),
      read<{ budgets: Budget[]; next_cursor: string | null }>("/budgets?limit=100"),
    ]);
    return () => {
      [this.budgets, this.more] = [page.budgets, page.next_cursor !== null];
      [this.admin, this.writes] = [admin, writes];
    };
  }

  protected override render(): TemplateResult {
    const { budgets } = this;
    return html`<div class="column wide-column">
      <header class="head">
        <h1>Budgets ${this.writes ? html`<button class="primary small" @click=${() => void this.change("budgets.create_budget", "A new budget", "Create")}>New budget</button>` : nothing}</h1>
        <p class="lede">
          What may be spent on models. What a call can cost at most is reserved before it is sent: one that could cross a limit is
          refused, or takes a cheaper route.
        </p>
        ${budgets && !this.admin ? html`<p class="note">These are yours. Budgets of keys, users and the server are for who has the scope <code>server:admin</code>.</p>` : nothing}
      </header>
      ${this.standing(budgets !== null, "the budgets")}
      ${budgets && this.holds
        ? budgets.length
          ? html`<ul class="budgets">${budgets.map((one) => this.row(one))}</ul>`
          : html`<p class="empty">There is no budget: nothing limits what is spent. What is spent is under <a href="#/usage">Usage</a>.</p>`
        : nothing}
      ${this.more ? html`<p class="note">These are the newest hundred; <a href=${explore("budgets.list_budgets")}>find others by what they are about</a>.</p>` : nothing}
    </div>`;
  }

  private row(one: Budget): TemplateResult {
    const about = one.scope === "server" ? "The whole server" : one.subject === "*" ? `Every ${one.scope}` : `${one.scope} ${one.subject}`;
    const title = one.name || about;
    const { used, limit } = one;
    const share = used === null ? null : limit > 0 ? used / limit : 1;
    return html`<li class="panel">
      <div class="bar">
        <h2>${title}</h2>
        ${one.enabled ? nothing : html`<span class="badge">does not hold</span>`}
        ${this.writes
          ? html`<button class="small" aria-label="Edit ${title}" @click=${() => void this.change("budgets.update_budget", `Change ${title}`, "Save", one)}>Edit</button>
              <button class="small plain" aria-label="Delete ${title}" @click=${() => void this.change("budgets.delete_budget", `Delete ${title}?`, "Delete", one)}>Delete</button>`
          : nothing}
      </div>
      ${share === null
        ? html`<p class="spend">up to <strong>${money(limit)}</strong> for each ${one.scope}</p>`
        : html`<p class="spend"><strong>${money(used!)}</strong> of ${money(limit)} <span class="note">${percent(share)}</span>${near(one, share)}</p>
            <meter min="0" max="1" low=${NEAR} high="0.9999" optimum="0" value=${Math.min(1, share)} aria-label="Used of ${title}">${percent(share)}</meter>`}
      <p class="facts">
        ${one.name || !["*", ""].includes(one.subject) ? html`<span>${whose(one)}</span>` : nothing}
        <span>${one.period === "total" ? "in all" : `a ${one.period}`}${one.resets_at ? html`, anew on ${new Date(one.resets_at).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" })}` : nothing}</span>
        <span>${one.model ? html`models <code>${one.model}</code>` : "all models"}</span>
        <span>${one.action === "refuse" ? "then calls are refused" : "then a cheaper route is taken"}</span>
      </p>
    </li>`;
  }
}

function near(one: Budget, share: number): TemplateResult | typeof nothing {
  if (share < NEAR || !one.enabled) return nothing;
  return html` <strong class=${share < 1 ? "warned" : "bad"}>${share < 1 ? "nearly used up" : one.action === "refuse" ? "used up: calls are refused" : "used up"}</strong>`;
}

function whose({ scope, subject }: Budget): unknown {
  if (scope === "server") return "the whole server";
  if (subject === "*") return `every ${scope}`;
  const to = scope === "run" ? address({ page: "run", id: subject }) : scope === "conversation" ? address({ page: "chat", id: subject }) : "";
  return html`${scope} ${to ? html`<a class="id" href=${to}>${subject}</a>` : html`<code>${subject}</code>`}`;
}

customElements.define("nis-budgets", NisBudgets);
