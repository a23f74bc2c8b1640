// An operation's request schema as a form to call it again.

import { html, LitElement, nothing, type TemplateResult } from "lit";
import { inline } from "./markdown.js";
import { number, words } from "./numbers.js";
import type { FormView, OperationCall, Schema } from "./wire.js";

type Kind = "flag" | "choice" | "integer" | "number" | "text" | "json";

/** Fields at their defaults, from which on they wait behind a title. */
const FOLDED = 3;

/** A field that is refused has to be seen: the browser points at it. */
const REVEAL = {
  capture: true,
  handleEvent: (event: Event): void => (event.target as Element).closest("details")?.setAttribute("open", ""),
};

export class NisForm extends LitElement {
  static override properties = { form: { attribute: false }, asks: { type: Boolean }, disabled: { type: Boolean } };
  declare form: FormView;
  /** Whether it waits for an answer: then it is open where something is missing. */
  declare asks: boolean;
  declare disabled: boolean;

  protected override createRenderRoot(): this {
    return this;
  }

  protected override render(): TemplateResult {
    const { form } = this;
    const fields = Object.entries(form.request_schema.properties ?? {}).map(
      ([name, schema]): [string, Schema] => [name, resolve(schema, form.request_schema)],
    );
    const plain = fields.filter(([name, schema]) => this.stays(name, schema));
    // A few are no burden, and a form of nothing else would be an empty one.
    const folds = plain.length >= FOLDED && plain.length < fields.length;
    const first = folds ? fields.filter((field) => !plain.includes(field)) : fields;
    const draw = (some: [string, Schema][]): TemplateResult =>
      html`<div class="fields">${some.map(([name, schema]) => this.field(name, schema))}</div>`;
    const inner = html`<form @submit=${this.submit} @invalid=${REVEAL}>
      ${draw(first)}
      ${folds ? html`<details class="more"><summary>${plain.length} more, as by default</summary>${draw(plain)}</details>` : nothing}
      <button class="primary" ?disabled=${this.disabled}>Run</button>
    </form>`;
    // What is asked for is open; what may be changed can wait behind its title.
    return form.missing.length && this.asks
      ? html`<section class="form asked"><h3>${form.title}</h3>${inner}</section>`
      : html`<details class="form"><summary>${form.title}</summary>${inner}</details>`;
  }

  /** Whether a field is as the operation has it when nothing is given. */
  private stays(name: string, schema: Schema): boolean {
    const { missing, request_schema, values } = this.form;
    const wanted = missing.includes(name) || (request_schema.required ?? []).includes(name);
    return !wanted && same(values[name] ?? schema.default ?? null, schema.default ?? null);
  }

  private field(name: string, schema: Schema): TemplateResult {
    const id = `${this.form.operation}-${name}-${this.serial}`;
    const { form } = this;
    const value = form.values[name] ?? schema.default ?? null;
    const required = form.missing.includes(name) || (form.request_schema.required ?? []).includes(name);
    const missing = form.missing.includes(name);
    return html`<div class="field ${missing ? "missing" : ""}">
      <label for=${id}>${words(name)}${schema.unit ? html` <span class="unit">${schema.unit}</span>` : nothing}</label>
      ${this.input(id, name, schema, value, required)}
      ${schema.description ? html`<p class="hint" id="${id}-hint">${inline(schema.description)}</p>` : nothing}
    </div>`;
  }

  private input(id: string, name: string, schema: Schema, value: unknown, required: boolean): TemplateResult {
    const hint = schema.description ? `${id}-hint` : nothing;
    const kind = kindOf(schema);
    if (kind === "flag" && typeof value === "boolean") {
      return html`<input type="checkbox" id=${id} name=${name} ?checked=${value} aria-describedby=${hint} />`;
    }
    if (kind === "choice" || kind === "flag") {
      const options = kind === "flag" ? ["true", "false"] : choices(schema).map(shown);
      return html`<select id=${id} name=${name} ?required=${required} aria-describedby=${hint}>
        <option value="" ?selected=${value === null}></option>
        ${options.map((one) => html`<option ?selected=${value !== null && one === shown(value)}>${one}</option>`)}
      </select>`;
    }
    if (kind === "json") {
      return html`<textarea
        id=${id}
        name=${name}
        rows="2"
        spellcheck="false"
        ?required=${required}
        aria-describedby=${hint}
        .defaultValue=${value === null ? "" : shown(value)}
      ></textarea>`;
    }
    return html`<input
      id=${id}
      name=${name}
      type=${kind === "text" ? "text" : "number"}
      inputmode=${kind === "text" ? "text" : "decimal"}
      step=${kind === "integer" ? "1" : "any"}
      min=${schema.minimum ?? schema.exclusiveMinimum ?? nothing}
      max=${schema.maximum ?? schema.exclusiveMaximum ?? nothing}
      autocomplete="off"
      ?required=${required}
      aria-describedby=${hint}
      .defaultValue=${value === null ? "" : shown(value)}
    />`;
  }

  private submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (this.disabled) return;
    const target = event.currentTarget as HTMLFormElement;
    const given: Record<string, unknown> = {};
    const said: string[] = [];
    for (const [name, raw] of Object.entries(this.form.request_schema.properties ?? {})) {
      const schema = resolve(raw, this.form.request_schema);
      const input = target.elements.namedItem(name) as HTMLInputElement | null;
      const value = input === null ? undefined : input.type === "checkbox" ? input.checked : read(input.value, schema);
      // A default is not said, so that the question is what was chosen.
      if (value === undefined || same(value, schema.default)) continue;
      given[name] = value;
      said.push(`${words(name)} ${typeof value === "number" ? number(value) : shown(value)}${schema.unit ? ` ${schema.unit}` : ""}`);
    }
    const detail: OperationCall = {
      message: `Run ${this.form.operation}: ${said.join(", ") || "as it is"}`,
      operation: this.form.operation,
      arguments: given,
    };
    this.dispatchEvent(new CustomEvent("call", { detail, bubbles: true, composed: true }));
  };

  private serial = ++NisForm.count;
  private static count = 0;
}

/** What a field holds, as its schema's type; undefined when it is empty. What does not convert is for the server to name. */
export function read(text: string, schema: Schema): unknown {
  const trimmed = text.trim();
  if (!trimmed) return undefined;
  const kind = kindOf(schema);
  if (kind === "text") return text;
  if (kind === "choice") return choices(schema).find((one) => shown(one) === text) ?? text;
  for (const candidate of kind === "json" ? [trimmed, `[${trimmed}]`] : [trimmed]) {
    try {
      return JSON.parse(candidate);
    } catch {
      continue;
    }
  }
  return Number.isFinite(Number(trimmed)) ? Number(trimmed) : trimmed;
}

/** A field's schema without references and without the alternative of being null. */
export function resolve(schema: Schema, root: Schema): Schema {
  let found: Schema = { ...schema };
  for (let hops = 0; hops < 8; hops++) {
    const { $ref, anyOf, ...rest } = found;
    if ($ref !== undefined) {
      found = { ...(root.$defs?.[$ref.replace("#/$defs/", "")] ?? {}), ...rest };
      continue;
    }
    const real = (anyOf ?? []).filter((one) => one.type !== "null");
    if (real.length !== 1) break;
    found = { ...real[0], ...rest };
  }
  return found;
}

function kindOf(schema: Schema): Kind {
  if (choices(schema).length) return "choice";
  const kinds: Record<string, Kind> = { boolean: "flag", integer: "integer", number: "number", string: "text" };
  return (typeof schema.type === "string" && kinds[schema.type]) || "json";
}

const choices = (schema: Schema): unknown[] =>
  "const" in schema ? [schema.const] : (schema.enum ?? []).filter((one) => one !== null);

const same = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);

const shown = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

customElements.define("nis-form", NisForm);
