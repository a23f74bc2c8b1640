// Files on their way into a collection: some at a time, each followed by its run's events, whichever page is looked at.

import { follow, start, type Watcher } from "../follow.js";
import { Log } from "../log.js";
import { told, waiting } from "../status.js";
import { command } from "../steer.js";
import type { Problem } from "../wire.js";
import type { Kept } from "./kept.js";

/** Runs that are followed at once: a browser opens six connections to a server, and the page needs some. */
const AT_ONCE = 3;

export interface Adding {
  name: string;
  /** What is sent, or the id of what was; null of a run that was begun elsewhere. */
  file: File | string | null;
  collection: string;
  log: Log;
  state: "waiting" | "under way" | "ended";
  /** Why it could not be sent, or read. */
  problem: Problem | null;
  stop: AbortController;
}

/** `change`: something has moved; `end`: one has ended. */
export const adding = new EventTarget();

let held: Adding[] = [];

export const underway = (collection: string): Adding[] => held.filter((one) => one.collection === collection);

/** Has files added to a collection. */
export function add(files: readonly File[], collection: string): void {
  take(files.map((file) => begun(file.name, file, collection, null)));
}

/** Has a document read again whose file is there still. */
export const again = ({ name, blob_id }: Kept, collection: string): void => take([begun(name, blob_id, collection, null)]);

/** Follows a run that reads a document already, unless it is followed. */
export function watch(name: string, collection: string, runId: string): void {
  if (!held.some((one) => one.log.runId === runId)) take([begun(name, null, collection, runId)]);
}

/** Stops one; what has ended is only shown no more. */
export async function leave(one: Adding): Promise<void> {
  if (one.state === "under way" && one.log.runId) return void (await command(one.log.runId, "cancel").catch(() => undefined));
  one.stop.abort();
  drop([one]);
}

/** Shows these no more. */
export function drop(some: readonly Adding[]): void {
  if (!some.length) return;
  held = held.filter((one) => !some.includes(one));
  tell("change");
}

const begun = (name: string, file: Adding["file"], collection: string, runId: string | null): Adding => ({
  ...{ name, file, collection, log: new Log(runId), state: "waiting", problem: null },
  stop: new AbortController(),
});

const tell = (what: "change" | "end"): void => void adding.dispatchEvent(new Event(what));

function take(some: Adding[]): void {
  held = [...held, ...some];
  tell("change");
  next();
}

function next(): void {
  const busy = held.filter((one) => one.state === "under way").length;
  for (const one of held.filter(({ state }) => state === "waiting").slice(0, Math.max(0, AT_ONCE - busy))) void run(one);
}

async function run(one: Adding): Promise<void> {
  one.state = "under way";
  const watcher: Watcher = { changed: () => tell("change"), waiting, signal: one.stop.signal };
  try {
    const { file, name, collection } = one;
    if (file) await start("/documents/add-document", file instanceof File ? form(file, collection) : { document: file, name, collection }, one.log, watcher);
    else await follow(one.log, watcher);
    one.problem = one.log.problem;
  } catch (error) {
    if (!one.stop.signal.aborted) one.problem = told(error);
  }
  one.state = "ended";
  tell("change");
  tell("end");
  next();
}

/** The file in the request itself: so it goes when the document goes. */
function form(file: File, collection: string): FormData {
  const body = new FormData();
  body.append("document", file);
  body.append("name", file.name.slice(-LONGEST));
  body.append("collection", collection);
  return body;
}

/** Characters of a document's name. */
const LONGEST = 200;

// What was not sent yet is lost with the page.
addEventListener("beforeunload", (event) => {
  if (held.some((one) => one.file instanceof File && one.state !== "ended" && !one.log.runId)) event.preventDefault();
});
