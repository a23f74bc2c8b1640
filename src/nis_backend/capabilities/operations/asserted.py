"""Messages that ask whether something is so: "Is it true that …?", "Verify that …"."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nis_backend.capabilities.operations.message import Route
from nis_backend.fields import fields_of
from nis_backend.numerics.formula import ALIASES, CONSTANTS, FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nis_backend.entry import Entry

_LEADS = r"\W*(?:(?:please|hey|hi|so|now|and|but|can|could|would|will|you|i|to|want|need|tell|me|us|let)\W+){0,6}"
_RIGHT = r"(?:true|right|correct|so)"
_ENDS = (
    rf"(?:is (?:that|this|it|he|she) (?:really )?{_RIGHT}|are they {_RIGHT}|{_RIGHT} or (?:false|wrong|not)"
    r"|(?:confirm|refute|verify|check) (?:it|that|this)(?: or \w+ it)?)"
)
_CLOSES = r"[\s.,;:?!\"'\u201d]*"
_ASKS = (
    _LEADS + r"(?:(?:is|was) (?:it|this|that) (?:really |actually )?(?:true|correct|right|so|a fact|the case|plausible)"
    r"(?:,? or (?:false|not|wrong))?,?(?: that| to say that|:)"
    r"|(?:verify|check|confirm|refute|fact[- ]?check|prove|test|validate|confirm or refute|verify or refute)"
    r"(?: (?:for me|the|this|that|my|a|claim|statement|assertion|result|following))*(?: that| whether| if|:)"
    r"|true or false\s*[?:,])"
    rf"\s+(?P<claim>.*(?:\d|\w\(|=).*?)(?:[.,;?!]?\s*{_ENDS}|[.,;?!]\s*{_RIGHT})?{_CLOSES}"
)
_TELLS = (
    r"\W*(?!(?:what|which|how|when|where|who|why|is|are|do|does|did|can|could|will|would)\b)"
    r"(?:(?:someone|somebody|(?:my|our|the|a|an|his|her)(?: \w+){1,2}?|i|we|he|she|they|it)"
    r" (?:says?|said|claims?|claimed|states|told (?:me|us)|tells (?:me|us)|thinks?|thought|reads?|believes?|heard)"
    r"(?: that|:|,)?\s+)?"
    rf"(?P<claim>[^?]*(?:\d|\w\(|=)[^?]*?)(?:[.,;?!]?\s*{_ENDS}|[.,;?!]\s*{_RIGHT}){_CLOSES}"
)
"""A statement, and whether it is right: "My teacher says a swing takes 2 s, is that right?"."""
_CLAIMS = [re.compile(one, re.IGNORECASE | re.DOTALL) for one in (_ASKS, _TELLS)]
"""How people ask it. What is claimed has a number or a formula in it: an opinion is nobody's here."""
_FORMULAS = re.compile(
    r"\W*(?:please )?(?:verify|check|confirm|prove|test)(?: the)?(?: identity)? (?P<claim>[^=?:]+=[^=?:]+?)[\s.?!]*",
    re.IGNORECASE,
)
"""Nothing but formulas: "Verify sin(x)^2 + cos(x)^2 = 1"."""

_FUNCTIONS = frozenset([*FUNCTIONS, *ALIASES, *CONSTANTS])

_UNIT = r"(?:\s?[A-Za-z\u00b0%\u00b5\u03bc\u2126\u03a9][\w\u00b0/^\u00b2\u00b3\u00b7*-]*(?: [A-Za-z]{1,2}\b)?)?"
_COMPARES = [
    # "Is 0 °C the same as 32 °F?", "Is the derivative of x^2 equal to 2x?"
    re.compile(
        r"\W*(?:is|are|does|do) (?!there\b|it\b|you\b)(?P<left>[^?]*(?:[\d^*/+]|\w\(|\bof\b)[^?]*?) "
        r"(?:equal(?: to)?|the same(?: thing)? as|identical (?:to|with)) (?P<right>[^?]+?)\s*\?\W*",
        re.IGNORECASE,
    ),
    # "Is 20 °C 68 °F?"
    re.compile(
        rf"\W*(?:is|are) (?P<left>[-+]?\d[\d.]*{_UNIT})(?<![\d.]) (?P<right>[-+]?\d[\d.]*{_UNIT})(?<![\d.])\s*\?\W*",
        re.IGNORECASE,
    ),
    # "Is Planck's constant 6.626e-34 J s?"
    re.compile(
        r"\W*(?:is|are) (?P<left>(?:the\b|[A-Z]\w*['\u2019]s\b)[^?]*[A-Za-z)\]\u00b0%\d])"
        r"(?<!\bat)(?<!\bof)(?<!\bto)(?<!\bin)(?<!\bby)(?<!\bor)(?<!\bfrom)(?<!\bwith)(?<!\bfor)(?<!\band)(?<!\bthan)"
        r"(?<!\bover)(?<!\bunder)(?<!\bafter)(?<!\bwithin)(?<!\bbelow)(?<!\babove)(?<!\bbetween)(?<!\bversion)"
        rf"\s+(?P<right>(?:about |around |roughly )?[-+\u2212]?\d[\d.]*(?:[eE][-+]?\d+)?{_UNIT})\s*\?\W*",
        re.IGNORECASE,
    ),
]
"""Questions whether one thing is another: as a claim, "one = another"."""


LONGEST = 400
"""Characters of a message that may be a claim: the time to look at more grows with their square."""


def _claimed(message: str) -> str | None:
    """What the message asks to be checked; None where it asks nothing of the kind."""
    if len(message) > LONGEST:
        return None
    if asks := next((found for one in _CLAIMS if (found := one.fullmatch(message))), None):
        return asks["claim"].strip()
    if (asks := _FORMULAS.fullmatch(message)) and _FUNCTIONS.issuperset(re.findall(r"[a-z]{2,}", asks["claim"])):
        return asks["claim"].strip()
    pair = next((found for one in _COMPARES if (found := one.fullmatch(message))), None)
    return f"{pair['left'].strip()} = {pair['right'].strip()}" if pair else None


def asserted(message: str, entries: Iterable[Entry]) -> Route | None:
    """The operation that checks what the message asks about; None where it asks nothing of the kind."""
    claim = _claimed(message)
    if claim is None:
        return None
    for entry in entries:
        for one in fields_of(entry.request_schema):
            if one.reads == "claim":
                # A bracket that was opened before the claim.
                claim = claim.rstrip(")") if claim.count(")") > claim.count("(") else claim
                return Route(operation=entry.name, arguments={one.name: claim}, sources={one.name: claim}, ready=True)
    return None
