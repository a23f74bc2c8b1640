// Where a run stands, by its events: its state, and what it asks a person.

import { type Body, LAST_WORDS, type RunState } from "./wire.js";

/** What a run asks a person. */
export type Asked = Extract<Body, { type: "approval_required" | "input_required" }>;

export class Standing {
  state: RunState = "queued";
  attempt = 0;
  private open: Asked | null = null;

  hear(body: Body): void {
    switch (body.type) {
      case "started":
        [this.state, this.attempt, this.open] = ["running", body.attempt, null];
        break;
      case "released":
        this.state = body.reason === "shutdown" ? "queued" : body.reason;
        break;
      case "approval_required":
      case "input_required":
        // Without an id the run ends with its question.
        if (body.call_id) this.open = body;
        // One that nobody executes waits from here on; any other once it is let go.
        if (this.state === "queued") this.state = "waiting";
        break;
      case "approved":
      case "rejected":
      case "input_provided":
      case "retry_scheduled":
        [this.state, this.open] = ["queued", null];
        break;
      case "pause_requested":
        if (this.state !== "running") this.state = "paused";
        break;
      case "resume_requested":
        this.state = this.open ? "waiting" : "queued";
        break;
      case "succeeded":
      case "failed":
      case "cancelled":
        this.state = body.type;
    }
  }

  /** What it waits for, while it does. */
  get asked(): Asked | null {
    return this.state === "waiting" ? this.open : null;
  }

  get ended(): boolean {
    return LAST_WORDS.includes(this.state);
  }
}
