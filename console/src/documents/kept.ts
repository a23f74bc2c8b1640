// Documents as the server tells of them, and places in them.

import type { Problem } from "../wire.js";

/** The collection that is meant where none is named: made with the first document. */
export const USUAL = "documents";

export interface Collection {
  id: string;
  name: string;
  description: string;
  model: string | null;
  items: number;
}

export interface Kept {
  id: string;
  collection_id: string;
  name: string;
  state: "reading" | "ready" | "failed";
  problem: Problem | null;
  kind: string | null;
  media_type: string;
  title: string | null;
  /** What its chunks say of themselves: others are of what it was. */
  version: string;
  blob_id: string | null;
  pages: number | null;
  characters: number;
  chunks: number;
  notes: string[];
  run_id: string | null;
  created: number;
  updated: number;
}

/** Words of a document, by the characters of its page that they are. */
export interface Place {
  document: string;
  document_id: string | null;
  page: number | null;
  start: number;
  end: number;
}

export interface Quote extends Place {
  text: string;
}

export interface Statement {
  text: string;
  /** Numbers of quotes, from 1. */
  quotes: number[];
}

/** What an answer and a summary have in common. */
export interface Told {
  statements: Statement[];
  quotes: Quote[];
  left_out: { text: string; reason: string }[];
  method: string;
  /** The language model that composed it; null where the words are the documents' own. */
  model: string | null;
  cost?: number | null;
  notes: string[];
}

/** Has a place shown in its page. */
export type Show = (place: Place) => void;

export const plural = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`;

/** A text in three, cut at characters as the server counts them: one above U+FFFF is two to this page. */
export function parted(text: string, first: number, last: number): [before: string, marked: string, after: string] {
  const letters = [...text];
  const part = (from: number, to?: number): string => letters.slice(from, to).join("");
  return [part(0, first), part(first, last), part(last)];
}
