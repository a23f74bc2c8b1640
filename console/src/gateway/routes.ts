// Routes: names under which one model after another is asked.

import { html, nothing, type TemplateResult } from "lit";
import { Reading } from "../reading.js";
import { ADMIN, may } from "../rights.js";
import { read } from "../wire.js";
import { percent } from "../money.js";

interface Target {
  model: string;
  tier: number;
  weight: number;
  max_output: number | null;
}
interface Ways {
  id: string;
  targets: Target[];
  policy: {
    retries: number;
    first_byte: number;
    total: number;
    hedge_after: number | null;
    ladder: string[];
    cache: string;
    cache_seconds: number;
  };
  enabled: boolean;
}

/** Who may not change the configuration is told what it takes. */
export const READ_ONLY = html`<p class="note">To change them takes a key with the scope <code>server:admin</code>, which this one has not.</p>`;

export class NisRoutes extends Reading {
  static override properties = { ...Reading.properties, routes: { state: true }, more: { state: true }, writes: { state: true } };
  declare routes: Ways[] | null;
  declare more: boolean;
  declare writes: boolean;

  constructor() {
    super();
    [this.routes, this.more, this.writes] = [null, false, false];
  }

  protected override async look(): Promise<() => void> {
    const [writes, page] = await Promise.all([may(ADMIN), read<{ routes: Ways[]; next_cursor: string | null }>("/routes?limit=100")]);
    return () => {
      [this.routes, this.more, this.writes] = [page.routes, page.next_cursor !== null, writes];
    };
  }

  protected override render(): TemplateResult {
    const { routes } = this;
    return html`<header class="head">
        <h1>Routes ${this.writes ? html`<button class="primary small" @click=${() => void this.change("routes.create_route", "A new route", "Create")}>New route</button>` : nothing}</h1>
        <p class="lede">
          A name that callers give as <code>model</code>. Of a tier, models share the calls by their weights; when none of them answers,
          the next tier is asked.
        </p>
        ${routes && !this.writes ? READ_ONLY : nothing}
      </header>
      ${this.standing(routes !== null, "the routes")}
      ${routes && this.holds
        ? routes.length
          ? html`<ul class="budgets">${routes.map((one) => this.row(one))}</ul>`
          : html`<p class="empty">There is no route: a caller names a model itself, and is told when that one fails.</p>`
        : nothing}
      ${this.more ? html`<p class="note">These are the first hundred by name.</p>` : nothing}`;
  }

  private row(one: Ways): TemplateResult {
    const { policy } = one;
    const tiers = [...new Set(one.targets.map((target) => target.tier))].sort((a, b) => a - b);
    return html`<li class="panel">
      <div class="bar">
        <h2><code>${one.id}</code></h2>
        ${one.enabled ? nothing : html`<span class="badge">disabled</span>`}
        <button class="small" aria-label="Explain ${one.id}" @click=${() => void this.change("routes.explain_route", `Where a call to ${one.id} goes now`, "Explain", one)}>Explain</button>
        ${this.writes
          ? html`<button class="small" aria-label="Edit ${one.id}" @click=${() => void this.change("routes.update_route", `Change ${one.id}`, "Save", one)}>Edit</button>
              <button class="small plain" aria-label="Delete ${one.id}" @click=${() => void this.change("routes.delete_route", `Delete ${one.id}?`, "Delete", one)}>Delete</button>`
          : nothing}
      </div>
      <ol class="tiers">
        ${tiers.map((tier, index) => html`<li>${index ? html`<span class="note">then </span>` : nothing}${shares(one.targets.filter((target) => target.tier === tier))}</li>`)}
      </ol>
      <p class="facts">
        <span>${policy.retries === 1 ? "1 retry" : `${policy.retries} retries`}</span>
        <span>first word within ${policy.first_byte} s, whole within ${policy.total} s</span>
        ${policy.hedge_after === null ? nothing : html`<span>hedged after ${policy.hedge_after} s</span>`}
        ${policy.cache === "none" ? nothing : html`<span>${policy.cache} cache for ${policy.cache_seconds} s</span>`}
        ${policy.ladder.length ? html`<span>cheaper: ${policy.ladder.join(", ")}</span>` : nothing}
      </p>
    </li>`;
  }
}

function shares(targets: Target[]): TemplateResult[] {
  const whole = targets.reduce((sum, one) => sum + one.weight, 0);
  return targets.map(
    (one) => html`<span class="target"><code>${one.model}</code> ${targets.length > 1 ? html`<span class="note">${one.weight ? percent(one.weight / whole) : "after the others"}</span>` : nothing}</span>`,
  );
}

customElements.define("nis-routes", NisRoutes);
