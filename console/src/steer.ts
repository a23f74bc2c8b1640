// What a person tells a run: to rest, to go on, to stop, and what it waits for.

import { html, nothing, type TemplateResult } from "lit";
import { request, type RunState, sending } from "./wire.js";
import type { Asked } from "./log.js";

type Tell = (command: string, body?: Record<string, unknown>) => void;

/** Sends a command to a run; it may have ended a moment ago, and then its log says so. */
export const command = (runId: string, name: string, body: Record<string, unknown> = {}): Promise<unknown> =>
  request(`/runs/${encodeURIComponent(runId)}/${name}`, sending("POST", body));

/** The buttons that a run in this state has. */
export function buttons(state: RunState, tell: Tell): TemplateResult {
  return html`${state === "running" || state === "queued"
      ? html`<button class="small" @click=${() => tell("pause")}>Pause</button>`
      : nothing}
    ${state === "paused" ? html`<button class="small" @click=${() => tell("resume")}>Go on</button>` : nothing}
    <button class="stop small" @click=${() => tell("cancel")}>Stop</button>`;
}

/** What it asks a person, and the ways to answer. */
export function question(asked: Asked, tell: Tell): TemplateResult {
  const { body } = asked;
  if (body.type === "approval_required") {
    return html`<section class="panel asks" aria-label="The run waits for you">
      <p><strong>May it call <code>${body.operation}</code>?</strong> ${body.reason}</p>
      <p>
        <button class="primary small" @click=${() => tell("approve", { call_id: body.call_id })}>Approve</button>
        <button class="stop small" @click=${() => tell("reject", { call_id: body.call_id })}>Reject</button>
      </p>
    </section>`;
  }
  const send = (event: SubmitEvent): void => {
    event.preventDefault();
    const given = new FormData(event.target as HTMLFormElement);
    tell("provide-input", { call_id: body.call_id, values: Object.fromEntries([...given].map(([name, text]) => [name, value(String(text))])) });
  };
  return html`<form class="panel asks" aria-label="The run waits for you" @submit=${send}>
    <p><strong>It asks for what <code>${body.operation}</code> needs.</strong></p>
    ${body.missing.map((name) => html`<label>${name} <input name=${name} required autocomplete="off" /></label>`)}
    <p><button class="primary small">Send</button></p>
  </form>`;
}

/** Text that is JSON as what it says, any other as it is. */
function value(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
