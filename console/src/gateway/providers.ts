// Providers: where models are asked, and how they do.

import { html, nothing, type TemplateResult } from "lit";
import { Reading } from "../reading.js";
import { ADMIN, may } from "../rights.js";
import { read } from "../wire.js";
import { READ_ONLY } from "./routes.js";

interface Provider {
  id: string;
  kind: string;
  url: string;
  key_name: string;
  billed: boolean;
  concurrency: number;
  enabled: boolean;
  source: "settings" | "run time";
  state: string;
}

export class NisProviders extends Reading {
  static override properties = { ...Reading.properties, providers: { state: true }, writes: { state: true } };
  declare providers: Provider[] | null;
  declare writes: boolean;

  constructor() {
    super();
    [this.providers, this.writes] = [null, false];
  }

  protected override async look(): Promise<() => void> {
    const [writes, { providers }] = await Promise.all([may(ADMIN), read<{ providers: Provider[] }>("/providers")]);
    return () => {
      [this.providers, this.writes] = [providers, writes];
    };
  }

  protected override render(): TemplateResult {
    const { providers } = this;
    return html`<header class="head">
        <h1>Providers ${this.writes ? html`<button class="primary small" @click=${() => void this.change("providers.create_provider", "A new provider", "Create")}>New provider</button>` : nothing}</h1>
        <p class="lede">Who is asked for models. Keys stay in the server's settings and are only named here. A state is what this process sees.</p>
        ${providers && !this.writes ? READ_ONLY : nothing}
      </header>
      ${this.standing(providers !== null, "the providers")}
      ${providers && this.holds
        ? html`<div class="wide" role="region" aria-label="Providers" tabindex="0">
            <table class="runs">
              <thead>
                <tr>
                  ${["provider", "state", "speaks", "address", "key"].map((name) => html`<th scope="col">${name}</th>`)}
                  <th scope="col" class="n">at a time</th><th scope="col"><span class="hidden">actions</span></th>
                </tr>
              </thead>
              <tbody>${providers.map((one) => this.row(one))}</tbody>
            </table>
          </div>`
        : nothing}`;
  }

  private row(one: Provider): TemplateResult {
    const ready = one.state === "ready";
    return html`<tr>
      <th scope="row"><code>${one.id}</code>${one.source === "settings" ? nothing : html`<span class="note">${one.source}</span>`}</th>
      <td class=${ready ? "" : "said"}><span class="state-mark ${ready ? "ok" : one.enabled ? "failed" : ""}"><i></i>${one.state}</span></td>
      <td>${one.kind}</td>
      <td class="id">${one.url || "this machine"}</td>
      <td>${one.key_name ? html`<code>${one.key_name}</code>` : one.url && one.source === "settings" ? "the settings'" : "–"}</td>
      <td class="n">${one.concurrency}</td>
      <td class="does">
        <button class="small" aria-label="Test ${one.id}" @click=${() => void this.change("providers.test_provider", `Test ${one.id}`, "Test again", one)}>Test</button>
        ${this.writes
          ? html`<button class="small plain" aria-label="Edit ${one.id}" @click=${() => void this.change("providers.update_provider", `Change ${one.id}`, "Save", one)}>Edit</button>
              ${one.source === "run time"
                ? html`<button class="small plain" aria-label="Delete ${one.id}" @click=${() => void this.change("providers.delete_provider", `Delete ${one.id}?`, "Delete", one)}>Delete</button>`
                : nothing}`
          : nothing}
      </td>
    </tr>`;
  }
}

customElements.define("nis-providers", NisProviders);
