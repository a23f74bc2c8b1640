"""The scripted provider: prepared answers, which say that they are."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from nis_backend.drivers.llm.answer import Answered, Item, ReasoningChunk, TextChunk, Usage
from nis_backend.drivers.llm.base import Message, Prompt
from nis_backend.drivers.llm.scripted import ScriptedModels
from nis_backend.errors import Unavailable


def script(folder: Path, **content: object) -> ScriptedModels:
    """The provider of a file with this content."""
    path = folder / "script.json"
    path.write_text(json.dumps(content))
    return ScriptedModels(path)


def said(driver: ScriptedModels, *turns: Message | str) -> tuple[list[str], Answered]:
    """The chunks and the end of an answer; a text is a user's."""

    async def body() -> tuple[list[str], Answered]:
        messages = [Message(role="user", content=turn) if isinstance(turn, str) else turn for turn in turns]
        items = [item async for item in driver.generate(Prompt(model="scripted", messages=messages))]
        end = items[-1]
        assert isinstance(end, Answered)
        return [item.text for item in items if isinstance(item, TextChunk)], end

    return asyncio.run(body())


def test_replies_come_in_turn_and_word_by_word(tmp_path: Path) -> None:
    """From the first again after the last; each says that it is scripted."""
    driver = script(tmp_path, replies=[{"text": "one two", "output_tokens": 2}, {"text": "three"}])
    assert [said(driver, "x")[0] for _ in range(3)] == [
        ["[scripted] ", "one ", "two"],
        ["[scripted] ", "three"],
        ["[scripted] ", "one ", "two"],
    ]
    assert said(driver, "x")[1] == Answered(finish_reason="stop")


def test_a_reply_can_wait_for_a_word(tmp_path: Path) -> None:
    """`when` is looked for in the last user message alone, in any case, and goes before the turns."""
    driver = script(tmp_path, replies=[{"text": "other"}, {"text": "ball", "when": "BALL"}])
    assert said(driver, "How far does a Ball fly?")[0][1] == "ball"
    assert said(driver, "a ball", "and now?")[0][1] == "other"


def test_a_script_can_call_tools_and_quote_them(tmp_path: Path) -> None:
    """A reply with calls has no words unless it has text; one for after a tool is told its result."""
    call = {"name": "sums-add", "arguments": {"a": 1}}
    driver = script(
        tmp_path, tools=True, replies=[{"tool_calls": [call]}, {"text": "It is {tool}.", "after_tool": True}]
    )
    words, end = said(driver, "add")
    assert (words, end.finish_reason) == ([], "tool_calls")
    assert [(one.name, one.arguments) for one in end.tool_calls] == [("sums-add", '{"a": 1}')]
    assert "".join(said(driver, "add", Message(role="tool", content="7", tool_call_id="x"))[0]) == "[scripted] It is 7."


def test_the_model_says_what_it_is(tmp_path: Path) -> None:
    """Nobody takes a prepared answer for a model's."""
    (info,) = asyncio.run(script(tmp_path, replies=[{"text": "x"}]).models())
    assert (info.id, info.tools, info.demonstration) == ("scripted:scripted", False, True)
    assert "Scripted" in info.detail


@pytest.mark.parametrize("content", [{}, {"replies": []}, {"replies": [{"txt": "x"}]}, {"replies": 3}])
def test_a_script_that_is_none_is_refused_by_its_setting(tmp_path: Path, content: dict[str, object]) -> None:
    """Also a file that is absent."""
    for driver in (script(tmp_path, **content), ScriptedModels(tmp_path / "absent.json")):
        with pytest.raises(Unavailable) as caught:
            asyncio.run(driver.models())
        assert "NIS_SCRIPTED" in caught.value.remedy


def test_a_question_without_a_reply_is_not_answered(tmp_path: Path) -> None:
    """Nothing is made up when the script has nothing."""
    driver = script(tmp_path, replies=[{"text": "x", "when": "ball"}])
    with pytest.raises(Unavailable, match="no reply to 'hello'"):
        said(driver, "hello")


def test_what_is_thought_and_the_parts_of_the_count_come_with_a_reply(tmp_path: Path) -> None:
    """Thoughts are none of its words; in JSON there is no mark, which would be a fault of it."""
    reply = {"text": '{"a": 1}', "reasoning": "Let me see.", "input_tokens": 9, "cached_tokens": 4, "output_tokens": 3}
    driver = script(tmp_path, replies=[reply])

    async def body() -> list[Item]:
        prompt = Prompt(model="scripted", messages=[Message(role="user", content="x")], json=True)
        return [item async for item in driver.generate(prompt)]

    thought, *words, end = asyncio.run(body())
    assert thought == ReasoningChunk(text="Let me see.")
    assert "".join(item.text for item in words if isinstance(item, TextChunk)) == '{"a": 1}'
    assert isinstance(end, Answered)
    assert end.spent() == Usage(input=9, output=3, cached=4)
