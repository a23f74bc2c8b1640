// A run's events in their order, and what they add up to so far.

import type { Reader } from "./follow.js";
import { type Body, LAST_WORDS, type Problem, type RunEvent, type RunState, type View } from "./wire.js";

/** What a run asks a person. */
export type Asked = { body: Extract<Body, { type: "approval_required" | "input_required" }> };

const ASKS = ["approval_required", "input_required"];

export class Log implements Reader {
  seq = 0;
  state: RunState = "queued";
  events: RunEvent[] = [];
  views: View[] = [];
  result: unknown = undefined;
  problem: Problem | null = null;
  progress: { fraction: number; message: string } | null = null;

  constructor(public runId: string | null) {}

  take(event: RunEvent): void {
    this.events.push(event);
    const { body } = event;
    if (body.type === "released") this.state = body.reason === "shutdown" ? "queued" : body.reason;
    else if (this.state !== "running") this.state = "running";
    if (body.type === "surface") this.views = [...this.views, ...body.views];
    else if (body.type === "progress") this.progress = { fraction: body.fraction, message: body.message };
    else if (body.type === "succeeded") [this.state, this.result] = ["succeeded", body.result];
    else if (body.type === "failed") [this.state, this.problem] = ["failed", body.problem];
    else if (body.type === "cancelled") this.state = "cancelled";
  }

  /** What it waits for, while it does. */
  get asked(): Asked | null {
    const body = this.state === "waiting" ? this.events.findLast(({ body: { type } }) => ASKS.includes(type))?.body : undefined;
    return body?.type === "approval_required" || body?.type === "input_required" ? { body } : null;
  }

  get ended(): boolean {
    return LAST_WORDS.includes(this.state);
  }
}
