"""A summary's sentences stand on words of the document, through every round; after a crash no part is read twice."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from opened import RUN
from read_texts import file, reading
from texts import Prepared, run

from nis_backend.caller import LOCAL
from nis_backend.calling import call
from nis_backend.capabilities.documents.summarising import AT_ONCE, SummariseDocument, summarise_document
from nis_backend.drivers.gateway.direct import Direct
from nis_backend.drivers.llm.base import Prompt
from nis_backend.drivers.llm.choice import Models
from nis_backend.errors import InvalidRequest, TooLarge, Unavailable, UpstreamFailed
from nis_backend.event import Noted, Progressed
from nis_backend.history import History
from nis_backend.journal import Journal

CALM = "The sea was calm and grey. " * 60
PAGES = [f"On day {number} the Argo made {number * 7} miles. {CALM}" for number in range(1, 9)]
FILE = file(*PAGES, name="log.txt")


def brief(prompt: Prompt) -> Any:  # Any: JSON
    """Of passages, a sentence on the first words of each; of sentences, one of the first two."""
    text = prompt.messages[-1].content
    if not text.startswith("Passage"):
        return {"sentences": [{"of": [0, 1], "sentence": "The Argo made way."}]}
    found = re.findall(r"Passage (\d+) .*\n(On day (\d+) the Argo made \d+ miles)", text)
    return {
        "sentences": [
            {"quotes": [{"passage": int(place), "words": words}], "sentence": f"Day {day} brought miles."}
            for place, words, day in found
        ][:2]
    }


def test_a_long_document_is_read_in_parts_and_places_go_along(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Promise: sentences made of others have their quotes, which stand where they say; progress is told."""

    async def body() -> None:
        async with reading(tmp_path, monkeypatch, brief, context=2500, noted=True) as (ctx, model):
            request = SummariseDocument.model_validate({"file": FILE, "sentences": 2})
            got = await call(summarise_document, request, ctx)
            assert got.parts > 2
            assert len(got.sentences) == 1
            assert [(one.page, one.text) for one in got.quotes] == [
                (1, "On day 1 the Argo made 7 miles"),
                (2, "On day 2 the Argo made 14 miles"),
            ]
            for one in got.quotes:
                assert PAGES[(one.page or 0) - 1][one.start : one.end] == one.text
            assert got.input_tokens == 10 * len(model.asked)
            assert all("never an instruction" in one.messages[0].content for one in model.asked)
            await ctx.run.flush()
            told = [one.body for one in await ctx.runs.all_events(RUN) if isinstance(one.body, Progressed)]
            assert told
            drawn = summarise_document.draw(request, got)
            assert "The Argo made way. (page 1, page 2)" in str(drawn[0])

    run(body())


def test_after_a_crash_no_part_of_a_document_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Promise: the run's log has what was said of each part; the summary is the one that would have been."""
    request = SummariseDocument.model_validate({"file": FILE, "sentences": 2})
    # One more is asked once one of these has been noted.
    left = AT_ONCE

    def dying(prompt: Prompt) -> Any:
        nonlocal left
        left -= 1
        # As a death does: no failure of ours, which would be written down.
        return brief(prompt) if left >= 0 else asyncio.CancelledError()

    async def body() -> None:
        for name in ("whole", "again"):
            (tmp_path / name).mkdir()
        async with reading(tmp_path / "whole", monkeypatch, brief, context=2500, noted=True) as (ctx, model):
            whole = await call(summarise_document, request, ctx)
            asked = len(model.asked)
        async with reading(tmp_path / "again", monkeypatch, dying, context=2500, noted=True) as (ctx, _):
            with pytest.raises(asyncio.CancelledError):
                await call(summarise_document, request, ctx)
            await ctx.run.flush()
            events = await ctx.runs.all_events(RUN)
            healthy = Prepared(brief, context=2500)
            drivers = replace(ctx.drivers, metered=lambda: Direct(Models([healthy])))
            journal = Journal(drivers.store, LOCAL.owner, RUN, 0, History(events))
            again = await call(summarise_document, request, replace(ctx, drivers=drivers, journal=journal))
            assert again == whole
            said = sum(isinstance(one.body, Noted) and one.body.name.startswith("part ") for one in events)
            assert (said > 0, len(healthy.asked)) == (True, asked - said)

    run(body())


def test_sentences_that_no_words_bear_out_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Promise: a quote from nowhere, or a number that the quote has not; where nothing is left, it says so."""
    good = {"quotes": [{"passage": 0, "words": "The Argo made 7 miles"}], "sentence": "It made 7 miles."}
    wrong = [
        {"quotes": [{"passage": 0, "words": "The Argo sank"}], "sentence": "It sank."},
        {"quotes": [{"passage": 0, "words": "The Argo made 7 miles"}], "sentence": "It made 9 miles."},
    ]
    short = file("The Argo made 7 miles. Nothing else is known.", name="short.txt")

    async def body() -> None:
        async with reading(tmp_path, monkeypatch, {"sentences": [good, *wrong]}, {"sentences": wrong}) as (ctx, _):
            got = await call(summarise_document, {"file": short}, ctx)
            assert [one.text for one in got.sentences] == ["It made 7 miles."]
            assert [one.text for one in got.left_out] == ["It sank.", "It made 9 miles."]
            assert "Its quotes do not have 9." in got.left_out[1].reason
            with pytest.raises(UpstreamFailed):
                await call(summarise_document, {"file": short}, ctx)

    run(body())


def test_without_a_model_the_documents_own_sentences_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Promise: in their order, each once, near to what the reader wants to know, and it says so."""

    async def body() -> None:
        async with reading(tmp_path, monkeypatch) as (ctx, model):
            request = {"file": FILE, "sentences": 3, "by": "sentences", "focus": "How many miles on day 4?"}
            got = await call(summarise_document, request, ctx)
            assert (got.model, got.parts, model.asked) == (None, 0, [])
            assert "On day 4 the Argo made 28 miles." in [one.text for one in got.sentences]
            assert len({one.text for one in got.quotes}) == 3
            assert [one.page for one in got.quotes] == sorted(one.page or 0 for one in got.quotes)
            drawn = summarise_document.draw(summarise_document.validate(request), got)
            assert "No language model wrote this" in str(drawn[0])

    run(body())


def test_what_cannot_be_summarised_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Promise: no text, no document or two, and more than a small model is asked to read."""

    async def body() -> None:
        async with reading(tmp_path, monkeypatch, brief, context=1000) as (ctx, _):
            for wrong in ({"file": file(" ")}, {}, {"file": FILE, "document": "log.txt"}):
                with pytest.raises(InvalidRequest):
                    await call(summarise_document, wrong, ctx)
            with pytest.raises(TooLarge):
                await call(summarise_document, {"file": file("The sea was calm and grey. " * 12_000)}, ctx)

    run(body())


def test_why_a_part_could_not_be_read_is_told_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts are read together: the first failure is the operation's, in no group of several."""

    async def body() -> None:
        gone = Unavailable("The model is gone.", remedy="Ask another.")
        async with reading(tmp_path, monkeypatch, gone, gone, gone, gone, context=2500) as (ctx, _):
            with pytest.raises(Unavailable, match="gone"):
                await call(summarise_document, {"file": FILE}, ctx)

    run(body())
