"""Words looked up in a text that is said to hold them: verbatim but for how they are set, or not there.

Only what a printer or a reader of pages does to words may differ: white space, line ends with or without a hyphen at
them, ligatures, soft hyphens, composed and decomposed letters, the shape of quotation marks and dashes. Letters' case,
digits (a raised two is not a two), commas and words may not. A quote is whole words and whole numbers: "able" is not
quoted from "unable", nor "can" from "can't", "500" from "1,500", "1 500" or "-500", "2" from "1/2", "30" from "10:30".
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MARKS = "\"'`“”„‟«»\u2039\u203a\u2018\u2019\u201a\u201b"
"""Marks of quotation, which may stand around a quote without being part of it."""

MOST = 32
"""Places of one quote that are told."""
MOST_STEPS = 500_000
"""Characters that are looked at for them, one by one: some 0.2 s."""

_SOFT = "\u00ad\u200b\u2060\ufeff"
"""Not seen: the soft hyphen, and spaces without a width."""
_DASHES = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"
_HYPHENS = "-\u2010\u2011\u00ad"

_ALIKE = {
    **dict.fromkeys("“”„‟«»\u2033\u301d\u301e\uff02", '"'),
    **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u2039\u203a\uff07\u00b4`", "'"),
    "\u00b5": "\u03bc",
    "…": "...",
    **dict.fromkeys(_DASHES + _SOFT, ""),
}
"""What is one thing in another shape: straight for curly marks, the Greek letter for the micro sign."""

_SET = re.compile("[\ufb00-\ufdff\ufe70-\ufefc\uff01-\uff5e\u0132\u0133\u01c4-\u01cc]")
"""Ligatures, forms of Arabic letters by their place, letters as wide as Chinese ones."""
_SPACELESS = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3000-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uff0f"
    "\U00020000-\U0003ffff]"
)
"""Scripts that are written without spaces."""
_INK = re.compile(r"([!-,.-_a-~]+)|\S")
"""A run of ASCII without hyphens and spaces, or any other sign that is no space."""
_JOIN = re.compile(rf"[{_HYPHENS}][^\S\n]*\r?\n\s*")
"""A word's or a range's hyphen at the end of a line."""
_IN_NUMBERS = ".,':/"
"""What stands between two digits of one number, time or fraction."""
_GROUPING = " \u00a0\u2007\u2009\u202f"
"""Spaces between the thousands of a number."""
_BEFORE = re.compile(rf"(?<![\d.,])\d{{1,3}}(?:[{_GROUPING}]\d{{3}})*$")
_THOUSANDS = re.compile(r"\d{3}(?!\d)")
_BULLET = re.compile(r"^\s*[-*•\u2013]\s+")


@dataclass(frozen=True, kw_only=True)
class Span:
    """Where words stand: pages from 0, characters of a page from 0; `end` is the place after the last one."""

    text: str
    """As they stand there; over a page's end, with a line's end between."""
    page: int
    start: int
    end_page: int
    end: int


class Source:
    """A text in pages, read once, in which quotes are looked up. Takes some ten bytes a character."""

    def __init__(self, pages: Sequence[str]) -> None:
        self._text = "\n".join(pages)
        self._pages = [0, *accumulate(len(page) + 1 for page in pages)]
        self._key, self._begins, self._ends = _squeezed(self._text)

    def find(self, words: str, *, near: tuple[int, int] | None = None, whole: bool = True) -> list[Span]:
        """The places where the words stand, in their order; the one next to `near`, a page and its character, first.

        None where the text has them not. Marks of quotation around them, or a list's sign before them, may be the
        quoter's own. Without `whole`, words may be cut.
        """
        bare = words.strip().strip(MARKS)
        for said in dict.fromkeys((words, bare, _BULLET.sub("", bare, count=1))):
            found = list(self._places(said, whole=whole))
            if found and near is not None:
                wanted = self._pages[min(near[0], len(self._pages) - 1)] + near[1]
                found.sort(key=lambda place: abs(place[0] - wanted))
            if found:
                return [self._span(start, end) for start, end in found]
        return []

    def _places(self, words: str, *, whole: bool) -> Iterator[tuple[int, int]]:
        """First and last character, each place once."""
        key, begins, ends = _squeezed(words)
        if not any(map(_is_word, key)):
            return
        gaps = [words[end:begin] for end, begin in zip(ends[:-1], begins[1:], strict=True)]
        before, after = _settled(words[: begins[0]]).lstrip(), _settled(words[ends[-1] :]).rstrip()
        place, steps, told = self._key.find(key), 0, 0
        while place >= 0 and steps < MOST_STEPS and told < MOST:
            last = place + len(key) - 1
            # To look for a long one once more takes a while by itself.
            steps += 1 + len(key) // 32
            if not (whole and self._cut(place, last, signed="-" in before)):
                steps += len(key)
                start, end = self._outset(place, before), self._end(last, after)
                if start is not None and end is not None and self._there(place, gaps):
                    told += 1
                    yield start, end
            place = self._key.find(key, place + 1)

    def _there(self, place: int, gaps: Sequence[str]) -> bool:
        """Whether what is between the characters is the same, and no ligature is cut at either end."""
        for number, gap in enumerate(gaps, place):
            own = self._gap(number)
            if own != gap and not _same(own, gap, self._key[number], self._key[number + 1]):
                return False
        last = place + len(gaps)
        after = last + 1 < len(self._key) and self._begins[last + 1] == self._begins[last]
        return not after and not (place and self._begins[place - 1] == self._begins[place])

    def _cut(self, place: int, last: int, *, signed: bool) -> bool:
        """Whether a word or a number is cut at either end; a sign before it may be part of the quote."""
        return self._cut_after(last) or self._cut_before(place) or not (signed or self._bare(place))

    def _bare(self, place: int) -> bool:
        """Whether no minus stands before a number: left out, it makes another of it."""
        if place and self._key[place - 1] in "$€£¥" and not self._gap(place - 1):
            return self._bare(place - 1)
        gap = self._gap(place - 1) if place else self._text[: self._begins[place]]
        settled, right = _settled(gap), self._key[place]
        if not settled.endswith("-") or not (right.isdecimal() or right in "$€£"):
            return True
        return bool(place) and settled == "-" and _is_word(self._key[place - 1])

    def _gap(self, number: int) -> str:
        """What stands behind the character of this number."""
        return self._text[self._ends[number] : self._begins[number + 1]]

    def _outset(self, place: int, before: str) -> int | None:
        """The first character where dashes before the words belong to them; None where there are none."""
        begin = self._begins[place]
        least = self._ends[place - 1] if place else 0
        if not before:
            return begin
        starts = range(begin - 1, max(least, begin - len(before) - 8) - 1, -1)
        return next((start for start in starts if _settled(self._text[start:begin]) == before), None)

    def _end(self, last: int, after: str) -> int | None:
        """As `_outset`, for dashes behind the words."""
        end = self._ends[last]
        most = self._begins[last + 1] if last + 1 < len(self._key) else len(self._text)
        if not after:
            return end
        ends = range(end + 1, min(most, end + len(after) + 8) + 1)
        return next((stop for stop in ends if _settled(self._text[end:stop]) == after), None)

    def _cut_before(self, place: int) -> bool:
        """Whether a word or a number begins before this place."""
        if not place:
            return False
        left, gap, right = self._key[place - 1], self._gap(place - 1), self._key[place]
        if not _settled(gap) and left in _IN_NUMBERS and place > 1 and not self._gap(place - 2):
            return (right.isdecimal() and self._key[place - 2].isdecimal()) or self._is_not(place - 2)
        return _one_word(left, gap, right) or self._grouped(place)

    def _cut_after(self, last: int) -> bool:
        """Whether a word or a number goes on behind this place."""
        if last + 1 >= len(self._key):
            return False
        left, gap, right = self._key[last], self._gap(last), self._key[last + 1]
        if not _settled(gap) and right in _IN_NUMBERS and last + 2 < len(self._key) and not self._gap(last + 1):
            return (left.isdecimal() and self._key[last + 2].isdecimal()) or self._is_not(last)
        return _one_word(left, gap, right) or self._grouped(last + 1)

    def _is_not(self, place: int) -> bool:
        """Whether the letter is the one before the mark of "can't"."""
        last = place + 2
        return self._key[place : last + 1].casefold() == "n't" and not (
            last + 1 < len(self._key) and self._key[last + 1].isalpha() and not self._gap(last)
        )

    def _grouped(self, place: int) -> bool:
        """Whether three digits here are the thousands of a number that a space parts from what is before them."""
        if self._gap(place - 1) not in _GROUPING or not self._gap(place - 1):
            return False
        begin, end = self._begins[place], self._ends[place - 1]
        return bool(_BEFORE.search(self._text, max(0, end - 16), end) and _THOUSANDS.match(self._text, begin))

    def _span(self, start: int, end: int) -> Span:
        page, last = self._page(start), self._page(end - 1)
        return Span(
            text=self._text[start:end],
            page=page,
            start=start - self._pages[page],
            end_page=last,
            end=end - self._pages[last],
        )

    def _page(self, place: int) -> int:
        return bisect_right(self._pages, place) - 1


def _squeezed(text: str) -> tuple[str, array[int], array[int]]:
    """What is written, without spaces, dashes and the shape of signs; where each character begins and ends."""
    key: list[str] = []
    begins, ends = array("I"), array("I")
    for found in _INK.finditer(text):
        start, end = found.span()
        if found[1]:
            key.extend(found[1])
            begins.extend(range(start, end))
            ends.extend(range(start + 1, end + 1))
            continue
        letters = _folded(found[0])
        if key and ends[-1] == start and unicodedata.combining(found[0]):
            letters = unicodedata.normalize("NFC", key.pop() + letters)
            start = begins.pop()
            ends.pop()
        for letter in letters:
            key.append(letter)
            begins.append(start)
            ends.append(end)
    return "".join(key), begins, ends


@lru_cache(maxsize=4096)
def _folded(sign: str) -> str:
    """One sign as it is compared: nothing for a dash, more than one letter for a ligature."""
    if sign in _ALIKE:
        return _ALIKE[sign]
    return "".join(unicodedata.normalize("NFKC" if _SET.match(sign) else "NFC", sign).split())


@lru_cache(maxsize=4096)
def _settled(gap: str) -> str:
    """What is between two characters, as it is compared: one kind of dash, one space."""
    plain = "".join("-" if one in _DASHES else one for one in gap if one not in _SOFT)
    return re.sub(r"\s+", " ", plain)


def _same(own: str, gap: str, left: str, right: str) -> bool:
    """Whether the text's gap between two characters is what a quote has there."""
    there, said = _settled(own), _settled(gap)
    if there == said:
        return True
    if _JOIN.fullmatch(own):
        return said in {"-", "- "} or (not said and left.isalpha() and right.isalpha())
    spaces = not there.strip() and not said.strip()
    return spaces and bool(_SPACELESS.match(left) and _SPACELESS.match(right))


def _one_word(left: str, gap: str, right: str) -> bool:
    """Whether two neighbours belong to one word or one range of numbers."""
    if not (_is_word(left) and _is_word(right)):
        return False
    settled = _settled(gap)
    if not settled and not _JOIN.fullmatch(gap):
        return not (_SPACELESS.match(left) or _SPACELESS.match(right))
    if _JOIN.fullmatch(gap):
        return True
    return settled == "-" and (gap.strip(_SOFT) in _HYPHENS or (left.isdecimal() and right.isdecimal()))


@lru_cache(maxsize=4096)
def _is_word(letter: str) -> bool:
    return letter.isalnum() or unicodedata.category(letter)[0] == "M"
