// Bars: an amount for each day, and a part of a whole.

import { html, nothing, svg, type TemplateResult } from "lit";

export interface Bar {
  label: string;
  value: number;
  /** The value in words. */
  said: string;
}

const HEIGHT = 100;

/** A bar for each; the table beside it has the same numbers. */
export function bars(title: string, all: Bar[]): TemplateResult {
  const most = Math.max(...all.map((one) => one.value));
  const highest = all.find((one) => one.value === most);
  const height = (value: number): number => (most > 0 ? (value / most) * HEIGHT : 0);
  return html`<figure class="bars">
    <figcaption>${title} <span class="note">${most > 0 ? `at most ${highest!.said}` : nothing}</span></figcaption>
    <svg
      role="img" viewBox="0 0 ${all.length} ${HEIGHT}" preserveAspectRatio="none"
      aria-label="${title}, ${all[0]?.label} to ${all.at(-1)?.label}${most > 0 ? `; the most on ${highest!.label}: ${highest!.said}` : ""}"
    >
      ${all.map(
        ({ label, value, said }, index) => svg`<g>
          <title>${label}: ${said}</title>
          <rect class="back" x=${index} width="1" height=${HEIGHT}></rect>
          <rect x=${index + 0.12} width="0.76" y=${HEIGHT - height(value)} height=${height(value)}></rect>
        </g>`,
      )}
    </svg>
    <p class="ends" aria-hidden="true"><span>${all[0]?.label}</span><span>${all.at(-1)?.label}</span></p>
  </figure>`;
}
