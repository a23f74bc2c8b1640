// A picture with what was found over it, and a sound with its stretches: fetched with the caller's key.

import { html, nothing, type PropertyDeclarations, type PropertyValues, svg, type TemplateResult } from "lit";
import { cut } from "./axes.js";
import { kept } from "./blob.js";
import { number, span } from "./numbers.js";
import { numbers, Sized } from "./sized.js";
import { type AudioView, type ImageView, problem } from "./wire.js";

const COLOURS = 6;
/** Pixels of the page that a picture is high at most. */
const TALLEST = 512;
/** Pixels of the page that a label's letters are high. */
const LETTER = 13;
/** Of a label, in its letters' heights. */
const BROAD = 0.62;
/** Letters of a label that is always shown; of a line of text it would cover the line before. */
const LONG = 24;

/** Bytes of a view that the page has once they were fetched. */
class Fetched extends Sized {
  static override properties: PropertyDeclarations = { address: { state: true }, trouble: { state: true } };
  declare address: string;
  declare trouble: string;

  constructor() {
    super();
    [this.address, this.trouble] = ["", ""];
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    URL.revokeObjectURL(this.address);
    this.address = "";
  }

  protected async fetch(id: string, kind: string): Promise<void> {
    URL.revokeObjectURL(this.address);
    [this.address, this.trouble] = ["", ""];
    if (!id) return;
    try {
      this.address = URL.createObjectURL(await kept(id, kind));
    } catch (error) {
      this.trouble = problem(error).detail;
    }
  }
}

export class NisPicture extends Fetched {
  static override properties = { picture: { attribute: false }, hit: { state: true } };
  declare picture: ImageView;
  /** What is pointed at, by its place among boxes and shapes. */
  declare hit: number | null;

  constructor() {
    super();
    this.hit = null;
  }

  protected override willUpdate(changed: PropertyValues): void {
    const before = changed.get("picture") as ImageView | undefined;
    if (changed.has("picture") && before?.blob !== this.picture.blob) void this.fetch(this.picture.blob, "image/*");
  }

  protected override render(): TemplateResult {
    const { title, width, height, alt, boxes, shapes } = this.picture;
    const found = [...boxes, ...shapes];
    const labels = [...new Set(found.map((one) => one.label))];
    const rows = [
      ...boxes.map((one) => [one.label, one.score, one.x, one.y, one.width, one.height]),
      ...shapes.map((one) => [one.label || one.form, one.score, ...around(one.points)]),
    ];
    // The style is set as a property: the page's policy has none within the markup.
    return html`<figure class="picture">
      ${title ? html`<figcaption>${title}</figcaption>` : nothing}
      <div class="seen" .style=${`aspect-ratio: ${width} / ${height}; max-width: min(100%, ${Math.max(240, width)}px, ${Math.round((TALLEST * width) / height)}px)`}>
        ${this.address ? html`<img src=${this.address} alt=${alt} />` : html`<span class="frame" role="img" aria-label=${alt}></span>`}
        ${found.length ? this.over(labels) : nothing}
      </div>
      <p class="readout" aria-hidden="true">${this.hit === null ? `${width} × ${height} pixels` : this.told(this.hit)}</p>
      ${this.trouble ? html`<p class="note">${this.trouble}</p>` : nothing}
      ${this.address ? html`<a class="save" href=${this.address} download=${this.picture.blob}>Save</a>` : nothing}
      ${found.length ? numbers(["found", "score", "x", "y", "width", "height"], rows, `Found (${found.length})`) : nothing}
    </figure>`;
  }

  /** What was found, in the picture's own pixels; it can be walked through by the keyboard. */
  private over(labels: string[]): TemplateResult {
    const { width, height, boxes, shapes } = this.picture;
    // A label is as large as the page's own words, whatever the picture's size.
    const wide = Math.min(this.width, Math.max(240, width), (TALLEST * width) / height);
    const letter = (LETTER * width) / Math.max(100, wide);
    const colour = (label: string): string => `c${labels.indexOf(label) % COLOURS}`;
    const taken: [number, number, number][] = [];
    const part = (index: number, label: string, score: number | null | undefined, place: [number, number], drawn: unknown): unknown => {
      const whole = [label, score === null || score === undefined ? "" : Math.abs(score) <= 1 ? score.toFixed(2) : number(score)].filter(Boolean).join(" ");
      const text = cut(whole, Math.max(3, Math.floor(width / letter / BROAD)));
      const reach = text.length * letter * BROAD;
      const [x, y] = [Math.max(0, Math.min(place[0], width - reach)), place[1] > letter * 1.6 ? place[1] - letter * 0.4 : place[1] + letter * 1.2];
      // One that would lie over another waits for the pointer, as a long one does.
      const waits = whole.length > LONG || taken.some(([from, to, at]) => x < to && from < x + reach && Math.abs(at - y) < letter);
      if (text && !waits) taken.push([x, x + reach, y]);
      return svg`<g
        class="found ${colour(label)} ${this.hit === index ? "hit" : ""}" tabindex="0" role="img" aria-label=${this.told(index)}
        @pointerenter=${() => (this.hit = index)} @focus=${() => (this.hit = index)} @pointerleave=${() => (this.hit = null)} @blur=${() => (this.hit = null)}
      >${drawn}${text && (!waits || this.hit === index) ? svg`<text x=${x} y=${y} font-size=${letter} stroke-width=${letter / 4}>${text}</text>` : nothing}</g>`;
    };
    return html`<svg viewBox="0 0 ${width} ${height}">
      ${boxes.map((one, index) =>
        part(index, one.label, one.score, [one.x, one.y], svg`<rect x=${one.x} y=${one.y} width=${one.width} height=${one.height}></rect>`),
      )}
      ${shapes.map((one, index) => {
        const path = one.points.map((point) => point.join(" ")).join("L");
        const drawn =
          one.form === "points"
            ? one.points.map(([x, y]) => svg`<circle cx=${x} cy=${y} r=${letter / 3}></circle>`)
            : svg`<path class=${one.form} d="M${path}${one.form === "polygon" ? "z" : ""}"></path>`;
        return part(boxes.length + index, one.label, one.score, one.points[0]!, drawn);
      })}
    </svg>`;
  }

  private told(index: number): string {
    const { boxes, shapes } = this.picture;
    const box = boxes[index];
    const shape = shapes[index - boxes.length];
    const [x, y, width, height] = box ? [box.x, box.y, box.width, box.height] : around(shape!.points);
    const { label, score } = box ?? shape!;
    const scored = score === null || score === undefined ? "" : `   score ${number(score)}`;
    return `${label || (shape?.form ?? "box")}${scored}   at ${number(x!)}, ${number(y!)}   ${number(width!)} × ${number(height!)}`;
  }
}

function around(points: [number, number][]): [number, number, number, number] {
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  const [x, y] = [Math.min(...xs), Math.min(...ys)];
  return [x, y, Math.max(...xs) - x, Math.max(...ys) - y];
}

customElements.define("nis-picture", NisPicture);

export class NisSound extends Fetched {
  static override properties = { sound: { attribute: false }, at: { state: true } };
  declare sound: AudioView;
  /** Where the player is, in seconds. */
  declare at: number;

  constructor() {
    super();
    this.at = 0;
  }

  protected override willUpdate(changed: PropertyValues): void {
    const before = changed.get("sound") as AudioView | undefined;
    if (changed.has("sound") && before?.blob !== this.sound.blob) void this.fetch(this.sound.blob, "audio/*");
  }

  protected override render(): TemplateResult {
    const { title, duration, alt, segments, blob } = this.sound;
    return html`<figure class="sound">
      <figcaption>${title || "Sound"} <span class="note">${span(duration)}</span></figcaption>
      ${this.address
        ? html`<audio controls src=${this.address} aria-label=${alt} @timeupdate=${(event: Event) => (this.at = (event.target as HTMLAudioElement).currentTime)}></audio>`
        : nothing}
      ${segments.length
        ? html`<ol class="stretches">
            ${segments.map((one) => {
              const now = this.address && this.at >= one.start && this.at < one.end && this.at > 0;
              const text = html`<span class="time">${span(one.start)}</span> <span dir="auto">${one.text || `to ${span(one.end)}`}</span>`;
              return html`<li>${this.address ? html`<button type="button" class="plain ${now ? "now" : ""}" aria-label="Play from ${span(one.start)}: ${one.text}" @click=${() => this.play(one.start)}>${text}</button>` : text}</li>`;
            })}
          </ol>`
        : html`<p class="hint">${alt}</p>`}
      ${this.trouble ? html`<p class="note">${this.trouble}</p>` : nothing}
      ${this.address ? html`<a class="save" href=${this.address} download=${blob}>Save</a>` : nothing}
    </figure>`;
  }

  private play(from: number): void {
    const player = this.querySelector("audio")!;
    player.currentTime = from;
    void player.play().catch(() => undefined);
  }
}

customElements.define("nis-sound", NisSound);
