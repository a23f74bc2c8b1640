// A drawing that knows how wide it is.

import { html, type PropertyDeclarations, type TemplateResult } from "lit";
import { Light } from "./light.js";
import { number } from "./numbers.js";

/** Rows of a table of numbers; of a longer one every n-th is shown. */
const ROWS = 60;

export class Sized extends Light {
  static override properties: PropertyDeclarations = { width: { state: true } };
  declare width: number;

  // In the next frame: a drawing that changes the height within this one would be observed again.
  private sized = new ResizeObserver(([entry]) =>
    requestAnimationFrame(() => (this.width = Math.floor(entry!.contentRect.width - this.frame()))),
  );

  /** Pixels of the figure's border and padding. */
  private frame(): number {
    const figure = this.querySelector("figure");
    if (!figure) return 0;
    const style = getComputedStyle(figure);
    return [style.paddingLeft, style.paddingRight, style.borderLeftWidth, style.borderRightWidth].reduce((sum, one) => sum + parseFloat(one), 0);
  }

  constructor() {
    super();
    this.width = 0;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.sized.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.sized.disconnect();
  }
}

export type Cell = string | number | null | undefined;

/** The numbers of a drawing, for who would rather read them. */
export function numbers(columns: string[], rows: Cell[][], name = "Numbers"): TemplateResult {
  const step = Math.max(1, Math.ceil(rows.length / ROWS));
  const shown = rows.filter((_, index) => index % step === 0);
  const cell = (value: Cell): string => (typeof value === "number" ? number(value) : (value ?? ""));
  const side = columns.map((_, index) => (shown.some((row) => typeof row[index] === "number") ? "n" : ""));
  return html`<details>
    <summary>${name}</summary>
    ${step > 1 ? html`<p class="hint">${shown.length} of ${rows.length} rows, evenly chosen.</p>` : ""}
    <div class="wide" tabindex="0" role="region" aria-label=${name}>
      <table>
        <thead><tr>${columns.map((one, index) => html`<th scope="col" class=${side[index]!}>${one}</th>`)}</tr></thead>
        <tbody>${shown.map((row) => html`<tr>${row.map((one, index) => html`<td class=${side[index]!}>${cell(one)}</td>`)}</tr>`)}</tbody>
      </table>
    </div>
  </details>`;
}
