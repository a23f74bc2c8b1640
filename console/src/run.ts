// One run: what it is, and its events as they happen.

import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import "./asked.js";
import "./copy.js";
import { follow } from "./follow.js";
import { eachFrame } from "./frame.js";
import { coloured, pretty } from "./json.js";
import { Light } from "./light.js";
import { Log } from "./log.js";
import { money, NANO } from "./money.js";
import { span } from "./numbers.js";
import { address, explore, go } from "./route.js";
import { ago, state } from "./runs.js";
import { shares } from "./spent.js";
import { changed, connection, told, waiting } from "./status.js";
import { buttons, command } from "./steer.js";
import { timeline } from "./timeline.js";
import { failure } from "./views.js";
import { type Problem, problem, read, type Run } from "./wire.js";

/** What else can be done with a run that has ended; each is a form. */
const MORE = [
  ["Fork", "runs.fork_run"],
  ["Replay", "runs.get_replay"],
  ["Export", "runs.get_export"],
] as const;

const OUT_OF_REACH = "the server is out of reach; the run goes on once it is back";

export class NisRun extends Light {
  static override properties = { runId: { attribute: false }, run: { state: true }, trouble: { state: true }, refused: { state: true } };
  declare runId: string;
  declare run: Run | null;
  declare trouble: Problem | null;
  /** Why the last command was not taken. */
  declare refused: Problem | null;
  private log = new Log(null);
  private reading = new AbortController();
  private paint = eachFrame(() => this.requestUpdate());
  private again = (): void => {
    if (this.trouble && connection().state === "ok") void this.open();
    else this.paint();
  };

  constructor() {
    super();
    this.run = null;
    this.trouble = null;
    this.refused = null;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    changed.addEventListener("change", this.again);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    changed.removeEventListener("change", this.again);
    this.reading.abort();
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has("runId")) void this.open();
  }

  private async open(): Promise<void> {
    this.reading.abort();
    const { signal } = (this.reading = new AbortController());
    this.log = new Log(this.runId);
    [this.run, this.trouble, this.refused] = [null, null, null];
    try {
      this.run = await read<Run>(`/runs/${encodeURIComponent(this.runId)}`, { signal });
      await follow(this.log, { changed: this.paint, waiting, signal });
      this.run = await read<Run>(`/runs/${encodeURIComponent(this.runId)}`, { signal });
    } catch (error) {
      if (signal.aborted) return;
      this.trouble = told(error);
    }
  }

  private async tell(name: string): Promise<void> {
    const over = this.log.ended;
    this.refused = null;
    try {
      const answer = (await (await command(this.runId, name)).json()) as { id: string };
      // That is a run of its own.
      if (name === "retry") go({ page: "run", id: answer.id });
    } catch (error) {
      if (over || !this.log.ended) this.refused = problem(error);
    }
  }

  protected override render(): TemplateResult {
    const { run, log } = this;
    const now = log.events.length ? log.state : (run?.state ?? "queued");
    const attempt = Math.max(run?.attempt ?? 0, log.attempt);
    const took = run ? (log.ended ? run.updated : (log.events.at(-1)?.time ?? run.updated)) - run.created : 0;
    const cost = log.events.reduce((sum, { body }) => sum + (body.type === "model_answered" ? (body.cost ?? 0) : 0), 0);
    return html`<div class="column wide-column run-page">
      <p class="crumbs"><a href="#/runs">Runs</a> / <span class="id">${this.runId}</span><nis-copy .text=${this.runId} label="Copy the run's id"></nis-copy></p>
      ${this.trouble ? failure(this.trouble, () => void this.open()) : nothing}
      ${run
        ? html`<header class="head">
            <h1><a href=${explore(run.operation, run.input as Record<string, unknown>)}><code>${run.operation}</code></a></h1>
            <div class="facts">
              ${state(now)}
              <span title=${new Date(run.created * 1000).toLocaleString()}>${ago(run.created)}</span>
              <span>${span(took)}</span>
              <span>${log.seq || run.last_seq} events</span>
              ${cost ? html`<span><a href=${explore("usage.list_calls", { run_id: run.id })} title="What its models cost: its calls">${money(cost / NANO)}</a></span>` : nothing}
              ${attempt > 1 ? html`<span>attempt ${attempt}</span>` : nothing}
              ${run.conversation_id ? html`<a href=${address({ page: "chat", id: run.conversation_id })}>its conversation</a>` : nothing}
              ${run.parent
                ? html`<span>from <a class="id" href=${address({ page: "run", id: run.parent })}>${run.parent}</a> after event ${run.parent_seq}</span>`
                : nothing}
              ${buttons(now, (name) => void this.tell(name))}
              ${log.ended ? MORE.map(([name, operation]) => html`<a href=${explore(operation, { id: run.id })}>${name}</a>`) : nothing}
            </div>
          </header>
          ${this.refused ? failure(this.refused) : nothing}
          ${log.asked ? html`<nis-asked .runId=${run.id} .asked=${log.asked}></nis-asked>` : nothing}
          ${shares(run.created, log.events)}
          <details class="panel"><summary>Request</summary>${coloured(pretty(run.input))}</details>`
        : nothing}
      <section aria-label="Events" aria-live=${log.ended ? "off" : "polite"}>${timeline(log.events)}</section>
      ${run && !log.ended && !this.trouble ? html`<p class="waiting"><span class="pulse"></span> <span>${connection().state !== "ok" ? OUT_OF_REACH : now === "running" ? "live" : now}</span></p>` : nothing}
    </div>`;
  }
}

customElements.define("nis-run", NisRun);
