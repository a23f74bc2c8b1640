// Markdown without HTML: a small subset as Lit templates, whose text is always text.

import { html, type TemplateResult } from "lit";
import { guard } from "lit/directives/guard.js";

type Piece = TemplateResult | string;

/** Blocks: paragraphs, headings, lists, quotes, code, tables, rules. What stands already is not read again as a text grows. */
export function markdown(text: string): unknown[] {
  return pieces(text.replaceAll("\r\n", "\n")).map((piece) => guard([piece], () => blocks(piece.split("\n"), 0)));
}

/** A text cut where nothing spans the cut: at a blank line outside of code, before what begins a block of its own. */
function pieces(text: string): string[] {
  const out: string[] = [];
  let from = 0;
  let fence = "";
  for (let at = 0; at < text.length; ) {
    const next = text.indexOf("\n", at) + 1 || text.length;
    const line = text.slice(at, next);
    const mark = /^\s*(```+|~~~+)/.exec(line)?.[1] ?? "";
    if (fence ? mark.startsWith(fence) : mark) fence = fence ? "" : mark;
    const blank = !fence && !mark && !line.trim();
    if (blank && /[^\s>\-*+\d]/.test(text[next] ?? "")) {
      out.push(text.slice(from, next));
      from = next;
    }
    at = next;
  }
  return [...out, text.slice(from)];
}

/** Quotes in quotes in quotes: an answer may not nest without end. */
const DEEPEST = 6;

const ITEM = /^(\s*)([-*+]|\d{1,9}[.)])\s+(.*)$/;

function blocks(lines: string[], depth: number): TemplateResult[] {
  const out: TemplateResult[] = [];
  let at = 0;
  const take = (test: (line: string) => boolean): string[] => {
    const from = at;
    while (at < lines.length && test(lines[at]!)) at++;
    return lines.slice(from, at);
  };
  while (at < lines.length) {
    const line = lines[at]!;
    const fence = /^\s*(```+|~~~+)/.exec(line)?.[1];
    const heading = /^(#{1,6})\s+(.*?)\s*#*$/.exec(line);
    if (!line.trim()) at++;
    else if (fence) {
      at++;
      const code = take((one) => !one.trim().startsWith(fence));
      at++;
      out.push(html`<pre tabindex="0"><code>${code.join("\n")}</code></pre>`);
    } else if (heading) {
      at++;
      // The page's own headings come first, so an answer's begin at the third level.
      out.push(heading[1]!.length < 3 ? html`<h3>${inline(heading[2]!)}</h3>` : html`<h4>${inline(heading[2]!)}</h4>`);
    } else if (/^\s*([-*_])(\s*\1){2,}\s*$/.test(line)) {
      at++;
      out.push(html`<hr />`);
    } else if (line.startsWith(">") && depth < DEEPEST) {
      const quoted = take((one) => one.startsWith(">")).map((one) => one.replace(/^> ?/, ""));
      out.push(html`<blockquote>${blocks(quoted, depth + 1)}</blockquote>`);
    } else if (ITEM.test(line) && depth < DEEPEST) {
      out.push(list(take((one) => ITEM.test(one) || /^\s+\S/.test(one)), depth));
    } else if (line.includes("|") && /^\s*\|?\s*:?-{2,}:?\s*(\|\s*:?-{2,}:?\s*)*\|?\s*$/.test(lines[at + 1] ?? "")) {
      const [head, , ...rows] = take((one) => one.includes("|")).map(cells);
      out.push(html`<div class="wide" tabindex="0">
        <table>
          <thead><tr>${head!.map((cell) => html`<th scope="col">${inline(cell)}</th>`)}</tr></thead>
          <tbody>${rows.map((row) => html`<tr>${row.map((cell) => html`<td>${inline(cell)}</td>`)}</tr>`)}</tbody>
        </table>
      </div>`);
    } else {
      const first = at++;
      take((one) => one.trim() !== "" && !/^\s*(```|~~~|#{1,6}\s|>)/.test(one) && !ITEM.test(one));
      out.push(html`<p>${breaks(lines.slice(first, at))}</p>`);
    }
  }
  return out;
}

function cells(line: string): string[] {
  return line.trim().replace(/^\||\|$/g, "").split("|").map((cell) => cell.trim());
}

function list(lines: string[], depth: number): TemplateResult {
  const indent = ITEM.exec(lines[0]!)![1]!.length;
  const items: string[][] = [];
  for (const line of lines) {
    const item = ITEM.exec(line);
    if (item && item[1]!.length <= indent + 1) items.push([item[3]!]);
    else items.at(-1)!.push(line.slice(Math.min(indent + 2, line.search(/\S/))));
  }
  const drawn = items.map(([first, ...rest]) => html`<li>${inline(first!)}${blocks(rest, depth + 1)}</li>`);
  const start = /^\s*(\d+)/.exec(lines[0]!)?.[1];
  return start === undefined ? html`<ul>${drawn}</ul>` : html`<ol start=${start}>${drawn}</ol>`;
}

function breaks(lines: string[]): Piece[] {
  const joined = lines.map((line, index) => (index < lines.length - 1 ? line.replace(/ {2,}$|\\$/, "\u0000") : line.trimEnd()));
  return joined.join("\n").split("\u0000\n").flatMap((part, index) => (index ? [html`<br />`, ...inline(part)] : inline(part)));
}

// Code first, since nothing inside it is markup. Bounded repetitions keep a hostile text from costing quadratic time.
const INLINE =
  /(?<!`)(?<ticks>`+)(?!`)(?<code>[^]{1,8000}?)(?<!`)\k<ticks>(?!`)|\*\*(?<strong>(?=\S)[^*]{1,2000}?\S?)\*\*|__(?<under>(?=\S)[^_]{1,2000}?)__|\*(?<em>(?=\S)[^*\n]{1,2000}?)(?<=\S)\*|(?<![\w])_(?<slant>(?=\S)[^_\n]{1,2000}?)_(?![\w])|\[(?<label>[^[\]\n]{1,1000})\]\((?<target>[^)\s]{1,2000})\)|(?<bare>https?:\/\/[^\s<>"')\]]{1,2000}[^\s<>"')\].,;:!?])|\\(?<escaped>[\\`*_[\]()#+\-.!>|~])/g;

/** The text of a paragraph: emphasis, code, links. */
export function inline(text: string): Piece[] {
  const out: Piece[] = [];
  let from = 0;
  for (const match of text.matchAll(INLINE)) {
    out.push(text.slice(from, match.index));
    from = match.index + match[0].length;
    const { code, strong, under, em, slant, label, target, bare, escaped } = match.groups!;
    const bold = strong ?? under;
    const leaning = em ?? slant;
    if (code !== undefined) out.push(html`<code>${code.replace(/^ (.*`.*) $/s, "$1")}</code>`);
    else if (bold !== undefined) out.push(html`<strong>${inline(bold)}</strong>`);
    else if (leaning !== undefined) out.push(html`<em>${inline(leaning)}</em>`);
    else if (label !== undefined) out.push(link(target!, inline(label), match[0]));
    else if (bare !== undefined) out.push(link(bare, [bare], bare));
    else out.push(escaped!);
  }
  out.push(text.slice(from));
  return out.filter((piece) => piece !== "");
}

function link(target: string, shown: Piece[], source: string): Piece {
  const address = URL.canParse(target) ? new URL(target) : null;
  if (address === null || !["http:", "https:"].includes(address.protocol)) return source;
  return html`<a href=${address.href} target="_blank" rel="noopener noreferrer nofollow">${shown}</a>`;
}
