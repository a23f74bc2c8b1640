// Dollars and counts as a person of this place reads them.

const DOLLARS = new Intl.NumberFormat(undefined, {
  ...{ style: "currency", currency: "USD", currencyDisplay: "narrowSymbol" },
  // The ledger counts in billionths, which a double holds exactly up to some millions of dollars.
  ...{ minimumFractionDigits: 2, maximumFractionDigits: 9 },
});
/** What an event counts money in, to a dollar. */
export const NANO = 1e9;

const COUNT = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });
const PERCENT = new Intl.NumberFormat(undefined, { style: "percent", maximumFractionDigits: 1 });

/** Every digit of it. */
export const money = (dollars: number): string => DOLLARS.format(dollars);

export const count = (value: number): string => COUNT.format(value);

export const percent = (share: number): string => PERCENT.format(share);

/** A time in milliseconds; a dash where there was none. */
export const span = (milliseconds: number | null): string =>
  milliseconds === null ? "–" : milliseconds < 999.5 ? `${count(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
