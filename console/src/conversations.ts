// The conversations beside every page: opened, searched, renamed and deleted as far as the server can.

import { html, nothing, type TemplateResult } from "lit";
import { list, named, placed } from "./catalog.js";
import { icon } from "./icons.js";
import { Light } from "./light.js";
import { address, go, parse } from "./route.js";
import { type ConversationLine, type Line, read, request, sending } from "./wire.js";

const changed = new EventTarget();

/** Says that there is a new conversation, or that one was gone on with. */
export const touched = (): void => void changed.dispatchEvent(new Event("change"));

const MOST = 30;
/** From this many on there is something to search in. */
const MANY = 8;

interface Match {
  conversation_id: string;
  title: string;
  snippet: string;
  /** Where a word that was found begins and ends. */
  marks: [number, number][];
}

interface Page {
  conversations: ConversationLine[];
  next_cursor?: string | null;
}

export class NisConversations extends Light {
  static override properties = {
    lines: { state: true },
    query: { state: true },
    hits: { state: true },
    more: { state: true },
    can: { state: true },
    renaming: { state: true },
    asking: { state: true },
  };
  declare lines: ConversationLine[];
  declare query: string;
  /** What the server finds for the query; null where it has not answered. */
  declare hits: Match[] | null;
  /** The cursor of the next page. */
  declare more: string | null;
  /** What the server can do with a conversation. */
  declare can: { rename: Line | null; delete: Line | null; search: Line | null };
  declare renaming: string | null;
  /** The one whose deletion waits for a yes. */
  declare asking: string | null;

  private typed: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    super();
    this.lines = [];
    this.query = "";
    this.hits = null;
    this.more = null;
    this.can = { rename: null, delete: null, search: null };
    this.renaming = null;
    this.asking = null;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    changed.addEventListener("change", () => void this.load());
    addEventListener("hashchange", () => this.requestUpdate());
    void this.load();
    list().then(
      (lines) => {
        const can = (verb: string): Line | null => named(lines, `conversations.${verb}`);
        this.can = { rename: can("update_conversation"), delete: can("delete_conversation"), search: can("search_conversations") };
      },
      () => undefined,
    );
  }

  private async load(cursor: string | null = null): Promise<void> {
    try {
      const page = await read<Page>(`/conversations?limit=${MOST}${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`);
      this.lines = cursor ? [...this.lines, ...page.conversations] : page.conversations;
      this.more = page.next_cursor ?? null;
    } catch {
      // The list is a convenience; the pages themselves say what is wrong.
    }
  }

  private async search(query: string): Promise<void> {
    this.query = query;
    const { search } = this.can;
    this.hits = null;
    if (!query.trim() || !search) return;
    try {
      const found = await read<{ matches: Match[] }>(search.path, sending("POST", { query, limit: MOST }));
      // The best of each conversation.
      const best = new Map(found.matches.toReversed().map((one) => [one.conversation_id, one]));
      if (this.query === query) this.hits = found.matches.filter((one) => best.get(one.conversation_id) === one);
    } catch {
      // As above: what is listed stays.
    }
  }

  private async name(id: string, title: string): Promise<void> {
    this.renaming = null;
    if (!title.trim()) return;
    await this.change(this.can.rename!, id, { title: title.trim() });
  }

  private async forget(id: string): Promise<void> {
    this.asking = null;
    await this.change(this.can.delete!, id);
    const route = parse(location.hash);
    if (route.page === "chat" && route.id === id) go({ page: "chat", id: null });
  }

  private async change(line: Line, id: string, body?: unknown): Promise<void> {
    try {
      await request(placed(line, id), body ? sending(line.method, body) : { method: line.method });
    } finally {
      await this.load();
    }
  }

  protected override render(): TemplateResult | typeof nothing {
    if (!this.lines.length && !this.query) return nothing;
    const route = parse(location.hash);
    const here = route.page === "chat" ? route.id : null;
    const needle = this.query.toLowerCase();
    const shown = this.lines.filter((one) => one.title.toLowerCase().includes(needle));
    return html`<section class="conversations" aria-labelledby="conversations-title">
      <h2 id="conversations-title">Conversations</h2>
      ${this.lines.length >= MANY || this.query
        ? html`<input
            type="search"
            placeholder="Search"
            aria-label="Search conversations"
            @input=${(event: Event) => {
              const query = (event.target as HTMLInputElement).value;
              clearTimeout(this.typed);
              this.typed = setTimeout(() => void this.search(query), 150);
            }}
          />`
        : nothing}
      <ul>
        ${this.hits ? this.hits.map((one) => found(one)) : shown.map((one) => this.line(one, one.id === here))}
      </ul>
      ${this.query && !(this.hits ?? shown).length ? html`<p class="empty">Nowhere was that said.</p>` : nothing}
      ${this.more && !this.query ? html`<button class="plain small" @click=${() => void this.load(this.more)}>Earlier ones</button>` : nothing}
    </section>`;
  }

  private line(one: ConversationLine, here: boolean): TemplateResult {
    if (this.renaming === one.id) {
      return html`<li>
        <input
          class="rename"
          aria-label="Name of the conversation"
          .value=${one.title}
          autofocus
          maxlength="200"
          @keydown=${(event: KeyboardEvent) => {
            if (event.key === "Enter") void this.name(one.id, (event.target as HTMLInputElement).value);
            if (event.key === "Escape") this.renaming = null;
          }}
          @blur=${(event: Event) => this.renaming === one.id && void this.name(one.id, (event.target as HTMLInputElement).value)}
        />
      </li>`;
    }
    if (this.asking === one.id) {
      return html`<li class="asking">
        <span>Delete it?</span>
        <button class="small danger" @click=${() => void this.forget(one.id)}>Delete</button>
        <button class="small" @click=${() => (this.asking = null)}>Keep</button>
      </li>`;
    }
    return html`<li>
      <a href=${address({ page: "chat", id: one.id })} aria-current=${here ? "page" : nothing} title=${one.title}>${one.title || "untitled"}</a>
      ${this.can.rename
        ? html`<button class="ghost" aria-label="Rename ${one.title}" title="Rename" @click=${() => this.rename(one.id)}>${icon("edit")}</button>`
        : nothing}
      ${this.can.delete
        ? html`<button class="ghost" aria-label="Delete ${one.title}" title="Delete" @click=${() => (this.asking = one.id)}>${icon("trash")}</button>`
        : nothing}
    </li>`;
  }

  private rename(id: string): void {
    this.renaming = id;
    void this.updateComplete.then(() => this.querySelector<HTMLInputElement>(".rename")?.select());
  }
}

function found(match: Match): TemplateResult {
  const pieces: unknown[] = [];
  let from = 0;
  for (const [begin, end] of match.marks) {
    pieces.push(match.snippet.slice(from, begin), html`<mark>${match.snippet.slice(begin, end)}</mark>`);
    from = end;
  }
  pieces.push(match.snippet.slice(from));
  return html`<li class="match">
    <a href=${address({ page: "chat", id: match.conversation_id })}>${match.title || "untitled"}<span>${pieces}</span></a>
  </li>`;
}

customElements.define("nis-conversations", NisConversations);
