"""A long text in parts that a model has room for, cut where a reader would pause."""

from __future__ import annotations

import re

PAUSES = tuple(re.compile(one) for one in (r"\n[^\S\n]*\n\s*", r"\n", r"(?<=[.!?…。！？])\s+|(?<=[。！？])", r"\s+"))  # noqa: RUF001
"""Between paragraphs, lines, sentences, words: the first that a text has is where it is cut."""
WIDEST = 4
"""Bytes of a character at most."""


def size(text: str) -> int:
    """Bytes of UTF-8: no tokenizer makes more tokens of a text, and most make a third or a quarter."""
    return len(text.encode("utf-8", "surrogatepass"))


def split(text: str, room: int) -> list[str]:
    """The text in parts of at most `room` bytes, at least 4; together they are the text."""
    if size(text) <= room:
        return [text]
    pieces = next((some for pause in PAUSES if len(some := _pieces(text, pause)) > 1), None)
    if pieces is None:
        step = max(1, room // WIDEST)
        pieces = [text[place : place + step] for place in range(0, len(text), step)]
    parts: list[str] = []
    waiting: list[str] = []
    held = 0
    for piece in pieces:
        more = size(piece)
        if held + more > room and waiting:
            parts.append("".join(waiting))
            waiting, held = [], 0
        if more > room:
            parts += split(piece, room)
        else:
            waiting.append(piece)
            held += more
    return [*parts, "".join(waiting)] if waiting else parts


def _pieces(text: str, pause: re.Pattern[str]) -> list[str]:
    """What is between pauses, each piece with the pause after it."""
    ends = [found.end() for found in pause.finditer(text) if 0 < found.end() < len(text)]
    return [text[start:end] for start, end in zip([0, *ends], [*ends, len(text)], strict=True)]
