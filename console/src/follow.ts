// Following a run through dropped connections to its end.

import { frames, LAST_WORDS, Refused, request, type RunEvent, sending } from "./wire.js";

/** What takes a run's events in their order, each once. */
export interface Reader {
  runId: string | null;
  /** Number of the last event taken. */
  seq: number;
  take(event: RunEvent): void;
}

export interface Watcher {
  /** The reader has taken something. */
  changed: () => void;
  /** Milliseconds until the next attempt, null while connected. */
  waiting: (milliseconds: number | null) => void;
  signal: AbortSignal;
}

const SHORTEST = 500;
const LONGEST = 10_000;

/** Starts a run and reads it to its end, whatever the connection does meanwhile; a form brings files along. */
export async function start(path: string, body: unknown, reader: Reader, watcher: Watcher): Promise<void> {
  const headers = { Accept: "text/event-stream" };
  const asked = body instanceof FormData ? { method: "POST", headers, body } : sending("POST", body, headers);
  const response = await request(path, { ...asked, signal: watcher.signal });
  // The run is named before its first event, so a connection that drops right here loses nothing.
  reader.runId = response.headers.get("Location")?.match(/\/runs\/([^/]+)$/)?.[1] ?? null;
  watcher.waiting(null);
  watcher.changed();
  let over = false;
  try {
    over = await drain(reader, response, watcher);
  } catch (error) {
    if (fatal(error, watcher)) throw error;
  }
  if (!over) await follow(reader, watcher);
}

/** Reads a run from the last event taken to its end, reconnecting for as long as it takes. */
export async function follow(reader: Reader, watcher: Watcher): Promise<void> {
  if (reader.runId === null) throw new TypeError("the connection was lost before the run had its number");
  let delay = SHORTEST;
  for (;;) {
    const before = reader.seq;
    try {
      const response = await request(`/runs/${encodeURIComponent(reader.runId)}/events`, {
        headers: { Accept: "text/event-stream", "Last-Event-ID": String(reader.seq) },
        signal: watcher.signal,
      });
      watcher.waiting(null);
      if (await drain(reader, response, watcher)) return;
    } catch (error) {
      if (fatal(error, watcher)) throw error;
    }
    delay = reader.seq > before ? SHORTEST : Math.min(2 * delay, LONGEST);
    watcher.waiting(delay);
    await pause(delay, watcher.signal);
  }
}

/** Whether the run has ended. */
async function drain(reader: Reader, response: Response, watcher: Watcher): Promise<boolean> {
  for await (const frame of frames(response)) {
    if (frame.event === "closing") return false;
    if (frame.event === "error") throw new Refused(JSON.parse(frame.data), 0);
    const event = JSON.parse(frame.data) as RunEvent;
    // A stream may repeat itself.
    if (event.seq <= reader.seq) continue;
    reader.seq = event.seq;
    reader.runId = event.run_id;
    reader.take(event);
    watcher.changed();
    if (LAST_WORDS.includes(event.body.type)) return true;
  }
  return false;
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
