"""Nothing is answered from a text that no words of it bear out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from texts import answering, run

from nis_backend.calling import call
from nis_backend.capabilities.models.grounded import answer_from_text, extract_fields
from nis_backend.errors import InvalidRequest, TooLarge, UpstreamFailed

TEXTS = ["The Argo lies in the harbour.", "She leaves on Monday\nat noon."]
ASK: dict[str, Any] = {"question": "When does she leave?", "texts": TEXTS}


def said(*quotes: tuple[int, str], found: bool = True, answer: str = "On Monday.") -> dict[str, Any]:
    """What the model says."""
    return {"quotes": [{"text": text, "words": words} for text, words in quotes], "found": found, "answer": answer}


def test_an_answer_comes_with_the_words_that_bear_it_out(tmp_path: Path) -> None:
    """Promise: each quote stands in the text that it names, from its first to its last character."""

    async def body() -> None:
        async with answering(tmp_path, said((0, "leaves on Monday at noon"), (0, "The Argo"))) as (ctx, _):
            got = await call(answer_from_text, ASK, ctx)
            assert (got.found, got.answer, got.dropped) == (True, "On Monday.", [])
            assert [(one.source, one.text) for one in got.quotes] == [(1, "leaves on Monday\nat noon"), (0, "The Argo")]
            for one in got.quotes:
                assert TEXTS[one.source][one.start : one.end] == one.text

    run(body())


@pytest.mark.parametrize(
    "answer",
    [
        said((0, "She leaves on Tuesday")),
        said(),
        said((0, " ")),
        said((0, "The Argo"), found=False),
        said((0, "The Argo"), answer="  "),
    ],
    ids=["a quote that is nowhere", "no quote", "a quote without words", "not found", "no words"],
)
def test_what_no_words_bear_out_is_no_answer(tmp_path: Path, answer: dict[str, Any]) -> None:
    """Promise: not in the text, then; the quote that is nowhere is named."""

    async def body() -> None:
        async with answering(tmp_path, answer) as (ctx, _):
            got = await call(answer_from_text, ASK, ctx)
            assert (got.found, got.answer, got.quotes) == (False, "", [])
            assert got.dropped == [one["words"] for one in answer["quotes"] if "Tuesday" in one["words"]]
            drawn = answer_from_text.draw(answer_from_text.validate(ASK), got)
            assert "The text does not say." in str(drawn[0])

    run(body())


def test_there_is_one_text_or_several_within_bounds(tmp_path: Path) -> None:
    """Promise: neither, both and too many are refused by field."""

    async def body() -> None:
        async with answering(tmp_path, {}) as (ctx, model):
            for wrong in ({"question": "x"}, {**ASK, "text": "y"}):
                with pytest.raises(InvalidRequest, match="one text, or several") as caught:
                    await call(answer_from_text, wrong, ctx)
                assert caught.value.field == "text"
            with pytest.raises(TooLarge):
                await call(answer_from_text, {"question": "x", "texts": ["y" * 200_001] * 2}, ctx)
            assert model.asked == []

    run(body())


FIND: dict[str, Any] = {
    "text": "The Argo, launched on 3 May 1911, has two masts, three jibs and no engine.",
    "fields": [
        {"name": "ship"},
        {"name": "launched", "kind": "date"},
        {"name": "masts", "kind": "number"},
        {"name": "sails", "kind": "list"},
        {"name": "engines", "kind": "number"},
    ],
}


def fields(**changes: Any) -> dict[str, Any]:
    """What the model finds."""
    return {
        "ship": {"words": "The Argo", "value": "Argo"},
        "launched": {"words": "3 May 1911", "value": "1911-05-03"},
        "masts": {"words": "two masts", "value": 2},
        "sails": {"words": "three jibs", "value": ["jib"]},
        "engines": {"words": "no engine", "value": 0},
        **changes,
    }


def test_fields_come_with_their_words(tmp_path: Path) -> None:
    """Promise: a value of each kind, nought included, and the words that say it."""

    async def body() -> None:
        async with answering(tmp_path, fields()) as (ctx, model):
            got = await call(extract_fields, FIND, ctx)
            assert got.values == {"ship": "Argo", "launched": "1911-05-03", "masts": 2, "sails": ["jib"], "engines": 0}
            quoted = {name: one and one.text for name, one in got.quotes.items()}
            assert quoted["launched"] == "3 May 1911"
            assert got.dropped == {}
            assert "- launched (date): launched" in model.asked[0].messages[0].content

    run(body())


def test_a_value_without_words_in_the_text_is_taken_out(tmp_path: Path) -> None:
    """Promise: null where it is not said; what the model said without it is named as dropped, never as a value."""

    async def body() -> None:
        nothing = {"words": None, "value": None}
        made_up = fields(
            ship={"words": "Her captain is Jason", "value": "Jason"}, sails={"words": None, "value": ["x"]}
        )
        async with answering(tmp_path, {**made_up, "masts": nothing}) as (ctx, _):
            got = await call(extract_fields, FIND, ctx)
            assert (got.values["ship"], got.values["sails"], got.values["masts"]) == (None, None, None)
            assert (got.quotes["ship"], got.quotes["masts"]) == (None, None)
            assert got.dropped == {"ship": "Jason", "sails": ["x"]}

    run(body())


def test_a_day_that_is_in_no_calendar_is_sent_back(tmp_path: Path) -> None:
    """Promise: a date is a day; a wrong one is a failure, not a value."""

    async def body() -> None:
        wrong = fields(launched={"words": "3 May 1911", "value": "1911-02-30"})
        async with answering(tmp_path, wrong, fields(), wrong) as (ctx, model):
            assert (await call(extract_fields, FIND, ctx)).values["launched"] == "1911-05-03"
            assert "no day of the calendar" in model.asked[1].messages[-1].content
            with pytest.raises(UpstreamFailed, match="1911-02-30"):
                await call(extract_fields, FIND, ctx)
            with pytest.raises(InvalidRequest) as caught:
                await call(extract_fields, {**FIND, "fields": [{"name": "a b"}]}, ctx)
            assert caught.value.field == "fields.0.name"

    run(body())
