// A series as a chart: a panel for each unit, a guide under the pointer, and the numbers themselves.

import { html, nothing, svg, type PropertyValues, type TemplateResult } from "lit";
import { Light } from "./light.js";
import { number, ticks } from "./numbers.js";
import type { Axis, SeriesView } from "./wire.js";

const LEFT = 56;
const RIGHT = 12;
const TOP = 12;
const BOTTOM = 30;
/** Rows of the table of numbers; of a longer series every n-th is shown. */
const ROWS = 60;
/** The palette in the stylesheet has this many colours. */
const COLOURS = 6;

type Scale = [low: number, high: number];

const named = (axis: Axis): string => (axis.unit ? `${axis.label} (${axis.unit})` : axis.label);
const colour = (index: number): string => `c${index % COLOURS}`;

export class NisChart extends Light {
  static override properties = { series: { attribute: false }, width: { state: true }, at: { state: true } };
  declare series: SeriesView;
  declare width: number;
  declare at: number | null;

  // In the next frame: a drawing that changes the height within this one would be observed again.
  private sized = new ResizeObserver(([entry]) =>
    requestAnimationFrame(() => (this.width = Math.round(entry!.contentRect.width))),
  );

  constructor() {
    super();
    this.width = 0;
    this.at = null;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.sized.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.sized.disconnect();
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has("series")) this.at = null;
  }

  protected override render(): TemplateResult {
    const { title, x, lines } = this.series;
    const units = [...new Set(lines.map((line) => line.unit))];
    return html`<figure>
      <figcaption>${title}</figcaption>
      ${this.width && x.values.length ? units.map((unit) => this.panel(unit)) : nothing}
      <p class="readout" aria-hidden="true">${this.at === null ? named(x) : this.readout(this.at)}</p>
      <details>
        <summary>Numbers</summary>
        ${this.numbers()}
      </details>
    </figure>`;
  }

  private panel(unit: string): TemplateResult {
    const { x, lines } = this.series;
    const shown = lines.map((line, index) => ({ line, index })).filter(({ line }) => line.unit === unit);
    const height = Math.round(Math.min(260, Math.max(170, this.width * 0.42)));
    const across = range([x]);
    const up = range(shown.map(({ line }) => line));
    const toX = (value: number): number => LEFT + share(value, across) * (this.width - LEFT - RIGHT);
    const toY = (value: number): number => height - BOTTOM - share(value, up) * (height - TOP - BOTTOM);
    const heading =
      shown.length === 1
        ? html`<p class="legend">${named(shown[0]!.line)}</p>`
        : html`<ul class="legend">
            ${shown.map(({ line, index }) => html`<li class=${colour(index)}>${line.label}</li>`)}
            ${unit ? html`<li class="unit">in ${unit}</li>` : nothing}
          </ul>`;
    const label = `${shown.map(({ line }) => spoken(line)).join("; ")}, over ${spoken(x)}`;
    return html`${heading}
      <svg
        role="img"
        aria-label=${label}
        viewBox="0 0 ${this.width} ${height}"
        width=${this.width}
        height=${height}
        @pointermove=${(event: PointerEvent) => this.point(event, toX)}
        @pointerdown=${(event: PointerEvent) => this.point(event, toX)}
        @pointerleave=${() => (this.at = null)}
      >
        ${ticks(...up, 4).map(
          (tick) => svg`<path class="grid" d="M${LEFT} ${toY(tick)}H${this.width - RIGHT}"></path>
            <text x=${LEFT - 8} y=${toY(tick) + 4} text-anchor="end">${number(tick)}</text>`,
        )}
        ${ticks(...across, this.width / 110).map(
          (tick) => svg`<path class="axis" d="M${toX(tick)} ${height - BOTTOM}v4"></path>
            <text x=${toX(tick)} y=${height - BOTTOM + 18} text-anchor="middle">${number(tick)}</text>`,
        )}
        <path class="axis" d="M${LEFT} ${height - BOTTOM}H${this.width - RIGHT}"></path>
        ${shown.map(({ line, index }) => svg`<path class="line ${colour(index)}" d=${trace(x, line, toX, toY)}></path>`)}
        ${this.at === null ? nothing : this.guide(this.at, shown, toX, toY, height)}
      </svg>`;
  }

  private guide(
    at: number,
    shown: { line: Axis; index: number }[],
    toX: (value: number) => number,
    toY: (value: number) => number,
    height: number,
  ): unknown {
    const x = toX(this.series.x.values[at]!);
    return svg`<path class="guide" d="M${x} ${TOP}V${height - BOTTOM}"></path>
      ${shown
        .filter(({ line }) => line.values[at] !== undefined)
        .map(({ line, index }) => svg`<circle class=${colour(index)} cx=${x} cy=${toY(line.values[at]!)} r="4"></circle>`)}`;
  }

  private point(event: PointerEvent, toX: (value: number) => number): void {
    const x = event.clientX - (event.currentTarget as Element).getBoundingClientRect().left;
    const distances = this.series.x.values.map((value) => Math.abs(toX(value) - x));
    this.at = distances.indexOf(Math.min(...distances));
  }

  private readout(at: number): string {
    return [this.series.x, ...this.series.lines]
      .filter((axis) => axis.values[at] !== undefined)
      .map((axis) => `${axis.label} ${number(axis.values[at]!)}${axis.unit ? ` ${axis.unit}` : ""}`)
      .join("   ");
  }

  private numbers(): TemplateResult {
    const axes = [this.series.x, ...this.series.lines];
    const count = this.series.x.values.length;
    const step = Math.max(1, Math.ceil(count / ROWS));
    const rows = Array.from({ length: Math.ceil(count / step) }, (_, row) => row * step);
    return html`${step > 1 ? html`<p class="hint">${rows.length} of ${count} points, evenly chosen.</p>` : nothing}
      <div class="wide" tabindex="0">
        <table>
          <thead><tr>${axes.map((axis) => html`<th scope="col" class="n">${named(axis)}</th>`)}</tr></thead>
          <tbody>
            ${rows.map((row) => html`<tr>${axes.map((axis) => html`<td class="n">${cell(axis.values[row])}</td>`)}</tr>`)}
          </tbody>
        </table>
      </div>`;
  }
}

const cell = (value: number | undefined): string => (value === undefined ? "" : number(value));

function range(axes: Axis[]): Scale {
  let [low, high] = [Infinity, -Infinity];
  for (const axis of axes) {
    for (const value of axis.values) {
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  }
  return low <= high ? [low, high] : [0, 1];
}

/** Halves, because the difference of two doubles can overflow. */
function share(value: number, [low, high]: Scale): number {
  const span = high / 2 - low / 2;
  return span > 0 ? (value / 2 - low / 2) / span : 0.5;
}

function trace(x: Axis, line: Axis, toX: (value: number) => number, toY: (value: number) => number): string {
  const count = Math.min(x.values.length, line.values.length);
  const points = Array.from({ length: count }, (_, at) => `${toX(x.values[at]!).toFixed(1)} ${toY(line.values[at]!).toFixed(1)}`);
  // A line of one point has no length: a round cap makes it a dot.
  return points.length === 1 ? `M${points[0]}h0.01` : points.length ? `M${points.join("L")}` : "";
}

function spoken(axis: Axis): string {
  const [low, high] = range([axis]);
  return `${axis.label} from ${number(low)} to ${number(high)} ${axis.unit}`.trim();
}

customElements.define("nis-chart", NisChart);
