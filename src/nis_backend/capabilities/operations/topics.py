"""What a message wants to be searched for, and the addresses it gives: texts that stand without quotation marks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nis_backend.capabilities.operations.words import listed

if TYPE_CHECKING:
    from collections.abc import Iterable

_PLACES = (
    r"(?:the\s+)?(?:web|internet|net|google|arxiv|literature|scientific\s+literature|world\s*wide\s*web)"
    r"(?:\s+(?:pages?|sites?))?"
)
_SOUGHT = (
    r"(?:search(?:es|ing)?|look(?:ing)?|find(?:ing)?|hunt|browse|papers?|preprints?|publications?|articles?|studies|"
    r"study|literature|pages?|websites?|sites?|news|information|info|reviews?|sources?|results?|research(?:ing)?|"
    r"read(?:ing)?|about|say|says|google)"
)
_BEHIND = re.compile(
    rf"\b{_SOUGHT}\b[^.?!:]*?\b(?:for|on|about|regarding|concerning|into|around)\s+"
    rf"(?!{_PLACES}\b)(?!(?:me|us)\b)(?P<topic>\S.*)",
    re.IGNORECASE | re.DOTALL,
)
_VERB = re.compile(
    r"(?<!\bthe )(?<!\bthis )(?<!\bthat )(?<!\bsome )(?<!\byour )(?<!\bmy )(?<!\bof )"
    rf"\b(?:google|look\s+up|web\s*search|look\s+into|research|investigate)\s+(?!{_PLACES}\b)"
    r"(?!(?:on|about|into|regarding|for|in)\b)(?P<topic>\S.*)",
    re.IGNORECASE | re.DOTALL,
)
_TAIL = re.compile(
    rf"(?:[\s,;]*(?:\b(?:and|then)\s+(?:(?:write|give|make|send|prepare)\s+(?:me\s+)?)?(?:an?\s+|the\s+)?report(?:\s+back)?"
    rf"(?:\s+(?:(?:on|about)\s+it|to\s+me))?|\b(?:on|in|from|over|across|using|with|through)\s+{_PLACES}|\bonline|\bplease|\bfor\s+me|\bthanks?"
    r"|\bthank\s+you|\bonly|\b(?:(?:from|of|in|within)\s+)?(?:the\s+)?(?:this|last|past)\s+(?:day|week|month|year)"
    r"|\btoday|\b(?:at\s+most|up\s+to|limit(?:ed\s+to)?)\s+\w+(?:\s+(?:results|pages|papers))?)|[\s.?!,;]+)+$",
    re.IGNORECASE,
)
"""What follows a topic and is none of it: where it is searched, since when, how many, and thanks."""
_HEAD = re.compile(
    r"(?:(?:recent|latest|newest|new|some|any|more|scientific|academic|research|the)\s+)*(?:papers?|publications?|pages?|"
    r"preprints?|articles?|studies|information|info|literature|websites?)\s+(?:on|about|regarding|for|concerning)\s+",
    re.IGNORECASE,
)
"""What stands before a topic and says what is searched."""
_CALLED = r"[A-Za-z0-9_][\w.-]*\w|\w"
_NOT_CALLED = listed("""
    a all an and any anew as at by each entire every for from in into items my of on our please so some texts that the
    their these this those to using which whole with your
    """)
"""What stands beside a thing and is not what it is called."""
_ADDRESS = re.compile(r"\bhttps?://[^\s<>\"'`]+", re.IGNORECASE)
LONGEST = 2000
"""Characters of a message in which a topic is looked for: patterns like these take a square of it."""

Place = tuple[int, int]


def topic(text: str) -> Place | None:
    """The characters of what is to be searched for; None where a message of this form says nothing of it."""
    if len(text) > LONGEST:
        return None
    found = [one for pattern in (_BEHIND, _VERB) if (one := pattern.search(text))]
    if not found:
        return None
    start = min(one.start("topic") for one in found)
    head = _HEAD.match(text, start)
    start = head.end() if head else start
    tail = _TAIL.search(text, start)
    end = tail.start() if tail else len(text)
    return (start, end) if end > start else None


def called(text: str, things: Iterable[str]) -> list[Place]:
    """The characters of what such a thing is called: "the collection notes", "my notes collection"; of several one."""
    names = "|".join(map(re.escape, things))
    for pattern in (
        rf"\b(?:{names})\s+(?:called\s+|named\s+)?[\"\u201c]([^\"\u201c\u201d]{{1,64}})[\"\u201d]",
        rf"\b(?:{names})\s+(?:called\s+|named\s+)?({_CALLED})",
        rf"\b({_CALLED})\s+(?:{names})\b",
    ):
        for one in re.finditer(pattern, text, re.IGNORECASE):
            if one[1].lower() not in _NOT_CALLED:
                return [one.span(1)]
    return []


def addresses(text: str) -> list[Place]:
    """The characters of each web address; what ends a sentence is not of it."""
    return [(one.start(), one.start() + len(one[0].rstrip(".,;:!?)]}"))) for one in _ADDRESS.finditer(text)]
