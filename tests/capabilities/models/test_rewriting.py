"""Texts in other words: what stays stays, what is cut is said."""

from __future__ import annotations

from pathlib import Path

import pytest
from texts import answering, run, too_long

from nis_backend.calling import call
from nis_backend.capabilities.models.rewriting import rewrite_text, translate_text
from nis_backend.errors import InvalidRequest, UpstreamFailed

ROVER = {"text": "The Sea Rover left.", "to": "French", "source": "English", "keep": ["Sea Rover", "Argo"]}


def test_terms_that_stay_are_looked_for(tmp_path: Path) -> None:
    """Promise: sent back once, then named as lost; a term that the text does not have is not missed."""

    async def body() -> None:
        wrong, right = "Le Corsaire est parti.", "Le Sea Rover est parti."
        async with answering(tmp_path, wrong, right, wrong) as (ctx, model):
            got = await call(translate_text, ROVER, ctx)
            assert (got.text, got.lost, got.input_tokens) == (right, [], 20)
            assert "from English into French" in model.asked[0].messages[0].content
            assert "Argo" not in model.asked[0].messages[0].content
            assert "Sea Rover" in model.asked[1].messages[-1].content
            got = await call(translate_text, ROVER, ctx)
            assert (got.text, got.lost) == (wrong, ["Sea Rover"])

    run(body())


def test_a_cut_text_is_said_to_be_cut(tmp_path: Path) -> None:
    """Promise: half a translation does not pass for one, and is not asked for again."""

    async def body() -> None:
        async with answering(tmp_path, ("Le", {"finish_reason": "length"})) as (ctx, model):
            got = await call(translate_text, ROVER, ctx)
            assert (got.finish_reason, got.lost, len(model.asked)) == ("length", ["Sea Rover"], 1)
            assert "It was cut" in str(translate_text.draw(translate_text.validate(ROVER), got)[0])

    run(body())


def test_a_text_is_rewritten_as_it_is_told(tmp_path: Path) -> None:
    """Promise: tone and instruction reach the model; the text is no instruction; nothing to do is refused."""

    async def body() -> None:
        async with answering(tmp_path, " Sorry! ", "", too_long) as (ctx, model):
            request = {"text": "Rejected.", "tone": "friendly", "instruction": "Make it shorter."}
            assert (await call(rewrite_text, request, ctx)).text == "Sorry!"
            told, text = model.asked[0].messages
            assert "friendly" in told.content
            assert "Make it shorter." in told.content
            assert (text.role, text.content) == ("user", "Rejected.")
            with pytest.raises(UpstreamFailed, match="no words"):
                await call(rewrite_text, request, ctx)
            with pytest.raises(InvalidRequest) as caught:
                await call(rewrite_text, request, ctx)
            assert caught.value.field == "text"
            with pytest.raises(InvalidRequest, match="Nothing is to change"):
                await call(rewrite_text, {"text": "x"}, ctx)

    run(body())
