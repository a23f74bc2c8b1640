// A table of numbers as colours: one pixel for each on a canvas, which the page stretches.

import { html, nothing, type PropertyValues, svg, type TemplateResult } from "lit";
import { axes, bottomOf, leftOf, type Room } from "./axes.js";
import { number, ticks } from "./numbers.js";
import { named, type Scale, scaleOf, told } from "./scale.js";
import { numbers, Sized } from "./sized.js";
import type { Axis, GridView } from "./wire.js";

/** Viridis at ten places, and RdBu where two colours part; both are told apart by people who see few colours. */
const RISING = "440154 482878 3e4a89 31688e 26838f 1f9e89 35b779 6cce59 b4de2c fde725".split(" ");
const PARTING = "2166ac 4393c3 92c5de d1e5f0 f7f7f7 fddbc7 f4a582 d6604d b2182b".split(" ");
const KEY = 64;

export class NisGrid extends Sized {
  static override properties = { grid: { attribute: false }, said: { state: true } };
  declare grid: GridView;
  declare said: string;

  constructor() {
    super();
    this.said = "";
  }

  private get ends(): [number, number] {
    let [low, high] = [Infinity, -Infinity];
    for (const row of this.grid.cells) for (const cell of row) if (cell !== null) [low, high] = [Math.min(low, cell), Math.max(high, cell)];
    if (low > high) return [0, 1];
    const { middle } = this.grid;
    if (middle === null || middle === undefined) return low === high ? [low - 0.5, high + 0.5] : [low, high];
    const reach = Math.max(high - middle, middle - low) || 1;
    return [middle - reach, middle + reach];
  }

  private get stops(): string[] {
    return this.grid.middle === null || this.grid.middle === undefined ? RISING : PARTING;
  }

  /** Named rows are read from the top, numbers rise from the bottom. */
  private get upright(): (number | null)[][] {
    return this.grid.y.names?.length ? this.grid.cells : this.grid.cells.toReversed();
  }

  protected override updated(changed: PropertyValues): void {
    super.updated(changed);
    const canvas = this.querySelector("canvas");
    if (!canvas) return;
    const [low, high] = this.ends;
    paint(canvas, this.upright, (cell) => rgb((cell - low) / (high - low), this.stops));
    const key = this.querySelector<HTMLCanvasElement>("canvas.key");
    if (key) paint(key, Array.from({ length: 64 }, (_, row) => [1 - row / 63]), (share) => rgb(share, this.stops));
  }

  protected override render(): TemplateResult {
    const { title, label, unit, x, y, cells } = this.grid;
    const columns = Math.max(0, ...cells.map((row) => row.length));
    const heads = Array.from({ length: columns }, (_, index) => told(x, index));
    return html`<figure>
      ${title ? html`<figcaption>${title}</figcaption>` : nothing}
      <p class="legend">${[y.label ? `${named(y.label, y.unit)} over ${named(x.label, x.unit)}` : "", `colour: ${named(label, unit)}`].filter(Boolean).join("; ")}</p>
      ${this.width && columns ? this.drawn(columns) : nothing}
      <p class="readout" aria-hidden="true">${this.said || html`&nbsp;`}</p>
      ${numbers(["", ...heads], cells.map((row, index) => [told(y, index), ...row]))}
    </figure>`;
  }

  private drawn(columns: number): TemplateResult {
    const { x, y, cells, label, unit } = this.grid;
    const [low, high] = this.ends;
    const left = leftOf(y.names ?? []);
    const bottom = bottomOf(x.names ?? [], this.width - left - KEY);
    const height = Math.round(Math.min(420, Math.max(180, this.width * 0.5))) + bottom - 30;
    const room: Room = { width: this.width, height, left, right: KEY, top: 8, bottom };
    const across = cellsOf(x, columns, left, this.width - KEY);
    const byName = (y.names ?? []).length > 0;
    const up = byName ? cellsOf(y, cells.length, room.top, height - bottom) : cellsOf(y, cells.length, height - bottom, room.top);
    const [inner, tall] = [this.width - left - KEY, height - bottom - room.top];
    const say = (event: PointerEvent): void => {
      const frame = (event.currentTarget as Element).getBoundingClientRect();
      const column = Math.floor(((event.clientX - frame.left) / frame.width) * columns);
      const down = Math.floor(((event.clientY - frame.top) / frame.height) * cells.length);
      const row = byName ? down : cells.length - 1 - down;
      const cell = cells[row]?.[column];
      const place = [`${y.label} ${told(y, row)} ${y.unit}`, `${x.label} ${told(x, column)} ${x.unit}`].map((one) => one.trim());
      this.said = cell === undefined ? "" : [...place, `${label} ${cell === null ? "missing" : `${number(cell)} ${unit}`}`.trim()].join("   ");
    };
    // Set by the page's script: its policy has no styles within the markup.
    const box = (from: number, wide: number): string => `left: ${from}px; top: ${room.top}px; width: ${wide}px; height: ${tall}px`;
    const alt = `${cells.length} rows of ${columns}: ${label} from ${number(low)} to ${number(high)} ${unit}`.trim();
    return html`<div class="cells">
      <svg aria-hidden="true" viewBox="0 0 ${this.width} ${height}" width=${this.width} height=${height}>
        ${axes(across, up, room)}
        ${ticks(low, high, 4).map((tick) => {
          const place = room.top + tall * (1 - (tick - low) / (high - low));
          return svg`<text x=${this.width - KEY + 28} y=${place + 4}>${number(tick)}</text>`;
        })}
      </svg>
      <canvas
        role="img" aria-label=${alt} .style=${box(left, inner)}
        @pointermove=${say} @pointerdown=${say} @pointerleave=${() => (this.said = "")}
      ></canvas>
      <canvas class="key" aria-hidden="true" .style=${box(this.width - KEY + 10, 12)}></canvas>
    </div>`;
  }
}

/** Cells are about their values: the axis goes half a cell further at both ends. */
function cellsOf(axis: Axis, count: number, from: number, to: number): Scale {
  if (axis.names?.length) return scaleOf([axis], from, to);
  const there = axis.values.filter((one) => one !== null);
  const [first, last] = [there[0] ?? 0, there.at(-1) ?? count - 1];
  const half = Math.abs(last - first) / Math.max(1, there.length - 1) / 2 || 0.5;
  return { low: Math.min(first, last) - half, high: Math.max(first, last) + half, kind: axis.scale === "time" ? "time" : "linear", names: [], from, to };
}

function paint(canvas: HTMLCanvasElement, rows: (number | null)[][], colour: (cell: number) => [number, number, number]): void {
  const width = Math.max(0, ...rows.map((row) => row.length));
  if (!width) return;
  [canvas.width, canvas.height] = [width, rows.length];
  const picture = new ImageData(width, rows.length);
  rows.forEach((row, y) =>
    row.forEach((cell, x) => {
      // What is missing lets the page through.
      if (cell !== null) picture.data.set([...colour(cell), 255], 4 * (y * width + x));
    }),
  );
  canvas.getContext("2d")!.putImageData(picture, 0, 0);
}

function rgb(share: number, stops: string[]): [number, number, number] {
  const place = Math.min(1, Math.max(0, Number.isFinite(share) ? share : 0.5)) * (stops.length - 1);
  const index = Math.min(stops.length - 2, Math.floor(place));
  const part = (stop: string, from: number): number => parseInt(stop.slice(from, from + 2), 16);
  return [0, 2, 4].map((from) => {
    const [a, b] = [part(stops[index]!, from), part(stops[index + 1]!, from)];
    return Math.round(a + (b - a) * (place - index));
  }) as [number, number, number];
}

customElements.define("nis-grid", NisGrid);
