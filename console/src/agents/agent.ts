// One agent, to talk with: each message is a run that is told as it goes, and asks here what a person decides.

import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { createRef, ref } from "lit/directives/ref.js";
import { draw } from "../answer.js";
import { start } from "../follow.js";
import { eachFrame } from "../frame.js";
import { Light } from "../light.js";
import { told, waiting } from "../status.js";
import { command } from "../steer.js";
import { begin, ended, type Turn, words } from "../turn.js";
import { failure } from "../views.js";
import { type Problem, read } from "../wire.js";
import { KINDS, type Kept } from "./kinds.js";

/** Turns that are told again with the next message. */
const REMEMBERED = 100;

export class NisAgent extends Light {
  static override properties = { name: { attribute: false }, agent: { state: true }, trouble: { state: true }, turns: { state: true } };
  declare name: string;
  declare agent: Kept | null;
  declare trouble: Problem | null;
  declare turns: Turn[];
  private reading = new AbortController();
  private input = createRef<HTMLTextAreaElement>();
  private paint = eachFrame(() => this.requestUpdate());

  constructor() {
    super();
    [this.agent, this.trouble, this.turns] = [null, null, []];
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.reading.abort();
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has("name")) void this.open();
  }

  private async open(): Promise<void> {
    this.reading.abort();
    const { signal } = (this.reading = new AbortController());
    [this.agent, this.trouble, this.turns] = [null, null, []];
    try {
      const agent = await read<Kept>(`/agents/${encodeURIComponent(this.name)}`, { signal });
      if (!signal.aborted) this.agent = agent;
    } catch (error) {
      if (!signal.aborted) this.trouble = told(error);
    }
  }

  private get running(): Turn | undefined {
    return this.turns.find((turn) => !ended(turn));
  }

  private async say(message: string): Promise<void> {
    if (!message || this.running) return;
    const before = this.turns.filter((one) => one.state === "succeeded" && words(one)).slice(-REMEMBERED);
    const earlier = before.flatMap((one) => [
      { role: "user", content: one.question },
      { role: "assistant", content: words(one) },
    ]);
    const turn = begin(message);
    this.turns = [...this.turns, turn];
    const { signal } = this.reading;
    try {
      await start(`/agents/${encodeURIComponent(this.name)}/run`, { message, earlier }, turn, { changed: this.paint, waiting, signal });
    } catch (error) {
      if (signal.aborted) return;
      [turn.state, turn.problem] = ["failed", told(error)];
    }
    this.requestUpdate();
  }

  private send = (event: Event): void => {
    event.preventDefault();
    const input = this.input.value!;
    const message = input.value.trim();
    if (!message || this.running) return;
    input.value = "";
    void this.say(message);
  };

  private stop(turn: Turn): void {
    if (turn.runId !== null) void command(turn.runId, "cancel").catch(() => undefined);
  }

  protected override render(): TemplateResult {
    const { agent, running } = this;
    return html`<p class="crumbs"><a href="#/agents">Agents</a> / <span class="id">${this.name}</span></p>
      <header class="head">
        <h1><code>${this.name}</code></h1>
        ${agent ? html`${agent.description ? html`<p class="lede" dir="auto">${agent.description}</p>` : nothing}<p class="facts">${KINDS[0]!.facts(agent)}</p>` : nothing}
      </header>
      ${this.trouble ? failure(this.trouble, () => void this.open()) : nothing}
      <div class="log" role="log" aria-label="Conversation">
        ${this.turns.map((turn, index) =>
          draw(turn, index === this.turns.length - 1, running !== undefined, { turnTo: () => undefined, rates: turn.state === "succeeded" }),
        )}
      </div>
      ${agent
        ? html`<form class="panel to-agent" @submit=${this.send}>
            <label class="hidden" for="to-agent">What it is to do</label>
            <textarea
              id="to-agent" rows="2" dir="auto" maxlength="100000" placeholder="What is it to do?" ${ref(this.input)}
              @keydown=${(event: KeyboardEvent) => event.key === "Enter" && !event.shiftKey && !event.isComposing && this.send(event)}
            ></textarea>
            ${running
              ? html`<button type="button" class="stop" @click=${() => this.stop(running)}>Stop</button>`
              : html`<button class="primary">Run</button>`}
          </form>`
        : nothing}`;
  }
}

customElements.define("nis-agent", NisAgent);
