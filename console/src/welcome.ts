// What a first visitor sees: what this is, and questions to begin with.

import { html, nothing, type TemplateResult } from "lit";
import type { Models } from "./wire.js";

/** Questions that are answered without a provider: what they ask for is computed. */
const STARTERS: [title: string, message: string][] = [
  ["Fly a ball", "How far does a ball fly at 20 m/s and 40 degrees with drag, mass 0.145 kg, diameter 74 mm?"],
  ["Swing a pendulum", "What is the period of a pendulum 1.2 m long, released at 60 degrees?"],
  ["Convert units", "Convert 65 miles per hour to m/s"],
  ["Look up a constant", "What is the Planck constant?"],
];

/** `count` is how many operations there are, 0 while that is not known. */
export function welcome(count: number, models: Models | null, ask: (message: string, event: MouseEvent) => void): TemplateResult {
  return html`<section class="welcome">
    <h1>Ask for a number, get one that was computed.</h1>
    <p>
      A model talks; what can be computed is computed, and comes with its method, its error and the arguments
      used.${count ? html` Or <a href="#/explore">explore all ${count} operations</a>.` : nothing}
    </p>
    <ul>
      ${STARTERS.map(
        ([title, message]) => html`<li>
          <button @click=${(event: MouseEvent) => ask(message, event)}><strong>${title}</strong><span>${message}</span></button>
        </li>`,
      )}
    </ul>
    <p class="from">
      Programs ask the same: OpenAI's clients at <code>${location.origin}/v1</code>, Anthropic's at <code>${location.origin}</code>, agents
      at <code>/mcp</code> and <code>/a2a</code>, any other over <a href="/docs">REST</a>.
    </p>
    ${models && !models.models.length
      ? html`<div class="failure">
          <p><strong>No model can be asked.</strong> What is computed does not need one.</p>
          ${models.unavailable.map((one) => html`<p>${one.provider}: ${one.reason} <span class="remedy">${one.remedy}</span></p>`)}
        </div>`
      : nothing}
  </section>`;
}
