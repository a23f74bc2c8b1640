// The fields of a request, drawn as inputs that can be used by the keyboard alone.

import { html, nothing, type TemplateResult } from "lit";
import { live } from "lit/directives/live.js";
import { repeat } from "lit/directives/repeat.js";
import { send, size } from "./blob.js";
import { add, bounds, choices, choose, close, fallback, type Field, open, reach, shown, titled } from "./fields.js";
import { inline } from "./markdown.js";
import { number, words } from "./numbers.js";
import { offer, OFFERED } from "./offered.js";
import { problem, type Schema } from "./wire.js";

export interface Drawing {
  root: Schema;
  /** Distinguishes the ids of several forms on a page. */
  id: string;
  /** Said of a field by the server, by the field's path. */
  errors: ReadonlyMap<string, string>;
  changed: () => void;
  /** Computes again while a quantity slides; without it nothing slides. */
  slid?: () => void;
}

/** The fields of a group. */
export function fields(parts: Field[], form: Drawing, path = ""): TemplateResult {
  const seen = parts.filter((one) => one.kind !== "fixed");
  const drawn = repeat(seen, (one) => one.id, (one) => draw(one, form, path ? `${path}.${one.name}` : one.name));
  return html`<div class="fields">${drawn}</div>`;
}

/** Whether it is a text of more than a line. */
const long = ({ kind, schema }: Field): boolean => kind === "text" && (schema.maxLength ?? 0) > 1000;

function draw(field: Field, form: Drawing, path: string): TemplateResult {
  if (field.kind === "group" || field.kind === "list" || field.kind === "union") return nested(field, form, path);
  const id = `${form.id}-${path}`;
  const error = form.errors.get(path);
  const limits = bounds(field.schema);
  const note = [limits, usual(field)].filter(Boolean).join(" · ");
  const described = [error ? `${id}-error` : "", field.schema.description || note ? `${id}-hint` : ""].filter(Boolean).join(" ");
  const wide = ["json", "numbers", "file"].includes(field.kind) || long(field);
  return html`<div class="field ${error ? "wrong" : ""} ${wide ? "broad" : ""} ${field.required ? "" : "optional"}" data-path=${path}>
    <label for=${id}>${label(field, path)}</label>
    ${input(field, form, id, described, Boolean(error))} ${slider(field, form, id)}
    ${error ? html`<p class="error" id="${id}-error">${error}</p>` : nothing}
    ${field.schema.description || note
      ? html`<p class="hint" id="${id}-hint">
          ${field.schema.description ? inline(field.schema.description) : nothing} ${note ? html`<span class="limits">${note}</span>` : nothing}
        </p>`
      : nothing}
  </div>`;
}

/** A quantity that was computed with, to be slid: its answer follows. */
function slider(field: Field, form: Drawing, id: string): TemplateResult | typeof nothing {
  const span = form.slid ? reach(field) : null;
  if (!span) return nothing;
  return html`<input
    type="range" class="slide" id="${id}-slide" min=${span.low} max=${span.high} step=${span.step} aria-label="Slide ${words(field.name)}"
    .value=${live(field.text)}
    @input=${(event: Event) => {
      // To as many digits as its step has: 0.30000000000000004 is nobody's choice.
      const chosen = Number((event.target as HTMLInputElement).value);
      field.text = String(Number(chosen.toPrecision(6)));
      field.given = true;
      form.changed();
      form.slid?.();
    }}
  />`;
}

/** What holds where nothing is given; a box shows it by itself. */
function usual({ schema, kind }: Field): string {
  const held = fallback(schema);
  if (!held || kind === "flag" || kind === "choice") return "";
  return `default ${typeof schema.default === "number" ? number(schema.default) : held}`;
}

function label(field: Field, path: string): TemplateResult {
  const { unit } = field.schema;
  // An item is called by its place, which changes when another one goes.
  const last = path.slice(path.lastIndexOf(".") + 1);
  const named = /^\d+$/.test(last) ? `${Number(last) + 1}` : words(last);
  return html`<span class="name">${named}</span>${unit ? html` <span class="unit">${unit}</span>` : nothing}${field.required
    ? html`<span class="must" title="has to be given">required</span>`
    : nothing}`;
}

function input(field: Field, form: Drawing, id: string, described: string, wrong: boolean): TemplateResult {
  const take = (text: string): void => {
    field.text = text;
    // A text that has to be there may be empty; any other field that holds nothing says nothing.
    field.given = text !== "" || (field.kind === "text" && field.required);
    form.changed();
  };
  const on = (event: Event): void => take((event.target as HTMLInputElement).value);
  const { schema, kind } = field;
  const hint = described || nothing;
  if (kind === "flag" && (typeof schema.default === "boolean" || field.required)) {
    const held = field.given ? field.text === "true" : schema.default === true;
    if (field.required && !field.given) take("false");
    return html`<input
      type="checkbox" role="switch" id=${id} name=${id} .checked=${live(held)} aria-describedby=${hint} aria-invalid=${wrong}
      @change=${(event: Event) => take(String((event.target as HTMLInputElement).checked))}
    />`;
  }
  if (kind === "choice" || kind === "flag") {
    const options = kind === "flag" ? ["true", "false"] : choices(schema).map(shown);
    const empty = fallback(schema) ? `${fallback(schema)} (default)` : field.required ? "choose…" : "not given";
    return html`<select id=${id} name=${id} ?required=${field.required} aria-describedby=${hint} aria-invalid=${wrong} @change=${on}>
      <option value="" .selected=${!field.given}>${empty}</option>
      ${options.map((one) => html`<option value=${one} .selected=${field.given && one === field.text}>${one}</option>`)}
    </select>`;
  }
  if (kind === "file") return file(field, form, id, hint, wrong);
  if (kind === "json" || kind === "numbers" || long(field)) {
    return html`<textarea
      id=${id} name=${id} class=${kind === "text" ? "" : "code"} rows=${kind === "json" ? 3 : 1} spellcheck=${kind === "text"}
      placeholder=${kind === "numbers" ? fallback(schema) || "1, 2, 3" : kind === "json" ? shownDefault(schema) : fallback(schema)}
      ?required=${field.required} aria-describedby=${hint} aria-invalid=${wrong} .value=${live(field.text)} @input=${on}
    ></textarea>`;
  }
  return html`<input
    id=${id}
    name=${id}
    type=${kind === "text" ? "text" : "number"}
    inputmode=${kind === "text" ? "text" : "decimal"}
    step=${kind === "integer" ? "1" : "any"}
    min=${schema.minimum ?? nothing}
    max=${schema.maximum ?? nothing}
    maxlength=${schema.maxLength ?? nothing}
    list=${field.name === "model" ? OFFERED : nothing}
    placeholder=${fallback(schema)}
    autocomplete="off"
    spellcheck="false"
    ?required=${field.required && !(kind === "text" && !schema.minLength)}
    aria-describedby=${hint}
    aria-invalid=${wrong}
    .value=${live(field.text)}
    @input=${on}
    @focus=${field.name === "model" ? offer : nothing}
  />`;
}

const shownDefault = (schema: Schema): string =>
  schema.default === undefined || schema.default === null ? (schema.type === "object" ? "{ }" : "JSON") : JSON.stringify(schema.default);

/** Bytes: a file is kept by the server as soon as it is chosen, and named by its id from then on. */
function file(field: Field, form: Drawing, id: string, hint: string | typeof nothing, wrong: boolean): TemplateResult {
  const say = (text: string, note: string): void => {
    [field.text, field.given, field.note] = [text, text !== "", note];
    form.changed();
  };
  const forget = (): void => {
    if (field.chosen) URL.revokeObjectURL(field.chosen.address);
    delete field.chosen;
  };
  const keep = async (chosen: File): Promise<void> => {
    forget();
    say("", `sending ${chosen.name}`);
    try {
      const blob = await send(chosen);
      field.chosen = { address: URL.createObjectURL(chosen), kind: blob.media_type };
      say(blob.id, `${chosen.name}, ${size(blob.size)}, ${blob.media_type}`);
    } catch (error) {
      say("", problem(error).detail);
    }
  };
  const over = (event: DragEvent): void => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    (event.currentTarget as Element).classList.toggle("over", event.type === "dragover");
  };
  const drop = (event: DragEvent): void => {
    over(event);
    const dropped = event.dataTransfer?.files[0];
    if (dropped) void keep(dropped);
  };
  return html`<div class="file" @dragover=${over} @dragleave=${over} @drop=${drop}>
    <input
      id=${id} name=${id} type="text" placeholder="a blob's id, or data:…" autocomplete="off" spellcheck="false" ?required=${field.required}
      aria-describedby=${hint} aria-invalid=${wrong} .value=${live(field.text)}
      @input=${(event: Event) => {
        forget();
        say((event.target as HTMLInputElement).value, "");
      }}
    />
    <label class="pick">
      Choose or drop a file
      <input
        type="file" class="hidden" accept=${field.schema.accepts?.join(",") ?? nothing}
        @change=${(event: Event) => {
          const chosen = (event.target as HTMLInputElement).files?.[0];
          if (chosen) void keep(chosen);
        }}
      />
    </label>
    ${field.note ? html`<p class="hint" role="status">${field.note}</p>` : nothing}
    ${field.chosen ? preview(field.chosen) : nothing}
  </div>`;
}

/** What was chosen, to be seen or heard before it is used. */
function preview({ address, kind }: { address: string; kind: string }): TemplateResult | typeof nothing {
  if (/^image\/(png|jpeg|gif|webp|avif|bmp)$/.test(kind)) return html`<img class="preview" src=${address} alt="The chosen picture" />`;
  if (kind.startsWith("audio/")) return html`<audio class="preview" controls src=${address}></audio>`;
  return nothing;
}

function nested(field: Field, form: Drawing, path: string): TemplateResult {
  const error = form.errors.get(path);
  const act = (change: () => void) => (): void => {
    change();
    form.changed();
  };
  return html`<fieldset class="nested ${error ? "wrong" : ""}" data-path=${path}>
    <legend>${label(field, path)}</legend>
    ${field.schema.description ? html`<p class="hint">${inline(field.schema.description)}</p>` : nothing}
    ${error ? html`<p class="error">${error}</p>` : nothing}
    ${!field.given
      ? html`<button type="button" class="small" @click=${act(() => open(field, form.root))}>Add ${words(field.name)}</button>`
      : html`${inner(field, form, path, act)}
          ${field.required
            ? nothing
            : html`<button type="button" class="small plain" @click=${act(() => close(field))}>Leave out ${words(field.name)}</button>`}`}
  </fieldset>`;
}

function inner(field: Field, form: Drawing, path: string, act: (change: () => void) => () => void): TemplateResult {
  if (field.kind === "group") return fields(field.parts, form, path);
  if (field.kind === "union") {
    const id = `${form.id}-${path}-form`;
    return html`<div class="field">
        <label for=${id}>form</label>
        <select id=${id} @change=${(event: Event) => act(() => choose(field, (event.target as HTMLSelectElement).selectedIndex, form.root))()}>
          ${field.forms.map((one, index) => html`<option .selected=${index === field.form}>${titled(one, index)}</option>`)}
        </select>
      </div>
      ${field.parts.map((one) => (one.kind === "group" ? fields(one.parts, form, path) : draw(one, form, path)))}`;
  }
  const most = field.schema.maxItems ?? Infinity;
  const least = field.schema.minItems ?? 0;
  return html`<ol class="items">
      ${repeat(
        field.parts,
        (one) => one.id,
        (one, index) => html`<li>
          ${one.kind === "group" ? fields(one.parts, form, `${path}.${index}`) : draw(one, form, `${path}.${index}`)}
          ${field.parts.length > least
            ? html`<button
                type="button" class="small plain" aria-label="Remove item ${index + 1} of ${words(field.name)}"
                @click=${act(() => void (field.parts = field.parts.filter((other) => other !== one)))}
              >Remove</button>`
            : nothing}
        </li>`,
      )}
    </ol>
    ${field.parts.length < most
      ? html`<button type="button" class="small" @click=${act(() => add(field, form.root))}>Add an item</button>`
      : nothing}`;
}
