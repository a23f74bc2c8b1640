// Bytes that the server keeps: sent, and looked at as what they are.

import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { Light } from "./light.js";
import { markdown } from "./markdown.js";
import { type Kept, problem, read, request } from "./wire.js";

/** Has the server keep a file. */
export function send(file: File): Promise<Kept> {
  const body = new FormData();
  body.append("content", file);
  return read<Kept>("/blobs", { method: "POST", body });
}

/** The bytes that the server keeps under an id. */
export async function kept(id: string, kind: string): Promise<Blob> {
  const path = `/blobs/${encodeURIComponent(id)}/content`;
  return (await request(path, { headers: { Accept: `${kind}, */*;q=0.5` } })).blob();
}

export function size(bytes: number): string {
  if (bytes < 1000) return `${bytes} bytes`;
  return bytes < 1e6 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** The blobs in a result, which may be one itself. */
export function blobs(value: unknown, depth = 0): Kept[] {
  if (typeof value !== "object" || value === null || depth > 3) return [];
  const one = value as Partial<Kept>;
  if (one.id && one.media_type && typeof one.size === "number" && one.sha256?.length === 64) return [one as Kept];
  return Object.values(value).flatMap((inner) => blobs(inner, depth + 1)).slice(0, MOST);
}

/** A text that was made to be kept in a file. */
interface TextFile {
  name: string;
  media_type: string;
  text: string;
}

/** The file that a result is, where it is one. */
export function texts(value: unknown): TextFile | null {
  const one = (value ?? {}) as Partial<TextFile>;
  return [one.name, one.media_type, one.text].every((part) => typeof part === "string") ? (one as TextFile) : null;
}

/** Blobs that are looked at in one result. */
const MOST = 8;
/** Bytes that are fetched to be looked at. */
const LARGEST = 32_000_000;
/** Characters of a text that are shown. */
const LONGEST = 20_000;

export class NisBlob extends Light {
  static override properties = { blob: { attribute: false }, address: { state: true }, text: { state: true }, trouble: { state: true } };
  declare blob: Omit<Kept, "sha256">;
  /** Where the page has the bytes. */
  declare address: string | null;
  declare text: string | null;
  declare trouble: string;

  constructor() {
    super();
    [this.address, this.text, this.trouble] = [null, null, ""];
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    if (this.address) URL.revokeObjectURL(this.address);
  }

  protected override willUpdate(changed: PropertyValues): void {
    const before = changed.get("blob") as Kept | undefined;
    if (changed.has("blob") && before?.id !== this.blob.id) void this.load();
  }

  private async load(): Promise<void> {
    if (this.address) URL.revokeObjectURL(this.address);
    [this.address, this.text, this.trouble] = [null, null, ""];
    if (this.blob.size > LARGEST) return void (this.trouble = "It is too large to be shown here.");
    try {
      const bytes = await kept(this.blob.id, this.blob.media_type);
      this.address = URL.createObjectURL(bytes);
      if (/^text\/|json$/.test(this.blob.media_type)) this.text = (await bytes.text()).slice(0, LONGEST);
    } catch (error) {
      this.trouble = problem(error).detail;
    }
  }

  protected override render(): TemplateResult {
    const { blob, address } = this;
    return html`<figure class="blob">
      <figcaption>${blob.name || blob.id} <span class="note">${blob.media_type}, ${size(blob.size)}</span></figcaption>
      ${address ? this.shown(address) : this.trouble ? nothing : html`<p class="waiting"><span class="pulse"></span> reading</p>`}
      ${this.trouble ? html`<p class="note">${this.trouble}</p>` : nothing}
      ${address ? html`<a href=${address} download=${blob.name || blob.id}>Save</a>` : nothing}
    </figure>`;
  }

  private shown(address: string): TemplateResult | typeof nothing {
    const kind = this.blob.media_type;
    // An image element runs no script of an SVG picture.
    if (/^image\/(png|jpeg|gif|webp|avif|svg\+xml)$/.test(kind)) return html`<img src=${address} alt=${this.blob.name || "image"} />`;
    if (kind.startsWith("audio/")) return html`<audio controls src=${address}></audio>`;
    if (kind.startsWith("video/")) return html`<video controls src=${address}></video>`;
    return this.text === null ? nothing : html`<pre class="code-block" tabindex="0"><code>${this.text}</code></pre>`;
  }
}

customElements.define("nis-blob", NisBlob);

export class NisText extends Light {
  static override properties = { file: { attribute: false } };
  declare file: TextFile;
  private address = "";

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    URL.revokeObjectURL(this.address);
  }

  protected override willUpdate(): void {
    URL.revokeObjectURL(this.address);
    this.address = URL.createObjectURL(new Blob([this.file.text], { type: this.file.media_type }));
  }

  protected override render(): TemplateResult {
    const { name, media_type, text } = this.file;
    return html`<figure class="blob">
      <figcaption>${name} <span class="note">${media_type}</span></figcaption>
      ${media_type === "text/markdown"
        ? html`<div class="prose">${markdown(text)}</div>`
        : html`<pre class="code-block" tabindex="0"><code>${text.slice(0, LONGEST)}</code></pre>`}
      <a href=${this.address} download=${name}>Save</a>
    </figure>`;
  }
}

customElements.define("nis-text", NisText);
