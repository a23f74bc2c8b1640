// A form that an answer brings along: an operation's request, to be called again or for what is missing.

import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { list, named } from "./catalog.js";
import { type Field, same, shown, tree, value } from "./fields.js";
import { type Drawing, fields } from "./inputs.js";
import { Light } from "./light.js";
import { type Outcome } from "./invoke.js";
import { number, words } from "./numbers.js";
import { Sliding, slides } from "./sliding.js";
import { drawn } from "./views.js";
import type { FormView, OperationCall, Problem } from "./wire.js";

/** Fields at their defaults, from which on they wait behind a title. */
const FOLDED = 3;

/** Opens all that an element waits behind. */
export function unfold(element: Element | null): void {
  for (let at = element?.closest("details"); at; at = at.parentElement?.closest("details")) at.open = true;
}

/** A field that is refused has to be seen: the browser points at it. */
export const REVEAL = { capture: true, handleEvent: (event: Event): void => unfold(event.target as Element) };

/** Goes to the first field that was refused. */
export function focusWrong(form: Element | null): void {
  const field = form?.querySelector<HTMLElement>(".wrong :is(input, select, textarea)") ?? null;
  unfold(field);
  field?.focus();
  // With what is said of it, which stands below.
  field?.closest(".wrong")?.scrollIntoView({ block: "nearest" });
}

export class NisForm extends Light {
  static override properties = {
    form: { attribute: false },
    asks: { type: Boolean },
    disabled: { type: Boolean },
    outcome: { state: true },
    trouble: { state: true },
  };
  declare form: FormView;
  /** Whether it waits for an answer: then it is open where something is missing. */
  declare asks: boolean;
  declare disabled: boolean;
  /** What came of it where a quantity was slid to. */
  declare outcome: Outcome | null;
  declare trouble: Problem | null;

  private root!: Field;
  /** Fields that had nothing of their own at first: where a field is drawn does not change while it is filled. */
  private plain = new Set<Field>();
  private leaving = new AbortController();
  private sliding = new Sliding(
    () => value(this.root) as Record<string, unknown>,
    (outcome) => ([this.outcome, this.trouble] = [outcome, null]),
    (refusal) => (this.trouble = refusal),
  );

  constructor() {
    super();
    [this.outcome, this.trouble] = [null, null];
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (!changed.has("form") || changed.get("form") === this.form) return;
    const { request_schema, values, missing } = this.form;
    this.root = tree({ ...request_schema, required: [...(request_schema.required ?? []), ...missing] }, values);
    this.plain = new Set(this.root.parts.filter((one) => !one.required && same(value(one) ?? one.schema.default ?? null, one.schema.default ?? null)));
  }

  protected override render(): TemplateResult {
    const { form, root } = this;
    const plain = root.parts.filter((one) => this.plain.has(one));
    // A few are no burden, and a form of nothing else would be an empty one.
    const folds = plain.length >= FOLDED && plain.length < root.parts.length;
    const first = folds ? root.parts.filter((one) => !plain.includes(one)) : root.parts;
    const drawing: Drawing = {
      root: form.request_schema,
      id: `f${root.id}`,
      errors: new Map(),
      changed: () => this.requestUpdate(),
      ...(form.missing.length ? {} : { slid: () => void this.slid() }),
    };
    const inner = html`<form @submit=${this.submit} @invalid=${REVEAL}>
      ${fields(first, drawing)}
      ${folds ? html`<details class="more"><summary>${plain.length} more, as by default</summary>${fields(plain, drawing)}</details>` : nothing}
      <button class="primary" ?disabled=${this.disabled}>Run</button>
      ${this.trouble ? html`<p class="error" role="status">${this.trouble.detail}</p>` : nothing}
      ${this.outcome ? html`<div class="views slid" aria-live="polite">${this.outcome.views.filter((one) => one.kind !== "form").map(drawn)}</div>` : nothing}
    </form>`;
    // What is asked for is open; what may be changed can wait behind its title.
    return form.missing.length && this.asks
      ? html`<section class="form asked"><h3>${form.title}</h3>${inner}</section>`
      : html`<details class="form"><summary>${form.title}</summary>${inner}</details>`;
  }

  /** Draws what comes of it as it is now, below: the conversation has only what is run. */
  private async slid(): Promise<void> {
    const line = named(await list(), this.form.operation);
    if (line && slides(line)) await this.sliding.slid(line, this.leaving.signal);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.leaving.abort();
    this.leaving = new AbortController();
  }

  private submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (this.disabled) return;
    const given: Record<string, unknown> = {};
    const said: string[] = [];
    for (const field of this.root.parts) {
      const one = value(field);
      // A default is not said, so that the question is what was chosen.
      if (one === undefined || same(one, field.schema.default)) continue;
      given[field.name] = one;
      const { unit } = field.schema;
      said.push(`${words(field.name)} ${typeof one === "number" ? number(one) : shown(one)}${unit ? ` ${unit}` : ""}`);
    }
    const detail: OperationCall = {
      message: `Run ${this.form.operation}: ${said.join(", ") || "as it is"}`,
      operation: this.form.operation,
      arguments: given,
    };
    this.dispatchEvent(new CustomEvent("call", { detail, bubbles: true, composed: true }));
  };
}

customElements.define("nis-form", NisForm);
