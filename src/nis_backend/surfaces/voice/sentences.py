"""An answer's text in pieces that are spoken one by one, found while it still grows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

SHORTEST = 12
"""Characters below which a piece waits for more: `Dr.` and `1.` are no sentences."""
LONGEST = 240
"""Characters after which one is cut between two words, that its sound does not keep the listener waiting."""
FIRST = 48
"""Characters after which the first piece of an answer may end at a comma: it is heard the sooner."""

WHOLE = 0.999
"""The share from which on a sentence was heard to its end: seconds are no exact sums."""

_END = re.compile(r"[.!?\u2026][\"'\u201d\u2019)\]]*(?=\s)|[\u3002\uff01\uff1f]|\n")
_SHORT_FORM = re.compile(r"\b(?:Dr|Mr|Mrs|Ms|Prof|St|No|Fig|vs|approx|e\.g|i\.e)\.$")
_PAUSE = re.compile(r"[,;:](?=\s)")
_SPACE = re.compile(r"\s(?=\S)")

_FENCE = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_ADDRESS = re.compile(r"https?://\S+")
_MARK = re.compile(r"^\s*(?:[#>]+|[-*+]|\|)\s+|[*_`#|~]+", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Sentence:
    """A piece of an answer: its text as it stands there, from one character to another."""

    text: str
    start: int
    aside: bool = False
    """Whether it is spoken beside the answer, and is no part of it."""

    @property
    def end(self) -> int:
        """The character behind its last one."""
        return self.start + (0 if self.aside else len(self.text))

    @property
    def words(self) -> str:
        """What of it is spoken: no marks of Markdown, no code, no addresses."""
        plain = _ADDRESS.sub("", _LINK.sub(r"\1", _FENCE.sub(" ", self.text)))
        return " ".join(_MARK.sub("", plain).split())


class Sentences:
    """Cuts a text that grows; `skip` characters of it were spoken before.

    A text may also be taken back in part, when a step of its run is retried: what begins as before is not cut again,
    and from where it differs on it is, sentence by sentence.
    """

    def __init__(self, skip: int = 0) -> None:
        self.text = ""
        self._given: list[Sentence] = []
        self._skip = skip
        self._whole = False

    @property
    def given(self) -> int:
        """Characters that were handed out."""
        return self._given[-1].end if self._given else 0

    def grow(self, text: str) -> Iterator[Sentence]:
        """What can be spoken, now that this is the answer."""
        before = self.text[: self.given]
        self.text = text
        if not text.startswith(before):
            if before.startswith(text):
                # It may become what it was.
                self.text = before
                return
            same = next(at for at, (old, new) in enumerate(zip(before, text, strict=False)) if old != new)
            self._given = [one for one in self._given if one.end <= same]
        yield from self._cut()

    def finish(self) -> Iterator[Sentence]:
        """The rest: nothing follows."""
        self._whole = True
        yield from self._cut()

    def _cut(self) -> Iterator[Sentence]:
        while (end := self._next_end(at := self.given)) is not None:
            piece = Sentence(text=self.text[at:end], start=at)
            self._given.append(piece)
            if end <= self._skip:
                continue
            if at < self._skip:
                piece = Sentence(text=self.text[self._skip : end], start=self._skip)
            if piece.words:
                yield piece

    def _next_end(self, at: int) -> int | None:
        rest = self.text[at:]
        if not rest:
            return None
        if rest.lstrip().startswith("```"):
            return self._end_of_code(at)
        for found in _END.finditer(rest):
            if len(rest[: found.end()].strip()) >= SHORTEST and not _SHORT_FORM.search(rest[: found.end()]):
                return at + found.end() if found.end() <= LONGEST else at + _last_space(rest)
        if not self._given and (found := _PAUSE.search(rest, FIRST)) and found.end() <= LONGEST:
            return at + found.end()
        if len(rest) > LONGEST:
            return at + _last_space(rest)
        return len(self.text) if self._whole else None

    def _end_of_code(self, at: int) -> int | None:
        """Code is one piece, of which nothing is spoken."""
        closed = self.text.find("```", self.text.index("```", at) + 3)
        if closed >= 0:
            return closed + 3
        return len(self.text) if self._whole else None


def _last_space(rest: str) -> int:
    spaces = [found.end() for found in _SPACE.finditer(rest, 1, LONGEST)]
    return spaces[-1] if spaces else LONGEST


def heard(sentence: Sentence, share: float) -> str:
    """What was heard of a sentence of which so much was played: whole words."""
    if sentence.aside:
        return ""
    if share >= WHOLE:
        return sentence.text
    cut = sentence.text[: int(len(sentence.text) * max(share, 0.0))]
    return cut[: cut.rfind(" ") + 1].rstrip()
