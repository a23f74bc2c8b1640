// A run's events in their order, and what they add up to so far.

import type { Reader } from "./follow.js";
import { Standing } from "./standing.js";
import type { Problem, RunEvent, View } from "./wire.js";

export class Log extends Standing implements Reader {
  seq = 0;
  events: RunEvent[] = [];
  views: View[] = [];
  result: unknown = undefined;
  problem: Problem | null = null;
  progress: { fraction: number; message: string } | null = null;

  constructor(public runId: string | null) {
    super();
  }

  take(event: RunEvent): void {
    this.events.push(event);
    const { body } = event;
    this.hear(body);
    if (body.type === "surface") this.views = [...this.views, ...body.views];
    else if (body.type === "progress") this.progress = { fraction: body.fraction, message: body.message };
    else if (body.type === "succeeded") this.result = body.result;
    else if (body.type === "failed") this.problem = body.problem;
  }
}
