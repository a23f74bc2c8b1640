// What the server sends: events, views, problems; and how they are read.

export interface Problem {
  title: string;
  detail: string;
  remedy?: string;
  code?: string;
  field?: string;
  retryable?: boolean;
  errors?: { field: string; message: string; remedy: string }[];
}

export interface Axis {
  label: string;
  unit: string;
  values: (number | null)[];
  /** Words in the place of the values. */
  names?: string[];
  /** Where bars begin and end, one more than values. */
  edges?: number[];
  scale?: "linear" | "log" | "time";
  mark?: "line" | "points" | "bars";
  errors?: (number | null)[];
  /** The label of the line whose colour it shares. */
  group?: string;
}
export interface TextView {
  kind: "text";
  text: string;
}
export interface TableView {
  kind: "table";
  title: string;
  columns: string[];
  rows: (string | number)[][];
}
export interface SeriesView {
  kind: "series";
  title: string;
  x: Axis;
  lines: Axis[];
  /** What is measured upwards, where lines are groups with names of their own. */
  y?: string;
  /** Whether a step across is drawn as long as one upwards: a shape. */
  equal?: boolean;
}
export interface GridView {
  kind: "grid";
  title: string;
  x: Axis;
  y: Axis;
  label: string;
  unit: string;
  cells: (number | null)[][];
  middle: number | null;
}
export interface BoxPlotView {
  kind: "box_plot";
  title: string;
  label: string;
  unit: string;
  boxes: {
    label: string;
    count: number;
    low: number;
    first_quartile: number;
    median: number;
    third_quartile: number;
    high: number;
    outliers: number[];
  }[];
}
export interface NetworkView {
  kind: "network";
  title: string;
  nodes: { label: string; x: number; y: number; group: string }[];
  links: { start: number; end: number; label: string; weight: number }[];
  directed: boolean;
}
export interface ImageView {
  kind: "image";
  title: string;
  blob: string;
  media_type: string;
  width: number;
  height: number;
  alt: string;
  boxes: { label: string; score: number | null; x: number; y: number; width: number; height: number }[];
  shapes: { form: "polygon" | "line" | "points"; label: string; score: number | null; points: [number, number][] }[];
}
export interface AudioView {
  kind: "audio";
  title: string;
  blob: string;
  media_type: string;
  duration: number;
  alt: string;
  segments: { start: number; end: number; text: string }[];
}
export interface FormView {
  kind: "form";
  title: string;
  operation: string;
  request_schema: Schema;
  values: Record<string, unknown>;
  missing: string[];
}
export type View = TextView | TableView | SeriesView | GridView | BoxPlotView | NetworkView | ImageView | AudioView | FormView;

export interface Schema {
  type?: string;
  title?: string;
  properties?: Record<string, Schema>;
  additionalProperties?: boolean | Schema;
  required?: string[];
  items?: Schema;
  prefixItems?: Schema[];
  $ref?: string;
  $defs?: Record<string, Schema>;
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  enum?: unknown[];
  const?: unknown;
  default?: unknown;
  unit?: string;
  /** A setting of the method, not of what it is applied to. */
  knob?: boolean;
  /** Bytes: in a request by their id. */
  blob?: boolean;
  /** The media types of bytes that are taken. */
  accepts?: string[];
  description?: string;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  pattern?: string;
}

/** An operation as the explorer lists it. */
export interface Line {
  name: string;
  summary: string;
  effect: "reads" | "writes" | "destroys";
  shape: "model" | "stream" | "run";
  method: string;
  path: string;
}

export interface Example {
  title: string;
  request: Record<string, unknown>;
  question?: string;
}

/** An operation's whole declaration. */
export interface Detail {
  id: string;
  summary: string;
  description: string;
  effect: Line["effect"];
  shape: Line["shape"];
  routes: string[];
  scopes: string[];
  pool: string | null;
  time_limit: number;
  request_schema: Schema;
  result_schema: Schema;
  examples: Example[];
}

/** Bytes that the server keeps. */
export interface Kept {
  id: string;
  media_type: string;
  size: number;
  name: string;
  sha256: string;
}

/** What came with a message; `gone` once it was deleted. */
export interface Attached extends Omit<Kept, "sha256"> {
  gone?: boolean;
}

/** A form that was filled in, and how it reads as a message. */
export interface OperationCall {
  message: string;
  operation: string;
  arguments: Record<string, unknown>;
}

export interface Reply {
  response: string;
  conversation_id: string;
  provider: string;
  model: string;
  demonstration?: boolean;
  tokens_used?: number | null;
  run_id: string;
  views?: View[];
}

export type Body =
  | { type: "started"; operation: string; attempt: number }
  | { type: "text_delta"; step: number; text: string }
  | { type: "reasoning_delta"; step: number; text: string }
  | { type: "model_called"; step: number; provider: string; model: string }
  | { type: "model_answered"; step: number; finish_reason?: string; input_tokens?: number | null; output_tokens?: number | null; answered_by?: string; cost?: number | null }
  | { type: "tool_called"; step: number; call_id: string; operation: string; arguments: Record<string, unknown> }
  | { type: "tool_answered"; step: number; call_id: string; operation: string; result: unknown; problem: Problem | null }
  | { type: "progress"; fraction: number; message: string; values?: Record<string, number> }
  | { type: "surface"; views: View[] }
  | { type: "input_required"; operation: string; missing: string[]; call_id?: string; question?: string }
  | { type: "approval_required"; step: number; call_id: string; operation: string; arguments: Record<string, unknown>; reason: string }
  | { type: "noted"; name: string; value: unknown }
  | { type: "artifact"; blob_id: string; name: string; media_type: string; size: number }
  | { type: "step_retried"; step: number; attempt: number; reason: string }
  | { type: "warning"; message: string }
  | { type: "arguments_mended"; step: number; tool: string; changes: string[]; shown: boolean }
  | { type: "compacted"; step: number; results: number; turns: number; tokens_before: number; tokens_after: number }
  | { type: "handed_off"; step: number; agent: string; to: string; reason: string }
  | { type: "cancel_requested" }
  | { type: "pause_requested" }
  | { type: "resume_requested" }
  | { type: "approved"; call_id: string }
  | { type: "rejected"; call_id: string; reason: string }
  | { type: "input_provided"; call_id: string; values: Record<string, unknown> }
  | { type: "retry_scheduled"; at: number; problem: Problem }
  | { type: "released"; reason: "shutdown" | "paused" | "waiting" }
  | { type: "succeeded"; result: unknown }
  | { type: "failed"; problem: Problem }
  | { type: "cancelled" };

export interface RunEvent {
  run_id: string;
  seq: number;
  time: number;
  attempt: number;
  body: Body;
}

export const LAST_WORDS = ["succeeded", "failed", "cancelled"];

export type RunState = "queued" | "running" | "paused" | "waiting" | "succeeded" | "failed" | "cancelled";

export interface RunLine {
  id: string;
  operation: string;
  state: RunState;
  attempt: number;
  last_seq: number;
  conversation_id: string | null;
  created: number;
  updated: number;
}

export interface Run extends RunLine {
  input: unknown;
  result: unknown;
  problem: Problem | null;
  /** What a person is asked for while it is waiting. */
  waiting: { schema?: Schema } | null;
  /** The run it was forked from, and the last event that it shares with that one. */
  parent: string | null;
  parent_seq: number | null;
}

export interface Models {
  models: { id: string; provider: string; name: string; demonstration: boolean; tools: boolean; context_tokens: number | null }[];
  unavailable: { provider: string; reason: string; remedy: string }[];
}

export interface ConversationLine {
  id: string;
  title: string;
  created: number;
}

export interface Conversation extends ConversationLine {
  turns: {
    run_id: string;
    state: string;
    message: string;
    attachments?: Attached[];
    response: string | null;
    views: View[];
    problem?: Problem | null;
    alternatives?: string[];
  }[];
}

/** A refusal that the server put in words. */
export class Refused extends Error {
  constructor(readonly problem: Problem, readonly status: number) {
    super(problem.detail);
  }
}

const KEY = "nis-key";

export const key = {
  get: (): string | null => sessionStorage.getItem(KEY),
  set: (value: string): void => sessionStorage.setItem(KEY, value),
  forget: (): void => sessionStorage.removeItem(KEY),
};

/** Asks the person for the server's key; `again` when the one they gave was wrong. */
type AskKey = (again: boolean) => Promise<string>;

let askKey: AskKey = () => Promise.reject(new Error("nobody is asked for the key yet"));

/** Who is asked when the server wants a key. */
export const onKeyWanted = (ask: AskKey): void => void (askKey = ask);

/** One request to our own server; a 401 asks for the key and tries again. */
export async function request(path: string, init: RequestInit = {}): Promise<Response> {
  for (;;) {
    const given = key.get();
    const headers = new Headers(init.headers);
    if (given !== null) headers.set("Authorization", `Bearer ${given}`);
    const response = await fetch(path, { cache: "no-store", ...init, headers });
    if (response.status === 401) {
      // Several requests may be refused at once: only one that sent the key as it is now has a say.
      if (key.get() === given) key.set(await askKey(given !== null));
      continue;
    }
    if (!response.ok) throw new Refused(await problemOf(response), response.status);
    return response;
  }
}

/** The JSON that a request answers. */
export async function read<T>(path: string, init: RequestInit = {}): Promise<T> {
  return (await (await request(path, init)).json()) as T;
}

/** A request with a JSON body. */
export const sending = (method: string, body: unknown, headers: Record<string, string> = {}): RequestInit => ({
  method,
  headers: { "Content-Type": "application/json", ...headers },
  body: JSON.stringify(body),
});

async function problemOf(response: Response): Promise<Problem> {
  const fallback = { title: "failure", detail: `The server answered ${response.status} ${response.statusText}.` };
  try {
    return { ...fallback, ...((await response.json()) as Partial<Problem>) };
  } catch {
    return fallback;
  }
}

/** A failure as a problem, a lost connection included. */
export function problem(error: unknown): Problem {
  if (error instanceof Refused) return error.problem;
  if (!(error instanceof TypeError)) console.error(error);
  return {
    title: "no connection",
    detail: "The server cannot be reached.",
    remedy: "See that it is running, then try again.",
    retryable: true,
  };
}

/** Longer than the server's pause between keep-alive comments: a connection silent for this long is dead. */
const SILENCE = 40_000;

/** The frames of an event stream; ends when the connection ends and throws when it breaks or falls silent. */
export async function* frames(response: Response): AsyncGenerator<{ event: string; data: string }> {
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let held = "";
  try {
    for (;;) {
      const { value, done } = await within(SILENCE, reader.read());
      if (done) return;
      held += value;
      const parts = held.split(/\r?\n\r?\n/);
      held = parts.pop()!;
      for (const part of parts) {
        let event = "message";
        const data: string[] = [];
        for (const line of part.split(/\r?\n/)) {
          if (line.startsWith("event:")) event = line.slice(6).trim();
          else if (line.startsWith("data:")) data.push(line.slice(5).replace(/^ /, ""));
        }
        if (data.length) yield { event, data: data.join("\n") };
      }
    }
  } finally {
    void reader.cancel().catch(() => undefined);
  }
}

function within<T>(milliseconds: number, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new TypeError("the connection fell silent")), milliseconds);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
