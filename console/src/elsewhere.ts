// The same call for elsewhere: a tab for each way, its text, and a button that copies it.

import { html, nothing, type TemplateResult } from "lit";
import "./copy.js";
import { explore } from "./route.js";
import { SNIPPETS } from "./snippets.js";
import { key, type Line } from "./wire.js";

export function elsewhere(line: Line, given: Record<string, unknown>, tab: string, choose: (tab: string) => void): TemplateResult {
  const fitting = SNIPPETS.filter((one) => one.fits?.(line) ?? true);
  const chosen = fitting.find((one) => one.id === tab) ?? fitting[0]!;
  const text = chosen.text({ line, given, origin: location.origin, keyed: key.get() !== null });
  return html`<section class="panel code" aria-labelledby="elsewhere">
    <div class="bar">
      <h2 id="elsewhere" class="hidden">The same call</h2>
      <div class="switch" role="group" aria-label="The same call in">
        ${fitting.map((one) => html`<button type="button" aria-pressed=${one === chosen} @click=${() => choose(one.id)}>${one.name}</button>`)}
      </div>
      <nis-copy .text=${text} label="Copy the ${chosen.name} call"></nis-copy>
    </div>
    <pre class="code-block" tabindex="0" data-snippet=${chosen.id}><code>${text}</code></pre>
    ${chosen.note ? html`<p class="note">${chosen.note}</p>` : nothing}
    <p class="note"><a href=${explore(line.name, given)}>A link to this call</a></p>
  </section>`;
}
