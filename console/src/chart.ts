// A series as a chart: a panel for each unit, a guide under the pointer, and the numbers themselves.

import { html, nothing, svg, type PropertyValues, type TemplateResult } from "lit";
import { axes, bottomOf, type Room } from "./axes.js";
import { number } from "./numbers.js";
import { at, even, named, points, type Scale, scaleOf, told, values } from "./scale.js";
import { numbers, Sized } from "./sized.js";
import type { Axis, SeriesView } from "./wire.js";

const LEFT = 60;
const RIGHT = 12;
const TOP = 12;
/** The palette in the stylesheet has this many colours. */
const COLOURS = 6;
/** The share of a category's band that its bars take. */
const BAND = 0.8;

/** A line, and the place of its group among all, by which it is coloured. */
interface Marked {
  line: Axis;
  index: number;
}

const colour = (index: number): string => `c${index % COLOURS}`;
const nameOf = (axis: Axis): string => named(axis.label, axis.unit);

export class NisChart extends Sized {
  static override properties = { series: { attribute: false }, place: { state: true } };
  declare series: SeriesView;
  /** The value that the pointer is at, by its place. */
  declare place: number | null;

  constructor() {
    super();
    this.place = null;
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has("series")) this.place = null;
  }

  protected override render(): TemplateResult {
    const { title, x, lines } = this.series;
    const units = [...new Set(lines.map(kindOf))];
    return html`<figure>
      ${title ? html`<figcaption>${title}</figcaption>` : nothing}
      ${this.width && values(x).length ? units.map((unit) => this.panel(unit)) : nothing}
      <p class="readout" aria-hidden="true">${this.place === null ? nameOf(x) : this.readout(this.place)}</p>
      ${this.numbers()}
    </figure>`;
  }

  private panel(unit: string): TemplateResult {
    const { x, lines } = this.series;
    const keys = [...new Set(lines.map((line) => line.group || line.label))];
    const shown = lines.map((line) => ({ line, index: keys.indexOf(line.group || line.label) })).filter(({ line }) => kindOf(line) === unit);
    const bars = shown.filter(({ line }) => line.mark === "bars");
    const bottom = bottomOf(x.names ?? [], this.width - LEFT - RIGHT);
    const height = Math.round(Math.min(260, Math.max(170, this.width * 0.42))) + bottom - 30;
    const room: Room = { width: this.width, height, left: LEFT, right: RIGHT, top: TOP, bottom };
    const half = bars.length ? apart(x) / 2 : 0;
    const wide = { ...x, errors: half && !x.names?.length ? x.values.map(() => half) : [] };
    let across = scaleOf([wide], LEFT, this.width - RIGHT, { pad: lines.some((line) => line.mark === "points") ? 0.02 : 0 });
    const linear = shown[0]!.line.scale !== "log";
    let up = scaleOf(shown.map(({ line }) => line), height - bottom, TOP, { zero: bars.length > 0 && linear, pad: shown.some(({ line }) => line.mark === "points" || line.errors?.length) ? 0.04 : 0 });
    if (this.series.equal) [across, up] = even([across, up]) as [Scale, Scale];
    const { label: first, unit: unitName } = shown[0]!.line;
    const measured = this.series.y;
    const heading =
      shown.length === 1
        ? html`<p class="legend">${named(measured || first, unitName)}</p>`
        : html`<ul class="legend">
            ${shown.map(({ line, index }) => html`<li class="${colour(index)} ${line.mark ?? "line"}">${line.label}</li>`)}
            ${measured || unitName ? html`<li class="unit">${measured ? named(measured, unitName) : `in ${unitName}`}</li>` : nothing}
          </ul>`;
    const label = `${shown.map(({ line }) => spoken(line)).join("; ")}, over ${spoken(x)}`;
    return html`${heading}
      <svg
        role="img"
        aria-label=${label}
        viewBox="0 0 ${this.width} ${height}"
        width=${this.width}
        height=${height}
        @pointermove=${(event: PointerEvent) => this.point(event, across)}
        @pointerdown=${(event: PointerEvent) => this.point(event, across)}
        @pointerleave=${() => (this.place = null)}
      >
        ${axes(across, up, room)}
        ${bars.map((one, order) => this.bars(one, across, up, order / bars.length, 1 / bars.length))}
        ${shown.map((one) => (one.line.errors?.length ? this.errors(one, across, up, bars.indexOf(one), bars.length) : nothing))}
        ${shown.map((one) => drawnLine(x, one, across, up))}
        ${this.place === null ? nothing : this.guide(this.place, shown, across, up, room)}
      </svg>`;
  }

  private bars({ line, index }: Marked, across: Scale, up: Scale, begin: number, share: number): unknown {
    const { x } = this.series;
    const floor = at(up, up.kind === "log" ? up.low : Math.max(up.low, Math.min(0, up.high)));
    return [...points(x, line)].map(([place, a, b]) => {
      const [from, to] = x.edges?.length
        ? [at(across, x.edges[place]!) + 0.5, at(across, x.edges[place + 1]!) - 0.5]
        : this.band(a, across, begin, share);
      const top = at(up, b);
      return svg`<rect class="bar ${colour(index)}" x=${from} y=${Math.min(top, floor)} width=${Math.max(0.5, to - from)} height=${Math.abs(floor - top)}></rect>`;
    });
  }

  private band(value: number, across: Scale, begin: number, share: number): [number, number] {
    const half = (BAND * apart(this.series.x)) / 2;
    const [from, to] = [at(across, value - half), at(across, value + half)];
    return [from + (to - from) * begin, from + (to - from) * (begin + share)];
  }

  private errors({ line, index }: Marked, across: Scale, up: Scale, order: number, count: number): unknown {
    return [...points(this.series.x, line)].map(([place, a, b]) => {
      const error = line.errors?.[place];
      if (!error) return nothing;
      const [from, to] = order < 0 ? [at(across, a), at(across, a)] : this.band(a, across, order / count, 1 / count);
      const middle = (from + to) / 2;
      const low = at(up, line.scale === "log" && b - error <= 0 ? up.low : b - error);
      return svg`<path class="error ${order < 0 ? colour(index) : ""}" d="M${middle - 4} ${low}h8M${middle} ${low}V${at(up, b + error)}M${middle - 4} ${at(up, b + error)}h8"></path>`;
    });
  }

  private guide(place: number, shown: Marked[], across: Scale, up: Scale, room: Room): unknown {
    const value = values(this.series.x)[place];
    if (value === null || value === undefined) return nothing;
    const x = at(across, value);
    return svg`<path class="guide" d="M${x} ${TOP}V${room.height - room.bottom}"></path>
      ${shown
        .filter(({ line }) => line.mark !== "bars" && typeof line.values[place] === "number")
        .map(({ line, index }) => svg`<circle class=${colour(index)} cx=${x} cy=${at(up, line.values[place]!)} r="4"></circle>`)}`;
  }

  private point(event: PointerEvent, across: Scale): void {
    const x = event.clientX - (event.currentTarget as Element).getBoundingClientRect().left;
    let [best, nearest] = [Infinity, null as number | null];
    values(this.series.x).forEach((value, index) => {
      const distance = value === null ? Infinity : Math.abs(at(across, value) - x);
      if (distance < best) [best, nearest] = [distance, index];
    });
    this.place = nearest;
  }

  private readout(place: number): string {
    const { x, lines } = this.series;
    const said = lines
      .filter((line) => typeof line.values[place] === "number")
      .map((line) => `${line.label} ${number(line.values[place]!)}${line.unit ? ` ${line.unit}` : ""}${line.errors?.[place] ? ` ± ${number(line.errors[place]!)}` : ""}`);
    return [`${x.label} ${told(x, place)}${x.unit ? ` ${x.unit}` : ""}`, ...said].join("   ");
  }

  private numbers(): TemplateResult {
    const { x, lines } = this.series;
    const columns = [nameOf(x), ...lines.flatMap((line) => (line.errors?.length ? [nameOf(line), "±"] : [nameOf(line)]))];
    const plain = !x.names?.length && !x.edges?.length && x.scale !== "time";
    const rows = values(x).map((value, place) => [
      plain ? value : told(x, place),
      ...lines.flatMap((line) => (line.errors?.length ? [line.values[place], line.errors[place]] : [line.values[place]])),
    ]);
    return numbers(columns, rows);
  }
}

/** Lines of one unit and scale share a panel. */
const kindOf = (line: Axis): string => `${line.scale ?? "linear"} ${line.unit}`;

/** The least distance of two values, so that no bars overlap. */
function apart(axis: Axis): number {
  if (axis.names?.length) return 1;
  const sorted = axis.values.filter((one) => one !== null).sort((a, b) => a - b);
  return sorted.reduce((least, one, index) => (index && one > sorted[index - 1]! ? Math.min(least, one - sorted[index - 1]!) : least), Infinity) || 1;
}

/** A line with a gap wherever a value is missing, or a mark for each point. */
function drawnLine(x: Axis, { line, index }: Marked, across: Scale, up: Scale): unknown {
  if (line.mark === "bars") return nothing;
  if (line.mark === "points") {
    return [...points(x, line)].map(([, a, b]) => svg`<path class="point ${colour(index)}" d=${shape(index, at(across, a), at(up, b))}></path>`);
  }
  let d = "";
  let last = -2;
  for (const [place, a, b] of points(x, line)) {
    const dot = `${at(across, a).toFixed(1)} ${at(up, b).toFixed(1)}`;
    // A value alone has no length: a round cap makes it a dot.
    d += place === last + 1 ? `L${dot}` : `M${dot}h0.01`;
    last = place;
  }
  return svg`<path class="line ${colour(index)}" d=${d}></path>`;
}

/** The form of a point tells groups apart as its colour does. */
function shape(index: number, x: number, y: number): string {
  const place = `M${x.toFixed(1)} ${y.toFixed(1)}`;
  return [`${place}m-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0 -7 0`, `${place}m-3 -3h6v6h-6z`, `${place}m0 -4.5l4.5 7.5h-9z`, `${place}m0 -4.5l4.5 4.5l-4.5 4.5l-4.5 -4.5z`][index % 4]!;
}

function spoken(axis: Axis): string {
  if (axis.names?.length) return `${axis.label} from ${axis.names[0]} to ${axis.names.at(-1)}`.trim();
  const there = (axis.edges?.length ? axis.edges : axis.values).filter((one) => one !== null);
  let [low, high] = [Infinity, -Infinity];
  for (const one of there) [low, high] = [Math.min(low, one), Math.max(high, one)];
  if (low > high) return axis.label;
  const [a, b] = [low, high].map((one) => told({ ...axis, edges: [], names: [], values: [one] }, 0));
  return `${axis.label} from ${a} to ${b} ${axis.unit}`.trim();
}

customElements.define("nis-chart", NisChart);
