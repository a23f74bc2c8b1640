// Where the time of a run went, by its events: the rule that runs.get_statistics states, told live.

import { html, nothing, svg, type TemplateResult } from "lit";
import { span } from "./numbers.js";
import type { RunEvent } from "./wire.js";

const PARTS = ["queued", "waiting", "model", "tools", "own"] as const;
type Part = (typeof PARTS)[number];
const NAMES: Record<Part, string> = { queued: "queued", waiting: "waiting", model: "model", tools: "tools", own: "nis" };

/** Seconds of each kind from the run's creation to its last event. */
export function spent(created: number, events: readonly RunEvent[]): Record<Part, number> {
  const seconds: Record<Part, number> = { queued: 0, waiting: 0, model: 0, tools: 0, own: 0 };
  let [at, started, released, asked, calls] = [created, false, false, false, 0];
  for (const { time, body } of events) {
    // What is begun again was let go, or its holder was cut.
    const waits = released || body.type === "started";
    seconds[!started ? "queued" : waits ? "waiting" : asked ? "model" : calls > 0 ? "tools" : "own"] += time - at;
    at = time;
    switch (body.type) {
      case "started":
        [started, released] = [true, false];
        break;
      case "released":
        released = true;
        break;
      case "model_called":
        asked = true;
        break;
      case "model_answered":
      case "step_retried":
        asked = false;
        break;
      case "tool_called":
        calls += 1;
        break;
      case "tool_answered":
        calls -= 1;
    }
  }
  return seconds;
}

/** A bar of it, with its parts named. */
export function shares(created: number, events: readonly RunEvent[]): TemplateResult | typeof nothing {
  const seconds = spent(created, events);
  const parts = PARTS.filter((part) => seconds[part] > 0);
  const whole = parts.reduce((sum, part) => sum + seconds[part], 0);
  if (!whole) return nothing;
  const ends = parts.map((_, index) => parts.slice(0, index + 1).reduce((sum, part) => sum + seconds[part], 0));
  return html`<figure class="spent" aria-label="Where the time went">
    <svg viewBox="0 0 ${whole} 1" preserveAspectRatio="none" aria-hidden="true">
      ${parts.map(
        (part, index) => svg`<rect class=${part} x=${ends[index]! - seconds[part]} width=${seconds[part]} height="1" />`,
      )}
    </svg>
    <figcaption>
      ${parts.map(
        (part) => html`<span class=${part}><i></i>${NAMES[part]} ${span(seconds[part], 2)} <span class="note">${Math.round((100 * seconds[part]) / whole)} %</span></span>`,
      )}
    </figcaption>
  </figure>`;
}
