// Single calls of models, the newest first.

import { html, nothing, type TemplateResult } from "lit";
import { Listing } from "../reading.js";
import { address } from "../route.js";
import { ago, state } from "../runs.js";
import { read } from "../wire.js";
import { count, money, span } from "../money.js";

interface Call {
  id: string;
  attempt: number;
  created: number;
  state: string;
  problem: string;
  provider: string;
  model: string;
  route: string;
  operation: string;
  run_id: string | null;
  input: number;
  output: number;
  priced: boolean;
  cost: number;
  cache: string;
  first_ms: number | null;
  total_ms: number | null;
}
interface CallList {
  calls: Call[];
  next_cursor: string | null;
}

export class NisCalls extends Listing<Call> {
  protected override async page(cursor: string | null): Promise<{ lines: Call[]; next_cursor: string | null }> {
    const { calls, next_cursor } = await read<CallList>(`/calls?${new URLSearchParams({ limit: "20", ...(cursor ? { cursor } : {}) })}`);
    return { lines: calls, next_cursor };
  }

  protected override render(): TemplateResult {
    const { lines } = this;
    return html`<section class="panel" id="calls">
      <div class="bar"><h2>Your last calls</h2></div>
      ${this.standing(lines !== null, "the calls")}
      ${lines && this.holds
        ? lines.length
          ? this.table(lines)
          : html`<p class="empty">None yet.</p>`
        : nothing}
      ${this.more ? html`<button class="small" @click=${() => void this.next()}>Earlier calls</button>` : nothing}
    </section>`;
  }

  private table(calls: Call[]): TemplateResult {
    const columns: [name: string, kind: string][] = [
      ...([["ended", ""], ["sent", ""], ["model", ""], ["for", ""]] as [string, string][]),
      ...([["tokens", "n"], ["cost", "n"], ["first word", "n"], ["whole", "n"]] as [string, string][]),
    ];
    return html`<div class="wide" role="region" aria-label="Your last calls" tabindex="0">
      <table class="runs calls">
        <thead><tr>${columns.map(([name, kind]) => html`<th scope="col" class=${kind}>${name}</th>`)}</tr></thead>
        <tbody>${calls.map((one) => this.row(one))}</tbody>
      </table>
    </div>`;
  }

  private row(one: Call): TemplateResult {
    const sent = new Date(one.created * 1000);
    return html`<tr>
      <td>${state(one.state)}${one.problem ? html`<span class="note">${one.problem}</span>` : nothing}</td>
      <td><time datetime=${sent.toISOString()} title=${sent.toLocaleString()}>${ago(one.created)}</time></td>
      <td>
        <code>${one.provider}:${one.model}</code>
        ${one.route || one.attempt > 1 ? html`<span class="note">${one.route ? `on ${one.route}` : ""}${one.attempt > 1 ? ` try ${one.attempt}` : ""}</span>` : nothing}
      </td>
      <td>${one.run_id ? html`<a href=${address({ page: "run", id: one.run_id })}>${one.operation}</a>` : one.operation}</td>
      <td class="n" title="in and out">${count(one.input)} → ${count(one.output)}</td>
      <td class="n">${one.priced ? money(one.cost) : html`<span class="note">no price</span>`}</td>
      <td class="n">${span(one.first_ms)}</td>
      <td class="n">${span(one.total_ms)}</td>
    </tr>`;
  }
}

customElements.define("nis-calls", NisCalls);
