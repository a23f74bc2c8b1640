// An operation called from another page: its form in a dialog, which closes when it is done.

import { html, nothing, type TemplateResult } from "lit";
import { createRef, ref } from "lit/directives/ref.js";
import { detail, list, named } from "./catalog.js";
import { type Field, same, tree, value } from "./fields.js";
import { focusWrong, REVEAL } from "./form.js";
import { fields } from "./inputs.js";
import { begun, invoke, type Outcome } from "./invoke.js";
import { coloured, pretty } from "./json.js";
import { Light } from "./light.js";
import { inline } from "./markdown.js";
import { wrong } from "./refusal.js";
import { told } from "./status.js";
import { drawn, failure } from "./views.js";
import { type Detail, type Line, type Problem } from "./wire.js";

type Given = Record<string, unknown>;

/** What is to be called. */
export interface Act {
  name: string;
  title: string;
  /** What its button says. */
  button: string;
  /** What it is about: sent, and not asked for. */
  of?: Given;
  /** What its fields hold at first; of a change, only what is made otherwise is sent. */
  given?: object;
  /** The operation whose fields are asked for, where what is called takes them as one field, some left out. */
  form?: { of: string; as: string; without: string[] };
  /** Whether it stays open with what was answered, though it may have changed something. */
  stays?: boolean;
}

export class NisAct extends Light {
  static override properties = {
    wanted: { state: true },
    line: { state: true },
    detail: { state: true },
    outcome: { state: true },
    refusal: { state: true },
    said: { state: true },
  };
  declare wanted: Act | null;
  declare line: Line | null;
  declare detail: Detail | null;
  declare outcome: Outcome | null;
  declare refusal: Problem | null;
  /** What was done last, for who hears the page. */
  declare said: string;

  private dialog = createRef<HTMLDialogElement>();
  private root: Field | null = null;
  /** What the fields said at first. */
  private first: Given = {};
  private calling = new AbortController();
  private answer: (done: boolean) => void = () => undefined;
  private done = false;

  constructor() {
    super();
    [this.wanted, this.line, this.detail, this.outcome, this.refusal] = [null, null, null, null, null];
    this.said = "";
  }

  /** Opens the form; answers when it is closed, with whether something was changed. */
  async open(wanted: Act): Promise<boolean> {
    [this.wanted, this.line, this.detail, this.outcome, this.refusal, this.done] = [wanted, null, null, null, null, false];
    await this.updateComplete;
    this.dialog.value!.showModal();
    void this.learn(wanted);
    return new Promise((resolve) => (this.answer = resolve));
  }

  private async learn(wanted: Act): Promise<void> {
    try {
      const [called, asked, lines] = await Promise.all([detail(wanted.name), detail(wanted.form?.of ?? wanted.name), list()]);
      if (wanted !== this.wanted) return;
      const read = { ...called, request_schema: asked.request_schema };
      this.root = tree(read.request_schema, { ...wanted.given, ...wanted.of });
      this.first = value(this.root) as Given;
      [this.detail, this.line] = [read, named(lines, wanted.name)];
      // What only looks needs no second step.
      if (read.effect === "reads") void this.call();
      else void this.updateComplete.then(() => this.querySelector<HTMLElement>(".field :is(input, select, textarea)")?.focus());
    } catch (error) {
      if (wanted === this.wanted) this.refusal = told(error);
    }
  }

  /** The request as it stands. */
  private get given(): Given {
    const now = value(this.root!) as Given;
    if (this.line?.method !== "PATCH") return now;
    const about = this.wanted?.of ?? {};
    const otherwise = Object.entries(now).filter(([name, one]) => name in about || !same(one, this.first[name]));
    // A text that was taken out is an empty one: left out, it would stay.
    const emptied = this.root!.parts.filter((one) => one.kind === "text" && !one.given && this.first[one.name]);
    const form = this.wanted?.form;
    if (form) {
      // What was taken out goes back to its default.
      const gone = this.root!.parts.filter((one) => !one.given && this.first[one.name] !== undefined).map((one) => [one.name, null]);
      const made = [...otherwise, ...gone].filter(([name]) => !((name as string) in about) && !form.without.includes(name as string));
      return { ...about, [form.as]: Object.fromEntries(made) };
    }
    return { ...Object.fromEntries(otherwise), ...Object.fromEntries(emptied.map((one) => [one.name, ""])) };
  }

  private async call(event?: Event): Promise<void> {
    event?.preventDefault();
    if (!this.line || this.outcome?.state === "running") return;
    const { signal } = (this.calling = new AbortController());
    const outcome = (this.outcome = begun());
    this.refusal = null;
    try {
      await invoke(this.line, this.given, outcome, () => this.requestUpdate(), signal);
      if (signal.aborted) return;
      this.done = this.line.effect !== "reads";
      if (this.done && !this.wanted?.stays) this.dialog.value?.close();
    } catch (error) {
      outcome.state = "failed";
      if (!signal.aborted) this.refusal = told(error);
    }
    this.requestUpdate();
    await this.updateComplete;
    focusWrong(this);
  }

  private closed = (): void => {
    this.calling.abort();
    this.said = this.done ? `${this.wanted!.title}: done` : "";
    // What had opened it may be gone.
    if (this.done && this.detail?.effect === "destroys") document.querySelector<HTMLElement>("#main")!.focus({ preventScroll: true });
    this.wanted = null;
    this.answer(this.done);
  };

  protected override render(): TemplateResult {
    return html`<p class="hidden" role="status">${this.said}</p>
      ${this.wanted ? this.sheet(this.wanted) : nothing}`;
  }

  private sheet(wanted: Act): TemplateResult {
    const { detail, refusal, root } = this;
    const asked = (root?.parts ?? []).filter((one) => !(one.name in (wanted.of ?? {})) && !wanted.form?.without.includes(one.name));
    const errors = wrong(root && { ...root, parts: asked }, refusal);
    return html`<dialog class="sheet" aria-labelledby="act-title" ${ref(this.dialog)} @close=${this.closed}>
      <form @submit=${(event: Event) => void this.call(event)} @invalid=${REVEAL}>
        <h2 id="act-title">${wanted.title}</h2>
        ${detail
          ? html`<p class="note">${inline(detail.summary)}</p>
              ${this.result(detail)} ${this.form(asked, detail, errors)}`
          : refusal
            ? nothing
            : html`<div class="skeleton" aria-label="Reading the operation"><i></i><i></i><i></i></div>`}
        ${refusal && errors.size < (refusal.errors?.length ?? 1) ? failure(refusal) : nothing}
        <div class="act">
          <button class=${detail?.effect === "destroys" ? "danger" : "primary"} ?disabled=${!detail || this.outcome?.state === "running"}>${wanted.button}</button>
          <button type="button" class="plain" @click=${() => this.dialog.value!.close()}>${detail?.effect === "reads" ? "Close" : "Cancel"}</button>
          ${detail?.effect === "destroys" ? html`<span class="note">This cannot be undone.</span>` : nothing}
        </div>
      </form>
    </dialog>`;
  }

  /** The fields; what has answered already can be asked otherwise. */
  private form(asked: Field[], detail: Detail, errors: ReadonlyMap<string, string>): TemplateResult | typeof nothing {
    if (!asked.length) return nothing;
    const drawn = fields(asked, { root: detail.request_schema, id: "act", errors, changed: () => this.requestUpdate() });
    return detail.effect === "reads" ? html`<details class="more"><summary>Ask otherwise</summary>${drawn}</details>` : drawn;
  }

  private result({ effect }: Detail): TemplateResult | typeof nothing {
    if (effect !== "reads" && !(this.wanted?.stays && this.outcome)) return nothing;
    const { state, views, result } = this.outcome ?? begun();
    return html`<div class="views" aria-live="polite" aria-busy=${state === "running"}>
      ${state === "running" ? html`<p class="waiting"><span class="pulse"></span> asking</p>` : state !== "done" ? nothing : views.length ? views.map(drawn) : coloured(pretty(result))}
    </div>`;
  }
}

customElements.define("nis-act", NisAct);

/** Has a person call an operation; answers whether something was changed. */
export const act = (wanted: Act): Promise<boolean> => document.querySelector<NisAct>("nis-act")!.open(wanted);
