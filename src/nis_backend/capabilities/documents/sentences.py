"""Sentences of a text, each with its place: a sentence ends where a reader would pause, not at every full stop."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nis_backend.capabilities.documents.values import MONTHS

if TYPE_CHECKING:
    from collections.abc import Iterator

HEADING_WORDS = 8
LONGEST = 1200
"""Characters of a sentence; what has more is cut where a reader would pause for breath."""

_BLOCK = re.compile(r"\n[^\S\n]*\n\s*|\n(?=[^\S\n]*(?:[-*•◦▪\u2013·]\s|\d{1,3}[.)]\s|\([a-z0-9]{1,3}\)\s|#{1,6}\s|\|))")
"""Between paragraphs, and before what stands in a list or a table."""
_ROW = re.compile(r"^(?:[^\n\t]*\t[^\n]*|#{1,6}[^\S\n][^\n]*)$", re.MULTILINE)
"""A line with tabs, and a heading of Markdown."""
_END = re.compile(r"[.!?…]+[\"'”’»)\]]*(?=\s)|[。！？][」』”’）]*")  # noqa: RUF001 - Chinese and Japanese stops
_ENDED = re.compile(r"[.!?:;…。！？][\"'”’»)\]」』]*$")  # noqa: RUF001 - as above
_BREATH = re.compile(r"[;:,]\s|\s")
_WORD = re.compile(r"[^\W_]")
_LAST_WORD = re.compile(r"([^\W\d_]+(?:\.[^\W\d_]+)*)$")
_INITIALS = re.compile(r"[A-Z\u00c0-\u00de](?:\.[A-Z\u00c0-\u00de])*")
_DAY = re.compile(r"(?<!\d)\d{1,2}$")
_MONTH = re.compile(rf"(?:{'|'.join(MONTHS)})\b", re.IGNORECASE)
_LIST_NUMBER = re.compile(r"(?:^|\s)\(?\d{1,3}$")

_ABBREVIATIONS = frozenset(
    (  # noqa: SIM905 - a list to be read
        "mr mrs ms dr prof st sr jr rev gen col capt lt sgt hon pres gov sen rep messrs mme mlle "
        "inc ltd co corp llc bros no nos vol vols pp p ch chap sec sect art para paras cl fig figs tab eq eqs ref refs "
        "ed eds al etc vs v cf viz approx est dept univ ave blvd rd mt ft jan feb mar apr jun jul aug sep sept oct nov "
        "dec mon tue tues wed thu thur thurs fri sat sun e.g i.e a.m p.m u.s u.k u.n ph.d m.a b.a m.sc b.sc d.c "
        "bzw ca evtl ggf inkl nr s str usw z.b d.h u.a bsp abs env"
    ).split()
)
_ENDING = frozenset({"etc", "inc", "ltd", "co", "corp", "llc", "jr", "sr", "p.m", "a.m", "ph.d", "d.c"})
"""Those that a sentence may end with, when the next one begins with a capital letter."""


@dataclass(frozen=True, kw_only=True)
class Sentence:
    """A sentence and where it stands."""

    text: str
    """As it stands there."""
    start: int
    end: int


def sentences_of(text: str) -> list[Sentence]:
    """The sentences of a text; what holds no letter and no digit is left out."""
    found: list[Sentence] = []
    for start, end in _blocks(text):
        for first, last in _parts(text, start, end):
            while last - first > LONGEST:
                cut = _breath(text, first, first + LONGEST)
                _keep(found, text, first, cut)
                first = cut  # noqa: PLW2901 - what is left of it
            _keep(found, text, first, last)
    return found


def is_heading(text: str) -> bool:
    """Whether it looks like one: marked so, or few words without an end, a number or a colon."""
    if text.startswith("#"):
        return True
    plain = not _ENDED.search(text) and ":" not in text and "\t" not in text
    return plain and len(text.split()) < HEADING_WORDS and not any(map(str.isdigit, text))


def _keep(found: list[Sentence], text: str, start: int, end: int) -> None:
    piece = text[start:end]
    if _WORD.search(piece):
        start += len(piece) - len(piece.lstrip())
        piece = piece.strip()
        found.append(Sentence(text=piece, start=start, end=start + len(piece)))


def _blocks(text: str) -> Iterator[tuple[int, int]]:
    """Paragraphs, points of lists, rows of tables, headings."""
    start = 0
    for gap in (*_BLOCK.finditer(text), None):
        end = len(text) if gap is None else gap.start()
        for row in _ROW.finditer(text, start, end):
            if row.start() > start:
                yield start, row.start()
            yield row.span()
            start = row.end()
        yield start, end
        start = end if gap is None else gap.end()


def _parts(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    for stop in _END.finditer(text, start, end):
        if _ends(text, start, stop, end):
            yield start, stop.end()
            start = stop.end()
    yield start, end


def _ends(text: str, start: int, stop: re.Match[str], end: int) -> bool:
    """Whether a sentence ends with these signs."""
    signs = stop[0]
    following = text[stop.end() : min(end, stop.end() + 40)].lstrip()
    if not following or signs[0] in "。！？":  # noqa: RUF001 - as above
        return True
    if following[0].islower():
        return False
    if signs != ".":
        return True
    before = text[max(start, stop.start() - 24) : stop.start()]
    word = _LAST_WORD.search(before)
    if word is None:
        # Neither the 1. of March as Germans write it, nor "1. The parties", a list's number in a line of its own.
        day = _DAY.search(before) and _MONTH.match(following)
        point = _LIST_NUMBER.search(before) and not text[start : stop.start()].strip(" (0123456789")
        return not (day or point)
    said = word[1].casefold()
    if _INITIALS.fullmatch(word[1]):
        return False
    return said not in _ABBREVIATIONS or (said in _ENDING and following[0].isupper())


def _breath(text: str, start: int, most: int) -> int:
    """The last place before `most` where a long sentence may be cut."""
    places = [found.end() for found in _BREATH.finditer(text, start + LONGEST // 2, most)]
    return places[-1] if places else most
