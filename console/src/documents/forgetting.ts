// Forgetting a user everywhere: first what there is of them, then that it is gone.

import { html, nothing, type TemplateResult } from "lit";
import { createRef, ref } from "lit/directives/ref.js";
import { Light } from "../light.js";
import { told } from "../status.js";
import { failure } from "../views.js";
import { type Problem, read, sending } from "../wire.js";

interface Forgotten {
  user: string;
  done: boolean;
  gone: boolean;
  places: { place: string; before: number; after: number; how: string }[];
  kept: string[];
  left: string[];
  beyond: string[];
  definition: string;
}

export class NisForgetting extends Light {
  static override properties = { shown: { state: true }, user: { state: true }, found: { state: true }, busy: { state: true }, trouble: { state: true } };
  declare shown: boolean;
  declare user: string;
  /** What there is of the user, or was. */
  declare found: Forgotten | null;
  declare busy: boolean;
  declare trouble: Problem | null;
  private dialog = createRef<HTMLDialogElement>();

  constructor() {
    super();
    [this.shown, this.user, this.found, this.busy, this.trouble] = [false, "", null, false, null];
  }

  async open(user: string): Promise<void> {
    [this.shown, this.user, this.found, this.busy, this.trouble] = [true, user, null, false, null];
    await this.updateComplete;
    this.dialog.value!.showModal();
  }

  private async call(dry_run: boolean): Promise<void> {
    [this.busy, this.trouble] = [true, null];
    const { user } = this;
    try {
      const found = await read<Forgotten>("/memory/forget-user", sending("POST", { user, dry_run }));
      if (user === this.user) this.found = found;
      if (found.done) this.dispatchEvent(new Event("forgotten"));
    } catch (error) {
      this.trouble = told(error);
    } finally {
      this.busy = false;
    }
  }

  protected override render(): TemplateResult | typeof nothing {
    if (!this.shown) return nothing;
    const { found } = this;
    const [some, done] = [found?.places.some((one) => one.before > 0) ?? false, found?.done ?? false];
    return html`<dialog class="sheet" aria-labelledby="forget-title" ${ref(this.dialog)} @close=${() => (this.shown = false)}>
      <form
        @submit=${(event: Event) => {
          event.preventDefault();
          void this.call(!found);
        }}
      >
        <h2 id="forget-title">Forget a user everywhere</h2>
        <p class="note">Memories, entries, documents, conversations, runs, blobs: all that named them, removed and then looked for again.</p>
        ${done
          ? nothing
          : html`<label for="forget-user">User</label>
              <input
                id="forget-user" required maxlength="128" autocomplete="off" .value=${this.user}
                @input=${(event: Event) => ([this.user, this.found, this.trouble] = [(event.target as HTMLInputElement).value, null, null])}
              />`}
        <div aria-live="polite" aria-busy=${this.busy}>
          ${this.trouble ? failure(this.trouble) : nothing}
          ${found ? html`<p class="verdict">${verdict(found, some)}</p> ${some ? proof(found) : nothing}` : nothing}
        </div>
        <div class="act">
          ${done || (found && !some)
            ? nothing
            : html`<button class=${found ? "danger" : "primary"} ?disabled=${this.busy}>${this.busy ? "Looking …" : found ? `Forget ${found.user}` : "See what there is"}</button>`}
          <button type="button" class="plain" @click=${() => this.dialog.value!.close()}>${done ? "Close" : "Cancel"}</button>
          ${found && some && !done ? html`<span class="note">This cannot be undone.</span>` : nothing}
        </div>
      </form>
    </dialog>`;
  }
}

function verdict({ user, done, gone }: Forgotten, some: boolean): TemplateResult {
  if (!some) return html`There is nothing that names <strong>${user}</strong>.`;
  if (!done) return html`This would be removed of <strong>${user}</strong>:`;
  return gone
    ? html`<strong class="good">Nothing of ${user} was found afterwards</strong> in any place that was looked at.`
    : html`<strong class="bad">Something of ${user} is still there</strong>: see below.`;
}

function proof({ done, places, kept, left, beyond, definition }: Forgotten): TemplateResult {
  return html`<div class="wide" role="region" aria-label="Places" tabindex="0">
      <table>
        <thead><tr><th scope="col">place</th><th scope="col" class="n">${done ? "before" : "there is"}</th>${done ? html`<th scope="col" class="n">after</th>` : nothing}<th scope="col">how it was looked for</th></tr></thead>
        <tbody>
          ${places
            .filter((one) => one.before > 0 || one.after > 0)
            .map((one) => html`<tr><th scope="row">${one.place}</th><td class="n">${one.before}</td>${done ? html`<td class="n ${one.after ? "bad" : ""}">${one.after}</td>` : nothing}<td class="note">${one.how}</td></tr>`)}
        </tbody>
      </table>
    </div>
    ${list("What names it and was written about somebody else", left)} ${list("What stays on purpose", kept)} ${list("What this cannot reach", beyond)} ${list("What counts as about the user", [definition])}`;
}

const list = (title: string, lines: string[]): TemplateResult | typeof nothing =>
  lines.length ? html`<details class="more"><summary>${title}</summary><ul class="hint">${lines.map((one) => html`<li>${one}</li>`)}</ul></details>` : nothing;

customElements.define("nis-forgetting", NisForgetting);
