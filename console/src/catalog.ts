// The operations there are: listed once, found by words, each read whole when it is opened.

import { type Detail, type Line, read, sending } from "./wire.js";

let listed: Promise<Line[]> | null = null;

/** Every operation, by name. */
export function list(): Promise<Line[]> {
  listed ??= read<{ operations: Listed[] }>("/operations").then(
    ({ operations }) => operations.map(line),
    (error: unknown) => {
      listed = null;
      throw error;
    },
  );
  return listed;
}

type Listed = Omit<Line, "name" | "method" | "path"> & { id: string; routes: string[] };

function line({ id, routes, ...rest }: Listed): Line {
  // The first route is the one that its name and traits ask for.
  const [method = "POST", path = ""] = (routes[0] ?? "").split(" ");
  return { ...rest, name: id, method, path };
}

const details = new Map<string, Promise<Detail>>();

/** The whole declaration of one. */
export function detail(name: string): Promise<Detail> {
  const found = details.get(name) ?? read<Detail>(`/operations/${encodeURIComponent(name)}`);
  details.set(name, found);
  found.catch(() => details.delete(name));
  return found;
}

/** The operation of this name; null where it is not there, and then what stands on it is left out. */
export const named = (lines: Line[], name: string): Line | null => lines.find((line) => line.name === name) ?? null;

export const family = (name: string): string => name.split(".")[0]!;

/** What its tool is called: the protocol's names have no dot. */
export const toolName = (name: string): string => name.replace(".", "-");

/** Where it is called for the thing of this id. */
export const placed = (line: Line, id: string): string => line.path.replace("{id}", encodeURIComponent(id));

/** Families with how many operations each has. */
export function families(lines: Line[]): [name: string, count: number][] {
  const counts = new Map<string, number>();
  for (const { name } of lines) counts.set(family(name), (counts.get(family(name)) ?? 0) + 1);
  return [...counts].sort(([a], [b]) => a.localeCompare(b));
}

const split = (text: string): string[] => text.toLowerCase().split(/[^\p{L}\p{N}]+/u).filter(Boolean);

/** The operations that have every word of the query, the nearest first. */
export function find(lines: Line[], query: string): Line[] {
  const wanted = split(query);
  if (!wanted.length) return lines;
  return lines
    .map((line) => ({ line, score: score(line, wanted) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score || a.line.name.localeCompare(b.line.name))
    .map(({ line }) => line);
}

function score(line: Line, wanted: string[]): number {
  const places: [string[], number][] = [
    [split(line.name), 8],
    [split(line.summary), 3],
  ];
  let total = 0;
  for (const word of wanted) {
    let best = 0;
    for (const [words, weight] of places) {
      if (words.includes(word)) best = Math.max(best, 2 * weight);
      else if (words.some((one) => one.startsWith(word))) best = Math.max(best, 1.5 * weight);
      else if (word.length > 2 && words.some((one) => one.includes(word))) best = Math.max(best, weight);
    }
    if (!best) return 0;
    total += best;
  }
  return total;
}

/** Words from which on a query is a sentence, whose meaning may say more than its words. */
const SENTENCE = 3;

/** The names that the server finds for a sentence, the nearest first. */
export async function meant(query: string, signal: AbortSignal): Promise<string[]> {
  if (split(query).length < SENTENCE) return [];
  const asked = { ...sending("POST", { query, limit: 8 }), signal };
  const found = await read<{ operations: { id: string }[] }>("/operations/search-operations", asked);
  return found.operations.map((one) => one.id);
}
