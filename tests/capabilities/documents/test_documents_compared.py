"""What differs between two documents stands on both sides where it says; how they are set is no difference."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from read_texts import file, reading
from texts import run

from nis_backend.calling import call
from nis_backend.capabilities.documents.aligning import align, key
from nis_backend.capabilities.documents.citing import Citation, Passage
from nis_backend.capabilities.documents.comparing import compare_documents
from nis_backend.context import Context
from nis_backend.errors import InvalidRequest, Unavailable

OLD = (
    "The rent is 1,200 euro a month. It is payable in advance.\n\nThe tenant repaints the railings each spring.",
    "Damage by storm is repaired by the landlord. Dogs are not allowed. Either party may end it with 3 months' notice.",
)
NEW = (
    "The rent is 1,350 euro a month. It is pay-\nable in advance.\n\nTwo parking places belong to the lease.",
    (
        "Dogs are not allowed. Damage by storm is re\ufb02ected. Either party may end it with six months\u2019 notice. "
        "Damage by storm is repaired by the landlord."
    ),
)


def test_what_differs_has_its_place_on_both_sides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Promise: added, removed, changed with its words and numbers, moved; reflowed lines are the same."""

    async def body() -> None:
        async with reading(tmp_path, monkeypatch) as (ctx, _):
            request = {"files": [file(*OLD, name="old.txt"), file(*NEW, name="new.txt")]}
            got = await call(compare_documents, request, ctx)
            assert (got.documents, got.identical) == (["old.txt", "new.txt"], False)
            assert (got.added, got.removed, got.changed, got.moved) == (2, 1, 2, 1)
            assert got.unchanged == 2
            for change in got.changes:
                for side, pages in ((change.before, OLD), (change.after, NEW)):
                    assert side is None or pages[(side.page or 0) - 1][side.start : side.end] == side.text
            rent, notice = (one for one in got.changes if one.kind == "changed")
            assert rent.numbers is not None
            assert (rent.numbers.before, rent.numbers.after) == (["1200"], ["1350"])
            assert notice.numbers is not None
            assert (notice.numbers.before, notice.numbers.after) == (["3"], ["6"])
            assert [(one.kind, one.text) for one in rent.words if one.kind != "same"] == [
                ("removed", "1,200"),
                ("added", "1,350"),
            ]
            drawn = compare_documents.draw(compare_documents.validate(request), got)
            assert "2 changed, 2 added, 1 removed, 1 moved; 2 passages are the same" in str(drawn[0])

    run(body())


def test_a_document_is_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Promise: set anew on other pages, nothing differs; one document is not compared."""

    async def body() -> None:
        async with reading(tmp_path, monkeypatch) as (ctx, _):
            other = file(
                "The rent is 1,200 euro a\nmonth. It is payable in ad-\nvance.", OLD[0].split("\n\n")[1], OLD[1]
            )
            got = await call(compare_documents, {"files": [file(*OLD), other]}, ctx)
            assert (got.identical, got.changes, got.unchanged) == (True, [], 6)
            for wrong in ([file(*OLD)], [file(*OLD), file(" \n")], []):
                with pytest.raises(InvalidRequest):
                    await call(compare_documents, {"files": wrong}, ctx)

    run(body())


class _NoModel(Context):
    """A call where there is no embedding model."""

    async def call(self, operation: Any, request: Any) -> Any:
        """Refuse."""
        raise Unavailable(f"{operation.name}: {request!r:.0}", remedy="")


SENTENCES = st.lists(st.sampled_from(["a b c.", "a b d.", "x y.", "q r s t.", "u."]), max_size=8)


@settings(max_examples=100)
@given(SENTENCES, SENTENCES)
def test_every_sentence_is_accounted_for(one: list[str], other: list[str]) -> None:
    """Promise: each sentence of both sides is the same, paired, or alone: once."""
    sides = [[Passage(text=text, document=name) for text in texts] for name, texts in (("one", one), ("other", other))]
    aligned = run(align(object.__new__(_NoModel), *sides))
    pairs = aligned.pairs
    assert len(one) == aligned.unchanged + sum(pair.before is not None for pair in pairs)
    assert len(other) == aligned.unchanged + sum(pair.after is not None for pair in pairs)
    for side in ([pair.before for pair in pairs], [pair.after for pair in pairs]):
        there = [place for place in side if place is not None]
        assert len(there) == len(set(there))
    if one == other:
        assert not pairs


def test_how_a_sentence_is_set_is_not_looked_at() -> None:
    """Promise: line ends with hyphens, ligatures, marks; but no word and no number."""
    assert key("It is pay-\nable \u201con\u201d the o\ufb03ce\u2019s da\u00adte") == key(
        'It is payable "on" the office\'s date'
    )
    assert key("1,200") != key("1.200")
    assert Citation(text="", document="a", page=None, start=0, end=0).where == "a"


@pytest.mark.parametrize(
    ("before", "after", "numbers"),
    [
        ("Pay 5 for apples and 5 for pears.", "Pay 5 for apples and 6 for pears.", (["5"], ["6"])),
        ("Pay 10 at first and 20 then.", "Pay 20 at first and 10 then.", (["10", "20"], ["20", "10"])),
        ("The balance of May was -500 euro.", "The balance of May was 500 euro.", (["-500"], ["500"])),
        ("The loan is 2 million euro.", "The loan is 2 billion euro.", (["million"], ["billion"])),
        ("The loan is 1,500 euro in May.", "The loan is 1500 euro in June.", None),
    ],
)
def test_each_number_that_differs_is_told(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    before: str,
    after: str,
    numbers: tuple[list[str], list[str]] | None,
) -> None:
    """Promise: also one that stands elsewhere in the sentence, that has changed places, its sign or its size."""

    async def body() -> None:
        async with reading(tmp_path, monkeypatch) as (ctx, _):
            got = await call(compare_documents, {"files": [file(before), file(after)]}, ctx)
            (change,) = got.changes
            assert numbers == (change.numbers and (change.numbers.before, change.numbers.after))

    run(body())
