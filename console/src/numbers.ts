// Numbers as a person reads them.

/** Six significant digits, a real minus sign, a power of ten only where it is shorter. */
export function number(value: number): string {
  if (value === 0) return "0";
  const size = Math.abs(value);
  // A whole number is told whole, as far as it can be read at a glance.
  const plain = Number.isInteger(value) && size < 1e9 ? String(value) : String(Number(value.toPrecision(6)));
  const text = size >= 1e9 || (size >= 1e7 && !Number.isInteger(value)) || size < 1e-4 ? power(value) : grouped(plain);
  return text.replace("-", "−");
}

/** A number at an axis, where there is little room: millions as a power of ten, if nothing of them is lost so. */
export const brief = (value: number): string =>
  Math.abs(value) >= 1e6 && Number(value.toExponential(4)) === value ? power(value).replace("-", "−") : number(value);

/** Digits in threes, from five on, by a narrow space. */
function grouped(text: string): string {
  const [whole, rest] = text.split(".") as [string, string | undefined];
  const threes = whole.replace("-", "").length > 4 ? whole.replace(/\B(?=(\d{3})+$)/g, "\u202f") : whole;
  return rest === undefined ? threes : `${threes}.${rest}`;
}

function power(value: number): string {
  const [digits, exponent] = value.toExponential(4).split("e") as [string, string];
  const raised = [...exponent.replace("+", "")].map((c) => (c === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(c)])).join("");
  return Number(digits) === 1 ? `10${raised}` : `${Number(digits)} × 10${raised}`;
}

/** Round numbers between two ends, about `wanted` of them and no nearer than `least`; the ends alone where there are none. */
export function ticks(low: number, high: number, wanted: number, least = 0): number[] {
  const span = high - low;
  if (!(span > 1e-12 * Math.max(Math.abs(low), Math.abs(high), 1e-280) && span < 1e300)) {
    return low === high ? [low] : [low, high];
  }
  const rough = Math.max(span / wanted, least);
  const unit = 10 ** Math.floor(Math.log10(rough));
  const steps = [10, 5, 2, 1, 0.5, 0.2].map((factor) => factor * unit).filter((one) => one >= least * 0.999);
  const at = steps.findLastIndex((one) => one >= rough * 0.999);
  // Fewer than two say nothing of a scale: the next finer step has more.
  const found = steps.slice(Math.max(0, at)).map((step) => [step, Math.ceil(low / step - 1e-9), Math.floor(high / step + 1e-9)] as const);
  const [step, first, last] = found.find(([, from, to]) => to > from) ?? found[0]!;
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => (first + index) * step);
}

/** How long it took; a clock that was set back makes no time negative. */
export function span(seconds: number, digits = 1): string {
  if (seconds < 0.9995) return `${Math.max(0, Math.round(seconds * 1000))} ms`;
  if (seconds < 60) return `${seconds.toFixed(digits)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

/** A field's name as words. */
export const words = (name: string): string => name.replaceAll("_", " ");
