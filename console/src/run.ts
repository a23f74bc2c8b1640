// One run: what it is, and its events as they happen.

import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import "./copy.js";
import { follow } from "./follow.js";
import { eachFrame } from "./frame.js";
import { coloured, pretty } from "./json.js";
import { Light } from "./light.js";
import { Log } from "./log.js";
import { span } from "./numbers.js";
import { address, explore } from "./route.js";
import { ago, state } from "./runs.js";
import { shares } from "./spent.js";
import { told, waiting } from "./status.js";
import { buttons, command, question } from "./steer.js";
import { timeline } from "./timeline.js";
import { failure } from "./views.js";
import { LAST_WORDS, type Problem, problem, read, type Run } from "./wire.js";

export class NisRun extends Light {
  static override properties = { runId: { attribute: false }, run: { state: true }, trouble: { state: true } };
  declare runId: string;
  declare run: Run | null;
  declare trouble: Problem | null;
  private log = new Log(null);
  private reading = new AbortController();
  private paint = eachFrame(() => this.requestUpdate());

  constructor() {
    super();
    this.run = null;
    this.trouble = null;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.reading.abort();
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has("runId")) void this.open();
  }

  private async open(): Promise<void> {
    this.reading.abort();
    const { signal } = (this.reading = new AbortController());
    this.log = new Log(this.runId);
    [this.run, this.trouble] = [null, null];
    try {
      this.run = await read<Run>(`/runs/${encodeURIComponent(this.runId)}`, { signal });
      await follow(this.log, { changed: this.paint, waiting, signal });
      this.run = await read<Run>(`/runs/${encodeURIComponent(this.runId)}`, { signal });
    } catch (error) {
      if (signal.aborted) return;
      this.trouble = told(error);
    }
  }

  private async tell(name: string, body: Record<string, unknown> = {}): Promise<void> {
    try {
      await command(this.runId, name, body);
    } catch (error) {
      if (!this.log.ended) this.trouble = problem(error);
    }
  }

  protected override render(): TemplateResult {
    const { run, log } = this;
    const now = log.events.length ? log.state : (run?.state ?? "queued");
    const tell = (name: string, body?: Record<string, unknown>): void => void this.tell(name, body);
    const took = run ? (log.ended ? run.updated : (log.events.at(-1)?.time ?? run.updated)) - run.created : 0;
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
              ${run.attempt > 1 ? html`<span>attempt ${run.attempt}</span>` : nothing}
              ${run.conversation_id ? html`<a href=${address({ page: "chat", id: run.conversation_id })}>its conversation</a>` : nothing}
              ${log.ended || LAST_WORDS.includes(run.state)
                ? nothing
                : buttons(now, tell)}
            </div>
          </header>
          ${log.asked ? question(log.asked, tell) : nothing}
          ${shares(run.created, log.events)}
          <details class="panel"><summary>Request</summary>${coloured(pretty(run.input))}</details>`
        : nothing}
      <section aria-label="Events" aria-live=${log.ended ? "off" : "polite"}>${timeline(log.events)}</section>
      ${run && !log.ended && !this.trouble ? html`<p class="waiting"><span class="pulse"></span> <span>${now === "running" ? "live" : now}</span></p>` : nothing}
    </div>`;
  }
}

customElements.define("nis-run", NisRun);
