// What a run measures on the way, such as a loss: a curve for each name, drawn as it grows.

import { html, nothing, type TemplateResult } from "lit";
import "./chart.js";
import type { Axis, RunEvent, SeriesView } from "./wire.js";

/** Points of a curve that are drawn; of a longer one every second, every fourth, … */
const MOST = 400;
/** How many times its least a curve's largest value is before its axis is logarithmic. */
const STEEP = 30;

/** What was measured when, in the order it came. */
export interface Measured {
  time: number;
  values: Record<string, number>;
}

/** What an event has measured; an older server's measure nothing. */
export function measuredIn({ body, time }: RunEvent): Measured[] {
  const values = body.type === "progress" ? (body.values ?? {}) : {};
  return Object.keys(values).length ? [{ time, values }] : [];
}

/** A chart for each name: two values of a run seldom share a scale. */
export function curves(measured: readonly Measured[]): TemplateResult | typeof nothing {
  if (measured.length < 2) return nothing;
  const names = [...new Set(measured.flatMap(({ values }) => Object.keys(values)))];
  return html`${names.map((name) => html`<nis-chart .series=${curve(name, measured)}></nis-chart>`)}`;
}

function curve(name: string, measured: readonly Measured[]): SeriesView {
  const all = measured.filter(({ values }) => values[name] !== undefined);
  const step = 2 ** Math.ceil(Math.log2(Math.max(1, all.length / MOST)));
  const shown = all.filter((_, place) => place % step === 0 || place === all.length - 1);
  const values = shown.map((one) => one.values[name]!);
  const least = Math.min(...values);
  const scale: Axis["scale"] = least > 0 && Math.max(...values) > STEEP * least ? "log" : "linear";
  return {
    kind: "series",
    title: "",
    x: { label: "time", unit: "s", values: shown.map(({ time }) => time - measured[0]!.time) },
    lines: [{ label: name, unit: "", values, scale }],
  };
}
