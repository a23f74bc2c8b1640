// Box plots and networks: what stands under the pointer is told, and the table has all of it.

import { html, nothing, svg, type TemplateResult } from "lit";
import { axes, bottomOf, cut, type Room } from "./axes.js";
import { number } from "./numbers.js";
import { at, named, scaleOf } from "./scale.js";
import { numbers, Sized } from "./sized.js";
import type { Axis, BoxPlotView, NetworkView } from "./wire.js";

const COLOURS = 6;
const plain = (given: Partial<Axis>): Axis => ({ label: "", unit: "", values: [], names: [], edges: [], scale: "linear", mark: "line", errors: [], group: "", ...given });

export class NisBoxPlot extends Sized {
  static override properties = { plot: { attribute: false }, said: { state: true } };
  declare plot: BoxPlotView;
  declare said: string;

  constructor() {
    super();
    this.said = "";
  }

  protected override render(): TemplateResult {
    const { title, label, unit, boxes } = this.plot;
    const told = (value: number): string => `${number(value)}${unit ? ` ${unit}` : ""}`;
    const rows = boxes.map((one) => [one.label, one.count, one.low, one.first_quartile, one.median, one.third_quartile, one.high, one.outliers.length]);
    return html`<figure>
      ${title ? html`<figcaption>${title}</figcaption>` : nothing}
      <p class="legend">${named(label, unit)}</p>
      ${this.width && boxes.length ? this.drawn(told) : nothing}
      <p class="readout" aria-hidden="true">${this.said || html`&nbsp;`}</p>
      ${numbers(["group", "count", "low", "first quartile", "median", "third quartile", "high", "outliers"], rows)}
    </figure>`;
  }

  private drawn(told: (value: number) => string): TemplateResult {
    const { boxes } = this.plot;
    const names = boxes.map((one) => one.label);
    const bottom = bottomOf(names, this.width - 68);
    const height = Math.round(Math.min(300, Math.max(200, this.width * 0.45))) + bottom - 30;
    const room: Room = { width: this.width, height, left: 56, right: 12, top: 12, bottom };
    const x = scaleOf([plain({ names })], room.left, this.width - room.right);
    const y = scaleOf([plain({ values: boxes.flatMap((one) => [one.low, one.high, ...one.outliers]) })], height - bottom, room.top, { pad: 0.04 });
    const half = Math.min(40, ((this.width - 68) / boxes.length) * 0.3);
    const label = boxes.map((one) => `${one.label}: median ${told(one.median)}, middle half ${told(one.first_quartile)} to ${told(one.third_quartile)}`).join("; ");
    return html`<svg role="img" aria-label=${label} viewBox="0 0 ${this.width} ${height}" width=${this.width} height=${height} @pointerleave=${() => (this.said = "")}>
      ${axes(x, y, room)}
      ${boxes.map((one, index) => {
        const middle = at(x, index);
        const [low, first, median, third, high] = [one.low, one.first_quartile, one.median, one.third_quartile, one.high].map((value) => at(y, value)) as [number, number, number, number, number];
        const say = (): void => void (this.said = `${one.label}   median ${told(one.median)}   middle half ${told(one.first_quartile)} to ${told(one.third_quartile)}   n = ${one.count}`);
        return svg`<g class="c0" @pointerenter=${say} @pointerdown=${say}>
          <path class="whisker" d="M${middle} ${low}V${first}M${middle} ${third}V${high}M${middle - half / 2} ${low}h${half}M${middle - half / 2} ${high}h${half}"></path>
          <rect class="box" x=${middle - half} y=${third} width=${2 * half} height=${Math.max(0, first - third)}></rect>
          <path class="median c1" d="M${middle - half} ${median}h${2 * half}"></path>
          ${one.outliers.map((value) => svg`<circle cx=${middle} cy=${at(y, value)} r="3"><title>${told(value)}</title></circle>`)}
        </g>`;
      })}
    </svg>`;
  }
}

customElements.define("nis-box-plot", NisBoxPlot);

export class NisNetwork extends Sized {
  static override properties = { network: { attribute: false }, node: { state: true } };
  declare network: NetworkView;
  /** The thing that is pointed at, by its place. */
  declare node: number | null;

  constructor() {
    super();
    this.node = null;
  }

  protected override render(): TemplateResult {
    const { title, nodes, links } = this.network;
    const groups = [...new Set(nodes.map((one) => one.group).filter(Boolean))];
    const rows = links.map((one) => [nodes[one.start]?.label, nodes[one.end]?.label, one.label, one.weight]);
    return html`<figure>
      ${title ? html`<figcaption>${title}</figcaption>` : nothing}
      ${groups.length ? html`<ul class="legend">${groups.map((group, index) => html`<li class="c${index % COLOURS} points">${group}</li>`)}</ul>` : nothing}
      ${this.width ? this.drawn(groups) : nothing}
      <p class="readout" aria-hidden="true">${this.node === null ? html`&nbsp;` : this.told(this.node)}</p>
      ${numbers(["from", "to", "label", "weight"], rows, "Links")}
    </figure>`;
  }

  private joined(index: number): string[] {
    const { nodes, links } = this.network;
    return links.flatMap((one) => (one.start === index ? [nodes[one.end]!.label] : one.end === index ? [nodes[one.start]!.label] : []));
  }

  private told(index: number): string {
    const others = this.joined(index);
    return `${this.network.nodes[index]!.label}   ${others.length ? `joined to ${others.slice(0, 8).join(", ")}${others.length > 8 ? " …" : ""}` : "joined to nothing"}`;
  }

  private drawn(groups: string[]): TemplateResult {
    const { nodes, links, directed } = this.network;
    const height = Math.round(Math.min(460, Math.max(240, this.width * 0.6)));
    const places = nodes.map((one): [number, number] => [50 + one.x * (this.width - 100), 18 + one.y * (height - 48)]);
    const most = Math.max(1e-300, ...links.map((one) => Math.abs(one.weight)));
    const even = new Set(links.map((one) => one.weight)).size < 2;
    const near = this.node === null ? null : new Set([this.node, ...links.flatMap((one) => (one.start === this.node ? [one.end] : one.end === this.node ? [one.start] : []))]);
    const taken: [number, number, number, number][] = [];
    const free = (name: string, [x, y]: [number, number]): boolean => {
      const half = name.length * 3.5;
      const room: [number, number, number, number] = [x - half, y + 8, x + half, y + 24];
      if (taken.some((one) => room[0] < one[2] && one[0] < room[2] && room[1] < one[3] && one[1] < room[3])) return false;
      return taken.push(room) > 0;
    };
    return html`<svg role="img" aria-label="${nodes.length} things and ${links.length} links" viewBox="0 0 ${this.width} ${height}" width=${this.width} height=${height} @pointerleave=${() => (this.node = null)}>
      ${links.map((one) => {
        const [[x1, y1], [x2, y2]] = [places[one.start]!, places[one.end]!];
        const away = near && one.start !== this.node && one.end !== this.node ? "away" : "";
        const angle = Math.atan2(y2 - y1, x2 - x1);
        const [tx, ty] = [x2 - 9 * Math.cos(angle), y2 - 9 * Math.sin(angle)];
        const wing = (turn: number): string => `${tx - 9 * Math.cos(angle + turn)} ${ty - 9 * Math.sin(angle + turn)}`;
        const d = one.start === one.end ? `M${x1} ${y1}c-24 -34 24 -34 0 0` : `M${x1} ${y1}L${x2} ${y2}`;
        return svg`<path class="link ${away}" stroke-width=${even ? 1.4 : 1 + (4 * Math.abs(one.weight)) / most} d=${d}>${one.label ? svg`<title>${one.label}</title>` : nothing}</path>
          ${directed && one.start !== one.end ? svg`<path class="head ${away}" d="M${tx} ${ty}L${wing(-0.42)}L${wing(0.42)}z"></path>` : nothing}`;
      })}
      ${nodes.map((one, index) => {
        const [x, y] = places[index]!;
        const say = (): void => void (this.node = index);
        const away = near && !near.has(index) ? "away" : "";
        const name = cut(one.label);
        return svg`<circle class="node c${Math.max(0, groups.indexOf(one.group)) % COLOURS} ${away}" cx=${x} cy=${y} r="7" @pointerenter=${say} @pointerdown=${say}><title>${one.label}</title></circle>
          ${free(name, [x, y]) || near?.has(index) ? svg`<text class="name ${away}" x=${Math.min(Math.max(x, name.length * 3.5), this.width - name.length * 3.5)} y=${y + 20} text-anchor="middle">${name}</text>` : nothing}`;
      })}
    </svg>`;
  }
}

customElements.define("nis-network", NisNetwork);
