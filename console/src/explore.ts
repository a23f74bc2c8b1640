// Every operation, found by family, by a few letters, or by a sentence that says what is wanted.

import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { families, family, find, list, meant, named } from "./catalog.js";
import { icon } from "./icons.js";
import { Light } from "./light.js";
import { words } from "./numbers.js";
import { address, explore, rename } from "./route.js";
import { failure } from "./views.js";
import { type Line, type Problem, problem } from "./wire.js";

/** How long one has to stop typing before the server is asked what is meant. */
const PAUSE = 200;

export class NisExplore extends Light {
  static override properties = {
    query: { attribute: false },
    family: { attribute: false },
    lines: { state: true },
    meant: { state: true },
    trouble: { state: true },
  };
  declare query: string;
  declare family: string;
  declare lines: Line[] | null;
  /** Names that the server found for the sentence. */
  declare meant: string[];
  declare trouble: Problem | null;

  private asking = new AbortController();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    super();
    this.query = "";
    this.family = "";
    this.lines = null;
    this.meant = [];
    this.trouble = null;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void this.load();
  }

  private async load(): Promise<void> {
    try {
      this.lines = await list();
      this.trouble = null;
    } catch (error) {
      this.trouble = problem(error);
    }
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (!changed.has("query")) return;
    this.asking.abort();
    this.meant = [];
    clearTimeout(this.timer);
    const { signal } = (this.asking = new AbortController());
    const { query } = this;
    this.timer = setTimeout(() => {
      meant(query, signal).then(
        (names) => (this.meant = names),
        // What was found by letters stays.
        () => undefined,
      );
    }, PAUSE);
  }

  protected override firstUpdated(): void {
    if (matchMedia("(hover: hover)").matches) this.querySelector<HTMLInputElement>("#find")?.focus({ preventScroll: true });
  }

  private type(query: string): void {
    this.query = query;
    rename({ page: "explore", query, family: this.family });
  }

  protected override render(): TemplateResult {
    const lines = this.lines ?? [];
    const within = this.family ? lines.filter((line) => family(line.name) === this.family) : lines;
    const found = find(within, this.query);
    const more = this.meant
      .map((name) => named(within, name))
      .filter((line): line is Line => line !== null && !found.includes(line));
    return html`<div class="column wide-column explore">
      <header class="head">
        <h1>Explore</h1>
        <p class="lede">${lines.length || nothing} operations, each callable from here, over REST, MCP, A2A and the command line.</p>
      </header>
      <div class="finder">
        ${icon("explore")}
        <label class="hidden" for="find">Find an operation</label>
        <input
          id="find" data-first type="search" placeholder="Find by name, or say what you want to do" autocomplete="off" spellcheck="false"
          .value=${this.query}
          @input=${(event: Event) => this.type((event.target as HTMLInputElement).value)}
          @keydown=${(event: KeyboardEvent) => {
            if (event.key === "ArrowDown") this.querySelector<HTMLElement>(".cards a")?.focus();
            if (event.key === "Enter") this.querySelector<HTMLElement>(".cards a")?.click();
            if (event.key === "ArrowDown" || event.key === "Enter") event.preventDefault();
          }}
        />
      </div>
      ${this.trouble ? failure(this.trouble, () => void this.load()) : nothing}
      <nav class="families" aria-label="Families">${this.chips(lines)}</nav>
      <p class="hidden" role="status">${this.query ? `${found.length + more.length} found` : ""}</p>
      <div @keydown=${this.press}>
        ${this.query ? this.cards([...found, ...more]) : this.sections(found)}
      </div>
      ${this.lines && this.query && !found.length && !more.length
        ? html`<p class="empty">Nothing is called that. Say what you want to do in a few words, or <a href="#/">ask in the chat</a>.</p>`
        : nothing}
    </div>`;
  }

  private chips(lines: Line[]): TemplateResult[] {
    const all: [string, number][] = [["", lines.length], ...families(lines)];
    return all.map(
      ([name, count]) => html`<a
        class="chip" href=${address({ page: "explore", query: this.query, family: name })} aria-current=${name === this.family ? "true" : nothing}
        >${name ? words(name) : "all"} <span>${count}</span></a
      >`,
    );
  }

  private sections(lines: Line[]): TemplateResult[] {
    return families(lines).map(
      ([name]) => html`<section>
        <h2>${words(name)}</h2>
        ${this.cards(lines.filter((line) => family(line.name) === name))}
      </section>`,
    );
  }

  private cards(lines: Line[]): TemplateResult {
    return html`<ul class="cards">
      ${lines.map(
        (line) => html`<li>
          <a href=${explore(line.name)}>
            <span class="title"><code>${line.name}</code>${badges(line)}</span>
            <span class="summary">${line.summary}</span>
          </a>
        </li>`,
      )}
    </ul>`;
  }

  /** Up and down go from one to the next. */
  private press = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const all = [...this.querySelectorAll<HTMLElement>(".cards a")];
    const at = all.indexOf(document.activeElement as HTMLElement);
    if (!step || at < 0) return;
    event.preventDefault();
    (all[at + step] ?? this.querySelector<HTMLElement>("#find"))?.focus();
  };
}

/** What it does to the world, and whether it answers at once. */
export function badges(line: { effect: Line["effect"]; shape: Line["shape"] }): TemplateResult {
  const shape = { model: "", stream: "streams", run: "is a run" }[line.shape];
  return html`<span class="badges">
    <span class="badge ${line.effect}">${line.effect}</span>${shape ? html`<span class="badge">${shape}</span>` : nothing}
  </span>`;
}

customElements.define("nis-explore", NisExplore);
