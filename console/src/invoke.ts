// Calling an operation as its shape wants it: a result, items as they come, or a run that is followed.

import { start, type Watcher } from "./follow.js";
import { place, query } from "./snippets.js";
import { waiting } from "./status.js";
import { Log } from "./log.js";
import { frames, type Line, Refused, request, type RunEvent, sending, type View } from "./wire.js";

const VIEWS = "application/vnd.nis.views+json";

/** A call, under way or over. */
export interface Outcome {
  state: "running" | "done" | "failed" | "stopped";
  /** Milliseconds it took, by this page's clock. */
  took: number | null;
  result: unknown;
  views: View[];
  /** What a stream has answered so far. */
  items: unknown[];
  /** The run, where the call is one. */
  log: Log | null;
}

export const begun = (): Outcome => ({ state: "running", took: null, result: undefined, views: [], items: [], log: null });

/** Calls it; `changed` says that the outcome has. Throws when it is refused or the connection is lost. */
export async function invoke(
  line: Line,
  given: Record<string, unknown>,
  outcome: Outcome,
  changed: () => void,
  signal: AbortSignal,
): Promise<void> {
  const from = performance.now();
  try {
    if (line.shape === "run") await run(line, given, outcome, { changed, waiting, signal });
    else if (line.shape === "stream") await stream(line, given, outcome, changed, signal);
    else await answer(line, given, outcome, signal);
  } finally {
    outcome.took = performance.now() - from;
  }
}

function asked(line: Line, given: Record<string, unknown>, accept: string, signal: AbortSignal): Promise<Response> {
  const target = place({ line, given, origin: "", keyed: false });
  if (!target.query) return request(target.url, { ...sending(line.method, target.rest, { Accept: accept }), signal });
  const search = new URLSearchParams(query(target.rest)).toString();
  return request(search ? `${target.url}?${search}` : target.url, { method: line.method, headers: { Accept: accept }, signal });
}

async function answer(line: Line, given: Record<string, unknown>, outcome: Outcome, signal: AbortSignal): Promise<void> {
  const response = await asked(line, given, `${VIEWS}, application/json;q=0.9, */*;q=0.1`, signal);
  const type = response.headers.get("Content-Type") ?? "";
  if (type.startsWith(VIEWS)) {
    const drawn = (await response.json()) as { result: unknown; views: View[] };
    [outcome.result, outcome.views] = [drawn.result, drawn.views];
  } else outcome.result = (await response.json()) as unknown;
  outcome.state = "done";
}

async function stream(
  line: Line,
  given: Record<string, unknown>,
  outcome: Outcome,
  changed: () => void,
  signal: AbortSignal,
): Promise<void> {
  const response = await asked(line, given, "text/event-stream", signal);
  for await (const frame of frames(response)) {
    if (frame.event === "closing") break;
    const item: unknown = JSON.parse(frame.data);
    if (frame.event === "error") throw new Refused(item as Refused["problem"], 0);
    outcome.items.push(item);
    // The events of a run are drawn as such, whoever streams them.
    if (isEvent(item)) (outcome.log ??= new Log(item.run_id)).take(item);
    changed();
  }
  outcome.result = outcome.items;
  outcome.state = "done";
}

async function run(line: Line, given: Record<string, unknown>, outcome: Outcome, watcher: Watcher): Promise<void> {
  const log = (outcome.log = new Log(null));
  const target = place({ line, given, origin: "", keyed: false });
  await start(target.url, target.rest, log, watcher);
  outcome.views = log.views;
  outcome.result = log.result;
  outcome.state = { succeeded: "done", cancelled: "stopped" }[log.state as string] as Outcome["state"] ?? "failed";
  if (log.problem) throw new Refused(log.problem, 0);
}

function isEvent(item: unknown): item is RunEvent {
  const one = item as Partial<RunEvent>;
  return typeof one.run_id === "string" && typeof one.seq === "number" && typeof one.body?.type === "string";
}
