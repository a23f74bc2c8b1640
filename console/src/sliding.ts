// Computing again while a quantity slides: one call at a time, and the last position is always computed.

import { begun, invoke, type Outcome } from "./invoke.js";
import { told } from "./status.js";
import type { Line, Problem } from "./wire.js";

/** Milliseconds between two calls. */
const PAUSE = 40;

/** Whether calling it again and again changes nothing and answers at once. */
export const slides = (line: Line | null): boolean => line?.shape === "model" && line.effect === "reads";

export class Sliding {
  private again = false;
  private busy = false;
  /** Ends the newest one's call: an older one may have been ended while its own was under way. */
  private signal = AbortSignal.abort();

  constructor(
    private given: () => Record<string, unknown> | null,
    private answered: (outcome: Outcome) => void,
    private refused: (problem: Problem) => void,
  ) {}

  /** Something has slid: the answer to where it is now comes as soon as it can. */
  async slid(line: Line, signal: AbortSignal): Promise<void> {
    [this.again, this.signal] = [true, signal];
    if (this.busy) return;
    this.busy = true;
    try {
      while (this.again && !this.signal.aborted) {
        this.again = false;
        const { signal } = this;
        const given = this.given();
        if (given === null) break;
        const outcome = begun();
        try {
          await invoke(line, given, outcome, () => undefined, signal);
          if (!signal.aborted) this.answered(outcome);
        } catch (error) {
          if (!signal.aborted) this.refused(told(error));
        }
        await new Promise((resolve) => setTimeout(resolve, PAUSE));
      }
    } finally {
      this.busy = false;
    }
  }
}
