// The two axes about a chart, as a part of its SVG.

import { svg, type SVGTemplateResult } from "lit";
import { at, marks, type Scale } from "./scale.js";

/** Pixels about what is drawn. */
export interface Room {
  width: number;
  height: number;
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** Pixels of a letter, about. */
const LETTER = 7;
/** Letters of a name at an axis. */
const LONGEST = 18;

export const cut = (text: string, most = LONGEST): string => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

/** The room beside names or numbers that stand upright. */
export function leftOf(names: string[]): number {
  return names.length ? 14 + LETTER * Math.max(...names.map((name) => cut(name).length)) : 56;
}

/** Whether names have to be turned to stand side by side. */
export function turned(names: string[], width: number): boolean {
  return names.length > 0 && LETTER * Math.max(...names.map((name) => cut(name).length)) + 8 > width / names.length;
}

/** The room below, for names that are turned or not. */
export const bottomOf = (names: string[], width: number): number =>
  turned(names, width) ? 22 + 0.64 * LETTER * Math.max(...names.map((name) => cut(name).length)) : 30;

export function axes(x: Scale, y: Scale, room: Room): SVGTemplateResult {
  const { width, height, left, right, bottom } = room;
  const slant = turned(x.names, width - left - right);
  const wanted = x.names.length ? (width - left - right) / (slant ? 20 : 10) : width / (x.kind === "time" ? 130 : 110);
  return svg`
    ${marks(y, y.names.length ? Math.abs(y.to - y.from) / 16 : 4).map(
      ([tick, text]) => svg`${y.names.length ? "" : svg`<path class="grid" d="M${left} ${at(y, tick)}H${width - right}"></path>`}
        <text x=${left - 8} y=${at(y, tick) + 4} text-anchor="end">${cut(text)}</text>`,
    )}
    ${marks(x, wanted).map(([tick, text]) => {
      const place = at(x, tick);
      if (slant) {
        return svg`<text x=${place + 4} y=${height - bottom + 14} text-anchor="end" transform="rotate(-40 ${place + 4} ${height - bottom + 14})">${cut(text)}</text>`;
      }
      return svg`${x.names.length ? "" : svg`<path class="axis" d="M${place} ${height - bottom}v4"></path>`}
        <text x=${place} y=${height - bottom + 18} text-anchor="middle">${x.names.length ? cut(text) : text}</text>`;
    })}
    <path class="axis" d="M${left} ${height - bottom}H${width - right}"></path>
    ${y.low < 0 && y.high > 0 && y.kind !== "log" && !y.names.length ? svg`<path class="axis" d="M${left} ${at(y, 0)}H${width - right}"></path>` : ""}`;
}
