// The runs there were and are, newest first.

import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { Light } from "./light.js";
import { span } from "./numbers.js";
import { address } from "./route.js";
import { changed as status, connection, told } from "./status.js";
import { failure } from "./views.js";
import { LAST_WORDS, type Problem, read, type RunLine, type RunState } from "./wire.js";

const STATES: ("" | RunState)[] = ["", "running", "queued", "waiting", "paused", "succeeded", "failed", "cancelled"];
const PAGE = 25;
/** While something is under way the list is read again. */
const AGAIN = 2000;

interface RunList {
  runs: RunLine[];
  next_cursor: string | null;
}

export class NisRuns extends Light {
  static override properties = {
    state: { attribute: false },
    lines: { state: true },
    more: { state: true },
    loading: { state: true },
    trouble: { state: true },
  };
  declare state: string;
  declare lines: RunLine[];
  /** The cursor of the next page. */
  declare more: string | null;
  declare loading: boolean;
  declare trouble: Problem | null;
  private timer: ReturnType<typeof setInterval> | undefined;
  private again = (): void => {
    if (this.trouble && connection().state === "ok") void this.load();
  };

  constructor() {
    super();
    this.state = "";
    this.lines = [];
    this.more = null;
    this.loading = true;
    this.trouble = null;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.timer = setInterval(() => {
      const live = this.lines.slice(0, PAGE).some((run) => !LAST_WORDS.includes(run.state));
      if (live && !document.hidden && !this.loading) void this.load(true);
    }, AGAIN);
    status.addEventListener("change", this.again);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.timer);
    status.removeEventListener("change", this.again);
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has("state")) {
      this.lines = [];
      void this.load();
    }
  }

  /** The first page; with `fresh`, put before the pages that were read already. */
  private async load(fresh = false): Promise<void> {
    const { state } = this;
    this.loading = !fresh;
    try {
      const page = await this.page(null);
      if (state !== this.state) return;
      const known = new Set(page.runs.map((run) => run.id));
      const rest = fresh && this.lines.length > PAGE ? this.lines.filter((run) => !known.has(run.id)) : [];
      this.lines = [...page.runs, ...rest];
      if (!rest.length) this.more = page.next_cursor;
      this.trouble = null;
    } catch (error) {
      this.trouble = told(error);
    } finally {
      this.loading = false;
    }
  }

  private async next(): Promise<void> {
    try {
      const page = await this.page(this.more);
      this.lines = [...this.lines, ...page.runs];
      this.more = page.next_cursor;
    } catch (error) {
      this.trouble = told(error);
    }
  }

  private page(cursor: string | null): Promise<RunList> {
    const given = { limit: String(PAGE), ...(this.state ? { state: this.state } : {}), ...(cursor ? { cursor } : {}) };
    return read<RunList>(`/runs?${new URLSearchParams(given)}`);
  }

  protected override render(): TemplateResult {
    return html`<div class="column wide-column">
      <header class="head">
        <h1>Runs</h1>
        <p class="lede">Every turn and every long task is a run: a log of numbered events, kept, watched live, stopped from anywhere.</p>
      </header>
      <nav class="families" aria-label="State">
        ${STATES.map(
          (one) => html`<a class="chip" href=${address({ page: "runs", state: one })} aria-current=${one === this.state ? "true" : nothing}
            >${one || "all"}</a
          >`,
        )}
      </nav>
      ${this.trouble ? failure(this.trouble, () => void this.load()) : nothing}
      ${this.lines.length ? this.list() : nothing}
      ${this.loading ? html`<div class="skeleton" aria-label="Reading the runs"><i></i><i></i><i></i></div>` : nothing}
      ${!this.lines.length && !this.loading && !this.trouble
        ? html`<p class="empty">${this.state ? `No run is ${this.state}.` : html`Nothing has run yet. <a href="#/">Ask something</a>, or <a href="#/explore">call an operation</a> that is a run.`}</p>`
        : nothing}
      ${this.more ? html`<button @click=${() => void this.next()}>Earlier runs</button>` : nothing}
    </div>`;
  }

  private list(): TemplateResult {
    return html`<div class="wide" role="region" aria-label="Runs" tabindex="0">
      <table class="runs">
        <thead>
          <tr><th scope="col">State</th><th scope="col">Operation</th><th scope="col">Started</th><th scope="col" class="n">Took</th><th scope="col" class="n">Events</th><th scope="col">Run</th></tr>
        </thead>
        <tbody>
          ${this.lines.map(
            (run) => html`<tr>
              <td>${state(run.state)}</td>
              <td><a href=${address({ page: "run", id: run.id })}><code>${run.operation}</code></a></td>
              <td><time datetime=${new Date(run.created * 1000).toISOString()} title=${new Date(run.created * 1000).toLocaleString()}>${ago(run.created)}</time></td>
              <td class="n">${LAST_WORDS.includes(run.state) ? span(run.updated - run.created) : "…"}</td>
              <td class="n">${run.last_seq}</td>
              <td class="id">${run.id}</td>
            </tr>`,
          )}
        </tbody>
      </table>
    </div>`;
  }
}

export const state = (now: string, word = now): TemplateResult => html`<span class="state-mark ${now}"><i></i>${word}</span>`;

export function ago(time: number): string {
  const seconds = Date.now() / 1000 - time;
  if (seconds < 45) return "just now";
  const steps: [number, Intl.RelativeTimeFormatUnit][] = [[60, "minute"], [3600, "hour"], [86_400, "day"]];
  const [size, unit] = steps.findLast(([one]) => seconds >= one * 0.75) ?? steps[0]!;
  return new Intl.RelativeTimeFormat("en", { numeric: "auto" }).format(-Math.round(seconds / size), unit);
}

customElements.define("nis-runs", NisRuns);
