// The message to come: written here, sent as an event `say`; while an answer is under way, `stop` ends it.

import { html, nothing, type TemplateResult } from "lit";
import { createRef, ref } from "lit/directives/ref.js";
import { icon } from "./icons.js";
import { Light } from "./light.js";
import type { Models } from "./wire.js";

export class NisComposer extends Light {
  static override properties = { busy: { type: Boolean }, below: { type: Boolean }, models: { attribute: false } };
  declare busy: boolean;
  /** Whether the newest words are out of sight. */
  declare below: boolean;
  declare models: Models | null;

  /** The model chosen; empty leaves the choice to the server. */
  model = "";
  private input = createRef<HTMLTextAreaElement>();

  constructor() {
    super();
    [this.busy, this.below, this.models] = [false, false, null];
  }

  override focus(): void {
    this.input.value?.focus();
  }

  private send(event: Event): void {
    event.preventDefault();
    const input = this.input.value!;
    const said = input.value.trim();
    if (this.busy || !said) return;
    input.value = "";
    this.dispatchEvent(new CustomEvent("say", { detail: said }));
  }

  protected override render(): TemplateResult {
    return html`<form class="composer" @submit=${(event: SubmitEvent) => this.send(event)}>
      ${this.below
        ? html`<button type="button" class="down" aria-label="To the end" @click=${() => scrollTo({ top: document.documentElement.scrollHeight })}>
            ${icon("arrow")}
          </button>`
        : nothing}
      <div class="box">
        <label class="hidden" for="message">Message</label>
        <textarea
          id="message" dir="auto" rows="1" maxlength="100000" placeholder="Ask something" autofocus ${ref(this.input)}
          @keydown=${(event: KeyboardEvent) => {
            // While an input method composes, Enter chooses a character.
            if (event.key === "Enter" && !event.shiftKey && !event.isComposing) this.send(event);
          }}
        ></textarea>
        ${this.modelLine()}
        ${this.busy
          ? html`<button type="button" class="round stop" aria-label="Stop" title="Stop" @click=${() => this.dispatchEvent(new Event("stop"))}>
              ${icon("stop")}
            </button>`
          : html`<button class="round primary" aria-label="Send" title="Send">${icon("send")}</button>`}
      </div>
    </form>`;
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
