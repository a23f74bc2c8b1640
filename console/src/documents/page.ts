// A page of a document as it was read, with the words that were quoted from it marked.

import { html, nothing, type TemplateResult } from "lit";
import { createRef, ref } from "lit/directives/ref.js";
import { kept } from "../blob.js";
import { icon } from "../icons.js";
import { Light } from "../light.js";
import { told } from "../status.js";
import { failure } from "../views.js";
import { type Problem, read, sending } from "../wire.js";
import { type Kept, parted, type Place } from "./kept.js";

/** Characters before and after what is quoted that are read: a page of a plain text has no end. */
const AROUND = 20_000;

interface Items {
  items: { text: string; metadata: { start: number } }[];
  next_cursor: number | null;
}

/** Text from a character of the page on. */
interface Shown {
  from: number;
  text: string;
}

export class NisPage extends Light {
  static override properties = { place: { state: true }, document: { state: true }, shown: { state: true }, trouble: { state: true } };
  declare place: Place | null;
  declare document: Kept | null;
  declare shown: Shown | null;
  declare trouble: Problem | null;
  private dialog = createRef<HTMLDialogElement>();

  constructor() {
    super();
    [this.place, this.document, this.shown, this.trouble] = [null, null, null, null];
  }

  /** Opens the page of a place. */
  async open(place: Place): Promise<void> {
    [this.place, this.shown, this.trouble] = [place, null, null];
    if (this.document?.id !== place.document_id) this.document = null;
    await this.updateComplete;
    if (!this.dialog.value!.open) this.dialog.value!.showModal();
    try {
      const document = await read<Kept>(`/documents/${encodeURIComponent(place.document_id!)}`);
      const shown = await text(document, place);
      if (this.place !== place) return;
      [this.document, this.shown] = [document, shown];
      await this.updateComplete;
      this.querySelector(".paper mark")?.scrollIntoView({ block: "center" });
    } catch (error) {
      if (this.place === place) this.trouble = told(error);
    }
  }

  private turn(by: number): void {
    const { place } = this;
    if (place) void this.open({ ...place, page: (place.page ?? 1) + by, start: 0, end: 0 });
  }

  private async save({ blob_id, media_type, name }: Kept): Promise<void> {
    try {
      const link = window.document.createElement("a");
      link.href = URL.createObjectURL(await kept(blob_id!, media_type));
      link.download = name;
      link.click();
      URL.revokeObjectURL(link.href);
    } catch (error) {
      this.trouble = told(error);
    }
  }

  protected override render(): TemplateResult | typeof nothing {
    const { place, document, trouble } = this;
    if (!place) return nothing;
    const [page, pages] = [place.page ?? 1, document?.pages ?? null];
    return html`<dialog class="sheet page" aria-labelledby="page-title" ${ref(this.dialog)} @close=${() => (this.place = null)}>
      <div class="bar">
        <h2 id="page-title">${place.document}</h2>
        <button class="ghost" aria-label="Close" title="Close" @click=${() => this.dialog.value!.close()}>${icon("close")}</button>
      </div>
      <div class="bar">
        <button class="ghost" aria-label="The page before" title="The page before" ?disabled=${page <= 1} @click=${() => this.turn(-1)}>${icon("left")}</button>
        <span class="note" role="status">page ${page}${pages ? ` of ${pages}` : ""}</span>
        <button class="ghost" aria-label="The page after" title="The page after" ?disabled=${!pages || page >= pages} @click=${() => this.turn(1)}>${icon("right")}</button>
        ${document?.blob_id ? html`<button class="small plain" @click=${() => void this.save(document)}>Save the file</button>` : nothing}
      </div>
      ${trouble ? failure(trouble, () => void this.open(place)) : this.shown ? this.paper(this.shown, place) : html`<div class="skeleton" aria-label="Reading the page"><i></i><i></i><i></i></div>`}
    </dialog>`;
  }

  private paper({ from, text }: Shown, { start, end }: Place): TemplateResult {
    if (!text.trim()) return html`<p class="empty">No text was found on this page.</p>`;
    const [before, marked, after] = parted(text, Math.max(0, start - from), Math.max(0, end - from));
    return html`<div class="paper" dir="auto" tabindex="0" role="region" aria-label="Text of the page">${start > AROUND ? "… " : ""}${before}${marked ? html`<mark>${marked}</mark>` : nothing}${after}</div>`;
  }
}

/** The text around a place, put together from the chunks of its page; between two of them was white space. */
async function text(document: Kept, { page, start, end }: Place): Promise<Shown> {
  const where = {
    ...{ page: page ?? 1, version: document.version },
    start: { at_least: Math.max(0, start - AROUND), at_most: end + AROUND },
  };
  const found: Items["items"] = [];
  let cursor: number | null = 0;
  while (cursor !== null) {
    const asked: RequestInit = sending("POST", { document_id: document.id, where, limit: 100, cursor });
    const some: Items = await read<Items>(`/collections/${encodeURIComponent(document.collection_id)}/items`, asked);
    found.push(...some.items);
    cursor = some.next_cursor;
  }
  found.sort((one, other) => one.metadata.start - other.metadata.start);
  const from = found[0]?.metadata.start ?? 0;
  let text = "";
  for (const one of found) {
    const at = one.metadata.start - from;
    const gap = at - [...text].length;
    if (gap > 0) text += gap === 1 ? " " : "\n".repeat(gap);
    text += [...one.text].slice(Math.max(0, -gap)).join("");
  }
  return { from, text };
}

customElements.define("nis-page", NisPage);
