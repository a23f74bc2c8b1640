"""Pages in chunks: by what belongs together, then by size; each says where it stands, so that a quote is found again.

A chunk is `page.text[start:end]` of one page. It begins at a heading where one is, else at a paragraph, a row of a
table, a sentence, or, where a sentence is longer than a chunk, a word.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nis_backend.capabilities.documents.pages import Chunk
from nis_backend.capabilities.documents.wordpieces import LONGEST_WORD, count_tokens

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nis_backend.capabilities.documents.pages import Heading, Page

LONGEST = 30_000
"""Characters of a chunk: words of a hundred letters and more count as one piece each."""
LEAST_SECTION = 0.25
"""Share of a chunk's size from which a lower heading begins a new one: sections of a line or two stay together."""

_PARAGRAPH = re.compile(r"\n\s*\n\s*")
_SENTENCE = re.compile(r"(?<=[.!?…。！？])[\"'”’)\]]*\s+|\n")  # noqa: RUF001 - how sentences end in Chinese
_WORD = re.compile(r"\S+\s*")


@dataclass(frozen=True, kw_only=True)
class _Atom:
    """What is not parted: a sentence, a line, some words."""

    start: int
    end: int
    tokens: int
    opens: int = 0
    """The level of the heading that it is, 0 for what is none."""


class Chunking:
    """Parts page after page; the headings above the next page's text are those of the pages before it."""

    def __init__(self, *, size: int, overlap: int, above: Sequence[tuple[int, str]] = (), done: int = 0) -> None:
        self._size, self._overlap = size, overlap
        self.above = list(above)
        """Level and text of each heading that what comes next stands under."""
        self.done = done
        """How many chunks there are."""

    def page(self, page: Page) -> Iterator[Chunk]:
        """The chunks of a page."""
        headings = {one.start: one for one in page.headings}
        current: list[_Atom] = []
        path: list[str] = []
        fresh = False
        for atom in _atoms(page, self._size):
            if page.text[atom.start : atom.end].isspace():
                continue
            tokens = sum(one.tokens for one in current)
            if atom.opens and fresh and self._begins(current, atom, tokens):
                yield from self._chunk(page, current, path)
                current, fresh = [], False
            elif fresh and (tokens + atom.tokens > self._size or atom.end - current[0].start > LONGEST):
                yield from self._chunk(page, current, path)
                current, fresh = self._kept(current), False
            if atom.opens:
                self._enter(headings[atom.start])
            if not fresh:
                path = [text for _, text in self.above]
            current.append(atom)
            fresh = True
        if fresh:
            yield from self._chunk(page, current, path)

    def _begins(self, current: list[_Atom], atom: _Atom, tokens: int) -> bool:
        """Whether a heading begins a new chunk; of headings without text between them, the first has."""
        if all(one.opens for one in current):
            return False
        own = next((one.opens for one in current if one.opens), 7)
        return atom.opens <= own or tokens >= LEAST_SECTION * self._size

    def _enter(self, heading: Heading) -> None:
        self.above = [one for one in self.above if one[0] < heading.level]
        self.above.append((heading.level, heading.text))

    def _kept(self, atoms: list[_Atom]) -> list[_Atom]:
        """What of a chunk the next one repeats: its last sentences, no heading among them."""
        kept: list[_Atom] = []
        left = self._overlap
        for one in reversed(atoms[1:]):
            if one.opens or one.tokens > left:
                break
            kept.insert(0, one)
            left -= one.tokens
        return kept

    def _chunk(self, page: Page, atoms: list[_Atom], path: list[str]) -> Iterator[Chunk]:
        text = page.text[atoms[0].start : atoms[-1].end]
        start = atoms[0].start + len(text) - len(text.lstrip())
        text = text.strip()
        if text:
            self.done += 1
            yield Chunk(
                number=self.done,
                text=text,
                page=page.number,
                heading=path,
                start=start,
                end=start + len(text),
                tokens=sum(one.tokens for one in atoms),
            )


def _tokens_of(text: str) -> int:
    """At least one, also of marks that the model leaves out: else a chunk of them would have no end."""
    return max(1, count_tokens(text))


def _atoms(page: Page, size: int) -> Iterator[_Atom]:
    """What the page's text is made of, in order."""
    marks = {one.start: one for one in page.headings}
    place = 0
    for start in [*sorted(marks), len(page.text)]:
        if start > place:
            yield from _sentences(page.text, place, start, size)
        place = start
        if start in marks and start < len(page.text):
            end = page.text.find("\n", start)
            place = len(page.text) if end < 0 else end + 1
            yield _Atom(start=start, end=place, tokens=_tokens_of(page.text[start:place]), opens=marks[start].level)


def _sentences(text: str, start: int, end: int, size: int) -> Iterator[_Atom]:
    for first, last in _parts(_PARAGRAPH, text, start, end):
        whole = _tokens_of(text[first:last])
        if whole <= size // 2 and last - first <= LONGEST:
            yield _Atom(start=first, end=last, tokens=whole)
            continue
        for begin, stop in _parts(_SENTENCE, text, first, last):
            tokens = _tokens_of(text[begin:stop])
            if tokens <= size and stop - begin <= LONGEST:
                yield _Atom(start=begin, end=stop, tokens=tokens)
            else:
                yield from _words(text, begin, stop, size)


def _parts(mark: re.Pattern[str], text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Parts that each end with what parts them."""
    place = start
    for found in mark.finditer(text, start, end):
        if found.end() > place:
            yield place, found.end()
            place = found.end()
    if place < end:
        yield place, end


def _words(text: str, start: int, end: int, size: int) -> Iterator[_Atom]:
    """A sentence longer than a chunk, in parts of whole words; a word longer than that is cut by letters."""
    begin, tokens = start, 0
    for found in _WORD.finditer(text, start, end):
        for first, last in _cut(text, found.start(), found.end(), size):
            more = _tokens_of(text[first:last])
            if tokens and (tokens + more > size or last - begin > LONGEST):
                yield _Atom(start=begin, end=first, tokens=tokens)
                begin, tokens = first, 0
            tokens += more
    if begin < end:
        yield _Atom(start=begin, end=end, tokens=tokens)


def _cut(text: str, start: int, end: int, size: int) -> Iterator[tuple[int, int]]:
    """A word in parts, none of more letters than a chunk has pieces: Chinese has no spaces."""
    if end - start <= max(size, LONGEST_WORD) and _tokens_of(text[start:end]) <= size:
        yield start, end
        return
    for place in range(start, end, size):
        yield place, min(end, place + size)
