// Find anything: pages, operations and conversations, by a few letters.

import { html, nothing, type TemplateResult } from "lit";
import { find, list } from "./catalog.js";
import { icon, type Icon } from "./icons.js";
import { Light } from "./light.js";
import { explore } from "./route.js";
import type { Line } from "./wire.js";

interface Hit {
  to: string;
  name: string;
  note: string;
  icon: Icon;
}

const PAGES: Hit[] = [
  { to: "#/", name: "New conversation", note: "Chat", icon: "chat" },
  { to: "#/documents", name: "Documents: add, search, ask", note: "Documents", icon: "documents" },
  { to: "#/documents/memory", name: "Memory: what is remembered", note: "Documents", icon: "documents" },
  { to: "#/agents", name: "Agents: make, run, test", note: "Agents", icon: "agents" },
  { to: "#/teams", name: "Teams of agents", note: "Agents", icon: "agents" },
  { to: "#/plans", name: "Plans of steps", note: "Agents", icon: "agents" },
  { to: "#/explore", name: "Explore operations", note: "Explore", icon: "explore" },
  { to: "#/runs", name: "Runs", note: "Runs", icon: "runs" },
  { to: "#/models", name: "Models and prices", note: "Models", icon: "models" },
  { to: "#/models/routes", name: "Routes of models", note: "Models", icon: "models" },
  { to: "#/models/providers", name: "Providers of models", note: "Models", icon: "models" },
  { to: "#/models/changes", name: "Changes of routes, prices and budgets", note: "Models", icon: "models" },
  { to: "#/usage", name: "Usage and cost", note: "Usage", icon: "usage" },
  { to: "#/budgets", name: "Budgets", note: "Budgets", icon: "budgets" },
  { to: "/docs", name: "API reference", note: "OpenAPI", icon: "book" },
];
const MOST = 12;

export class NisPalette extends Light {
  static override properties = { query: { state: true }, lines: { state: true }, at: { state: true }, shown: { state: true } };
  declare query: string;
  declare lines: Line[];
  declare at: number;
  declare shown: boolean;

  constructor() {
    super();
    this.query = "";
    this.lines = [];
    this.at = 0;
    this.shown = false;
  }

  open(): void {
    this.query = "";
    this.at = 0;
    this.shown = true;
    void list().then(
      (lines) => (this.lines = lines),
      () => undefined,
    );
    void this.updateComplete.then(() => {
      const dialog = this.querySelector("dialog")!;
      if (!dialog.open) dialog.showModal();
    });
  }

  private get hits(): Hit[] {
    const query = this.query.trim().toLowerCase();
    const pages = PAGES.filter((one) => one.name.toLowerCase().includes(query));
    const found = find(this.lines, query);
    const operations = found.map((line): Hit => ({ to: explore(line.name), name: line.name, note: line.summary, icon: "play" }));
    return [...pages, ...operations].slice(0, MOST);
  }

  protected override render(): TemplateResult | typeof nothing {
    if (!this.shown) return nothing;
    const { hits } = this;
    return html`<dialog class="palette" aria-label="Find anything" @close=${() => (this.shown = false)} @click=${this.outside}>
      <div class="ask">
        ${icon("explore")}
        <input
          type="search"
          placeholder="Find an operation or a page"
          aria-label="Find an operation or a page"
          role="combobox"
          aria-expanded="true"
          aria-controls="hits"
          aria-activedescendant="hit-${this.at}"
          autocomplete="off"
          spellcheck="false"
          autofocus
          @input=${(event: Event) => {
            this.query = (event.target as HTMLInputElement).value;
            this.at = 0;
          }}
          @keydown=${(event: KeyboardEvent) => this.press(event, hits)}
        />
      </div>
      <ul id="hits" role="listbox" aria-label="Found">
        ${hits.map(
          (hit, index) => html`<li
            id="hit-${index}"
            role="option"
            aria-selected=${index === this.at}
            @pointermove=${() => (this.at = index)}
            @click=${() => this.take(hit)}
          >
            ${icon(hit.icon)}<span class="name">${hit.name}</span><span class="note">${hit.note}</span>
          </li>`,
        )}
      </ul>
      ${hits.length ? nothing : html`<p class="empty">Nothing is called that.</p>`}
    </dialog>`;
  }

  private press(event: KeyboardEvent, hits: Hit[]): void {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      this.at = (this.at + step + hits.length) % Math.max(1, hits.length);
      void this.updateComplete.then(() => this.querySelector(`#hit-${this.at}`)?.scrollIntoView({ block: "nearest" }));
    } else if (event.key === "Enter" && !event.isComposing && hits[this.at]) {
      event.preventDefault();
      this.take(hits[this.at]!);
    }
  }

  private take(hit: Hit): void {
    this.querySelector("dialog")!.close();
    location.href = hit.to;
  }

  private outside = (event: MouseEvent): void => {
    if (event.target === event.currentTarget) (event.currentTarget as HTMLDialogElement).close();
  };
}

customElements.define("nis-palette", NisPalette);
declare global {
  interface HTMLElementTagNameMap {
    "nis-palette": NisPalette;
  }
}
