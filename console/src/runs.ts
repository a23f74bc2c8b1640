// Asking, and following a run through dropped connections to its end.

import { apply, ended, type Turn } from "./turn.js";
import { type AskKey, frames, Refused, request, type RunEvent } from "./wire.js";

export interface Watcher {
  askKey: AskKey;
  /** The turn has changed. */
  changed: () => void;
  /** Milliseconds until the next attempt, null while connected. */
  waiting: (milliseconds: number | null) => void;
  signal: AbortSignal;
}

const SHORTEST = 500;
const LONGEST = 10_000;

/** Sends a message and reads the answer to its end, whatever the connection does meanwhile. */
export async function ask(turn: Turn, body: unknown, watcher: Watcher): Promise<void> {
  const response = await request(
    "/chat",
    {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "text/event-stream" },
      body: JSON.stringify(body),
      signal: watcher.signal,
    },
    watcher.askKey,
  );
  // The run is named before its first event, so a connection that drops right here loses nothing.
  turn.runId = response.headers.get("Location")?.match(/\/runs\/([^/]+)$/)?.[1] ?? null;
  watcher.waiting(null);
  try {
    await read(turn, response, watcher);
  } catch (error) {
    if (fatal(error, watcher)) throw error;
  }
  if (!ended(turn)) await follow(turn, watcher);
}

/** Reads a run from the last event seen to its end, reconnecting for as long as it takes. */
export async function follow(turn: Turn, watcher: Watcher): Promise<void> {
  if (turn.runId === null) throw new TypeError("the connection was lost before the run had its number");
  let delay = SHORTEST;
  while (!ended(turn)) {
    const before = turn.seq;
    try {
      const response = await request(
        `/runs/${encodeURIComponent(turn.runId)}/events`,
        { headers: { Accept: "text/event-stream", "Last-Event-ID": String(turn.seq) }, signal: watcher.signal },
        watcher.askKey,
      );
      watcher.waiting(null);
      await read(turn, response, watcher);
    } catch (error) {
      if (fatal(error, watcher)) throw error;
    }
    if (ended(turn)) return;
    delay = turn.seq > before ? SHORTEST : Math.min(2 * delay, LONGEST);
    watcher.waiting(delay);
    await pause(delay, watcher.signal);
  }
}

async function read(turn: Turn, response: Response, watcher: Watcher): Promise<void> {
  for await (const frame of frames(response)) {
    if (frame.event === "closing") return;
    if (frame.event === "error") throw new Refused(JSON.parse(frame.data), 0);
    apply(turn, JSON.parse(frame.data) as RunEvent);
    watcher.changed();
    if (ended(turn)) return;
  }
}

function fatal(error: unknown, watcher: Watcher): boolean {
  if (watcher.signal.aborted) return true;
  // A broken connection is a TypeError; a proxy without its server answers 502 to 504.
  if (error instanceof Refused) return !(error.problem.retryable ?? error.status >= 502);
  return !(error instanceof TypeError || (error instanceof DOMException && error.name === "NetworkError"));
}

/** Waits, or less when the network is back. */
function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      removeEventListener("online", done);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    addEventListener("online", done);
    signal.addEventListener("abort", done);
  });
}
