// An element that is drawn into the page itself: one stylesheet holds for all, and a label finds its input.

import { LitElement } from "lit";

export class Light extends LitElement {
  protected override createRenderRoot(): this {
    return this;
  }
}
