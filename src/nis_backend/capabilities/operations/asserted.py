"""Messages that ask whether something is so: "Is it true that …?", "Verify that …"."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nis_backend.capabilities.operations.message import Route
from nis_backend.fields import fields_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nis_backend.entry import Entry

_ASKS = re.compile(
    r"\W*(?:(?:please|hey|hi|so|now|and|but|can|could|would|will|you|i|to|want|need|tell|me|us|let)\W+){0,6}"
    r"(?:(?:is|was) (?:it|this|that) (?:really |actually )?(?:true|correct|right|so|a fact|the case|plausible)"
    r"(?:,? or (?:false|not|wrong))?,?(?: that| to say that|:)"
    r"|(?:verify|check|confirm|refute|fact[- ]?check|prove|test|validate|confirm or refute|verify or refute)"
    r"(?: (?:for me|the|this|that|my|a|claim|statement|assertion|result|following))*(?: that| whether| if|:)"
    r"|true or false\s*[?:,]"
    r"|(?:someone|somebody|my \w+|a friend|the model|it) (?:says|said|claims|claimed|states|told me|thinks)(?: that|:)"
    r"(?=.*\b(?:true|right|correct|so|believe)\b\W*$))"
    r"\s+(?P<claim>.*(?:\d|\w\(|=).*?)"
    r"(?:[.,;]?\s*(?:is (?:that|this|it) (?:true|right|correct|so)|(?:true|right|correct) or (?:false|wrong|not)"
    r"|(?:confirm|refute|verify|check) (?:it|that|this)(?: or \w+ it)?))?[\s.,;:?!\"'\u201d]*",
    re.IGNORECASE | re.DOTALL,
)
"""How people ask it. What is claimed has a number or a formula in it: an opinion is nobody's here."""


def asserted(message: str, entries: Iterable[Entry]) -> Route | None:
    """The operation that checks what the message asks about; None where it asks nothing of the kind."""
    asks = _ASKS.fullmatch(message)
    if asks is None:
        return None
    for entry in entries:
        for one in fields_of(entry.request_schema):
            if one.reads == "claim":
                claim = asks["claim"].strip()
                # A bracket that was opened before the claim.
                claim = claim.rstrip(")") if claim.count(")") > claim.count("(") else claim
                return Route(operation=entry.name, arguments={one.name: claim}, sources={one.name: claim}, ready=True)
    return None
