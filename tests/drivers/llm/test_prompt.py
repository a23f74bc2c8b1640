"""What a model is asked: its digest, by which a recorded run knows its own questions again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nis_backend.drivers.llm.answer import Answered, Reasoning, ToolCall, Usage
from nis_backend.drivers.llm.base import Message, Part, Prompt, Tool

PROMPT = Prompt(
    model="gpt-4o-mini",
    messages=[
        Message(role="system", content="Be brief."),
        Message(role="user", content="What is 2 km in m?"),
        Message(
            role="assistant",
            content="",
            tool_calls=(ToolCall(id="call-1", name="physics-convert_quantity", arguments='{"value":2}'),),
        ),
        Message(role="tool", content='{"value":2000}', tool_call_id="call-1"),
    ],
    tools=[Tool(name="physics-convert_quantity", description="Convert.", parameters={"type": "object"})],
    max_tokens=64,
    temperature=0.5,
    seed=7,
    stop=("END",),
    json=True,
    schema={"type": "object"},
)
PHOTO = Part(kind="image", media_type="image/png", data=b"png")


def with_parts(*parts: Part) -> str:
    """The digest of the prompt with these in its first turn."""
    first, *others = PROMPT.messages
    return replace(PROMPT, messages=[replace(first, parts=parts), *others]).digest()


def test_a_prompt_of_an_earlier_version_has_the_digest_that_its_run_has_recorded() -> None:
    """A run that was recorded before messages had parts goes on, and replays: the number was computed then."""
    assert PROMPT.digest() == "3fa0badf8b3838111c77fdcdc2e6abbea12cc1df00efc0794303b89b9f2ee653"


@pytest.mark.parametrize(
    "other",
    [
        Part(kind="image", media_type="image/png", data=b"other"),
        Part(kind="image", media_type="image/webp", data=b"png"),
        replace(PHOTO, detail="low"),
        Part(kind="image", url="https://example.org/photo.png"),
        Part(kind="image", blob="blob-1"),
        Part(kind="file", media_type="image/png", data=b"png", name="photo.png"),
    ],
)
def test_what_is_shown_is_part_of_what_is_asked(other: Part) -> None:
    """Two prompts of one digest ask the same: bytes, kind and detail count."""
    assert len({PROMPT.digest(), with_parts(PHOTO), with_parts(other), with_parts(PHOTO, other)}) == 4


def test_what_was_thought_and_how_long_to_think_are_part_of_what_is_asked() -> None:
    """A signature of another turn, an effort and wanted alternatives each make another question."""
    *others, last = PROMPT.messages
    thought = replace(last, reasoning=(Reasoning(text="two thousand", signature="s"),))
    others_too = replace(last, reasoning=(Reasoning(text="two thousand", signature="t"),))
    asked = [
        PROMPT,
        replace(PROMPT, messages=[*others, thought]),
        replace(PROMPT, messages=[*others, others_too]),
        replace(PROMPT, reasoning="low"),
        replace(PROMPT, logprobs=0),
        replace(PROMPT, user="ann"),
    ]
    assert len({one.digest() for one in asked}) == len(asked)


def test_a_blob_is_known_by_its_bytes_once_they_are_there() -> None:
    """The same picture under another id is the same question."""
    one, other = (replace(PHOTO, blob=blob) for blob in ("blob-1", "blob-2"))
    assert with_parts(one) == with_parts(other) == with_parts(PHOTO)


def test_a_turn_is_in_the_order_of_its_parts_once_words_stand_among_them() -> None:
    """Else its words come first; a driver that reads no parts has all the words in `content`."""
    after = Message(role="user", content="What is this?", parts=(PHOTO,))
    assert [part.text or part.kind for part in after.in_order] == ["What is this?", "image"]
    first, second = (Part(kind="text", text=text) for text in ("First:", "second:"))
    among = Message(role="user", content="First:second:", parts=(first, PHOTO, second, PHOTO))
    assert [part.text or part.kind for part in among.in_order] == ["First:", "image", "second:", "image"]
    assert Message(role="user", content="", parts=(PHOTO,)).in_order == (PHOTO,)
    assert [part.text for part in Message(role="user", content="words").in_order] == ["words"]


def test_what_was_spent_is_told_as_far_as_it_is_stated() -> None:
    """A driver that counts two numbers alone states no details, and none are made up."""
    assert Answered(finish_reason="stop", input_tokens=7, output_tokens=3).spent() == Usage(input=7, output=3)
    assert Answered(finish_reason="stop").spent() == Usage(input=None, output=None)
    stated = Usage(input=7, output=3, cached=5, reasoning=2)
    assert Answered(finish_reason="stop", input_tokens=7, output_tokens=3, usage=stated).spent() == stated
