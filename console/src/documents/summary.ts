// A document told in few sentences, asked for when it is opened.

import { html, nothing, type TemplateResult } from "lit";
import { Light } from "../light.js";
import { told } from "../status.js";
import { failure } from "../views.js";
import { type Problem, read, sending } from "../wire.js";
import { cited } from "./cited.js";
import type { Kept, Place, Statement, Told } from "./kept.js";

type Summary = Omit<Told, "statements"> & { sentences: Statement[] };

const OWN = "No language model wrote this: these are the document's own sentences, in their order.";

export class NisSummary extends Light {
  static override properties = { document: { attribute: false }, told: { state: true }, trouble: { state: true } };
  declare document: Kept;
  declare told: Summary | null;
  declare trouble: Problem | null;
  private calling = new AbortController();

  constructor() {
    super();
    [this.told, this.trouble] = [null, null];
  }

  protected override firstUpdated(): void {
    void this.ask();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.calling.abort();
  }

  private async ask(): Promise<void> {
    const { signal } = this.calling;
    this.trouble = null;
    try {
      const asked = { document: this.document.id, collection: this.document.collection_id };
      this.told = await read<Summary>("/documents/summarise-document", { ...sending("POST", asked), signal });
    } catch (error) {
      if (!signal.aborted) this.trouble = told(error);
    }
  }

  protected override render(): TemplateResult {
    const { told, trouble } = this;
    return html`<div class="told" aria-live="polite" aria-busy=${!told && !trouble}>
      ${trouble ? failure(trouble, () => void this.ask()) : nothing}
      ${told
        ? cited({ ...told, statements: told.sentences }, OWN, (place) => void this.dispatchEvent(new CustomEvent<Place>("place", { detail: place })))
        : trouble
          ? nothing
          : html`<p class="waiting"><span class="pulse"></span>reading it to tell it in few sentences</p>`}
    </div>`;
  }
}

customElements.define("nis-summary", NisSummary);
