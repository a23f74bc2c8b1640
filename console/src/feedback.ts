// What a person thinks of an answer: a thumb, and a word on it.

import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { icon } from "./icons.js";
import { Light } from "./light.js";
import { problem, read, request, sending } from "./wire.js";

type Rating = "good" | "bad";

interface Feedback {
  id: string;
  run_id: string;
  rating: Rating;
  comment: string;
}

/** Feedback that is read at once; an older answer's is found when it is given anew. */
const MOST = 100;

let given: Promise<Map<string, Feedback>> | null = null;

function all(): Promise<Map<string, Feedback>> {
  given ??= read<{ feedback: Feedback[] }>(`/feedback?limit=${MOST}`).then(
    ({ feedback }) => new Map(feedback.map((one) => [one.run_id, one])),
    () => {
      given = null;
      return new Map();
    },
  );
  return given;
}

export class NisFeedback extends Light {
  static override properties = { runId: { attribute: false }, mine: { state: true }, asks: { state: true }, said: { state: true } };
  declare runId: string;
  declare mine: Feedback | null;
  /** Whether it waits for a word on the thumb. */
  declare asks: boolean;
  declare said: string;

  constructor() {
    super();
    [this.mine, this.asks, this.said] = [null, false, ""];
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (!changed.has("runId")) return;
    const { runId } = this;
    [this.mine, this.asks, this.said] = [null, false, ""];
    void all().then((known) => {
      if (runId === this.runId) this.mine = known.get(runId) ?? null;
    });
  }

  private async rate(rating: Rating): Promise<void> {
    const { mine } = this;
    if (mine?.rating === rating) return this.change(() => request(this.path, { method: "DELETE" }).then(() => null));
    const body = mine ? { rating } : { run_id: this.runId, rating };
    await this.change(() => this.put(mine ? "PATCH" : "POST", body));
    this.asks = this.mine !== null;
    await this.updateComplete;
    this.querySelector("input")?.focus();
  }

  private async comment(comment: string): Promise<void> {
    this.asks = false;
    if (comment.trim()) await this.change(() => this.put("PATCH", { comment: comment.trim() }));
    if (this.mine) this.said = "Thank you.";
  }

  private get path(): string {
    return `/feedback/${encodeURIComponent(this.mine!.id)}`;
  }

  private put(method: "POST" | "PATCH", body: unknown): Promise<Feedback> {
    return read<Feedback>(method === "POST" ? "/feedback" : this.path, sending(method, body));
  }

  private async change(act: () => Promise<Feedback | null>): Promise<void> {
    const known = await all();
    try {
      [this.mine, this.said, this.asks] = [await act(), "", false];
      if (this.mine) known.set(this.runId, this.mine);
      else known.delete(this.runId);
    } catch (error) {
      this.said = problem(error).detail;
    }
  }

  protected override render(): TemplateResult {
    return html`${this.thumb("good", "A good answer")}${this.thumb("bad", "A bad answer")}
      ${this.asks
        ? html`<form
            class="word"
            @submit=${(event: SubmitEvent) => {
              event.preventDefault();
              void this.comment((event.currentTarget as HTMLFormElement).querySelector("input")!.value);
            }}
          >
            <input aria-label="Why?" placeholder="Why? (as you like)" maxlength="4000" .value=${this.mine?.comment ?? ""} />
            <button class="small">Say</button>
          </form>`
        : nothing}
      <span role="status">${this.said}</span>`;
  }

  private thumb(rating: Rating, label: string): TemplateResult {
    return html`<button
      class="ghost" aria-label=${label} title=${label} aria-pressed=${this.mine?.rating === rating} @click=${() => void this.rate(rating)}
    >${icon(rating === "good" ? "up" : "down")}</button>`;
  }
}

customElements.define("nis-feedback", NisFeedback);
