"""A conversation as a file: Markdown to read, JSON to go on with."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from nis_backend.capabilities.conversations.shown import said_in
from nis_backend.told import table
from nis_backend.view import Audio, Form, Image, Table, Text, View, moment

if TYPE_CHECKING:
    from nis_backend.capabilities.conversations.shown import Conversation, Turn


def file_name(title: str, ending: str) -> str:
    """A name that every file system takes."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    words = re.findall(r"[a-z0-9]+", plain.lower())
    return f"{'-'.join(words)[:60].strip('-') or 'conversation'}.{ending}"


def markdown(conversation: Conversation, left_out: bool) -> str:
    """The conversation to read: each message, its answer and the tables of it."""
    return "\n".join(_lines(conversation, left_out))


def _lines(conversation: Conversation, left_out: bool) -> Iterator[str]:
    yield f"# {' '.join(conversation.title.split())}"
    yield ""
    yield f"Conversation {conversation.id}, begun {moment(conversation.created)} UTC."
    if left_out:
        yield ""
        yield "Earlier turns are left out."
    for turn in conversation.turns:
        yield from ("", f"## You, {moment(turn.created)}", "", said_in(turn), "")
        yield from _answer(turn)


def _answer(turn: Turn) -> Iterator[str]:
    if turn.response is None:
        why = (turn.problem or {}).get("detail", "")
        yield f"*No answer: {turn.state}. {why}*".replace(" *", "*")
        return
    yield from (f"## {turn.provider}: {turn.model}", "", turn.response)
    for view in turn.views:
        yield from _drawn(view)


def _drawn(view: View) -> Iterator[str]:
    match view:
        case Table():
            yield from ("", f"**{view.title}**", "", *_table(view.columns, view.rows))
        case Text() | Form():
            # The words are the answer's own; a form asks what the next message answers.
            return
        case _:
            shown = table(view)
            yield from ("", f"**{shown.title}**")
            if isinstance(view, Image | Audio):
                yield from ("", view.alt)
            if shown.rows:
                yield from ("", *_table(shown.columns, shown.rows))


def _table(columns: Sequence[str], rows: Sequence[Sequence[str | float]]) -> Iterator[str]:
    for row in (columns, ["---"] * len(columns), *rows):
        yield f"| {' | '.join(_cell(cell) for cell in row)} |"


def _cell(cell: str | float) -> str:
    return " ".join((f"{cell:.10g}" if isinstance(cell, float) else str(cell)).replace("|", "\\|").split())
