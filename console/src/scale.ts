// From values to pixels: even, logarithmic, in time or in categories; and what is written at them.

import { brief, number, ticks } from "./numbers.js";
import type { Axis } from "./wire.js";

/** An axis on a stretch of pixels. */
export interface Scale {
  low: number;
  high: number;
  kind: NonNullable<Axis["scale"]>;
  /** What stands in the place of the values. */
  names: string[];
  /** Whether its values are counts and the like, with nothing between them. */
  whole?: boolean;
  from: number;
  to: number;
}

/** The values that can be drawn: of categories their places. */
export const values = (axis: Axis): (number | null)[] => (axis.names?.length ? axis.names.map((_, index) => index) : axis.values);

const drawable = (axis: Axis, value: number | null | undefined): value is number =>
  value !== null && value !== undefined && (axis.scale !== "log" || value > 0);

/** Points whose both values are there, by their places. */
export function* points(x: Axis, line: Axis): Generator<[at: number, x: number, y: number]> {
  const across = values(x);
  for (let at = 0; at < Math.min(across.length, line.values.length); at++) {
    const [a, b] = [across[at], line.values[at]];
    if (drawable(x, a) && drawable(line, b)) yield [at, a, b];
  }
}

/** The scale that holds all values of these axes, their errors and edges. */
export function scaleOf(axes: Axis[], from: number, to: number, asked: { zero?: boolean; pad?: number } = {}): Scale {
  const first = axes[0]!;
  if (first.names?.length) return { low: -0.5, high: first.names.length - 0.5, kind: "linear", names: first.names, from, to };
  let [low, high] = [Infinity, -Infinity];
  let whole = true;
  const take = (value: number | null): void => {
    if (!drawable(first, value)) return;
    whole &&= Number.isInteger(value);
    low = Math.min(low, value);
    high = Math.max(high, value);
  };
  for (const axis of axes) {
    axis.values.forEach(take);
    axis.edges?.forEach(take);
    axis.errors?.forEach((error, at) => {
      const value = axis.values[at];
      if (error && typeof value === "number") [value - error, value + error].forEach(take);
    });
  }
  const kind = first.scale ?? "linear";
  if (low > high) [low, high] = kind === "log" ? [1, 10] : [0, 1];
  if (kind !== "log") {
    if (asked.zero) [low, high] = [Math.min(low, 0), low === 0 && high === 0 ? 1 : Math.max(high, 0)];
    const more = (high / 2 - low / 2) * 2 * (asked.pad ?? 0);
    if (Number.isFinite(low - more) && Number.isFinite(high + more)) {
      [low, high] = [asked.zero && low === 0 ? 0 : low - more, asked.zero && high === 0 ? 0 : high + more];
    }
  }
  return { low, high, kind, names: [], whole, from, to };
}

/** Two scales with the same step: the one that has room to spare holds more on both sides. */
export function even(scales: Scale[]): Scale[] {
  const pixels = ({ from, to }: Scale): number => Math.abs(to - from);
  const step = Math.max(...scales.map((one) => (one.high - one.low) / pixels(one)));
  return scales.map((one) => {
    const more = Math.max(0, (step * pixels(one) - (one.high - one.low)) / 2);
    return { ...one, low: one.low - more, high: one.high + more };
  });
}

/** Where a value lies, in pixels, between the ends. */
export function at(scale: Scale, value: number): number {
  const [low, high, place] = scale.kind === "log" ? [scale.low, scale.high, value].map(Math.log10) as [number, number, number] : [scale.low, scale.high, value];
  // Halves, because the difference of two doubles can overflow.
  const span = high / 2 - low / 2;
  const share = span > 0 ? (place / 2 - low / 2) / span : 0.5;
  return scale.from + Math.min(1, Math.max(0, share)) * (scale.to - scale.from);
}

/** Values and what is written at them, about as many as wanted. */
export function marks(scale: Scale, wanted: number): [number, string][] {
  if (scale.names.length) {
    // Of many only some may have one.
    const named = scale.names.map((name, index): [number, string] => [index, name]).filter(([, name]) => name);
    const step = Math.max(1, Math.ceil(named.length / Math.max(1, wanted)));
    return named.filter((_, place) => place % step === 0);
  }
  if (scale.kind === "log") return decades(scale, wanted);
  if (scale.kind === "time") return moments(scale, wanted);
  return ticks(scale.low, scale.high, wanted, scale.whole ? 1 : 0).map((tick) => [tick, brief(tick)]);
}

function decades({ low, high }: Scale, wanted: number): [number, string][] {
  const [first, last] = [Math.ceil(Math.log10(low) - 1e-9), Math.floor(Math.log10(high) + 1e-9)];
  const factors = last - first < 2 ? [1, 2, 5] : [1];
  const step = Math.max(1, Math.ceil((last - first + 1) / Math.max(2, wanted)));
  const found: [number, string][] = [];
  for (let power = factors.length > 1 ? first - 1 : first; power <= last; power += step) {
    for (const factor of factors) {
      const value = factor * 10 ** power;
      if (value >= low * 0.999 && value <= high * 1.001) found.push([value, brief(value)]);
    }
  }
  return found;
}

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86400;
const STEPS = [1, 2, 5, 10, 15, 30, ...[1, 2, 5, 10, 15, 30].map((one) => one * MINUTE), ...[1, 2, 3, 6, 12].map((one) => one * HOUR), ...[1, 2, 7, 14].map((one) => one * DAY)];
const MONTHS = [1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200];

function moments({ low, high }: Scale, wanted: number): [number, string][] {
  const rough = (high - low) / Math.max(1, wanted);
  if (rough < 0.5) return ticks(low, high, wanted).map((one) => [one, when(one).slice(11)]);
  const step = STEPS.find((one) => one >= rough);
  const found: number[] = [];
  if (step) {
    for (let one = Math.ceil(low / step); one <= Math.floor(high / step); one++) found.push(one * step);
    const days = Math.floor(low / DAY) !== Math.floor(high / DAY);
    return found.map((one) => [one, step >= DAY ? when(one).slice(0, 10) : when(one).slice(days ? 5 : 11, step >= MINUTE ? 16 : 19)]);
  }
  const months = MONTHS.find((one) => one * 30.44 * DAY >= 0.8 * rough) ?? MONTHS.at(-1)!;
  const begin = new Date(low * 1000);
  for (let month = Math.ceil((begin.getUTCFullYear() * 12 + begin.getUTCMonth()) / months) * months; ; month += months) {
    const moment = Date.UTC(Math.floor(month / 12), month % 12) / 1000;
    if (!(moment <= high) || found.length > 100) break;
    if (moment >= low) found.push(moment);
  }
  return found.map((one) => [one, when(one).slice(0, months >= 12 ? 4 : 7)]);
}

/** A time since 1970 in UTC. */
export function when(seconds: number): string {
  const moment = new Date(Math.round(seconds * 1000));
  return Number.isNaN(moment.getTime()) ? `${number(seconds)} s` : moment.toISOString().slice(0, 23).replace("T", " ").replace(/\.?0+$/, "");
}

/** A value of an axis, in words. */
export function told(axis: Axis, index: number): string {
  if (axis.names?.length) return axis.names[index] ?? "";
  if (axis.edges?.length) return `${number(axis.edges[index]!)} to ${number(axis.edges[index + 1]!)}`;
  const value = axis.values[index];
  if (value === null || value === undefined) return "";
  return axis.scale === "time" ? when(value).replace(" 00:00:00", "") : number(value);
}

export const named = (label: string, unit: string): string => (unit ? `${label} (${unit})` : label);
