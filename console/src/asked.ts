// What a run asks a person, and the ways to answer.

import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { type Field, tree, value } from "./fields.js";
import { fields } from "./inputs.js";
import { Light } from "./light.js";
import type { Asked } from "./standing.js";
import { command } from "./steer.js";
import { failure } from "./views.js";
import { type Problem, problem, read, type Run } from "./wire.js";

export class NisAsked extends Light {
  static override properties = { runId: { attribute: false }, asked: { attribute: false }, root: { state: true }, trouble: { state: true }, sent: { state: true } };
  declare runId: string;
  declare asked: Asked;
  /** The fields it asks for, once they are known. */
  declare root: Field | null;
  declare trouble: Problem | null;
  declare sent: boolean;

  constructor() {
    super();
    [this.root, this.trouble, this.sent] = [null, null, false];
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (!changed.has("asked") && !changed.has("runId")) return;
    [this.root, this.trouble, this.sent] = [null, null, false];
    if (this.asked.type === "input_required") void this.learn();
  }

  /** The run's row has the schema of what is asked for. */
  private async learn(): Promise<void> {
    try {
      const { waiting } = await read<Run>(`/runs/${encodeURIComponent(this.runId)}`);
      this.root = waiting?.schema ? tree(waiting.schema, {}) : null;
    } catch (error) {
      this.trouble = problem(error);
    }
  }

  private async tell(name: string, body: Record<string, unknown> = {}): Promise<void> {
    [this.trouble, this.sent] = [null, true];
    try {
      await command(this.runId, name, { call_id: this.asked.call_id, ...body });
    } catch (error) {
      [this.trouble, this.sent] = [problem(error), false];
    }
  }

  private send = (event: SubmitEvent): void => {
    event.preventDefault();
    const given = this.root!.parts.map((one) => [one.name, value(one)] as const).filter(([, one]) => one !== undefined);
    void this.tell("provide-input", { values: Object.fromEntries(given) });
  };

  protected override render(): TemplateResult {
    const { asked } = this;
    const inner = asked.type === "approval_required" ? this.approval(asked.operation, asked.reason) : this.input(asked);
    return html`<section class="panel asks" aria-label="The run waits for you">
      ${inner} ${this.trouble ? failure(this.trouble) : nothing}
    </section>`;
  }

  private approval(operation: string, reason: string): TemplateResult {
    return html`<p><strong>May it call <code>${operation}</code>?</strong> ${reason}</p>
      <p>
        <button class="primary small" ?disabled=${this.sent} @click=${() => void this.tell("approve")}>Approve</button>
        <button class="stop small" ?disabled=${this.sent} @click=${() => void this.tell("reject")}>Reject</button>
      </p>`;
  }

  private input(asked: Extract<Asked, { type: "input_required" }>): TemplateResult {
    const { root } = this;
    const drawing = { root: root?.schema ?? {}, id: `a${root?.id ?? 0}`, errors: new Map<string, string>(), changed: () => this.requestUpdate() };
    return html`<p>
        <strong>${asked.question || html`It asks for ${asked.missing.join(", ")}${asked.operation ? html` of <code>${asked.operation}</code>` : nothing}.`}</strong>
      </p>
      ${root
        ? html`<form @submit=${this.send}>
            ${fields(root.parts, drawing)}
            <p><button class="primary small" ?disabled=${this.sent}>Send</button></p>
          </form>`
        : nothing}`;
  }
}

customElements.define("nis-asked", NisAsked);
