// The models that can be asked, with what they take and cost; and the parts that lead to them.

import { html, nothing, type TemplateResult } from "lit";
import { act } from "../act.js";
import { Reading } from "../reading.js";
import { ADMIN, may } from "../rights.js";
import { address, type Part } from "../route.js";
import { type Models, read } from "../wire.js";
import "./changes.js";
import { count, money } from "../money.js";
import "./providers.js";
import "./routes.js";

/** From so many on one is looked for by its name. */
const MANY = 12;
/** Prices are read in pages of a hundred, this many. */
const PAGES = 20;

interface Rate {
  over: number;
  dollars: number;
}
interface Price {
  model: string;
  input: Rate[];
  output: Rate[];
  cached: Rate[];
  context: number | null;
  source: string;
}
type Model = Models["models"][number];

/** What asks other models. */
const ROUTED = new Set(["route", "agent"]);

const PARTS: [part: Part, name: string][] = [["", "models"], ["routes", "routes"], ["providers", "providers"], ["changes", "changes"]];

/** The page: a part of it at a time. */
export function models(part: Part): TemplateResult {
  const shown = { "": html`<nis-models></nis-models>`, routes: html`<nis-routes></nis-routes>`, providers: html`<nis-providers></nis-providers>`, changes: html`<nis-changes></nis-changes>` };
  return html`<div class="column wide-column">
    <nav class="families parts" aria-label="Parts">
      ${PARTS.map(([to, name]) => html`<a class="chip" href=${address({ page: "models", part: to })} aria-current=${to === part ? "true" : nothing}>${name}</a>`)}
    </nav>
    ${shown[part]}
  </div>`;
}

export class NisModels extends Reading {
  static override properties = { ...Reading.properties, listed: { state: true }, prices: { state: true }, sought: { state: true }, sets: { state: true } };
  declare listed: Models | null;
  declare prices: Map<string, Price>;
  declare sought: string;
  declare sets: boolean;
  /** Providers whose calls cost nothing. */
  private free = new Set<string>();
  // Providers are asked for their models each time.
  protected override pause = 60_000;

  constructor() {
    super();
    [this.listed, this.prices, this.sought, this.sets] = [null, new Map(), "", false];
  }

  protected override async look(): Promise<() => void> {
    const [sets, listed, prices, { providers }] = await Promise.all([
      ...([may(ADMIN), read<Models>("/models?limit=1000"), this.known()] as const),
      read<{ providers: { id: string; billed: boolean }[] }>("/providers"),
    ]);
    return () => {
      [this.listed, this.prices, this.sets] = [listed, prices, sets];
      this.free = new Set(providers.filter((one) => !one.billed).map((one) => one.id));
    };
  }

  private async known(): Promise<Map<string, Price>> {
    const found = new Map<string, Price>();
    let cursor: string | null = null;
    for (let page = 0; page < PAGES; page++) {
      const given: URLSearchParams = new URLSearchParams({ limit: "100", ...(cursor ? { cursor } : {}) });
      const { prices, next_cursor } = await read<{ prices: Price[]; next_cursor: string | null }>(`/models/list-prices?${given}`);
      for (const one of prices) found.set(one.model, one);
      cursor = next_cursor;
      if (cursor === null) break;
    }
    return found;
  }

  protected override render(): TemplateResult {
    const { listed } = this;
    return html`<header class="head">
        <h1>Models</h1>
        <p class="lede">What <code>model</code> takes, in the chat and over every protocol. Prices are in dollars for a million tokens.</p>
      </header>
      ${this.standing(listed !== null, "the models")}
      ${listed && this.holds ? this.shown(listed) : nothing}`;
  }

  private shown({ models, unavailable }: Models): TemplateResult {
    const found = models.filter((one) => one.id.toLowerCase().includes(this.sought.toLowerCase()));
    return html`${unavailable.map(
        (one) => html`<div class="failure"><p><strong>${one.provider} lists no model.</strong> ${one.reason} <span class="remedy">${one.remedy}</span></p></div>`,
      )}
      ${models.length > MANY
        ? html`<label class="hidden" for="sought">Find a model</label>
            <input id="sought" class="sought" type="search" placeholder="Find a model" @input=${(event: Event) => (this.sought = (event.target as HTMLInputElement).value)} />`
        : nothing}
      ${found.length
        ? html`<div class="wide" role="region" aria-label="Models" tabindex="0">
            <table class="runs">
              <thead>
                <tr>
                  <th scope="col">model</th><th scope="col">can</th>
                  ${["context", "$ in", "$ cached", "$ out"].map((name) => html`<th scope="col" class="n">${name}</th>`)}
                  <th scope="col"><span class="hidden">actions</span></th>
                </tr>
              </thead>
              <tbody>${found.map((one) => this.row(one))}</tbody>
            </table>
          </div>`
        : html`<p class="empty">${models.length ? "No model is called that." : html`There is no model. <a href="#/models/providers">Set up a provider.</a>`}</p>`}`;
  }

  private row(one: Model): TemplateResult {
    const price = this.prices.get(one.id);
    const rate = (rates: Rate[] | undefined): TemplateResult =>
      html`<td class="n" title=${price ? `${price.source}${rates?.[1] ? `; ${rates.slice(1).map(({ over, dollars }) => `${money(dollars)} above ${count(over)} tokens`).join(", ")}` : ""}` : nothing}>
        ${rates?.[0] ? money(rates[0].dollars) : "–"}${rates?.[1] ? "+" : ""}
      </td>`;
    const context = price?.context ?? one.context_tokens;
    const [input, cached, output] = [price?.input[0]?.dollars, price?.cached[0]?.dollars, price?.output[0]?.dollars];
    // What costs as much as any input has no price of its own.
    const given = { input, output, cached: cached === input ? undefined : cached, context: price?.context };
    return html`<tr>
      <th scope="row"><code>${one.id}</code> ${one.demonstration ? html`<span class="badge">demonstration</span>` : nothing}</th>
      <td>${one.tools ? "use tools" : ""}</td>
      <td class="n">${context === null || context === undefined ? "–" : count(context)}</td>
      ${price ? html`${rate(price.input)}${rate(price.cached)}${rate(price.output)}` : html`<td class="n note" colspan="3">${this.free.has(one.provider) ? "not billed" : ROUTED.has(one.provider) ? "by its models" : "no price known"}</td>`}
      <td class="does">
        <button class="small" aria-label="Test ${one.id}" @click=${() => void act({ name: "models.test_model", title: `Test ${one.id}`, button: "Test again", of: { id: one.id } })}>Test</button>
        ${this.sets && !ROUTED.has(one.provider)
          ? html`<button
              class="small plain" aria-label="Set the price of ${one.id}"
              @click=${async () => {
                const model = `${one.provider}:${one.name}`;
                if (await act({ name: "models.set_price", title: `What ${one.id} costs`, button: "Set", of: { model }, given })) await this.again();
              }}
            >Price</button>`
          : nothing}
      </td>
    </tr>`;
  }
}

customElements.define("nis-models", NisModels);
