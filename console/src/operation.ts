// One operation: read, filled in, called, its result drawn, and the same call for elsewhere.

import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { about } from "./about.js";
import { detail, family, list, named } from "./catalog.js";
import { elsewhere } from "./elsewhere.js";
import { badges } from "./explore.js";
import { type Field, tree, value } from "./fields.js";
import { focusWrong, REVEAL } from "./form.js";
import { eachFrame } from "./frame.js";
import { icon } from "./icons.js";
import { type Drawing, fields } from "./inputs.js";
import { begun, invoke, type Outcome } from "./invoke.js";
import { pretty } from "./json.js";
import { Light } from "./light.js";
import { inline } from "./markdown.js";
import { words } from "./numbers.js";
import { outcomeOf, type Tab } from "./outcome.js";
import { wrong } from "./refusal.js";
import { address } from "./route.js";
import { told } from "./status.js";
import { Sliding, slides } from "./sliding.js";
import { command } from "./steer.js";
import { failure } from "./views.js";
import { type Detail, type Example, type Line, type Problem, problem, Refused } from "./wire.js";

type Given = Record<string, unknown>;

export class NisOperation extends Light {
  static override properties = {
    name: { attribute: false },
    input: { attribute: false },
    line: { state: true },
    detail: { state: true },
    trouble: { state: true },
    outcome: { state: true },
    refusal: { state: true },
    json: { state: true },
    tab: { state: true },
    snippet: { state: true },
    example: { state: true },
  };
  declare name: string;
  /** What a link fills in. */
  declare input: Given | null;
  declare line: Line | null;
  declare detail: Detail | null;
  /** Why the operation could not be read. */
  declare trouble: Problem | null;
  declare outcome: Outcome | null;
  /** Why the call was refused. */
  declare refusal: Problem | null;
  /** The request as JSON, where it is edited so; null while the form is shown. */
  declare json: string | null;
  declare tab: Tab;
  declare snippet: string;
  /** Which example the form was filled from; "" when a link filled it. */
  declare example: string;

  private root: Field | null = null;
  private calling = new AbortController();
  private sliding = new Sliding(
    () => this.given,
    (outcome) => ([this.outcome, this.refusal] = [outcome, null]),
    (refusal) => (this.refusal = refusal),
  );
  private paint = eachFrame(() => this.requestUpdate());

  constructor() {
    super();
    this.line = null;
    this.detail = null;
    this.trouble = null;
    this.outcome = null;
    this.refusal = null;
    this.json = null;
    this.tab = "drawn";
    this.snippet = "curl";
    this.example = "";
    this.input = null;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.calling.abort();
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has("name")) void this.open();
    else if (changed.has("input") && this.detail) {
      this.example = "";
      this.fill(this.input ?? {});
    }
  }

  private async open(): Promise<void> {
    this.calling.abort();
    [this.detail, this.line, this.trouble, this.outcome, this.refusal, this.json] = [null, null, null, null, null, null];
    const { name } = this;
    try {
      const [read, lines] = await Promise.all([detail(name), list()]);
      if (name !== this.name) return;
      this.line = named(lines, name);
      this.detail = read;
      this.example = !this.input && read.examples.length ? "0" : "";
      this.fill(this.input ?? (read.examples[0] ? filled(read.examples[0]) : {}));
    } catch (error) {
      if (name === this.name) this.trouble = problem(error);
    }
  }

  private fill(given: Given): void {
    this.root = tree(this.detail!.request_schema, given);
    if (this.json !== null) this.json = pretty(given);
    this.refusal = null;
    this.requestUpdate();
  }

  /** The request as it stands; null where the JSON is none. */
  private get given(): Given | null {
    if (this.json === null) return (this.root ? value(this.root) : {}) as Given;
    try {
      const parsed: unknown = JSON.parse(this.json || "{}");
      return typeof parsed === "object" && parsed !== null && !Array.isArray(parsed) ? (parsed as Given) : null;
    } catch {
      return null;
    }
  }

  private async call(event?: Event): Promise<void> {
    event?.preventDefault();
    const { line, given } = this;
    if (!line || this.outcome?.state === "running") return;
    if (given === null) {
      this.refusal = { title: "not JSON", detail: "The request is not a JSON object.", remedy: "Mend it, or go back to the form." };
      return;
    }
    const { signal } = (this.calling = new AbortController());
    const outcome = (this.outcome = begun());
    this.refusal = null;
    this.tab = line.shape === "model" ? (this.tab === "events" ? "drawn" : this.tab) : "drawn";
    try {
      await invoke(line, given, outcome, this.paint, signal);
    } catch (error) {
      outcome.state = signal.aborted ? "stopped" : "failed";
      if (!signal.aborted) this.refusal = told(error);
    }
    this.requestUpdate();
    await this.updateComplete;
    this.reveal();
  }

  /** Brings what one has to see next to where one is: the first field that was refused, or the result. */
  private reveal(): void {
    const answer = this.querySelector(".answer")!.getBoundingClientRect();
    if (!this.refusal && (answer.top > innerHeight - 120 || answer.bottom < 0)) this.querySelector(".answer")!.scrollIntoView({ block: "start" });
    focusWrong(this.querySelector(".request"));
  }

  private async stop(): Promise<void> {
    const run = this.line?.shape === "run" ? this.outcome?.log?.runId : null;
    if (!run) return this.calling.abort();
    try {
      await command(run, "cancel");
    } catch (error) {
      if (!(error instanceof Refused)) this.calling.abort();
    }
  }

  protected override render(): TemplateResult {
    const { detail, line } = this;
    const head = html`<p class="crumbs">
      <a href="#/explore">Explore</a> / <a href=${address({ page: "explore", query: "", family: family(this.name) })}>${words(family(this.name))}</a>
    </p>`;
    if (this.trouble) return html`<div class="column wide-column">${head}${failure(this.trouble, () => void this.open())}</div>`;
    if (!detail || !line) return html`<div class="column wide-column">${head}<div class="skeleton" aria-label="Reading the operation"><i></i><i></i><i></i></div></div>`;
    return html`<div class="column wide-column operation">
      ${head}
      <header class="head">
        <h1><code>${detail.id}</code>${badges(detail)}</h1>
        <p class="lede">${inline(detail.summary)}</p>
      </header>
      <div class="halves">
        <div class="request">${this.request(detail, line)} ${about(detail)}</div>
        <div class="answer" tabindex="-1">${this.answer(line)} ${elsewhere(line, this.given ?? {}, this.snippet, (tab) => (this.snippet = tab))}</div>
      </div>
    </div>`;
  }

  private request(detail: Detail, line: Line): TemplateResult {
    const running = this.outcome?.state === "running";
    const drawing: Drawing = {
      root: detail.request_schema,
      id: "r",
      errors: wrong(this.root, this.refusal),
      changed: () => this.requestUpdate(),
      // Only what was computed once is computed again by itself.
      ...(slides(line) && this.outcome?.state === "done" ? { slid: () => void this.sliding.slid(line, this.calling.signal) } : {}),
    };
    return html`<form
      class="panel"
      @submit=${(event: Event) => void this.call(event)}
      @invalid=${REVEAL}
      @keydown=${(event: KeyboardEvent) => {
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) (event.currentTarget as HTMLFormElement).requestSubmit();
      }}
    >
      <div class="bar">
        <h2>Request</h2>
        ${this.examples(detail.examples)}
        <div class="switch" role="group" aria-label="How to edit">
          <button type="button" aria-pressed=${this.json === null} @click=${() => this.asForm()}>Form</button>
          <button type="button" aria-pressed=${this.json !== null} @click=${() => (this.json ??= pretty(this.given ?? {}))}>JSON</button>
        </div>
      </div>
      ${this.json !== null ? this.editor() : this.form(drawing)}
      <div class="act">
        ${running
          ? html`<button type="button" class="stop" @click=${() => void this.stop()}>Stop</button>`
          : html`<button class="primary">${icon("play")}Run</button>`}
        <kbd class="quiet">Ctrl ⏎</kbd>
        ${line.effect === "destroys" ? html`<span class="note">This cannot be undone.</span>` : nothing}
      </div>
    </form>`;
  }

  private examples(examples: Example[]): TemplateResult | typeof nothing {
    if (!examples.length) return nothing;
    return html`<label class="hidden" for="example">Fill in an example</label>
      <select
        id="example"
        class="small"
        @change=${(event: Event) => {
          this.example = (event.target as HTMLSelectElement).value;
          this.fill(this.example === "empty" ? {} : filled(examples[Number(this.example)]!));
        }}
      >
        <option value="" hidden .selected=${this.example === ""}>Examples</option>
        ${examples.map((one, index) => html`<option value=${index} .selected=${String(index) === this.example}>${one.title}</option>`)}
        <option value="empty" .selected=${this.example === "empty"}>Empty</option>
      </select>`;
  }

  private form(drawing: Drawing): TemplateResult {
    const parts = this.root?.parts ?? [];
    if (!parts.length) return html`<p class="note">It takes no arguments.</p>`;
    // How it is computed waits behind a title; what it is computed for does not.
    const knobs = parts.filter((one) => one.schema.knob && !one.required);
    const first = parts.filter((one) => !knobs.includes(one));
    return html`${fields(first, drawing)}
      ${knobs.length
        ? html`<details class="more"><summary>${knobs.length} ${knobs.length > 1 ? "settings" : "setting"} of the method</summary>${fields(knobs, drawing)}</details>`
        : nothing}`;
  }

  private editor(): TemplateResult {
    return html`<label class="hidden" for="json">The request as JSON</label>
      <textarea
        id="json" class="code" rows="12" spellcheck="false" aria-invalid=${this.given === null} .value=${this.json ?? ""}
        @input=${(event: Event) => (this.json = (event.target as HTMLTextAreaElement).value)}
      ></textarea>
      ${this.given === null ? html`<p class="error">This is not a JSON object yet.</p>` : nothing}`;
  }

  private asForm(): void {
    const { given } = this;
    if (this.json === null || given === null) return;
    this.root = tree(this.detail!.request_schema, given);
    this.json = null;
  }

  private answer(line: Line): TemplateResult {
    const { outcome, refusal } = this;
    const known = wrong(this.root, refusal);
    return html`<section class="panel result" aria-label="Result" aria-busy=${outcome?.state === "running"}>
      ${outcomeOf(outcome, line, this.tab, (tab) => (this.tab = tab))}
      ${refusal ? failure(known.size ? { ...refusal, errors: [] } : refusal, () => void this.call()) : nothing}
    </section>`;
  }
}

/** An example's request; what stands for something made before is left for the reader to give. */
function filled(example: Example): Given {
  const given = Object.entries(example.request).filter(([, one]) => typeof one !== "string" || !/^\{[\w.]+\}$/.test(one));
  return Object.fromEntries(given);
}

customElements.define("nis-operation", NisOperation);
