"""Messages that ask whether an equation's dimensions agree: "Is F = m*v consistent, with F in N, …?"."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nis_backend.capabilities.operations.message import Route
from nis_backend.fields import fields_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nis_backend.entry import Entry

_LAW = r"['\"\u201c\u201d`]?(?P<law>[^=?<>]{1,120}?=[^=?<>]{1,120}?)['\"\u201c\u201d`]?"
_WHAT = r"(?:the )?(?:units|dimensions|dimensional (?:consistency|analysis|homogeneity)|consistency) (?:of|in) "
_GOOD = (
    r"(?:(?:dimensionally |physically )?(?:consistent|homogeneous)"
    r"|dimensionally (?:correct|right|valid|sound|possible))"
)
_WITH = r"(?:\s*,?\s*\(?(?:with|where|if|for|when|given)\s+(?P<measures>.+?)\)?)?"
_FIT = r"(?:the )?(?:right|correct|consistent|matching|same) (?:units|dimensions)(?: on both sides)?"
_ASKS = [
    re.compile(rf"\W*(?:please\W+)?{asks}[\s.?!]*", re.IGNORECASE | re.DOTALL)
    for asks in (
        rf"is (?:the (?:equation|formula|law) )?{_LAW} {_GOOD}(?: in (?:its )?(?:units|dimensions))?{_WITH}",
        rf"are {_WHAT}{_LAW} (?:{_GOOD}|consistent|right|correct|the same|equal){_WITH}",
        rf"do {_WHAT}{_LAW} (?:agree|match|fit|work out){_WITH}",
        rf"(?:check|verify|test) (?:that |whether |if )?{_LAW} is {_GOOD}{_WITH}",
        rf"(?:check|verify|test) {_WHAT}{_LAW}{_WITH}",
        rf"(?:check|verify|test) (?:the )?(?:units|dimensions|dimensional consistency)\s*(?::|of)\s*{_LAW}{_WITH}",
        rf"(?:has|have|does|do) (?:the (?:equation|formula|law) )?{_LAW} (?:have )?{_FIT}{_WITH}",
    )
]
"""How people ask it."""
_MEASURE = re.compile(r"(?P<symbol>[^\W\d]\w*)\s*(?:(?:is |are )?(?:measured )?in|=|:)\s*(?P<unit>\S.*?)", re.DOTALL)


def lawful(message: str, entries: Iterable[Entry]) -> Route | None:
    """The operation that checks the equation asked about; None where none is, or what symbols measure is unclear."""
    asks = next((found for one in _ASKS if (found := one.fullmatch(message))), None)
    if asks is None:
        return None
    said = [one for one in re.split(r"\s*(?:,|;|\band\b)\s*", asks["measures"] or "") if one]
    read = [_MEASURE.fullmatch(one) for one in said]
    if not all(read):
        return None
    for entry in entries:
        names = {one.reads: one.name for one in fields_of(entry.request_schema)}
        if "law" in names and "measures" in names:
            law, measures = asks["law"].strip(), {one["symbol"]: one["unit"].strip() for one in read if one}
            arguments = {names["law"]: law} | ({names["measures"]: measures} if measures else {})
            return Route(operation=entry.name, arguments=arguments, sources={names["law"]: law}, ready=True)
    return None
