// The message to come: written here, with what is attached, sent as an event `say`; while an answer is under way, `stop` ends it.

import { html, nothing, type TemplateResult } from "lit";
import { createRef, ref } from "lit/directives/ref.js";
import { size } from "./blob.js";
import { icon } from "./icons.js";
import { Light } from "./light.js";
import type { Models } from "./wire.js";

/** What a person says: words, and files that come with them. */
export interface Said {
  message: string;
  files: File[];
}

/** Files of one message. */
const MOST = 8;
const TAKEN =
  "image/png,image/jpeg,image/gif,image/webp,image/tiff,image/bmp,image/avif,audio/*,text/plain,text/markdown,text/csv,text/html," +
  "application/json,application/pdf,.pdf,.docx,.xlsx,.pptx,.md,.eml";

export class NisComposer extends Light {
  static override properties = {
    busy: { type: Boolean },
    below: { type: Boolean },
    models: { attribute: false },
    beside: { attribute: false },
    files: { state: true },
    over: { state: true },
  };
  declare busy: boolean;
  /** Whether the newest words are out of sight. */
  declare below: boolean;
  declare models: Models | null;
  /** What stands before the button that sends. */
  declare beside: TemplateResult | typeof nothing;
  declare files: File[];
  /** Whether something is held over it, to be dropped. */
  declare over: boolean;

  /** The model chosen; empty leaves the choice to the server. */
  model = "";
  private input = createRef<HTMLTextAreaElement>();
  private chooser = createRef<HTMLInputElement>();
  /** Where the page has the bytes of each picture. */
  private addresses = new Map<File, string>();

  constructor() {
    super();
    [this.busy, this.below, this.models, this.files, this.over] = [false, false, null, [], false];
    this.beside = nothing;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.files.forEach((file) => this.release(file));
  }

  override focus(): void {
    this.input.value?.focus();
  }

  /** Gives back what could not be sent. */
  give(message: string, files: File[]): void {
    if (!this.input.value!.value) this.input.value!.value = message;
    this.add(files);
  }

  private add(files: Iterable<File>): void {
    this.files = [...this.files, ...files].slice(0, MOST);
  }

  private leave(file: File): void {
    this.files = this.files.filter((one) => one !== file);
    this.release(file);
    this.focus();
  }

  private release(file: File): void {
    const address = this.addresses.get(file);
    if (address) URL.revokeObjectURL(address);
    this.addresses.delete(file);
  }

  private address(file: File): string {
    if (!this.addresses.has(file)) this.addresses.set(file, URL.createObjectURL(file));
    return this.addresses.get(file)!;
  }

  private send(event: Event): void {
    event.preventDefault();
    const input = this.input.value!;
    const said: Said = { message: input.value.trim(), files: this.files };
    if (this.busy || !(said.message || said.files.length)) return;
    input.value = "";
    this.files = [];
    said.files.forEach((file) => this.release(file));
    this.dispatchEvent(new CustomEvent("say", { detail: said }));
  }

  private paste(event: ClipboardEvent): void {
    const files = [...(event.clipboardData?.files ?? [])];
    if (!files.length) return;
    event.preventDefault();
    this.add(files);
  }

  private hold(event: DragEvent): void {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    this.over = true;
  }

  private drop(event: DragEvent): void {
    this.over = false;
    if (!event.dataTransfer?.files.length) return;
    event.preventDefault();
    this.add(event.dataTransfer.files);
    this.focus();
  }

  protected override render(): TemplateResult {
    return html`<form class="composer" @submit=${(event: SubmitEvent) => this.send(event)}>
      ${this.below
        ? html`<button type="button" class="down" aria-label="To the end" @click=${() => scrollTo({ top: document.documentElement.scrollHeight })}>
            ${icon("arrow")}
          </button>`
        : nothing}
      <div
        class="box ${this.over ? "over" : ""}"
        @dragover=${(event: DragEvent) => this.hold(event)} @dragleave=${() => (this.over = false)} @drop=${(event: DragEvent) => this.drop(event)}
      >
        ${this.files.length ? html`<ul class="files" aria-label="Attached">${this.files.map((file) => this.preview(file))}</ul>` : nothing}
        <label class="hidden" for="message">Message</label>
        <textarea
          id="message" dir="auto" rows="1" maxlength="100000" placeholder="Ask something" autofocus ${ref(this.input)}
          @paste=${(event: ClipboardEvent) => this.paste(event)}
          @keydown=${(event: KeyboardEvent) => {
            // While an input method composes, Enter chooses a character.
            if (event.key === "Enter" && !event.shiftKey && !event.isComposing) this.send(event);
          }}
        ></textarea>
        ${this.attach()} ${this.modelLine()} ${this.beside}
        ${this.busy
          ? html`<button type="button" class="round stop" aria-label="Stop" title="Stop" @click=${() => this.dispatchEvent(new Event("stop"))}>
              ${icon("stop")}
            </button>`
          : html`<button class="round primary" aria-label="Send" title="Send">${icon("send")}</button>`}
      </div>
    </form>`;
  }

  private preview(file: File): TemplateResult {
    return html`<li>
      ${file.type.startsWith("image/") ? html`<img src=${this.address(file)} alt="" />` : nothing}
      <span>${file.name} <span class="note">${size(file.size)}</span></span>
      <button type="button" class="ghost" aria-label=${`Remove ${file.name}`} title="Remove" @click=${() => this.leave(file)}>${icon("close")}</button>
    </li>`;
  }

  private attach(): TemplateResult {
    return html`<button
        type="button" class="ghost attach" aria-label="Attach a picture, a sound or a document" title="Attach"
        ?disabled=${this.files.length >= MOST} @click=${() => this.chooser.value!.click()}
      >
        ${icon("plus")}
      </button>
      <input
        type="file" class="hidden" id="files" aria-label="Files to attach" tabindex="-1" multiple accept=${TAKEN} ${ref(this.chooser)}
        @change=${(event: Event) => {
          const chooser = event.target as HTMLInputElement;
          this.add(chooser.files ?? []);
          chooser.value = "";
          this.focus();
        }}
      />`;
  }

  private modelLine(): TemplateResult {
    const models = this.models?.models ?? [];
    const named = (one: (typeof models)[number]): string =>
      `${one.provider} · ${one.name}${one.demonstration ? " (demonstration model)" : ""}`;
    if (models.length < 2) return html`<p class="model">${models[0] ? named(models[0]) : nothing}</p>`;
    return html`<p class="model">
      <label class="hidden" for="model">Model</label>
      <select id="model" @change=${(event: Event) => (this.model = (event.target as HTMLSelectElement).value)}>
        <option value="">Model as set up</option>
        ${models.map((one) => html`<option value=${one.id}>${named(one)}</option>`)}
      </select>
    </p>`;
  }
}

customElements.define("nis-composer", NisComposer);
