// A request schema as a tree of fields: what each holds as text, and the value that they add up to.

import { number } from "./numbers.js";
import type { Schema } from "./wire.js";

export type Kind =
  | "text"
  | "number"
  | "integer"
  | "flag"
  | "choice"
  | "numbers"
  | "file"
  | "json"
  | "fixed"
  | "group"
  | "list"
  | "union";

/** A field. `text` is what its input holds; a field that is not `given` is left out of the value. */
export interface Field {
  readonly id: number;
  readonly name: string;
  readonly schema: Schema;
  readonly kind: Kind;
  readonly required: boolean;
  given: boolean;
  text: string;
  /** The quantity it held at first, around which it slides. */
  readonly anchor: number | null;
  /** What is said beside it. */
  note: string;
  /** The file that was chosen for it, as the page has it. */
  chosen?: { address: string; kind: string };
  /** Fields of a group, items of a list, the one form of a union. */
  parts: Field[];
  /** The forms a union can take, and which one it has. */
  readonly forms: Schema[];
  form: number;
}

let count = 0;

/** Deeper than this a field is edited as JSON: a schema may refer to itself. */
const DEEPEST = 6;

/** The tree of a request, holding `value` where it is given. */
export function tree(schema: Schema, value: unknown = undefined): Field {
  return make("", schema, schema, value, true, 0);
}

function make(name: string, raw: Schema, root: Schema, value: unknown, required: boolean, depth: number): Field {
  const schema = resolve(raw, root);
  const kind = depth > DEEPEST ? "json" : kindOf(schema, root);
  const forms = kind === "union" ? alternatives(schema).map((one) => resolve(one, root)) : [];
  const field: Field = {
    ...{ id: ++count, name, schema, kind, required, forms, text: "", note: "", parts: [] },
    given: value !== undefined && value !== null,
    anchor: typeof value === "number" ? value : null,
    form: 0,
  };
  if (kind === "union") field.form = Math.max(0, forms.findIndex((one) => fits(value, one, root)));
  if (kind === "group" || kind === "list" || kind === "union") {
    // What is optional and not given stays closed until it is asked for.
    if (required || field.given) open(field, root, value, depth);
  } else if (field.given) field.text = written(value, kind);
  return field;
}

/** Gives a field that was left out its parts. */
export function open(field: Field, root: Schema, value: unknown = field.schema.default, depth = 1): void {
  field.given = true;
  const { schema } = field;
  if (field.kind === "group") {
    const held = (value ?? {}) as Record<string, unknown>;
    field.parts = Object.entries(schema.properties ?? {}).map(([name, one]) =>
      make(name, one, root, held[name], (schema.required ?? []).includes(name), depth + 1),
    );
  } else if (field.kind === "list") {
    const held = Array.isArray(value) ? value : Array.from({ length: schema.minItems ?? 0 }, () => undefined);
    field.parts = held.map((one, index) => make(String(index), item(schema, index), root, one, true, depth + 1));
  } else if (field.kind === "union") {
    field.parts = [make(field.name, field.forms[field.form]!, root, value, true, depth + 1)];
  }
}

export function close(field: Field): void {
  field.given = false;
  field.parts = [];
  field.text = "";
}

const item = (schema: Schema, index: number): Schema => schema.prefixItems?.[index] ?? schema.items ?? {};

export function add(list: Field, root: Schema): void {
  list.given = true;
  list.parts = [...list.parts, make(String(list.parts.length), item(list.schema, list.parts.length), root, undefined, true, 2)];
}

/** Gives a union another form. */
export function choose(union: Field, form: number, root: Schema): void {
  union.form = form;
  open(union, root, undefined);
}

/** What the fields say; undefined where nothing is said. What does not convert is for the server to name. */
export function value(field: Field): unknown {
  switch (field.kind) {
    case "group": {
      if (!field.given) return undefined;
      const said = field.parts.map((one): [string, unknown] => [one.name, value(one)]);
      return Object.fromEntries(said.filter(([, one]) => one !== undefined));
    }
    case "list":
      return field.given ? field.parts.map((one) => value(one) ?? null) : undefined;
    case "union":
      return field.given && field.parts[0] ? value(field.parts[0]) : undefined;
    case "fixed":
      return field.schema.const;
    default:
      return field.given ? converted(field.text, field.kind, field.schema) : undefined;
  }
}

function converted(text: string, kind: Kind, schema: Schema): unknown {
  const trimmed = text.trim();
  if (kind === "text") return text === "" && schema.minLength ? undefined : text;
  if (!trimmed) return undefined;
  // A blob by its id, as an address, or as JSON.
  if (kind === "file" && !trimmed.startsWith("{")) return trimmed;
  if (kind === "choice") return choices(schema).find((one) => shown(one) === text) ?? text;
  if (kind === "numbers") {
    // Between two commas without a number one is missing.
    const parts = trimmed.replace(/^\[|\]$/g, "").replace(/([,;])(?=\s*[,;])/g, "$1 null").split(/[\s,;]+/).filter(Boolean);
    return parts.map((part) => (Number.isFinite(Number(part)) ? Number(part) : part === "null" ? null : part));
  }
  try {
    return JSON.parse(trimmed);
  } catch {
    return kind !== "json" && Number.isFinite(Number(trimmed)) ? Number(trimmed) : trimmed;
  }
}

function written(value: unknown, kind: Kind): string {
  if (kind === "numbers" && Array.isArray(value)) return value.map(String).join(", ");
  if (kind === "json") return JSON.stringify(value, null, 1);
  return shown(value);
}

export const shown = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

export const same = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);

/** How many times as much as it held a quantity slides to. */
const REACH = 4;

/** From where to where a quantity slides; null where it does not: no quantity, none given, or a setting of the method. */
export function reach({ kind, schema, anchor }: Field): { low: number; high: number; step: number } | null {
  if ((kind !== "number" && kind !== "integer") || schema.unit === undefined || schema.knob || anchor === null) return null;
  const least = schema.minimum ?? schema.exclusiveMinimum ?? -Infinity;
  const most = schema.maximum ?? schema.exclusiveMaximum ?? Infinity;
  // All of what is allowed where that is near: an angle turns through its whole range.
  const all = Number.isFinite(most - least) && most - least <= 5 * REACH * Math.abs(anchor);
  const [near, far] = [anchor / REACH, anchor * REACH].sort((a, b) => a - b) as [number, number];
  const [low, high] = all ? [least, most] : [Math.max(least, near), Math.min(most, far)];
  if (!(high > low)) return null;
  const step = kind === "integer" ? 1 : 10 ** Math.floor(Math.log10((high - low) / 100));
  // What may not be reached is left out.
  return { low: low === schema.exclusiveMinimum ? low + step : low, high: high === schema.exclusiveMaximum ? high - step : high, step };
}

/** The text of a default, where there is one to speak of. */
export function fallback(schema: Schema): string {
  const held = schema.default;
  return held === undefined || held === null || held === "" ? "" : Array.isArray(held) ? held.join(", ") : shown(held);
}

/** A field's schema without references, and without the alternative of being null. */
export function resolve(schema: Schema, root: Schema): Schema {
  let found: Schema = { ...schema };
  for (let hops = 0; hops < 8; hops++) {
    const { $ref, anyOf, allOf, ...rest } = found;
    if ($ref !== undefined) {
      found = { ...(root.$defs?.[$ref.replace("#/$defs/", "")] ?? {}), ...rest };
      continue;
    }
    const forms = (anyOf ?? allOf ?? []).filter((one) => one.type !== "null");
    // Where it is first of all a text, a number is one of its texts, and no form of its own.
    const real = forms[0]?.type === "string" ? forms.filter((one) => one.type !== "number" && one.type !== "integer") : forms;
    if (real.length !== 1) break;
    found = { ...real[0], ...rest };
  }
  return found;
}

function kindOf(schema: Schema, root: Schema): Kind {
  if (schema.blob) return "file";
  // What tells the forms of a union apart is said by which form was chosen.
  if ("const" in schema && (schema.default === undefined || schema.default === schema.const)) return "fixed";
  if (choices(schema).length) return "choice";
  if (alternatives(schema).length > 1) return "union";
  switch (schema.type) {
    case "boolean":
      return "flag";
    case "integer":
    case "number":
      return schema.type;
    case "string":
      return "text";
    case "array": {
      const inner = schema.items ? resolve(schema.items, root) : {};
      return !schema.prefixItems && ["number", "integer"].includes(inner.type ?? "") ? "numbers" : "list";
    }
    case "object":
      return schema.properties ? "group" : "json";
    default:
      return "json";
  }
}

const alternatives = (schema: Schema): Schema[] =>
  (schema.oneOf ?? schema.anyOf ?? []).filter((one) => one.type !== "null");

export const choices = (schema: Schema): unknown[] =>
  "const" in schema ? [schema.const] : (schema.enum ?? []).filter((one) => one !== null);

/** Whether a value can be of this form: its type, and for an object its constants and no field unknown. */
function fits(value: unknown, schema: Schema, root: Schema): boolean {
  if (value === undefined || value === null) return false;
  if (choices(schema).length) return choices(schema).includes(value);
  const type = Array.isArray(value) ? "array" : typeof value;
  if (type !== "object") return schema.type === type || (schema.type === "integer" && Number.isInteger(value));
  if (schema.type !== "object") return false;
  const fields = Object.entries(value as object);
  return fields.every(([name, one]) => {
    const field = schema.properties?.[name];
    if (!field) return schema.additionalProperties !== false && !schema.properties;
    const { const: fixed } = resolve(field, root);
    return fixed === undefined || fixed === one;
  });
}

/** What a form of a union is called. */
export const titled = (schema: Schema, index: number): string =>
  schema.title ?? (choices(schema).length ? choices(schema).map(shown).join(", ") : schema.type) ?? `form ${index + 1}`;

/** The bounds of a field, in words. */
export function bounds(schema: Schema): string {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, minItems, maxItems } = schema;
  const said: string[] = [];
  if (minimum !== undefined && maximum !== undefined) said.push(`${number(minimum)} to ${number(maximum)}`);
  else if (minimum !== undefined) said.push(`${number(minimum)} or more`);
  else if (exclusiveMinimum !== undefined) said.push(`above ${number(exclusiveMinimum)}`);
  if (maximum !== undefined && minimum === undefined) said.push(`at most ${number(maximum)}`);
  if (exclusiveMaximum !== undefined) said.push(`below ${number(exclusiveMaximum)}`);
  if (minItems && maxItems !== undefined) said.push(minItems === maxItems ? `${minItems} of them` : `${minItems} to ${number(maxItems)} of them`);
  else if (maxItems !== undefined) said.push(`at most ${number(maxItems)} of them`);
  else if (minItems) said.push(`at least ${minItems} of them`);
  return said.join(", ");
}
