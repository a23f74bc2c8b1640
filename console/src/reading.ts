// A page that shows what the server has: read when it opens, again while it is looked at, and once the server is back.

import { html, nothing, type PropertyDeclarations, type TemplateResult } from "lit";
import { act } from "./act.js";
import { Light } from "./light.js";
import { changed, connection, told } from "./status.js";
import { failure } from "./views.js";
import type { Problem } from "./wire.js";

export abstract class Reading extends Light {
  static override properties: PropertyDeclarations = { trouble: { state: true }, loading: { state: true } };
  /** Why it could not be read. */
  declare trouble: Problem | null;
  declare loading: boolean;
  /** Milliseconds after which it is read again. */
  protected pause = 5000;
  private round = 0;
  private timer: ReturnType<typeof setInterval> | undefined;
  private back = (): void => {
    if (this.trouble && connection().state === "ok") void this.again();
  };

  constructor() {
    super();
    [this.trouble, this.loading] = [null, false];
  }

  override connectedCallback(): void {
    super.connectedCallback();
    changed.addEventListener("change", this.back);
    this.timer = setInterval(() => {
      if (!document.hidden && !this.loading && this.holds && connection().state === "ok") void this.again();
    }, this.pause);
  }

  protected override firstUpdated(): void {
    void this.again();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    changed.removeEventListener("change", this.back);
    clearInterval(this.timer);
  }

  /** Reads what is shown, and answers how to keep it. */
  protected abstract look(): Promise<() => void>;

  /** Reads it anew; what an earlier reading still answers counts no more. */
  async again(): Promise<void> {
    const round = ++this.round;
    this.loading = true;
    try {
      const keep = await this.look();
      if (round !== this.round) return;
      keep();
      this.trouble = null;
    } catch (error) {
      if (round === this.round) this.trouble = told(error);
    } finally {
      if (round === this.round) this.loading = false;
    }
  }

  /** Has an operation asked for by its form, about one of what is shown or about nothing, and reads anew. */
  protected async change(name: string, title: string, button: string, one: { id: string } | null = null): Promise<void> {
    const about = one ? { of: { id: one.id }, given: one } : {};
    if (await act({ name, title, button, ...about })) await this.again();
  }

  /** Whether what was read can be shown still: it is not, when what is asked for now was refused. */
  protected get holds(): boolean {
    return !this.trouble || this.trouble.retryable === true;
  }

  /** What stands where nothing has been read yet, or could not be. */
  protected standing(read: boolean, what: string): TemplateResult | typeof nothing {
    if (this.trouble) return failure(this.trouble, () => void this.again());
    return read ? nothing : html`<div class="skeleton" aria-label="Reading ${what}"><i></i><i></i><i></i></div>`;
  }
}

/** Lines of which a page is read at a time, the newest first. */
export abstract class Listing<Line extends { id: string }> extends Reading {
  static override properties: PropertyDeclarations = { ...Reading.properties, lines: { state: true }, more: { state: true } };
  declare lines: Line[] | null;
  /** The cursor of the next page. */
  declare more: string | null;

  constructor() {
    super();
    [this.lines, this.more] = [null, null];
  }

  protected abstract page(cursor: string | null): Promise<{ lines: Line[]; next_cursor: string | null }>;

  protected override async look(): Promise<() => void> {
    const { lines, next_cursor } = await this.page(null);
    return () => {
      const fresh = new Set(lines.map((one) => one.id));
      const held = this.lines ?? [];
      const earlier = held.filter((one) => !fresh.has(one.id));
      // Pages that were read further down stay, where nothing is missing between; where all is on the first, the rest is gone.
      const joins = next_cursor !== null && held.length > lines.length && earlier.length < held.length;
      this.lines = joins ? [...lines, ...earlier] : lines;
      if (!joins) this.more = next_cursor;
    };
  }

  protected async next(): Promise<void> {
    try {
      const { lines, next_cursor } = await this.page(this.more);
      [this.lines, this.more] = [[...(this.lines ?? []), ...lines], next_cursor];
    } catch (error) {
      this.trouble = told(error);
    }
  }
}
