"""A text of any length in few words: read in parts, each once, also after a crash."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from opened import RUN, opened
from texts import Prepared, run, too_long

from nis_backend.caller import LOCAL
from nis_backend.capabilities.models.condensing import AT_ONCE, SummaryRequest, summarize_text
from nis_backend.capabilities.models.parts import size
from nis_backend.context import Context
from nis_backend.drivers.gateway.direct import Direct
from nis_backend.drivers.llm.base import Prompt
from nis_backend.drivers.llm.choice import Models
from nis_backend.errors import InvalidRequest, NotSupported, TooLarge, UpstreamFailed
from nis_backend.history import History
from nis_backend.journal import Journal
from nis_backend.owned import Scope

PARAGRAPH = "The Argo left the harbour of Volos at noon, with fifty at the oars and the wind from the west. " * 6
LONG = "\n\n".join(f"{number}. {PARAGRAPH}" for number in range(40))


@asynccontextmanager
async def reading(folder: Path, model: Prepared) -> AsyncGenerator[Context]:
    """The context of a run, where what is noted counts."""
    async with opened(folder, model) as ctx:
        yield replace(ctx, scope=Scope(key=RUN))


def brief(prompt: Prompt) -> str:
    """A summary: the first words of what was asked."""
    return " ".join(prompt.messages[-1].content.split()[:12])


def request(**given: Any) -> SummaryRequest:
    """A request as it is validated."""
    return SummaryRequest.model_validate({"text": LONG, **given})


async def summarise(ctx: Context, **given: Any) -> Any:  # Any: a Summary
    """The operation's function, as a run executes it."""
    return await summarize_text.function(request(**given), ctx)


def test_a_text_that_fits_is_read_whole(tmp_path: Path) -> None:
    """Promise: one question, with the number of words, the style and what the reader wants to know."""

    async def body() -> None:
        model = Prepared("- It left.", context=None)
        async with reading(tmp_path, model) as ctx:
            got = await summarise(ctx, text="It left at noon.", words=20, style="bullets", focus="When?")
            assert (got.summary, got.parts, got.rounds, got.input_tokens) == ("- It left.", 1, 0, 10)
            told, text = model.asked[0].messages
            assert text.content == "It left at noon."
            for words in ("at most 20 words", "list of points", "When?"):
                assert words in told.content
            assert model.asked[0].max_tokens is None

    run(body())


def test_a_long_text_is_read_in_parts_and_their_summaries_in_turn(tmp_path: Path) -> None:
    """Promise: every part is read, none is larger than the model has room for, and all tokens count."""

    async def body() -> None:
        model = Prepared(brief, context=2048)
        async with reading(tmp_path, model) as ctx:
            got = await summarise(ctx)
            *parts, last = model.asked
            assert got.rounds >= 1
            assert got.parts == sum("a part of a longer text" in one.messages[0].content for one in parts)
            assert all(size(one.messages[1].content) <= 2048 * 3 for one in model.asked)
            assert "".join(one.messages[1].content for one in parts[: got.parts]) == LONG
            assert "summaries of its parts" in last.messages[0].content
            assert (got.input_tokens, got.output_tokens) == (10 * len(model.asked), 5 * len(model.asked))
            # A small model is held to its words, or it rambles.
            assert all(one.max_tokens for one in model.asked)

    run(body())


def test_after_a_crash_no_part_is_read_again(tmp_path: Path) -> None:
    """Promise: the log hands out what was read; the result is the one that would have been."""

    async def body() -> None:
        model = Prepared(brief, context=2048)
        async with reading(tmp_path, model) as ctx:
            whole = await summarise(ctx)
            asked = len(model.asked)
        left = 3

        def dying(prompt: Prompt) -> Any:
            nonlocal left
            left -= 1
            # As a death does: no failure of ours, which would be written down.
            return brief(prompt) if left >= 0 else asyncio.CancelledError()

        cut = Prepared(dying, context=2048)
        folder = tmp_path / "again"
        folder.mkdir()
        async with reading(folder, cut) as ctx:
            with pytest.raises(asyncio.CancelledError):
                await summarise(ctx)
            await ctx.run.flush()
            events = await ctx.runs.all_events(RUN)
            healthy = Prepared(brief, context=2048)
            drivers = replace(ctx.drivers, metered=lambda: Direct(Models([healthy])))
            journal = Journal(drivers.store, LOCAL.owner, RUN, 0, History(events))
            again = replace(ctx, drivers=drivers, journal=journal, scope=Scope(key=RUN))
            assert await summarise(again) == whole
            assert len(healthy.asked) == asked - 3

    run(body())


def test_a_part_that_the_model_calls_too_long_is_read_in_halves(tmp_path: Path) -> None:
    """Promise: a model that does not say how much it takes, and a text that has more tokens than most, are read too."""

    async def body() -> None:
        def picky(prompt: Prompt) -> Any:
            return brief(prompt) if size(prompt.messages[1].content) < 5000 else too_long(prompt)

        model = Prepared(picky, context=None)
        async with reading(tmp_path, model) as ctx:
            got = await summarise(ctx)
            read = [one.messages[1].content for one in model.asked if size(one.messages[1].content) < 5000]
            assert sorted(number for text in read for number in range(40) if f"{number}. The" in text)
            assert got.summary
            assert got.rounds >= 1

    run(body())


def test_so_many_are_read_at_once_and_no_more(tmp_path: Path) -> None:
    """Promise: side by side, as many as the embedded model writes at once."""

    async def body() -> None:
        going = most = 0

        class Slow(Prepared):
            async def generate(self, prompt: Prompt) -> AsyncGenerator[Any, None]:
                nonlocal going, most
                going += 1
                most = max(most, going)
                try:
                    for _ in range(5):
                        await asyncio.sleep(0)
                    async for item in super().generate(prompt):
                        yield item
                finally:
                    going -= 1

        async with reading(tmp_path, Slow(brief, context=2048)) as ctx:
            await summarise(ctx)
            assert most == AT_ONCE

    run(body())


def test_what_gets_no_shorter_ends(tmp_path: Path) -> None:
    """Promise: a model that repeats its text, one that refuses, and one that says nothing are failures that say so."""

    async def body() -> None:
        def repeats(prompt: Prompt) -> str:
            return prompt.messages[1].content

        for number, (answer, kind, told) in enumerate(
            [
                (repeats, UpstreamFailed, "no shorter"),
                (("No.", {"refused": True}), NotSupported, "refuses"),
                (UpstreamFailed("Down."), UpstreamFailed, "Down"),
            ]
        ):
            folder = tmp_path / str(number)
            folder.mkdir()
            async with reading(folder, Prepared(answer, context=2048)) as ctx:
                with pytest.raises(kind, match=told):
                    await summarise(ctx)
        folder = tmp_path / "small"
        folder.mkdir()
        async with reading(folder, Prepared("", context=2048)) as ctx:
            with pytest.raises(UpstreamFailed, match="no words"):
                await summarise(ctx, text="Short.")
            with pytest.raises(TooLarge, match="1000 are allowed"):
                await summarise(ctx, text="word " * 400_000, words=600)

    run(body())


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"text": ""}, "text"), ({"text": "x" * 2_000_001}, "text"), ({"text": "x", "words": 9}, "words")],
)
def test_what_is_summarised_is_bounded(wrong: dict[str, Any], field: str) -> None:
    """Promise: refused by field before there is a run."""
    with pytest.raises(InvalidRequest) as caught:
        summarize_text.validate(wrong)
    assert caught.value.field == field
