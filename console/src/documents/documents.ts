// The documents of a collection: added, read, asked, deleted.

import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { act } from "../act.js";
import { size } from "../blob.js";
import { icon } from "../icons.js";
import { percent } from "../money.js";
import { Listing } from "../reading.js";
import { may } from "../rights.js";
import { address, go } from "../route.js";
import { ago, state } from "../runs.js";
import { read } from "../wire.js";
import { add, adding, type Adding, again, drop, leave, underway, watch } from "./adding.js";
import "./asking.js";
import { type Collection, type Kept, type Place, plural, USUAL } from "./kept.js";
import "./page.js";
import type { NisPage } from "./page.js";
import "./summary.js";

const PAGE = 50;

export class NisDocuments extends Listing<Kept> {
  static override properties = {
    ...Listing.properties,
    chosen: { attribute: false },
    collections: { state: true },
    writes: { state: true },
    over: { state: true },
    opened: { state: true },
    said: { state: true },
  };
  /** The collection's name or id; empty for the usual one. */
  declare chosen: string;
  declare collections: Collection[];
  declare writes: boolean;
  /** Whether something is held over the page, to be dropped. */
  declare over: boolean;
  /** Documents whose summary is shown. */
  declare opened: string[];
  /** What has happened last, for who hears the page. */
  declare said: string;

  constructor() {
    super();
    [this.chosen, this.collections, this.writes, this.over, this.opened, this.said] = ["", [], false, false, [], ""];
  }

  override connectedCallback(): void {
    super.connectedCallback();
    adding.addEventListener("change", this.moved);
    adding.addEventListener("end", this.ended);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    adding.removeEventListener("change", this.moved);
    adding.removeEventListener("end", this.ended);
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (!changed.has("chosen") || !this.hasUpdated) return;
    [this.lines, this.more, this.opened, this.trouble] = [null, null, [], null];
    void this.again();
  }

  private get name(): string {
    return this.chosen || USUAL;
  }

  private get collection(): Collection | undefined {
    return this.collections.find((one) => one.name === this.name || one.id === this.name);
  }

  private moved = (): void => this.requestUpdate();

  private ended = (): void => void this.again();

  /** What has ended is told by its document from here on, where there is one. */
  private settle(lines: readonly Kept[]): void {
    const told = underway(this.name).filter(
      (one) => one.state === "ended" && lines.some((line) => line.run_id === one.log.runId && line.state !== "reading"),
    );
    if (told.length) this.said = told.map((one) => `${one.name}: ${one.problem ? "could not be read" : one.log.state === "succeeded" ? "ready" : one.log.state}`).join(", ");
    drop(told);
  }

  protected override async look(): Promise<() => void> {
    const [writes, { collections }] = await Promise.all([
      may("documents:write"),
      read<{ collections: Collection[] }>("/collections?kind=documents&limit=100"),
    ]);
    // The usual one is not there before its first document.
    const none = this.name === USUAL && !collections.some((one) => one.name === USUAL);
    this.absent = none;
    const keep = await super.look();
    return () => {
      keep();
      [this.collections, this.writes] = [collections, writes];
      this.settle(this.lines ?? []);
      for (const one of this.lines ?? []) if (one.state === "reading" && one.run_id) watch(one.name, this.name, one.run_id);
    };
  }

  private absent = false;

  protected override async page(cursor: string | null): Promise<{ lines: Kept[]; next_cursor: string | null }> {
    if (this.absent) return { lines: [], next_cursor: null };
    const given = { collection: this.name, limit: String(PAGE), ...(cursor ? { cursor } : {}) };
    const { documents, next_cursor } = await read<{ documents: Kept[]; next_cursor: string | null }>(`/documents?${new URLSearchParams(given)}`);
    return { lines: documents, next_cursor };
  }

  private take(files: Iterable<File>): void {
    const some = [...files];
    if (some.length) add(some, this.name);
    this.said = some.length ? `${plural(some.length, "file")} added` : "";
  }

  private hold(event: DragEvent): void {
    if (!this.writes || !event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    this.over = true;
  }

  private drop(event: DragEvent): void {
    this.over = false;
    if (!this.writes || !event.dataTransfer?.files.length) return;
    event.preventDefault();
    // A folder comes as a file that cannot be read.
    const folders = [...event.dataTransfer.items].map((one) => one.webkitGetAsEntry?.()?.isDirectory ?? false);
    this.take([...event.dataTransfer.files].filter((_, index) => !folders[index]));
  }

  private async make(): Promise<void> {
    const known = new Set(this.collections.map((one) => one.id));
    if (!(await act({ name: "collections.create_collection", title: "A new collection", button: "Create", of: { kind: "documents" } }))) return;
    await this.again();
    const made = this.collections.find((one) => !known.has(one.id));
    if (made) go({ page: "documents", collection: made.name });
  }

  /** One that is empty: with documents in it, their files would stay. */
  private async unmake({ id, name }: Collection): Promise<void> {
    if (!(await act({ name: "collections.delete_collection", title: `Delete ${name}?`, button: "Delete", of: { id } }))) return;
    if (this.chosen) go({ page: "documents", collection: "" });
    else await this.again();
  }

  private async discard({ id, name }: Kept): Promise<void> {
    if (await act({ name: "documents.delete_document", title: `Delete ${name}?`, button: "Delete", of: { id } })) await this.again();
  }

  private show = (place: Place): void => void this.querySelector<NisPage>("nis-page")!.open(place);

  protected override render(): TemplateResult {
    const lines = this.holds ? this.lines : null;
    const coming = underway(this.name);
    const live = new Set(coming.filter((one) => one.state !== "ended").map((one) => one.log.runId));
    const ready = (lines ?? []).filter((one) => one.state === "ready");
    return html`<div
        class="library ${this.over ? "over" : ""}"
        @dragover=${(event: DragEvent) => this.hold(event)} @dragleave=${() => (this.over = false)} @drop=${(event: DragEvent) => this.drop(event)}
      >
        <header class="head">
          <h1>Documents</h1>
          <p class="lede">Files that are read once, page by page, and then searched and asked. An answer says on which page it stands, in which words.</p>
        </header>
        ${this.choice()}
        <p class="hidden" role="status">${this.said}</p>
        ${this.standing(this.lines !== null, "the documents")}
        ${lines && (ready.length || this.more) ? html`<nis-asking .collection=${this.name} .documents=${ready} @place=${(event: CustomEvent<Place>) => this.show(event.detail)}></nis-asking>` : nothing}
        ${lines && this.writes ? this.zone(lines.length + coming.length === 0) : nothing}
        ${coming.length || lines?.length
          ? html`<ul class="kept" aria-label="Documents">
              ${repeat(coming, (one) => one, (one) => this.entry(one))}
              ${repeat((lines ?? []).filter((one) => !live.has(one.run_id)), (one) => one.id, (one) => this.row(one))}
            </ul>`
          : lines && !this.writes
            ? html`<p class="empty">There is no document here. To add one takes a key with the scope <code>documents:write</code>, which this one has not.</p>`
            : nothing}
        ${this.more ? html`<button @click=${() => void this.next()}>Earlier documents</button>` : nothing}
      </div>
      <nis-page></nis-page>`;
  }

  private choice(): TemplateResult {
    const names = [...new Set([USUAL, ...this.collections.map((one) => one.name), ...(this.collection ? [] : [this.name])])];
    const { collection } = this;
    return html`<div class="choice">
      <label class="dates">Collection
        <select class="small" .value=${collection?.name ?? this.name} @change=${(event: Event) => go({ page: "documents", collection: one((event.target as HTMLSelectElement).value) })}>
          ${names.map((name) => html`<option value=${name} ?selected=${name === (collection?.name ?? this.name)}>${name}</option>`)}
        </select>
      </label>
      ${this.writes ? html`<button class="small" @click=${() => void this.make()}>New collection</button>` : nothing}
      ${this.writes && collection && this.lines?.length === 0 && !underway(this.name).length
        ? html`<button class="small plain" aria-label="Delete the collection ${collection.name}" @click=${() => void this.unmake(collection)}>Delete</button>`
        : nothing}
      ${collection
        ? html`<span>${collection.description ? `${collection.description} ` : ""}${plural(collection.items, "chunk")}, found by their words${collection.model ? html` and by what they mean, with <code>${collection.model}</code>` : " alone: there is no embedding model"}</span>`
        : nothing}
    </div>`;
  }

  private zone(first: boolean): TemplateResult {
    return html`<div class="zone ${first ? "first" : ""}">
      ${first ? html`<p><strong>There is nothing here yet.</strong> Add a file: then ask it, and see on which page the answer stands.</p>` : nothing}
      <label class="pick">${icon("plus")}Choose files
        <input
          type="file" class="hidden" multiple
          @change=${(event: Event) => {
            const chooser = event.target as HTMLInputElement;
            this.take(chooser.files ?? []);
            chooser.value = "";
          }}
        />
      </label>
      <span class="note"><span class="drops">or drop them anywhere here: </span>PDF, Word, Excel, PowerPoint, HTML, Markdown, e-mail, CSV, text, scans, sounds</span>
    </div>`;
  }

  /** A file that is on its way. */
  private entry(one: Adding): TemplateResult {
    const { log, file, problem } = one;
    const open = one.state !== "ended";
    const [now, word, said] = standing(one);
    return html`<li aria-busy=${open}>
      <div class="bar">
        <h2>${one.name}</h2>
        ${state(now, word)}
        <button class="small ${open ? "stop" : "plain"}" aria-label="${open ? "Cancel" : "Hide"} ${one.name}" @click=${() => void leave(one)}>${open ? "Cancel" : "Hide"}</button>
      </div>
      ${open ? html`<progress max="1" .value=${log.progress?.fraction ?? 0} aria-label="Progress of ${one.name}"></progress>` : nothing}
      <p class="facts">
        ${open && log.progress ? html`<span>${percent(log.progress.fraction)}</span>` : nothing}
        ${said ? html`<span>${said}</span>` : nothing}
        ${file instanceof File ? html`<span>${size(file.size)}</span>` : nothing}
        ${log.runId ? html`<a class="id" href=${address({ page: "run", id: log.runId })} title="The run's events">${log.runId}</a>` : nothing}
      </p>
      ${problem ? trouble(problem) : nothing}
    </li>`;
  }

  private row(one: Kept): TemplateResult {
    const ready = one.state === "ready";
    const cancelled = one.problem?.code === "cancelled";
    const open = this.opened.includes(one.id);
    const whole = { document: one.name, document_id: one.id, page: 1, start: 0, end: 0 };
    return html`<li>
      <div class="bar">
        <h2>${ready ? html`<button class="plain" title="Read it" @click=${() => this.show(whole)}>${one.name}</button>` : one.name}</h2>
        ${state(one.state === "reading" ? "running" : ready ? "ok" : "failed", cancelled && !ready ? "cancelled" : one.state)}
        ${ready
          ? html`<button class="small" aria-expanded=${open} aria-label="Summary of ${one.name}" @click=${() => (this.opened = open ? this.opened.filter((id) => id !== one.id) : [...this.opened, one.id])}>Summary</button>`
          : nothing}
        ${this.writes && one.state === "failed" && one.blob_id && (cancelled || one.problem?.retryable)
          ? html`<button class="small" aria-label="Read ${one.name} again" @click=${() => again(one, this.name)}>Read it again</button>`
          : nothing}
        ${this.writes ? html`<button class="small plain" aria-label="Delete ${one.name}" @click=${() => void this.discard(one)}>Delete</button>` : nothing}
      </div>
      <p class="facts">
        ${one.title && one.title !== one.name ? html`<span>${one.title}</span>` : nothing}
        ${ready ? html`<span>${plural(one.pages ?? 0, "page")}</span><span>${plural(one.chunks, "chunk")}</span>` : nothing}
        ${one.kind ? html`<span>${one.kind}</span>` : nothing}
        <time datetime=${new Date(one.updated * 1000).toISOString()} title=${new Date(one.updated * 1000).toLocaleString()}>${ago(one.updated)}</time>
      </p>
      ${one.problem ? trouble(one.problem, ready ? "What was to replace it could not be read." : "") : nothing}
      ${one.notes.length ? html`<details class="more"><summary>${plural(one.notes.length, "note")} on how it was read</summary><ul class="hint">${one.notes.map((note) => html`<li>${note}</li>`)}</ul></details>` : nothing}
      ${open ? html`<nis-summary .document=${one} @place=${(event: CustomEvent<Place>) => this.show(event.detail)}></nis-summary>` : nothing}
    </li>`;
  }
}

/** The collection in the page's address: the usual one is not named. */
const one = (name: string): string => (name === USUAL ? "" : name);

/** The colour and the word of what is on its way, and what is said of it. */
function standing({ state, log, problem }: Adding): [string, string, string] {
  if (state === "waiting") return ["waiting", "waiting", "for those before it"];
  if (state === "under way") {
    if (!log.runId) return ["running", "sending", ""];
    return [log.state, log.state, log.progress?.message ?? ""];
  }
  const outcome = (log.result as { outcome?: string } | undefined)?.outcome;
  if (problem || log.state !== "succeeded") return ["failed", "not added", ""];
  return ["ok", outcome ?? "ready", outcome === "unchanged" ? "the same file was there already" : ""];
}

/** What went wrong with one of several; no alert, since the list is read again and again. */
function trouble({ title, detail, remedy }: { title: string; detail: string; remedy?: string }, first = ""): TemplateResult {
  return html`<div class="failure">
    <p>${first ? html`<strong>${first}</strong> ` : html`<strong>${title.charAt(0).toUpperCase() + title.slice(1)}.</strong> `}${detail}</p>
    ${remedy ? html`<p class="remedy">${remedy}</p>` : nothing}
  </div>`;
}

customElements.define("nis-documents", NisDocuments);
