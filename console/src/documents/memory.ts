// What is remembered: of whom, since when, where from; found with why, and forgotten.

import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { createRef, ref } from "lit/directives/ref.js";
import { Reading } from "../reading.js";
import { may } from "../rights.js";
import { address, go } from "../route.js";
import { ago } from "../runs.js";
import { told } from "../status.js";
import { failure } from "../views.js";
import { type Problem, read } from "../wire.js";
import "./forgetting.js";
import type { NisForgetting } from "./forgetting.js";

/** Memories that are read at a time. */
const PAGE = 50;

interface Memory {
  id: string;
  text: string;
  user: string | null;
  agent: string | null;
  kind: string;
  importance: number;
  sources: string[];
  source_run: string | null;
  source_conversation: string | null;
  created: number;
  at: number;
}

interface Recalled {
  memory: Memory;
  score: number;
  because: string;
}

interface Recollection {
  memories: Recalled[];
  formula: string;
  notes: string[];
}

interface MemoryPage {
  memories: Memory[];
  next_cursor: number | null;
}

export class NisMemory extends Reading {
  static override properties = {
    ...Reading.properties,
    user: { attribute: false },
    memories: { state: true },
    more: { state: true },
    writes: { state: true },
    recalled: { state: true },
    refusal: { state: true },
  };
  /** Whose memories are shown; empty for anybody's. */
  declare user: string;
  declare memories: Memory[] | null;
  declare more: number | null;
  declare writes: boolean;
  declare recalled: Recollection | null;
  declare refusal: Problem | null;
  private query = createRef<HTMLInputElement>();
  private pages = 1;
  protected override pause = 15_000;

  constructor() {
    super();
    [this.user, this.memories, this.more, this.writes, this.recalled, this.refusal] = ["", null, null, false, null, null];
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (!changed.has("user") || !this.hasUpdated) return;
    [this.memories, this.recalled, this.refusal, this.trouble, this.pages] = [null, null, null, null, 1];
    void this.again();
  }

  private get of(): Record<string, string> {
    return this.user ? { user: this.user } : {};
  }

  protected override async look(): Promise<() => void> {
    const writes = await may("memory:write");
    const found: Memory[] = [];
    let cursor: number | null = 0;
    for (let page = 0; page < this.pages && cursor !== null; page++) {
      const given = new URLSearchParams({ ...this.of, limit: String(PAGE), cursor: String(cursor) });
      const some: MemoryPage = await read<MemoryPage>(`/memory?${given}`);
      found.push(...some.memories);
      cursor = some.next_cursor;
    }
    return () => ([this.memories, this.more, this.writes] = [found, cursor, writes]);
  }

  private async recall(event: Event): Promise<void> {
    event.preventDefault();
    const query = this.query.value!.value.trim();
    [this.recalled, this.refusal] = [null, null];
    if (!query) return;
    try {
      this.recalled = await read<Recollection>(`/memory/recall?${new URLSearchParams({ ...this.of, query, limit: "20" })}`);
    } catch (error) {
      this.refusal = told(error);
    }
  }

  private async forget({ id }: Memory): Promise<void> {
    await this.change("memory.forget_memory", "Forget this?", "Forget", { id });
    if (this.recalled && this.memories) {
      const kept = new Set(this.memories.map((one) => one.id));
      this.recalled = { ...this.recalled, memories: this.recalled.memories.filter(({ memory }) => this.more !== null || kept.has(memory.id)) };
    }
  }

  protected override render(): TemplateResult {
    const memories = this.holds ? this.memories : null;
    return html`<header class="head">
        <h1>Memory
          ${this.writes
            ? html`<button class="primary small" @click=${() => void this.change("memory.remember", "Remember something", "Remember")}>Remember something</button>
                <button class="small danger" @click=${() => void this.querySelector<NisForgetting>("nis-forgetting")!.open(this.user)}>Forget a user</button>`
            : nothing}
        </h1>
        <p class="lede">What was told to be remembered, by <code>memory.remember</code>: of whom, when, and where it is from.</p>
      </header>
      ${this.finder()} ${this.standing(this.memories !== null, "the memories")}
      ${this.refusal ? failure(this.refusal) : nothing} ${this.recalled ? this.recollection(this.recalled) : memories ? this.list(memories) : nothing}
      <nis-forgetting @forgotten=${() => ((this.recalled = null), void this.again())}></nis-forgetting>`;
  }

  private finder(): TemplateResult {
    return html`<form class="panel asks-of" role="search" @submit=${(event: Event) => void this.recall(event)}>
      <label class="hidden" for="of-memory">What is looked for</label>
      <input id="of-memory" dir="auto" maxlength="4000" placeholder="Recall what is remembered" autocomplete="off" ${ref(this.query)} />
      <button class="primary">Recall</button>
      <label class="only"><span class="note">of user</span>
        <input
          maxlength="128" autocomplete="off" placeholder="anybody" .value=${this.user}
          @change=${(event: Event) => go({ page: "memory", user: (event.target as HTMLInputElement).value.trim() })}
        /></label>
    </form>`;
  }

  private recollection({ memories, formula, notes }: Recollection): TemplateResult {
    return html`<div aria-live="polite">
      <p class="choice"><span title=${formula}>${memories.length ? "The best first; each says why it was recalled." : "Nothing that is remembered is about that."}</span>
        <button class="small" @click=${() => (this.recalled = null)}>All that is remembered</button></p>
      <ul class="kept" aria-label="Recalled">${memories.map((one) => this.row(one.memory, one))}</ul>
      ${notes.map((one) => html`<p class="note">${one}</p>`)}
      ${memories.length ? html`<details class="more"><summary>What a score is</summary><p class="hint">${formula}</p></details>` : nothing}
    </div>`;
  }

  private list(memories: Memory[]): TemplateResult {
    if (!memories.length) {
      return html`<p class="empty">${this.user
        ? html`Nothing is remembered of ${this.user}.`
        : html`Nothing is remembered yet. An agent remembers by calling <code>memory.remember</code>${this.writes ? html`; what they should know, you can write down here` : nothing}.`}</p>`;
    }
    return html`<ul class="kept" aria-label="Memories">${memories.map((one) => this.row(one))}</ul>
      ${this.more === null ? nothing : html`<button @click=${() => (this.pages++, void this.again())}>More</button>`}`;
  }

  private row(one: Memory, recalled: Recalled | null = null): TemplateResult {
    return html`<li>
      <div class="bar">
        <p class="said-so" dir="auto">${one.text}</p>
        ${this.writes ? html`<button class="small plain" aria-label="Forget: ${one.text}" @click=${() => void this.forget(one)}>Forget</button>` : nothing}
      </div>
      ${recalled ? html`<p class="because">Recalled because ${recalled.because} <span class="note">score ${recalled.score.toFixed(3)}</span></p>` : nothing}
      <p class="facts">
        <span>${one.kind}</span>
        ${one.user ? html`<span>of <a href=${address({ page: "memory", user: one.user })}>${one.user}</a></span>` : html`<span>of nobody in particular</span>`}
        ${one.agent ? html`<span>by agent ${one.agent}</span>` : nothing}
        <span>importance ${one.importance}</span>
        <time datetime=${new Date(one.at * 1000).toISOString()} title=${new Date(one.at * 1000).toLocaleString()}>${ago(one.at)}</time>
        ${one.sources.length ? html`<span>replaces ${one.sources.length}</span>` : nothing}
        ${one.source_conversation
          ? html`<a href=${address({ page: "chat", id: one.source_conversation })}>from a conversation</a>`
          : one.source_run
            ? html`<a href=${address({ page: "run", id: one.source_run })}>from a run</a>`
            : html`<span>written directly</span>`}
      </p>
    </li>`;
  }
}

customElements.define("nis-memory", NisMemory);
