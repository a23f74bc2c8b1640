"""Takes a Markdown note apart, line by line."""

from __future__ import annotations

import re
from bisect import bisect_right

from nis_backend.impact.audit.note import Fence, Note, Row, Statement, Table
from nis_backend.impact.audit.stages import Stages

FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})\s*([\w+#.-]*)")
HEADING = re.compile(r"^ {0,3}#{1,6}\s+(.*?)\s*#*$")
ITEM = re.compile(r"^\s*(?:[-*+]|\d{1,3}[.)])\s+")
RULER = re.compile(r"^\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$")
END = re.compile(r"(?<=[.!?])[\"”'*)]{0,2}\s+(?=[\"“'*`(\[]{0,2}[A-Z0-9ÄÖÜ$€`a-z])")
SHORT = re.compile(r"(?:\b(?:e\.g|i\.e|z\.B|d\.h|ca|approx|vs|no|resp|incl|bzw|Nr|[A-Za-z])\.)[\"”'*)]{0,2}$")
TAG = re.compile(r"<!--.{0,2000}?-->|</?[a-zA-Z][^<>]{0,200}>")
STRESS = re.compile(r"\*\*|__|(?<=[\s(])[*_](?=\S)|(?<=\S)[*_](?=[\s).,;:]|$)")
LABEL = re.compile(r"^\s*(?:\*\*[^*]{1,40}\*\*\s*:|\*\*[^*]{1,40}:\*\*|[A-Z][\w ()/-]{0,30}:\s)")
PLAIN = frozenset({"", "text", "txt", "plaintext", "plain"})
CODE = re.compile(
    r"^\s*(?:[$>#]|//|(?:sudo|aws|docker|pip3?|git|kubectl|curl|python3?|export|cd|npm|uv|poetry|terraform|make)\s)"
    r"|^\s*[\w.\[\]]+\s*[-+*|]?=\s|[{};│├└┌┐|]|\w\("
)
MOST_TOLD = 200
"""Lines of a block without a language that are read as text; a longer one is a log."""
LONGEST = 4000
"""Characters of a line that are read: what comes after them is no prose of a person."""


def cells(line: str) -> tuple[str, ...]:
    """The cells of a table's line, without stress and code marks."""
    inner = line.strip().removeprefix("|").removesuffix("|")
    return tuple(STRESS.sub("", cell.replace(r"\|", "¦")).strip(" *`") for cell in re.split(r"(?<!\\)\|", inner))


def read(text: str) -> Note:
    """Take a note apart, in one pass over its lines."""
    return _Reader(text).note


class _Reader:
    """Goes through the lines; `waiting` holds the lines of the paragraph at hand."""

    def __init__(self, text: str) -> None:
        self.lines = [line[:LONGEST].replace("\t", "    ") for line in text.split("\n")]
        self.note = Note(text=text)
        self.waiting: list[tuple[int, str]] = []
        self.block = self.led = 0
        self.stages = Stages()
        self.lead = ""
        self.quoted = self.item = self.together = False
        at = 0
        while at < len(self.lines):
            at = self._step(at)
        self._flush()
        self.stages.end(self.note)

    def _step(self, at: int) -> int:
        line = self.lines[at].rstrip("\r ")
        if fence := FENCE.match(line):
            return self._fence(at, fence[1], fence[2])
        if "|" in line and at + 1 < len(self.lines) and "|" in self.lines[at + 1] and RULER.match(self.lines[at + 1]):
            return self._table(at)
        quoted = line.lstrip().startswith(">")
        body = re.sub(r"^\s*(?:>\s?)+", "", line) if quoted else line
        self.stages.see(self.note, at + 1, body)
        if heading := HEADING.match(body):
            self._flush()
            self.led = 0
            self.note.headings.append(heading[1])
            self.lead = heading[1]
        elif not body.strip():
            self._flush()
        else:
            item = ITEM.match(body) is not None
            if item or quoted != self.quoted or LABEL.match(body):
                self._flush()
            if not self.waiting:
                self.item = item
            self.quoted = quoted
            self.waiting.append((at + 1, TAG.sub(" ", ITEM.sub("", body)).strip()))
        return at + 1

    def _fence(self, at: int, mark: str, language: str) -> int:
        self._flush()
        end = at + 1
        close = re.compile(rf"^ {{0,3}}{re.escape(mark[0])}{{{len(mark)},}}\s*$")
        while end < len(self.lines) and not close.match(self.lines[end]):
            end += 1
        section = len(self.note.headings) - 1
        closed = end < len(self.lines)
        body = tuple(line.rstrip("\r") for line in self.lines[at + 1 : end])
        lead = self.lead
        if language.lower() in PLAIN:
            self._told(at + 2, body)
        self.note.fences.append(
            Fence(
                line=at + 2,
                language=language.lower(),
                lines=body,
                section=section,
                lead=lead,
                closed=closed,
            )
        )
        return end + 1

    def _told(self, first: int, body: tuple[str, ...]) -> None:
        """Lines of a block without a language that tell something: each is a statement of its own."""
        self.block += 1
        self.together = True
        for number, line in enumerate(body[:MOST_TOLD], first):
            self.stages.see(self.note, number, line)
            if line.strip() and not CODE.search(line):
                self.quoted, self.item = False, True
                self.waiting.append((number, ITEM.sub("", line).strip()))
                self._flush()
        self.stages.end(self.note)
        self.together = False

    def _table(self, at: int) -> int:
        self._flush()
        head = cells(self.lines[at])
        rows: list[Row] = []
        end = at + 2
        while end < len(self.lines) and "|" in self.lines[end]:
            rows.append(Row(line=end + 1, cells=cells(self.lines[end])))
            end += 1
        self.note.tables.append(Table(head=head, rows=tuple(rows), section=len(self.note.headings) - 1))
        return end

    def _flush(self) -> None:
        """End the paragraph at hand: its lines become sentences."""
        if not self.waiting:
            return
        text, starts, numbers = "", list[int](), list[int]()
        for number, line in self.waiting:
            starts.append(len(text))
            numbers.append(number)
            text += STRESS.sub("", line) + " "
        self.block += not self.together
        if not self.item:
            self.led = self.block
        self.lead = text.strip()
        for begin, end in _sentences(text):
            first = max(bisect_right(starts, begin) - 1, 0)
            inside = [n for n in range(first, len(starts)) if starts[n] < end]
            self.note.statements.append(
                Statement(
                    text=text[begin:end].strip(),
                    starts=tuple(max(starts[n] - begin, 0) for n in inside),
                    lines=tuple(numbers[n] for n in inside),
                    block=self.block,
                    section=len(self.note.headings) - 1,
                    quoted=self.quoted,
                    led=self.led if self.item else 0,
                )
            )
        self.waiting = []


def _sentences(text: str) -> list[tuple[int, int]]:
    """Where sentences begin and end: not after `e.g.`, nor within a parenthesis or a span of code."""
    spans: list[tuple[int, int]] = []
    begin = 0
    for end in END.finditer(text):
        before = text[max(begin, end.start() - 12) : end.start()]
        piece = text[begin : end.start()]
        if SHORT.search(before) or piece.count("`") % 2 or piece.count("(") > piece.count(")"):
            continue
        spans.append((begin, end.end()))
        begin = end.end()
    spans.append((begin, len(text)))
    return [(b, e) for b, e in spans if text[b:e].strip()]
