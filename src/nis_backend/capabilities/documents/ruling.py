"""Fields found by rules: what stands behind its label, and what is known by its form."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from nis_backend.capabilities.documents.citing import NOT
from nis_backend.capabilities.documents.leaves import Filled, grown, kind_of
from nis_backend.capabilities.documents.relevance import stem, words_of
from nis_backend.capabilities.documents.values import amounts_of, days_of, decimal_commas

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nis_backend.capabilities.documents.citing import Citation
    from nis_backend.capabilities.documents.given import Reading
    from nis_backend.capabilities.documents.leaves import Tree
    from nis_backend.operation import Json

    # Any: JSON. A value, and where it stands in the text.
    Reader = Callable[[str], Iterator[tuple[Any, int, int]]]

RULES = (
    "By rules, without a language model: a value stands in a line that has all words of the field's name or title, "
    "next to them but for words such as is, of and due: a day, a number, or what follows a colon or a tab; addresses "
    "of e-mail and web are known by their form. 1,200 is read as the rest of the document writes its decimals; a share "
    "or a time is no amount of money. Lines that begin with the name go before others; where lines disagree, there is "
    "no value; lists of objects are not filled."
)
LONGEST = 200
"""Characters of a text that stands behind a label."""

_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_WEB = re.compile(r"https?://[^\s<>\"')\]]+")
_BETWEEN = re.compile(
    r"(?:[\s:=|.*_>\u2013\u2014-]|\([^)]*\)|[$€£¥]|\b(?:is|are|was|were|be|of|on|at|to|in|from|the|a|an|amounts?|equals|comes"
    r"|due|payable|sum|no|nr|number|dated?|eur|euros?|usd|gbp|chf|dollars?|ist|sind|betr\u00e4gt|am|vom|von|der|die|das)\b)*",
    re.IGNORECASE,
)
"""What may stand between a field's name and its value."""
_MONEY = re.compile(
    r"(?:\b|_)(?:eur|euros?|usd|dollars?|gbp|pounds?|chf|currency|price|cost|fee|total|amount|rent|deposit|salary|sum)"
    r"(?:\b|_)|[€$£]",
    re.IGNORECASE,
)
_NO_MONEY = re.compile(
    r"\s?(?:%|per ?cent\b|prozent\b)|[\s-](?:working |calendar )?(?:minute|hour|day|week|month|year)s?\b"
    r"|\s(?:tage?n?|wochen?|monate?n?|jahre?n?|stunden?)\b",
    re.IGNORECASE,
)
_TIMES = re.compile(r"\s?(?:(thousand|tsd)|(million(?:en|s)?|mio|mn)|(billions?|bn|milliarden?|mrd))\b", re.IGNORECASE)
_BEHIND = re.compile(r"^[\s*_.]*(?:[:=\t|]|\.{3,}|\s{2,})[\s:=|.*_]*(?P<said>(?:(?!\s{2})[^\t|])*[^\s\t|*_])")


@dataclass(frozen=True, kw_only=True)
class _Hit:
    value: Any  # Any: JSON
    quote: Citation


def by_rules(schema: Json, document: Reading) -> Tree:
    """The schema's tree, filled where a rule finds one value and no other."""
    lines = list(_lines(document))

    def fill(name: str, leaf: Json, _answer: Any) -> Filled:
        hits = _hits(name, leaf, document, lines)
        values = {repr(one.value) for one in hits}
        if len(values) == 1:
            return Filled(schema=leaf, name=name, value=hits[0].value, quote=hits[0].quote)
        others = tuple(dict.fromkeys(one.quote for one in hits))
        why = f"{len(values)} lines say different things." if values else ""
        return Filled(schema=leaf, name=name, reason=why, others=others[:10])

    tree = grown(schema, None, fill)
    return _with_lists(schema, tree, document, lines)


def _with_lists(schema: Json, tree: Tree, document: Reading, lines: list[_Line]) -> Tree:
    """Lists of what is known by its form hold all there is of it."""
    if kind_of(schema) == "object":
        properties: dict[str, Json] = schema["properties"]
        return {
            name: _list(name, one, document, lines)
            if kind_of(one) == "array"
            else _with_lists(one, tree[name], document, lines)
            for name, one in properties.items()
        }
    return tree


def _list(name: str, schema: Json, document: Reading, lines: list[_Line]) -> list[Filled]:
    leaf: Json = schema["items"]
    form = _form(name, leaf)
    if form is None or kind_of(leaf) != "string":
        return []
    found: dict[Any, Filled] = {}
    for line in lines:
        for value, start, end in form(line.text):
            found.setdefault(value, Filled(schema=leaf, name=name, value=value, quote=line.cite(document, start, end)))
    return list(found.values())


@dataclass(frozen=True, kw_only=True)
class _Line:
    page: int
    start: int
    text: str

    def cite(self, document: Reading, start: int, end: int) -> Citation:
        return document.passage(self.page, self.text, self.start).cite(start, end)


def _lines(document: Reading) -> Iterator[_Line]:
    for number, text in document.pages:
        place = 0
        for line in text.split("\n"):
            if line.strip():
                yield _Line(page=number, start=place, text=line)
            place += len(line) + 1


def _hits(name: str, leaf: Json, document: Reading, lines: list[_Line]) -> list[_Hit]:
    """What lines with the field's label say, else what is known by its form."""
    form = _form(name, leaf)
    read = form or _reader(name, leaf, commas=decimal_commas(text for _, text in document.pages))
    found: list[_Hit] = []
    others: list[_Hit] = []
    for line in lines:
        label = _label(line.text, name, leaf)
        if label is None:
            continue
        before, behind = label
        value, start, end = next(iter(read(line.text[behind:])), (None, 0, 0))
        if value is not None and ("enum" in leaf or _BETWEEN.fullmatch(line.text, behind, behind + start)):
            hit = _Hit(value=value, quote=line.cite(document, _label_start(line.text), behind + end))
            (others if before else found).append(hit)
    found = found or others
    if not found and form is not None and leaf.get("format") in {"email", "uri"}:
        found = [
            _Hit(value=value, quote=line.cite(document, start, end))
            for line in lines
            for value, start, end in form(line.text)
        ]
    return found


def _label_start(text: str) -> int:
    return len(text) - len(text.lstrip())


def _label(text: str, name: str, leaf: Json) -> tuple[bool, int] | None:
    """Whether words stand before those of the field's title or name, and where a line goes on behind these; or None."""
    for label in filter(None, (leaf.get("title"), name)):
        wanted = _stems(_apart(str(label)))
        if not wanted:
            continue
        seen: set[str] = set()
        before = False
        for found in re.finditer(r"[^\W_]+", text):
            stems = _stems(found[0])
            before = before or not (seen or stems & wanted)
            seen |= wanted & stems
            if seen >= wanted:
                return before, found.end()
    return None


def _stems(text: str) -> frozenset[str]:
    return frozenset(stem(word) for word in re.findall(r"[^\W_]+", text.casefold()))


def _apart(name: str) -> str:
    """Words of a name as it stands in a schema: invoiceTotal, invoice_total."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|_", " ", name)


def _form(name: str, leaf: Json) -> Reader | None:
    """What reads a value that is known by its form."""
    said = frozenset(words_of(_apart(name)))
    form = leaf.get("format")
    if kind_of(leaf) != "string" or "enum" in leaf:
        return None
    if form == "email" or said & {"email", "mail"}:
        return _mails
    if form == "uri" or said & {"url", "website", "link"}:
        return _webs
    return _days if form == "date" or said & {"dat", "date"} else None


def _reader(name: str, leaf: Json, *, commas: bool) -> Reader:
    kind = kind_of(leaf)
    if "enum" in leaf:
        return partial(_choices, leaf["enum"])
    if kind in {"number", "integer"}:
        meant = f"{_apart(name)} {leaf.get('title', '')} {leaf.get('description', '')}"
        return partial(_amount, meant, whole=kind == "integer", commas=commas)
    return _yes_or_no if kind == "boolean" else _said


def _amount(meant: str, text: str, *, whole: bool, commas: bool) -> Iterator[tuple[float, int, int]]:
    """The first number, where it is one that can be `meant`: no part of a day, no share or time where money is."""
    days = [(start, end) for _, start, end in days_of(text)]
    for value, start, end in amounts_of(text, commas=commas):
        behind = text[end:]
        if any(first < end and start < last for first, last in days):
            return
        if _NO_MONEY.match(behind) and _MONEY.search(meant):
            continue
        # Cells of a row without tabs look like a number in groups.
        if re.search(r"\d \d{3}", text[start:end]) and not re.match(r"[.,]?\d*\s?(?:[€$£]|[A-Z]{3}\b)", behind):
            return
        times = _TIMES.match(behind)
        if times is not None and not re.search(r"thousand|million|billion", meant, re.IGNORECASE):
            value *= 1000 ** (times.lastindex or 0)  # noqa: PLW2901 - as it is said
            end += times.end()  # noqa: PLW2901 - as above
        if not whole or value == int(value):
            yield int(value) if whole else value, start, end
        return


def _mails(text: str) -> Iterator[tuple[str, int, int]]:
    for found in _MAIL.finditer(text):
        yield found[0], found.start(), found.end()


def _webs(text: str) -> Iterator[tuple[str, int, int]]:
    for found in _WEB.finditer(text):
        address = found[0].rstrip(".,;")
        yield address, found.start(), found.start() + len(address)


def _days(text: str) -> Iterator[tuple[str, int, int]]:
    for day, start, end in sorted(days_of(text), key=lambda one: one[1]):
        yield day.isoformat(), start, end


def _choices(choices: list[Any], text: str) -> Iterator[tuple[Any, int, int]]:
    """The one that is named, wherever it stands; none where it is more than one, or what is not."""
    said = [(re.search(rf"\b{re.escape(one)}\b", text, re.IGNORECASE), one) for one in choices if isinstance(one, str)]
    named = [(found, one) for found, one in said if found]
    if len(named) == 1 and not NOT.search(text, 0, named[0][0].start()):
        yield named[0][1], named[0][0].start(), named[0][0].end()


def _yes_or_no(text: str) -> Iterator[tuple[bool, int, int]]:
    if found := re.search(r"\b(yes|true|no|false)\b(?!\.?\s*\d)", text, re.IGNORECASE):
        yield found[1].casefold() in {"yes", "true"}, found.start(), found.end()


def _said(text: str) -> Iterator[tuple[str, int, int]]:
    found = _BEHIND.match(text)
    # What has another label in it is more than one value.
    if found and len(found["said"]) <= LONGEST and not re.search(r"\w:\s", found["said"]):
        yield found["said"], found.start("said"), found.end("said")
