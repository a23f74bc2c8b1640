"""What was said in conversations, by its words, in PostgreSQL.

The words are taken apart here, as SQLite's index does it: the database's own parser knows other words in each locale,
and its dictionary without accents is an extension that not every server has.
"""

from __future__ import annotations

import json
import re
import unicodedata
from typing import TYPE_CHECKING, Any, cast

from nis_backend.drivers.store.base import FOUND

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

WORD = re.compile(r"[^\W_]+")
INDEXED, LONGEST, PLACES = 200_000, 100, 255
"""Characters of a text that are indexed, characters of a word, places of one word (PostgreSQL's own most): the whole
stays below the megabyte that a vector may have."""
LAST_PLACE = 16_383
"""PostgreSQL's own."""
SNIPPET = 24
"""Words of a text around those that were found."""

SEARCH = """
select s.conversation_id, c.title, s.run_id, coalesce(r.created, c.created) as created, s.text
from said s join conversations c on c.id = s.conversation_id left join runs r on r.id = s.run_id
where s.words @@ %(query)s::tsquery and s.owner = %(owner)s
    -- A title made from the first message is found with that.
    and not (s.run_id is null and exists (select from said m where m.conversation_id = s.conversation_id
        and m.run_id is not null and left(m.text, 40) = left(s.text, 40)))
order by ts_rank(s.words, %(query)s::tsquery, 1) desc, s.id desc limit %(limit)s offset %(after)s
"""


def message_in(request: str | None) -> str | None:
    """The words of a turn's request, where it has any."""
    return _text_in(request, "message")


def response_in(result: str | None) -> str | None:
    """The words of a turn's result, where it has any."""
    return _text_in(result, "response")


def _text_in(document: str | None, key: str) -> str | None:
    found: Any = json.loads(document) if document else None  # Any: JSON
    text = cast("dict[str, Any]", found).get(key) if isinstance(found, dict) else None
    if not isinstance(text, str):
        return None
    # JSON may name what a cell cannot hold.
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def _fold(word: str) -> str:
    apart = unicodedata.normalize("NFKD", word.casefold())
    return "".join(sign for sign in apart if sign.isalnum())[:LONGEST]


def _words(text: str) -> Iterator[tuple[str, re.Match[str]]]:
    for found in WORD.finditer(text):
        if word := _fold(found.group()):
            yield word, found


def vector(text: str) -> str:
    """The text's words and their places, as a `tsvector` is written."""
    places: dict[str, list[int]] = {}
    for place, (word, _) in enumerate(_words(text[:INDEXED]), start=1):
        known = places.setdefault(word, [])
        if len(known) < PLACES:
            known.append(min(place, LAST_PLACE))
    return " ".join(f"'{word}':{','.join(map(str, known))}" for word, known in places.items())


def query(words: Sequence[str]) -> str:
    """All of these words' beginnings, as a `tsquery` is written."""
    return " & ".join(f"'{part}':*" for word in words for part, _ in _words(word))


def snippet(text: str, words: Sequence[str]) -> str:
    """The part of a text where the words are, each between the marks `FOUND`."""
    wanted = tuple(part for word in words for part, _ in _words(word))
    every = list(_words(text))
    hits = [word.startswith(wanted) for word, _ in every]
    first = max(0, min(hits.index(True) - SNIPPET // 4, len(every) - SNIPPET)) if any(hits) else 0
    shown, last = "", first + SNIPPET
    at = every[first][1].start() if first else 0
    for (_, found), hit in zip(every[first:last], hits[first:last], strict=True):
        word = f"{FOUND[0]}{found.group()}{FOUND[1]}" if hit else found.group()
        shown += text[at : found.start()] + word
        at = found.end()
    return ("…" if first else "") + shown + ("…" if last < len(every) else text[at:])
