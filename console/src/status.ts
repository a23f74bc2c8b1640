// Whether the server is in reach, told once for every page.

import { type Problem, problem, Refused } from "./wire.js";

export type Connection = { state: "ok" } | { state: "lost" } | { state: "waiting"; seconds: number };

export const changed = new EventTarget();

let held: Connection = { state: "ok" };

export const connection = (): Connection => held;

function set(now: Connection): void {
  held = now;
  changed.dispatchEvent(new Event("change"));
}

/** Milliseconds until a stream tries again; null when it is read. */
export function waiting(milliseconds: number | null): void {
  if (milliseconds !== null) set({ state: "waiting", seconds: milliseconds / 1000 });
  else if (held.state !== "ok") set({ state: "ok" });
}

/** Says that the server is out of reach, and looks for it until it is back. */
export function lose(): void {
  set({ state: "lost" });
  setTimeout(() => {
    if (held.state !== "lost") return;
    fetch("/health", { cache: "no-store" }).then(() => set({ state: "ok" }), lose);
  }, 3000);
}

/** A failure as a problem, of which every page learns where the server is out of reach. */
export function told(error: unknown): Problem {
  if (!(error instanceof Refused)) lose();
  return problem(error);
}

addEventListener("offline", lose);
