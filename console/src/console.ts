// The chat page.

import { html, LitElement, nothing, type TemplateResult } from "lit";
import { createRef, ref } from "lit/directives/ref.js";
import { draw, failure } from "./answer.js";
import { ask, follow, type Watcher } from "./runs.js";
import { begin, ended, type Turn } from "./turn.js";
import { type Conversation, type Models, type OperationCall, type Problem, Refused, request } from "./wire.js";

const STARTERS = [
  "How far does a ball fly at 20 m/s and 40 degrees with drag, mass 0.145 kg, diameter 74 mm?",
  "What is the period of a pendulum 1.2 m long, released at 60 degrees?",
  "Convert 65 miles per hour to m/s",
  "What is the Planck constant?",
];

const LAST = "nis-conversation";

type Connection = { state: "ok" } | { state: "lost" } | { state: "waiting"; seconds: number };

export class NisConsole extends LitElement {
  static override properties = {
    turns: { state: true },
    connection: { state: true },
    keyWanted: { state: true },
    loading: { state: true },
    models: { state: true },
    trouble: { state: true },
  };
  declare turns: Turn[];
  declare connection: Connection;
  declare keyWanted: { again: boolean; give: (key: string) => void } | null;
  declare loading: boolean;
  declare models: Models | null;
  /** Why the conversation could not be opened. */
  declare trouble: Problem | null;

  private conversationId: string | null = null;
  /** Ends what is being read: another conversation is shown now. */
  private reading = new AbortController();
  private input = createRef<HTMLTextAreaElement>();
  private dialog = createRef<HTMLDialogElement>();
  /** The model chosen; empty leaves the choice to the server. */
  private model = "";
  private sticks = true;

  constructor() {
    super();
    this.turns = [];
    this.connection = { state: "ok" };
    this.keyWanted = null;
    this.loading = false;
    this.models = null;
    this.trouble = null;
  }

  protected override createRenderRoot(): this {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener("hashchange", () => {
      if (location.hash.slice(1) !== (this.conversationId ?? "")) void this.open(location.hash.slice(1) || null);
    });
    addEventListener("offline", () => this.lose());
    addEventListener("scroll", () => {
      this.sticks = innerHeight + scrollY >= document.documentElement.scrollHeight - 80;
    });
    void this.open(location.hash.slice(1) || localStorage.getItem(LAST));
    void this.listModels();
  }

  private async listModels(): Promise<void> {
    try {
      const response = await request("/models", {}, (again) => this.askKey(again));
      this.models = (await response.json()) as Models;
    } catch (error) {
      // The list is a convenience: asking works without it, and says what is wrong.
      if (!(error instanceof Refused)) this.lose();
    }
  }

  /** Says that the server is out of reach, and looks for it until it is back. */
  private lose(): void {
    this.connection = { state: "lost" };
    setTimeout(() => {
      if (this.connection.state !== "lost") return;
      fetch("/health", { cache: "no-store" }).then(
        () => {
          this.connection = { state: "ok" };
          if (!this.models) void this.listModels();
        },
        () => this.lose(),
      );
    }, 3000);
  }

  private get busy(): boolean {
    return this.turns.some((turn) => !ended(turn));
  }

  private get watcher(): Watcher {
    return {
      askKey: (again) => this.askKey(again),
      changed: () => this.requestUpdate(),
      waiting: (milliseconds) => {
        this.connection = milliseconds === null ? { state: "ok" } : { state: "waiting", seconds: milliseconds / 1000 };
      },
      signal: this.reading.signal,
    };
  }

  private askKey(again: boolean): Promise<string> {
    return new Promise((resolve) => {
      const earlier = this.keyWanted;
      this.keyWanted = {
        again,
        give: (key) => {
          earlier?.give(key);
          resolve(key);
        },
      };
    });
  }

  // A conversation is in the address, so that it can be reloaded and kept; the last one is remembered beside it.

  private async open(id: string | null): Promise<void> {
    this.reading.abort();
    this.reading = new AbortController();
    this.turns = [];
    this.trouble = null;
    this.name(id);
    if (id === null) return;
    const watcher = this.watcher;
    this.loading = true;
    try {
      const response = await request(`/conversations/${encodeURIComponent(id)}`, { signal: watcher.signal }, watcher.askKey);
      const conversation = (await response.json()) as Conversation;
      this.turns = conversation.turns.map((one) => {
        const turn = begin(one.message);
        turn.runId = one.run_id;
        turn.stored = one.response;
        turn.views = one.views;
        turn.state = one.state === "queued" ? "running" : (one.state as Turn["state"]);
        return turn;
      });
      this.sticks = true;
    } catch (error) {
      if (watcher.signal.aborted) return;
      if (error instanceof Refused && error.status === 404) this.name(null);
      else if (error instanceof Refused) this.trouble = error.problem;
      else this.lose();
    } finally {
      if (!watcher.signal.aborted) this.loading = false;
    }
    // Each turn is read again from its run's log, the newest first: one still under way goes on where it is.
    for (const turn of this.turns.toReversed()) await this.replay(turn, watcher);
  }

  private async replay(shown: Turn, watcher: Watcher): Promise<void> {
    const turn = begin(shown.question);
    turn.runId = shown.runId;
    const live = !ended(shown);
    const swap = (): void => void (this.turns = this.turns.map((one) => (one === shown ? turn : one)));
    if (live) swap();
    try {
      await follow(turn, watcher);
      if (!live) swap();
    } catch (error) {
      if (live) this.fail(turn, error, watcher.signal);
    }
  }

  private name(id: string | null): void {
    this.conversationId = id;
    if (id === null) localStorage.removeItem(LAST);
    else localStorage.setItem(LAST, id);
    const address = id === null ? location.pathname : `#${id}`;
    if (location.hash.slice(1) === (id ?? "")) return;
    // What was opened by itself is no step to go back to.
    if (this.turns.length || id === null) history.pushState(null, "", address);
    else history.replaceState(null, "", address);
  }

  private async say(message: string, call: OperationCall | null = null): Promise<void> {
    if (this.busy || !message.trim()) return;
    const turn = begin(message, call);
    this.turns = [...this.turns, turn];
    this.sticks = true;
    const watcher = this.watcher;
    const body = {
      message,
      genui_enabled: false,
      ...(this.conversationId === null ? {} : { conversation_id: this.conversationId }),
      ...(this.model ? { model: this.model } : {}),
      ...(call ? { call: { operation: call.operation, arguments: call.arguments } } : {}),
    };
    const named = this.conversationId !== null;
    const changed = (): void => {
      watcher.changed();
      if (!named && turn.seq === 1) void this.nameAfter(turn, watcher);
    };
    try {
      await ask(turn, body, { ...watcher, changed });
    } catch (error) {
      this.fail(turn, error, watcher.signal);
    }
    this.requestUpdate();
  }

  /** A first message begins a conversation; its run says which. */
  private async nameAfter(turn: Turn, watcher: Watcher): Promise<void> {
    try {
      const response = await request(`/runs/${encodeURIComponent(turn.runId!)}`, { signal: watcher.signal }, watcher.askKey);
      const run = (await response.json()) as { conversation_id: string | null };
      if (run.conversation_id !== null && !watcher.signal.aborted) this.name(run.conversation_id);
    } catch {
      // The reply names the conversation as well.
      if (turn.conversationId !== null) this.name(turn.conversationId);
    }
  }

  private fail(turn: Turn, error: unknown, signal: AbortSignal): void {
    if (signal.aborted && turn.runId === null) {
      turn.state = "cancelled";
      return;
    }
    if (signal.aborted) return;
    turn.state = "failed";
    if (error instanceof Refused) {
      turn.problem = error.problem;
      return;
    }
    this.lose();
    turn.problem = {
      title: "no connection",
      detail: "The server cannot be reached.",
      remedy: "See that it is running, then ask again.",
      retryable: true,
    };
  }

  private async stop(): Promise<void> {
    const turn = this.turns.find((one) => !ended(one));
    if (!turn) return;
    if (turn.runId === null) {
      this.reading.abort();
      this.reading = new AbortController();
      return;
    }
    const watcher = this.watcher;
    const path = `/runs/${encodeURIComponent(turn.runId)}/cancel`;
    try {
      await request(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: "{}" }, watcher.askKey);
    } catch (error) {
      // It may have ended a moment ago: then the stream says so.
      turn.notes.push(error instanceof Refused ? error.problem.detail : "The server could not be told to stop.");
      this.requestUpdate();
    }
  }

  private retry = (turn: Turn): void => {
    this.turns = this.turns.filter((one) => one !== turn);
    void this.say(turn.question, turn.call);
  };

  protected override updated(): void {
    if (this.sticks) this.keepInView();
    const dialog = this.dialog.value;
    if (this.keyWanted && dialog && !dialog.open) dialog.showModal();
  }

  /** Follows the answer as it grows, until its question reaches the top: what is read stays where it is. */
  private keepInView(): void {
    const last = this.querySelector(".turn:last-child");
    if (last) scrollTo({ top: Math.min(last.getBoundingClientRect().top + scrollY - 8, document.documentElement.scrollHeight) });
  }

  protected override render(): TemplateResult {
    const busy = this.busy;
    return html`
      <header>
        <a class="brand" href="/">nis</a>
        ${this.status()}
        <nav>
          <button class="plain" ?disabled=${!this.turns.length} @click=${() => void this.open(null)}>New conversation</button>
          <a href="/docs">API</a>
        </nav>
      </header>
      <main>
        ${this.trouble ? failure(this.trouble) : this.turns.length || this.loading ? nothing : this.welcome()}
        <div
          role="log"
          aria-label="Conversation"
          @call=${(event: CustomEvent<OperationCall>) => void this.say(event.detail.message, event.detail)}
        >
          ${this.turns.map((turn, index) =>
            draw(turn, index === this.turns.length - 1, busy, () => this.retry(turn)),
          )}
        </div>
      </main>
      ${this.composer(busy)} ${this.keyDialog()}
    `;
  }

  private status(): TemplateResult {
    const { connection } = this;
    const text = {
      ok: () => "connected",
      lost: () => "no connection",
      waiting: () => `connection lost, trying again in ${connection.state === "waiting" ? connection.seconds : 0} s`,
    }[connection.state]();
    return html`<p class="status ${connection.state}" role="status"><span class="dot"></span><span class="words">${text}</span></p>`;
  }

  private welcome(): TemplateResult {
    return html`<section class="welcome">
      <h1>Ask for a number, get one that was computed.</h1>
      <p>A model talks; what can be computed is computed, with its method, its error and the arguments used.</p>
      <ul>
        ${STARTERS.map((one) => html`<li><button @click=${(event: MouseEvent) => this.start(one, event)}>${one}</button></li>`)}
      </ul>
      ${this.models && !this.models.models.length
        ? html`<div class="failure">
            <p><strong>No model can be asked.</strong> What is computed does not need one.</p>
            ${this.models.unavailable.map((one) => html`<p>${one.provider}: ${one.reason} <span class="remedy">${one.remedy}</span></p>`)}
          </div>`
        : nothing}
    </section>`;
  }

  private start(message: string, event: MouseEvent): void {
    // The button goes: whoever pressed it by a key goes on in the message.
    if (event.detail === 0) this.input.value?.focus();
    void this.say(message);
  }

  private composer(busy: boolean): TemplateResult {
    const send = (): void => {
      const input = this.input.value!;
      if (this.busy || !input.value.trim()) return;
      void this.say(input.value.trim());
      input.value = "";
    };
    return html`<form
      class="composer"
      @submit=${(event: SubmitEvent) => {
        event.preventDefault();
        send();
      }}
    >
      <label class="hidden" for="message">Message</label>
      <textarea
        id="message"
        dir="auto"
        ${ref(this.input)}
        rows="1"
        maxlength="100000"
        placeholder="Ask something"
        autofocus
        @keydown=${(event: KeyboardEvent) => {
          // While an input method composes, Enter chooses a character.
          if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
          event.preventDefault();
          send();
        }}
      ></textarea>
      ${busy
        ? html`<button type="button" class="stop" @click=${() => void this.stop()}>Stop</button>`
        : html`<button class="primary">Send</button>`}
      ${this.modelLine()}
    </form>`;
  }

  private modelLine(): TemplateResult | typeof nothing {
    const models = this.models?.models ?? [];
    const named = (one: (typeof models)[number]): string =>
      `${one.provider} · ${one.name}${one.demonstration ? " (demonstration model)" : ""}`;
    if (!models.length) return nothing;
    if (models.length === 1) return html`<p class="model">${named(models[0]!)}</p>`;
    return html`<p class="model">
      <label for="model">Model</label>
      <select id="model" @change=${(event: Event) => (this.model = (event.target as HTMLSelectElement).value)}>
        <option value="">as set up</option>
        ${models.map((one) => html`<option value=${one.id}>${named(one)}</option>`)}
      </select>
    </p>`;
  }

  private keyDialog(): TemplateResult | typeof nothing {
    if (!this.keyWanted) return nothing;
    const { again, give } = this.keyWanted;
    return html`<dialog ${ref(this.dialog)} aria-labelledby="key-title" @cancel=${(event: Event) => event.preventDefault()}>
      <form
        method="dialog"
        @submit=${(event: SubmitEvent) => {
          const given = new FormData(event.currentTarget as HTMLFormElement).get("key");
          this.keyWanted = null;
          give(String(given).trim());
          void this.updateComplete.then(() => this.input.value?.focus());
        }}
      >
        <h2 id="key-title">This server wants a key</h2>
        <p>${again ? "That key was not accepted. " : nothing}It is the value of NIS_API_KEY where the server runs, and is
          kept until this tab is closed.</p>
        <label for="key">Key</label>
        <input id="key" name="key" type="password" required autocomplete="current-password" autofocus />
        <button class="primary">Continue</button>
      </form>
    </dialog>`;
  }
}

customElements.define("nis-console", NisConsole);
