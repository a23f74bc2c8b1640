// What a person tells a run: to rest, to go on, to stop, to be tried again.

import { html, nothing, type TemplateResult } from "lit";
import { request, type RunState, sending } from "./wire.js";

type Tell = (command: string) => void;

/** Sends a command to a run; it may have ended a moment ago, and then its log says so. */
export const command = (runId: string, name: string, body: Record<string, unknown> = {}): Promise<Response> =>
  request(`/runs/${encodeURIComponent(runId)}/${name}`, sending("POST", body));

const button = (name: string, does: () => void, kind = ""): TemplateResult =>
  html`<button class="small ${kind}" @click=${does}>${name}</button>`;

/** The buttons that a run in this state has. */
export function buttons(state: RunState, tell: Tell): TemplateResult | typeof nothing {
  switch (state) {
    case "queued":
    case "running":
      return html`${button("Pause", () => tell("pause"))} ${button("Stop", () => tell("cancel"), "stop")}`;
    case "paused":
      return html`${button("Go on", () => tell("resume"))} ${button("Stop", () => tell("cancel"), "stop")}`;
    case "waiting":
      return button("Stop", () => tell("cancel"), "stop");
    case "failed":
    case "cancelled":
      return button("Try again", () => tell("retry"));
    case "succeeded":
      return nothing;
  }
}
