"""Messages that ask something of documents: "What does the contract say about …?", "Summarise report.pdf".

Which operation is meant is told by fields that read `"question"`, `"document"` or `"documents"`: an answer to the
message as it stands, something of one document, something of two. The verb decides between them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from nis_backend.capabilities.operations.message import Route
from nis_backend.fields import fields_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from nis_backend.entry import Entry

LONGEST = 600
"""Characters of a message that may be a question to documents."""

_ENDING = r"(?:pdf|docx|xlsx|pptx|md|markdown|html?|eml|csv|txt)"
_FILE = re.compile(rf"(?<![\w/.@])(\w[\w.()+-]*\.{_ENDING})\b(?![/\w])", re.IGNORECASE)
"""A file's name, in one word: no address, no path."""
_QUOTED_FILE = re.compile(rf"[\"'“‘`]([^\"'”’`]{{1,120}}\.{_ENDING})[\"'”’`]", re.IGNORECASE)  # noqa: RUF001 - marks

_THING = (
    r"(?:contracts?|agreements?|leases?|documents?|docs|reports?|papers?|pdfs?|files?|manuals?|handbooks?|polic(?:y|ies)"
    r"|invoices?|letters?|minutes|transcripts?|memos?|slides|presentations?|spreadsheets?|attachments?|notices?"
    r"|statutes?|specifications?|specs?|datasheets?|theses|thesis|manuscripts?|brochures?|guidelines?)"
)
_WHOSE = (
    r"(?:the|my|our|this|that|these|those|your|all|both|any(?: of)?(?: the| my| our)?)"
    r"(?: (?:attached|uploaded|new|newest|old|latest|last|signed|first|second|two|three|rental|annual|kept)){0,2}"
)
_OTHER = r"(?:audio|video|image|sound|voice|music|media|model|key|log|python|source|backup|data|config|project|run)"
"""What a file is of that is no document."""
_DOCUMENT = rf"(?:{_WHOSE} (?:(?!{_OTHER}\b)\w+ )?{_THING}|attached (?:(?!{_OTHER}\b)\w+ )?{_THING})"
_SAYS = (
    r"(?:says?|said|states?|mentions?|specif(?:y|ies)|describes?|contains?|requires?|allows?|forbids?|define[sd]?"
    r"|provides?|promises?|recommends?|conclude[sd]?|claims?|argues?|cover|stipulates?|tells?(?: (?:me|us))?|explains?"
    r"|lists?|prohibits?)"
)
_SHOWS = re.compile(
    r"\b(?:which|what|show|list|the) (?:tables?|headings?|sheets?|pages?|slides?|text)\b|\bwhat is written\b"
    r"|\b(?:find|search|where)\b.{0,80}[\"“][^\"”]+[\"”]",
    re.IGNORECASE,
)
"""Wants a document read or words found in it: no answer from it."""
_ASKS = tuple(
    re.compile(one, re.IGNORECASE)
    for one in (
        rf"\b(?:what|where|when|how|which|who|why|does|do|did)\b.{{0,60}}?\b{_DOCUMENT}\b.{{0,40}}?\b{_SAYS}\b",
        (
            rf"\b(?:what|where|when|how|which|who|why|is|are|does|do|did|find|look|quote|search)\b.{{0,120}}?"
            rf"\b(?:in|from|by|of|within) {_DOCUMENT}(?=\W*$|\W+(?:about|on|regarding|is|are|does)\b|[,;?])"
        ),
        rf"\b(?:according to|based on|as per|going by) {_DOCUMENT}\b",
        rf"\bis there (?:anything|something|a \w+|any \w+) .{{0,60}}?\bin {_DOCUMENT}\b",
    )
)
"""How people ask what documents say."""
_SUMMARISES = re.compile(
    r"\b(?:summari[sz]e|summary|sum up|gist|tl;? ?dr|main (?:points|ideas|findings)|key (?:points|takeaways|findings)"
    r"|overview|digest|in (?:a )?(?:few|\w+) (?:sentences|points|words)|what is (?:this|the) .{0,40}?about)\b",
    re.IGNORECASE,
)
_COMPARES = re.compile(
    r"\b(?:compare|comparison|differences?|differs?|diff|changed?|changes|added|removed|deleted|new in|versus|vs)\b",
    re.IGNORECASE,
)
_TWO = re.compile(
    rf"\b(?:two|both|these|those|the (?:two|old|new|first|last)) (?:versions?|revisions?|drafts?|editions?|{_THING})\b"
    r"|\bversions? of\b|\bbetween\b",
    re.IGNORECASE,
)
_QUESTION = re.compile(
    r"\?\s*$|^\W*(?:what|where|when|how|which|who|why|does|do|is|are|find|quote|look)\b", re.IGNORECASE
)
_ABOUT = re.compile(rf"\b{_DOCUMENT}\b", re.IGNORECASE)


def files_in(message: str) -> list[str]:
    """The names of files that a message has, each once, in order."""
    quoted = [found[1] for found in _QUOTED_FILE.finditer(message)]
    bare = _QUOTED_FILE.sub(" ", message)
    return list(dict.fromkeys([*quoted, *(found[1] for found in _FILE.finditer(bare))]))


def documented(message: str, entries: Iterable[Entry]) -> Route | None:
    """The operation that answers from documents what the message asks; None where it asks nothing of the kind."""
    if len(message) > LONGEST:
        return None
    names = files_in(message)
    kind = _kind(message, names)
    if kind is None:
        return None
    for entry in entries:
        fields = {one.reads: one.name for one in fields_of(entry.request_schema)}
        # What answers a question takes documents too.
        wanted = set(entry.request_schema.get("required", ()))
        if kind in fields and wanted <= {fields[kind]} and (kind == "question" or "question" not in fields):
            return _route(entry.name, kind, fields, message.strip(), names)
    return None


def _route(operation: str, kind: str, fields: Mapping[str | None, str], message: str, names: list[str]) -> Route:
    arguments: dict[str, Any] = {}  # Any: JSON
    if kind == "question":
        arguments[fields[kind]] = message
        if names and "documents" in fields:
            arguments[fields["documents"]] = names
    elif kind == "document" and len(names) == 1:
        arguments[fields[kind]] = names[0]
    elif kind == "documents" and len(names) == 2:  # noqa: PLR2004 - two are compared
        arguments[fields[kind]] = names
    said = {
        name: message if isinstance(one, str) and one == message else ", ".join(names)
        for name, one in arguments.items()
    }
    missing = [] if arguments else [fields[kind]]
    return Route(operation=operation, arguments=arguments, sources=said, ready=bool(arguments), missing=missing)


def _kind(message: str, names: list[str]) -> str | None:
    """What of documents is asked for: `"documents"` to be compared, a `"document"` to be summarised, a `"question"`."""
    speaks = bool(names) or bool(_ABOUT.search(message))
    if _COMPARES.search(message) and (len(names) == 2 or (_TWO.search(message) and speaks)):  # noqa: PLR2004 - as above
        return "documents"
    if _SUMMARISES.search(message) and speaks:
        return "document"
    if _SHOWS.search(message):
        return None
    if any(one.search(message) for one in _ASKS):
        return "question"
    asks = _QUESTION.search(message)
    return "question" if names and asks else None
