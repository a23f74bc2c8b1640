"""Two documents, passage by passage: what is in one alone, and what is said otherwise."""

from __future__ import annotations

import asyncio
import re
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from nis_backend.annotations import Reads
from nis_backend.blob import Blob
from nis_backend.capabilities.documents.aligning import ALIGNED, Pair, align, pieces, same
from nis_backend.capabilities.documents.citing import Citation, number_list
from nis_backend.capabilities.documents.document import Which
from nis_backend.capabilities.documents.given import A_COLLECTION, A_FILE, Named, kept_as, kept_pages, read_files
from nis_backend.capabilities.documents.samples import COMPARE, LEASE, NEWER_LEASE
from nis_backend.errors import InvalidRequest
from nis_backend.operation import Example, Model, operation
from nis_backend.view import Table, Text, View, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.capabilities.documents.citing import Passage
    from nis_backend.capabilities.documents.given import Reading
    from nis_backend.context import Context

Kind = Literal["added", "removed", "changed", "moved"]

MOST_CHANGES = 500
MOST_SHOWN = 100


class CompareDocuments(Model):
    """Two documents, the earlier one first."""

    files: list[Blob] = Field(
        default_factory=list[Blob], max_length=2, description=f"Two files, the earlier first. Each: {A_FILE}"
    )
    documents: Annotated[list[Named], Reads("documents")] = Field(
        default_factory=list[str],
        max_length=2,
        description="Documents that are kept, by name or id, the earlier first; or attach two files.",
    )
    collection: Which | None = Field(default=None, description=A_COLLECTION)


class Piece(Model):
    """Words that stand on one side alone."""

    kind: Literal["same", "removed", "added"]
    text: str


class NumberChange(Model):
    """Numbers of a changed passage that differ, in their order; all of them where only their order does."""

    before: list[str]
    after: list[str]


class Change(Model):
    """One difference."""

    kind: Kind
    before: Citation | None = Field(description="Where it stands in the first document; null for what was added.")
    after: Citation | None = Field(description="Where it stands in the second document; null for what was removed.")
    likeness: float | None = Field(description="Of a pair, by `formula`, 0 to 1; null for what has no other side.")
    words: list[Piece] = Field(description="Of what was changed: the words that stay, go and come.")
    numbers: NumberChange | None = Field(description="Of what was changed: the numbers that differ; null for none.")


class DocumentComparison(Model):
    """What differs, in the order of the second document, what was removed at its place."""

    documents: list[str] = Field(description="The two names.")
    identical: bool = Field(description="Whether no passage differs; how they are set is not looked at.")
    unchanged: int = Field(description="Passages that are the same on both sides.")
    added: int
    removed: int
    changed: int
    moved: int = Field(description="Passages that are the same and stand in another order.")
    changes: list[Change]
    left_out: int = Field(description="Changes above the 500 that are told.")
    formula: str = Field(description="How passages were paired, and what likeness is.")
    embedding_model: str | None = Field(description="Of the vectors that were compared; null by words alone.")
    notes: list[str] = Field(description="What was left out when the documents were read.")


def _draw(_request: CompareDocuments, result: DocumentComparison) -> list[View]:
    first, second = map(plain, result.documents)
    if result.identical:
        return [Text(text=f"{first} and {second} say the same, in {result.unchanged} passages.")]
    counts = [
        ("changed", result.changed),
        ("added", result.added),
        ("removed", result.removed),
        ("moved", result.moved),
    ]
    said = ", ".join(f"{count} {name}" for name, count in counts if count)
    numbers = sum(one.numbers is not None for one in result.changes)
    also = f" Numbers differ in {numbers} of them." if numbers else ""
    rows: list[list[str | float]] = [
        [one.kind, *_side(one.before), *_side(one.after), _numbers(one.numbers)] for one in result.changes[:MOST_SHOWN]
    ]
    columns = ["what", "page before", "before", "page after", "after", "numbers"]
    return [
        Text(text=f"From {first} to {second}: {said}; {result.unchanged} passages are the same.{also}"),
        Table(title="Changes", columns=columns, rows=rows),
    ]


def _side(citation: Citation | None) -> list[str | float]:
    if citation is None:
        return ["", ""]
    return ["" if citation.page is None else citation.page, " ".join(citation.text.split())]


def _numbers(numbers: NumberChange | None) -> str:
    return "" if numbers is None else f"{', '.join(numbers.before) or 'none'} → {', '.join(numbers.after) or 'none'}"


@operation(
    "documents.compare_documents",
    effect="reads",
    outward=True,
    view=_draw,
    time_limit=600,
    examples=(
        Example(
            title="A lease and its next version",
            request={"files": [LEASE, NEWER_LEASE]},
            question="Compare these two versions of the lease: what changed?",
            also=COMPARE,
        ),
    ),
)
async def compare_documents(request: CompareDocuments, ctx: Context) -> DocumentComparison:
    """Say what differs between two documents: what was added, removed, changed or moved, with its place on both sides.

    Sentences that are the same are told apart from the rest; the others are paired by the words and the meaning that
    they share, and compared word by word, numbers apart. How they are set on pages is no difference. No model writes
    anything.

    Raises:
        InvalidRequest: there are not two, a file cannot be read, or one has no text.
        NotFound: no document has that name.
    """
    before, after = await _both(request, ctx)
    one, other = await asyncio.to_thread(lambda: (pieces(before), pieces(after)))
    for number, (document, found) in enumerate(((before, one), (after, other))):
        if not found:
            raise InvalidRequest(
                f"{document.name} has no text.",
                field=f"files.{number}",
                value=document.name,
                remedy="Give one with words.",
            )
    aligned = await align(ctx, one, other)
    kinds: list[Kind] = [_kind(pair, one, other) for pair in aligned.pairs]
    told = await asyncio.to_thread(
        lambda: [
            _change(kind, pair, one, other) for kind, pair in zip(kinds, aligned.pairs[:MOST_CHANGES], strict=False)
        ]
    )
    return DocumentComparison(
        documents=[before.name, after.name],
        identical=not kinds,
        unchanged=aligned.unchanged,
        changes=told,
        left_out=len(kinds) - len(told),
        formula=ALIGNED,
        embedding_model=aligned.model,
        notes=_notes(before, after),
        added=kinds.count("added"),
        removed=kinds.count("removed"),
        changed=kinds.count("changed"),
        moved=kinds.count("moved"),
    )


async def _both(request: CompareDocuments, ctx: Context) -> tuple[Reading, Reading]:
    count = len(request.files) + len(request.documents)
    if count != 2:  # noqa: PLR2004 - two are compared
        raise InvalidRequest(
            f"There are {count} documents; two are compared.",
            field="files",
            value=count,
            remedy="Give two of files and documents.",
        )
    rows = [
        await kept_as(ctx, name, request.collection, f"documents.{number}")
        for number, name in enumerate(request.documents)
    ]
    first, second = [*[await kept_pages(ctx, row) for row in rows], *await read_files(ctx, request.files)]
    return first, second


def _notes(*documents: Reading) -> list[str]:
    return [f"{one.name}: {note}" for one in documents for note in one.notes]


def _kind(pair: Pair, one: Sequence[Passage], other: Sequence[Passage]) -> Kind:
    if pair.before is None:
        return "added"
    if pair.after is None:
        return "removed"
    return "moved" if same(one[pair.before].text, other[pair.after].text) else "changed"


def _change(kind: Kind, pair: Pair, one: Sequence[Passage], other: Sequence[Passage]) -> Change:
    before = None if pair.before is None else one[pair.before]
    after = None if pair.after is None else other[pair.after]
    if kind != "changed" or before is None or after is None:
        likeness = 1.0 if kind == "moved" else None
        return Change(kind=kind, before=_whole(before), after=_whole(after), likeness=likeness, words=[], numbers=None)
    return Change(
        kind="changed",
        before=_whole(before),
        after=_whole(after),
        likeness=pair.likeness,
        words=_words(before.text, after.text),
        numbers=_numbers_of(before.text, after.text),
    )


def _numbers_of(before: str, after: str) -> NumberChange | None:
    """The numbers that differ, in their order; a sign right before one is part of it."""
    one, other = _signed(before), _signed(after)
    changed = [step for step in SequenceMatcher(None, one, other, autojunk=False).get_opcodes() if step[0] != "equal"]
    gone = [number for _, i, j, *_ in changed for number in one[i:j]]
    come = [number for *_, k, m in changed for number in other[k:m]]
    if sorted(gone) == sorted(come):
        # The same ones in another order: all of them tell it.
        gone, come = one, other
    return NumberChange(before=gone, after=come) if changed else None


def _signed(text: str) -> list[str]:
    parts = re.split(r"(?<![\w)])[-\u2212](?=[$€£¥]?\d)", text)
    return [
        f"-{said}" if part and not place else said
        for part, words in enumerate(parts)
        for place, said in enumerate(number_list(words))
    ]


def _whole(passage: Passage | None) -> Citation | None:
    return None if passage is None else passage.cite(0, len(passage.text))


def _words(before: str, after: str) -> list[Piece]:
    """The words that stay, go and come."""
    one, other = before.split(), after.split()
    found: list[Piece] = []
    for tag, i, j, k, m in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        if tag == "equal":
            found.append(Piece(kind="same", text=" ".join(one[i:j])))
            continue
        if j > i:
            found.append(Piece(kind="removed", text=" ".join(one[i:j])))
        if m > k:
            found.append(Piece(kind="added", text=" ".join(other[k:m])))
    return found


OPERATIONS = (compare_documents,)
