// What was told of documents, with the numbers of the quotes that bear it out; each leads to its page.

import { html, nothing, type TemplateResult } from "lit";
import { money } from "../money.js";
import { plural, type Place, type Quote, type Show, type Told } from "./kept.js";

export const where = ({ document, page }: Place): string => (page === null ? document : `${document}, page ${page}`);

/** Statements, each with its marks, and the quotes below them. */
export function cited(told: Told, own: string, show: Show): TemplateResult {
  const { statements, quotes, left_out, model } = told;
  return html`<div class="prose cited" dir="auto">
      ${statements.map(({ text, quotes: numbers }) => html`<p>${text}${numbers.map((number) => mark(number, quotes[number - 1], show))}</p>`)}
    </div>
    ${model === null
      ? html`<ul class="quotes plain" aria-label="Where it stands">${placed(quotes).map((some) => html`<li>${place(some[0]![1], show)} ${some.map(([number, one]) => mark(number, one, show))}</li>`)}</ul>`
      : html`<ol class="quotes" aria-label="Quotes">${quotes.map((one) => html`<li>${place(one, show)} <q>${one.text}</q></li>`)}</ol>`}
    ${left_out.length
      ? html`<details class="more"><summary>${plural(left_out.length, "statement")} left out, which nothing bears out</summary>
          <ul class="hint">${left_out.map((one) => html`<li>${one.text} <em>${one.reason}</em></li>`)}</ul></details>`
      : nothing}
    <p class="note" title=${told.method}>
      ${model === null ? own : html`Composed by <code>${model}</code>; its quotes are checked word for word.`}
      ${told.cost ? money(told.cost) : nothing} ${told.notes.map((one) => html`<br />${one}`)}
    </p>`;
}

/** Quotes with their numbers, those of a page together: their words are said already. */
function placed(quotes: Quote[]): [number, Quote][][] {
  const pages = new Map<string, [number, Quote][]>();
  quotes.forEach((one, index) => pages.set(where(one), [...(pages.get(where(one)) ?? []), [index + 1, one]]));
  return [...pages.values()];
}

function mark(number: number, quote: Quote | undefined, show: Show): TemplateResult | typeof nothing {
  if (!quote) return nothing;
  const label = `Quote ${number}: ${where(quote)}`;
  return html` <button class="mark-of" aria-label=${label} title=${where(quote)} @click=${() => show(quote)}>${number}</button>`;
}

/** A document and a page of it, which are shown when they are chosen. */
export const place = (one: Place, show: Show): TemplateResult =>
  one.document_id ? html`<button class="plain place" @click=${() => show(one)}>${where(one)}</button>` : html`<span>${where(one)}</span>`;
