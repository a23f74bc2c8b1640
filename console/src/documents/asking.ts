// One box for what is asked of documents, and what is looked for in them.

import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { createRef, ref } from "lit/directives/ref.js";
import { Light } from "../light.js";
import { told } from "../status.js";
import { failure } from "../views.js";
import { type Problem, read, sending } from "../wire.js";
import { cited, place, where } from "./cited.js";
import { type Kept, parted, type Place, plural, type Quote, type Show, type Told } from "./kept.js";

interface Answer extends Told {
  found: boolean;
  nearest: Quote[];
  looked_at: number;
  documents: string[];
}

interface Passage {
  document_id: string;
  document: string;
  page: number;
  heading: string;
  start: number;
  text: string;
  quote_start: number;
  quote_end: number;
  score: number;
  words_rank: number | null;
  vector_rank: number | null;
  similarity: number | null;
}

interface Found {
  mode: string;
  formula: string;
  passages: Passage[];
  notes: string[];
}

type Result = { asked: string; answer: Answer } | { asked: string; found: Found };

const OWN = "No language model composed this: these are the documents' own sentences that are closest to the question.";

export class NisAsking extends Light {
  static override properties = {
    collection: { attribute: false },
    documents: { attribute: false },
    result: { state: true },
    busy: { state: true },
    trouble: { state: true },
  };
  declare collection: string;
  /** Those that can be asked. */
  declare documents: Kept[];
  declare result: Result | null;
  declare busy: "" | "asking" | "searching";
  declare trouble: Problem | null;
  private input = createRef<HTMLInputElement>();
  private only = createRef<HTMLSelectElement>();
  private calling = new AbortController();

  constructor() {
    super();
    [this.documents, this.result, this.busy, this.trouble] = [[], null, "", null];
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.calling.abort();
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (!changed.has("collection")) return;
    this.calling.abort();
    [this.result, this.busy, this.trouble] = [null, "", null];
  }

  private async call(busy: "asking" | "searching"): Promise<void> {
    const asked = this.input.value!.value.trim();
    if (!asked) return this.input.value!.focus();
    this.calling.abort();
    const { signal } = (this.calling = new AbortController());
    [this.busy, this.trouble, this.result] = [busy, null, null];
    const { collection } = this;
    const only = this.only.value?.value ?? "";
    try {
      const post = <T>(path: string, body: object): Promise<T> => read<T>(path, { ...sending("POST", { collection, ...body }), signal });
      const result: Result =
        busy === "asking"
          ? { asked, answer: await post<Answer>("/documents/ask-documents", { question: asked, documents: only ? [only] : [] }) }
          : { asked, found: await post<Found>("/documents/search-documents", { query: asked, ...(only ? { document_id: only } : {}) }) };
      if (!signal.aborted) this.result = result;
    } catch (error) {
      if (!signal.aborted) this.trouble = told(error);
    } finally {
      if (!signal.aborted) this.busy = "";
    }
  }

  private show: Show = (place) => void this.dispatchEvent(new CustomEvent<Place>("place", { detail: place }));

  protected override render(): TemplateResult {
    const { result } = this;
    return html`<section class="panel asks-of" aria-label="Ask and search">
      <form
        role="search"
        @submit=${(event: Event) => {
          event.preventDefault();
          void this.call("asking");
        }}
      >
        <label class="hidden" for="of-documents">A question, or words to look for</label>
        <input id="of-documents" dir="auto" maxlength="2000" placeholder="Ask these documents, or search them" autocomplete="off" ${ref(this.input)} />
        <button class="primary">Ask</button>
        <button type="button" @click=${() => void this.call("searching")}>Search</button>
        ${this.documents.length > 1
          ? html`<label class="only"><span class="note">in</span>
              <select class="small" aria-label="In which document" ${ref(this.only)}>
                <option value="">all of them</option>
                ${this.documents.map((one) => html`<option value=${one.id}>${one.name}</option>`)}
              </select></label>`
          : nothing}
      </form>
      <div aria-live="polite" aria-busy=${this.busy !== ""}>
        ${this.busy
          ? html`<p class="waiting"><span class="pulse"></span>${this.busy === "asking" ? "reading what answers it" : "searching"}
              <button class="small plain" @click=${() => (this.calling.abort(), (this.busy = ""))}>Stop</button></p>`
          : nothing}
        ${this.trouble ? failure(this.trouble) : nothing} ${!result ? nothing : "answer" in result ? this.answer(result.answer) : this.found(result.found)}
      </div>
    </section>`;
  }

  private answer(answer: Answer): TemplateResult {
    if (answer.found) return html`<div class="told">${cited(answer, OWN, this.show)}</div>`;
    return html`<div class="told">
      <p><strong>The documents do not say.</strong> <span class="note">${plural(answer.looked_at, "passage")} of ${plural(answer.documents.length, "document")} looked at.</span></p>
      ${answer.nearest.length
        ? html`<p class="note">The closest sentences, which are no answer:</p>
            <ol class="quotes">${answer.nearest.map((one) => html`<li>${place(one, this.show)} <q>${one.text}</q></li>`)}</ol>`
        : nothing}
      ${answer.notes.map((one) => html`<p class="note">${one}</p>`)}
    </div>`;
  }

  private found({ passages, notes, formula }: Found): TemplateResult {
    return html`<div class="told">
      ${passages.length ? html`<ol class="hits" aria-label="Passages">${passages.map((one) => this.hit(one, formula))}</ol>` : html`<p class="empty">Nothing was found.</p>`}
      ${notes.map((one) => html`<p class="note">${one}</p>`)}
    </div>`;
  }

  private hit(one: Passage, formula: string): TemplateResult {
    const [before, quote, after] = parted(one.text, one.quote_start - one.start, one.quote_end - one.start);
    const at = { ...one, start: one.quote_start, end: one.quote_end };
    return html`<li>
      <p class="facts">
        <button class="plain place" @click=${() => this.show(at)}>${where(at)}</button>
        ${one.heading ? html`<span>${one.heading}</span>` : nothing}
      </p>
      <p class="passage" dir="auto">${before}<mark>${quote}</mark>${after}</p>
      <p class="note" title="score ${one.score}: ${formula}">${why(one)}</p>
    </li>`;
  }
}

/** Why a passage was found. */
function why({ words_rank, vector_rank, similarity }: Passage): string {
  const told = [
    words_rank === null ? "" : `by its words: place ${words_rank}`,
    vector_rank === null ? "" : `by what it means: place ${vector_rank}`,
    similarity === null ? "" : `similarity ${similarity.toFixed(2)}`,
  ];
  return told.filter(Boolean).join(" · ");
}

customElements.define("nis-asking", NisAsking);
