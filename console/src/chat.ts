// The chat: a conversation's turns, the message to come, and the welcome before the first.

import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { createRef, ref } from "lit/directives/ref.js";
import { type Acts, draw } from "./answer.js";
import { send } from "./blob.js";
import { list, named, placed } from "./catalog.js";
import type { NisComposer, Said } from "./composer.js";
import "./composer.js";
import { touched } from "./conversations.js";
import { follow, start, type Watcher } from "./follow.js";
import { eachFrame } from "./frame.js";
import { Light } from "./light.js";
import { address, go, rename } from "./route.js";
import { changed as moved, lose, told, waiting } from "./status.js";
import { command } from "./steer.js";
import type { NisTalk, Spoken } from "./talk.js";
import "./talk.js";
import { begin, ended, type Turn } from "./turn.js";
import { failure } from "./views.js";
import { welcome } from "./welcome.js";
import { type Attached, type Conversation, type Line, type Models, type OperationCall, type Problem, problem, read, Refused, type RunLine, sending } from "./wire.js";

export class NisChat extends Light {
  static override properties = {
    conversationId: { attribute: false },
    turns: { state: true },
    loading: { state: true },
    models: { state: true },
    trouble: { state: true },
    lines: { state: true },
    below: { state: true },
  };
  declare conversationId: string | null;
  declare turns: Turn[];
  declare loading: boolean;
  declare models: Models | null;
  /** Why the conversation could not be opened. */
  declare trouble: Problem | null;
  /** The operations there are: what stands on one is left out where it is not. */
  declare lines: Line[];
  /** Whether the newest words are out of sight. */
  declare below: boolean;

  /** The conversation that is shown; the address follows when a first message begins one. */
  private opened: string | null = null;
  /** Ends what is being read: another conversation is shown now. */
  private reading = new AbortController();
  private composer = createRef<NisComposer>();
  private talk = createRef<NisTalk>();
  private sticks = true;
  private paint = eachFrame(() => this.requestUpdate());

  constructor() {
    super();
    this.conversationId = null;
    this.turns = [];
    this.loading = false;
    this.models = null;
    this.trouble = null;
    this.lines = [];
    this.below = false;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.grown.observe(this);
    addEventListener("scroll", this.scrolled);
    addEventListener("hashchange", this.again);
    moved.addEventListener("change", this.paint);
    void this.listModels();
    list().then(
      (lines) => (this.lines = lines),
      () => undefined,
    );
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.grown.disconnect();
    removeEventListener("scroll", this.scrolled);
    removeEventListener("hashchange", this.again);
    moved.removeEventListener("change", this.paint);
    this.reading.abort();
  }

  /** A chart grows after it was drawn. */
  private grown = new ResizeObserver(() => void this.measure());

  private scrolled = (): void => {
    this.sticks = this.measure() < 80;
  };

  /** How much of the page lies below what is seen. */
  private measure(): number {
    const left = document.documentElement.scrollHeight - innerHeight - scrollY;
    this.below = left > 400;
    return left;
  }

  /** The link to a new conversation leads from one that has no address yet as well. */
  private again = (): void => {
    if (this.conversationId === null && this.turns.length && address({ page: "chat", id: null }) === location.hash) void this.open(null);
  };

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has("conversationId") && (this.conversationId !== this.opened || !this.hasUpdated)) void this.open(this.conversationId);
  }

  private async listModels(): Promise<void> {
    try {
      this.models = await read<Models>("/models");
    } catch (error) {
      // The list is a convenience: asking works without it, and says what is wrong.
      if (!(error instanceof Refused)) lose();
    }
  }

  private get busy(): boolean {
    return this.turns.some((turn) => !ended(turn));
  }

  /** The model that was chosen, as a request names it. */
  private get model(): { model?: string } {
    const model = this.composer.value?.model;
    return model ? { model } : {};
  }

  private get watcher(): Watcher {
    return { changed: this.paint, waiting, signal: this.reading.signal };
  }

  private async open(id: string | null): Promise<void> {
    this.talk.value?.close();
    this.reading.abort();
    this.reading = new AbortController();
    this.turns = [];
    this.trouble = null;
    this.opened = id;
    if (id === null) return void this.composer.value?.focus();
    const watcher = this.watcher;
    this.loading = true;
    try {
      const conversation = await read<Conversation>(`/conversations/${encodeURIComponent(id)}`, { signal: watcher.signal });
      this.turns = conversation.turns.map((one) => {
        const turn = begin(one.message, null, one.attachments);
        turn.runId = one.run_id;
        turn.stored = one.response;
        turn.views = one.views;
        turn.problem = one.problem ?? null;
        turn.answers = [...(one.alternatives ?? []), one.run_id].sort();
        turn.state = ["queued", "paused", "waiting"].includes(one.state) ? "running" : (one.state as Turn["state"]);
        return turn;
      });
      this.sticks = true;
    } catch (error) {
      if (watcher.signal.aborted) return;
      this.trouble = told(error);
    } finally {
      if (!watcher.signal.aborted) this.loading = false;
    }
    // Each turn is read again from its run's log, the newest first: one still under way goes on where it is.
    for (const turn of this.turns.toReversed()) await this.replay(turn, watcher);
  }

  private async replay(shown: Turn, watcher: Watcher): Promise<void> {
    const turn = begin(shown.question, null, shown.attached);
    turn.runId = shown.runId;
    turn.answers = shown.answers;
    const live = !ended(shown);
    if (live) this.swap(shown, turn);
    try {
      await follow(turn, watcher);
      if (!live) this.swap(shown, turn);
    } catch (error) {
      if (live) this.fail(turn, error, watcher.signal);
    }
  }

  private named(id: string): void {
    this.opened = id;
    touched();
    // The page may have been left meanwhile.
    if (!this.isConnected) return;
    rename({ page: "chat", id });
    this.conversationId = id;
  }

  private async say(message: string, call: OperationCall | null = null, files: File[] = [], kept: Attached[] = []): Promise<void> {
    if (this.busy || !(message.trim() || files.length || kept.length)) return;
    const plain = call === null && !files.length && !kept.length;
    if (plain && this.talk.value?.say(message)) return;
    const turn = begin(message, call, kept);
    this.turns = [...this.turns, turn];
    this.sticks = true;
    const watcher = this.watcher;
    const known = this.opened;
    try {
      turn.attached = [...kept, ...(await Promise.all(files.map(send)))];
    } catch (error) {
      this.fail(turn, error, watcher.signal);
      this.composer.value?.give(message, files);
      return this.requestUpdate();
    }
    const body = {
      message,
      attachments: turn.attached.map((one) => one.id),
      genui_enabled: false,
      ...(known === null ? {} : { conversation_id: known }),
      ...this.model,
      ...(call ? { call: { operation: call.operation, arguments: call.arguments } } : {}),
    };
    let asked = known !== null;
    const changed = (): void => {
      watcher.changed();
      if (asked || turn.runId === null) return;
      asked = true;
      void this.nameAfter(turn, watcher);
    };
    try {
      await start("/chat", body, turn, { ...watcher, changed });
    } catch (error) {
      this.fail(turn, error, watcher.signal);
    }
    this.requestUpdate();
  }

  /** What was said is answered by a run, which is read as any other. */
  private async spoken({ runId, question, conversationId }: Spoken): Promise<void> {
    const turn = begin(question);
    turn.runId = runId;
    this.turns = [...this.turns, turn];
    this.sticks = true;
    if (this.opened === null) this.named(conversationId);
    const watcher = this.watcher;
    try {
      await follow(turn, watcher);
    } catch (error) {
      this.fail(turn, error, watcher.signal);
    }
    this.requestUpdate();
  }

  private get talking(): TemplateResult | typeof nothing {
    if (!named(this.lines, "voice.transcribe_audio")) return nothing;
    const settings = (): Record<string, unknown> => ({ ...(this.opened === null ? {} : { conversation_id: this.opened }), ...this.model });
    return html`<nis-talk
      .settings=${settings} ${ref(this.talk)} @spoken=${(event: CustomEvent<Spoken>) => void this.spoken(event.detail)}
    ></nis-talk>`;
  }

  /** A first message begins a conversation; its run says which. */
  private async nameAfter(turn: Turn, watcher: Watcher): Promise<void> {
    try {
      const run = await read<RunLine>(`/runs/${encodeURIComponent(turn.runId!)}`, { signal: watcher.signal });
      if (run.conversation_id !== null && !watcher.signal.aborted) this.named(run.conversation_id);
    } catch {
      // The reply names the conversation as well.
      if (turn.conversationId !== null) this.named(turn.conversationId);
    }
  }

  private fail(turn: Turn, error: unknown, signal: AbortSignal): void {
    if (signal.aborted && turn.runId === null) turn.state = "cancelled";
    if (signal.aborted) return;
    turn.state = "failed";
    turn.problem = told(error);
  }

  private async stop(): Promise<void> {
    this.talk.value?.interrupt();
    const turn = this.turns.find((one) => !ended(one));
    if (!turn) return;
    if (turn.runId === null) {
      this.reading.abort();
      this.reading = new AbortController();
      return;
    }
    try {
      await command(turn.runId, "cancel");
    } catch (error) {
      // It may have ended a moment ago: then the stream says so.
      turn.notes.push(error instanceof Refused ? error.problem.detail : "The server could not be told to stop.");
      this.requestUpdate();
    }
  }

  /** Asks once more: as another answer to the same message where there can be one, else by sending it again. */
  private async retry(turn: Turn): Promise<void> {
    const line = named(this.lines, "conversations.regenerate_answer");
    if (!line || !this.opened || !turn.runId) {
      this.turns = this.turns.filter((one) => one !== turn);
      return this.say(turn.question, turn.call, [], turn.attached);
    }
    const next = begin(turn.question, turn.call, turn.attached);
    next.answers = turn.answers.length ? turn.answers : [turn.runId];
    const known = next.answers;
    this.swap(turn, next);
    const watcher = this.watcher;
    const changed = (): void => {
      if (next.runId !== null && !next.answers.includes(next.runId)) next.answers = [...known, next.runId];
      watcher.changed();
    };
    const body = { run_id: turn.runId, ...this.model };
    try {
      await start(placed(line, this.opened), body, next, { ...watcher, changed });
    } catch (error) {
      this.fail(next, error, watcher.signal);
    }
    touched();
    this.requestUpdate();
  }

  /** Shows another answer to the same message. */
  private async turnTo(turn: Turn, runId: string): Promise<void> {
    const other = begin(turn.question, turn.call, turn.attached);
    [other.runId, other.answers] = [runId, turn.answers];
    const watcher = this.watcher;
    try {
      await follow(other, watcher);
      this.swap(turn, other);
    } catch (error) {
      if (!watcher.signal.aborted) turn.notes.push(problem(error).detail);
      this.requestUpdate();
    }
  }

  /** A conversation of its own that begins with this one's turns up to here. */
  private async branch(turn: Turn): Promise<void> {
    const line = named(this.lines, "conversations.branch_conversation")!;
    try {
      const made = await read<{ id: string }>(placed(line, this.opened!), sending("POST", { run_id: turn.runId }));
      touched();
      go({ page: "chat", id: made.id });
    } catch (error) {
      turn.notes.push(problem(error).detail);
      this.requestUpdate();
    }
  }

  private swap(one: Turn, other: Turn): void {
    this.turns = this.turns.map((turn) => (turn === one ? other : turn));
  }

  /** What can be done with a turn. */
  private acts(turn: Turn, last: boolean, busy: boolean): Acts {
    const branches = turn.state === "succeeded" && this.opened !== null && named(this.lines, "conversations.branch_conversation");
    const again = named(this.lines, "conversations.regenerate_answer") !== null || turn.state !== "succeeded";
    return {
      ...(last && !busy && again ? { retry: () => void this.retry(turn) } : {}),
      ...(branches && !busy ? { branch: () => void this.branch(turn) } : {}),
      turnTo: (runId) => void this.turnTo(turn, runId),
      rates: named(this.lines, "feedback.create_feedback") !== null,
    };
  }

  protected override updated(): void {
    if (this.sticks) this.keepInView();
  }

  /** Follows the answer as it grows, until its question reaches the top: what is read stays where it is. */
  private keepInView(): void {
    const last = this.querySelector(".turn:last-child");
    if (!last) return;
    const margin = Number.parseFloat(getComputedStyle(last).scrollMarginTop) || 0;
    const top = Math.min(last.getBoundingClientRect().top + scrollY - margin, document.documentElement.scrollHeight - innerHeight);
    // Whoever has gone down to read on is not brought back up.
    if (top > scrollY) scrollTo({ top });
  }

  protected override render(): TemplateResult {
    const busy = this.busy;
    const empty = !this.turns.length && !this.loading && !this.trouble;
    return html`<div class="column chat ${empty ? "blank" : ""}">
      ${empty ? nothing : html`<h1 class="hidden">Conversation</h1>`}
      ${this.trouble ? failure(this.trouble) : empty ? welcome(this.lines.length, this.models, (message, event) => this.begin(message, event)) : nothing}
      ${this.loading ? html`<div class="skeleton" aria-label="Opening the conversation"><i></i><i></i><i></i></div>` : nothing}
      <div
        class="log"
        role="log"
        aria-label="Conversation"
        @call=${(event: CustomEvent<OperationCall>) => void this.say(event.detail.message, event.detail)}
      >
        ${this.turns.map((turn, index) => draw(turn, index === this.turns.length - 1, busy, this.acts(turn, index === this.turns.length - 1, busy)))}
      </div>
      <nis-composer
        ?busy=${busy} ?below=${this.below} .models=${this.models} .beside=${this.talking} ${ref(this.composer)}
        @say=${(event: CustomEvent<Said>) => void this.say(event.detail.message, null, event.detail.files)} @stop=${() => void this.stop()}
      ></nis-composer>
    </div>`;
  }

  private begin(message: string, event: MouseEvent): void {
    // The button goes: whoever pressed it by a key goes on in the message.
    if (event.detail === 0) this.composer.value?.focus();
    void this.say(message);
  }
}

customElements.define("nis-chat", NisChat);
