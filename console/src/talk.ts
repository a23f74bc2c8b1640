// The button that opens a conversation by voice, and what is being said in it.

import { html, nothing, type TemplateResult } from "lit";
import { icon } from "./icons.js";
import { Light } from "./light.js";
import { hears, Voice } from "./voice.js";
import { key, type Problem, problem } from "./wire.js";

/** A run that answers what was said. */
export interface Spoken {
  runId: string;
  question: string;
  conversationId: string;
}

export class NisTalk extends Light {
  static override properties = { settings: { attribute: false }, open: { state: true }, said: { state: true }, trouble: { state: true } };
  /** What the conversation begins with. */
  declare settings: () => Record<string, unknown>;
  declare open: boolean;
  declare said: string;
  declare trouble: Problem | null;

  private voice: Voice | null = null;

  constructor() {
    super();
    this.settings = () => ({});
    [this.open, this.said, this.trouble] = [false, "", null];
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.voice?.close();
  }

  /** Ends the conversation by voice: another one is shown, or it is over. */
  close(): void {
    this.voice?.close();
  }

  /** Ends the answer that is spoken. */
  interrupt(): void {
    this.voice?.interrupt();
  }

  /** Says it in the conversation by voice, where one is open. */
  say(text: string): boolean {
    return this.voice?.say(text) ?? false;
  }

  private async toggle(): Promise<void> {
    if (this.voice) return this.voice.close();
    [this.trouble, this.open] = [null, true];
    const voice = (this.voice = new Voice({
      said: (text) => (this.said = text),
      turn: (runId, question, conversationId) =>
        this.dispatchEvent(new CustomEvent<Spoken>("spoken", { detail: { runId, question, conversationId } })),
      failed: (trouble) => (this.trouble = trouble),
      closed: () => {
        [this.voice, this.open, this.said] = [null, false, ""];
      },
    }));
    try {
      await voice.open(this.settings());
    } catch (error) {
      // No microphone, or no leave to use it.
      this.trouble = error instanceof DOMException ? { title: error.name, detail: "The microphone cannot be used.", remedy: error.message } : problem(error);
      voice.close();
      [this.voice, this.open] = [null, false];
    }
  }

  protected override render(): TemplateResult | typeof nothing {
    // A browser sends no key with a socket.
    if (!hears() || key.get() !== null) return nothing;
    const line = this.trouble ? `${this.trouble.detail} ${this.trouble.remedy ?? ""}` : this.said || "Listening…";
    const label = this.open ? "Stop talking" : "Talk";
    return html`${this.open || this.trouble ? html`<p class="said ${this.trouble ? "wrong" : ""}" role="status">${line}</p>` : nothing}
      <button
        type="button" class="round talk" aria-label=${label} title=${label} aria-pressed=${this.open} @click=${() => void this.toggle()}
      >${icon("microphone")}</button>`;
  }
}

customElements.define("nis-talk", NisTalk);
