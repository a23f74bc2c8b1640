// A button that copies.

import { html, type TemplateResult } from "lit";
import { icon } from "./icons.js";
import { Light } from "./light.js";

export class NisCopy extends Light {
  static override properties = { text: { attribute: false }, label: {}, done: { state: true } };
  declare text: string | (() => string);
  declare label: string;
  declare done: boolean;

  constructor() {
    super();
    this.label = "Copy";
    this.done = false;
  }

  protected override render(): TemplateResult {
    return html`<button type="button" class="ghost" aria-label=${this.label} title=${this.label} @click=${() => void this.copy()}>
      ${icon(this.done ? "check" : "copy")}<span class="hidden" role="status">${this.done ? "copied" : ""}</span>
    </button>`;
  }

  private async copy(): Promise<void> {
    const text = typeof this.text === "string" ? this.text : this.text();
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // Without a secure origin there is no clipboard but this.
      const held = document.createElement("textarea");
      held.value = text;
      document.body.append(held);
      held.select();
      document.execCommand("copy");
      held.remove();
    }
    this.done = true;
    setTimeout(() => (this.done = false), 1500);
  }
}

customElements.define("nis-copy", NisCopy);
