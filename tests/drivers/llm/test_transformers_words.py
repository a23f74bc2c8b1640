"""The words of an answer from its tokens: characters, words to stop at, thoughts and calls."""

from __future__ import annotations

import json
from typing import Any

import pytest

from nis_backend.drivers.llm.transformers_folder import Calls, calls_in
from nis_backend.drivers.llm.transformers_words import Characters, Parts, Stops

TEXT = "Ünïcode: 🙂🏽 日本語, e\u0301 and a flag 🇫🇷."


def test_characters_come_whole_however_their_bytes_are_cut() -> None:
    """No half of a character is ever said, and nothing is lost; here a token is a byte."""

    def decode(tokens: Any) -> str:
        return bytes(tokens).decode("utf-8", "replace")

    characters = Characters(decode)
    pieces = [characters.put(byte) for byte in TEXT.encode()]
    assert "".join(pieces) == TEXT
    assert not any("\ufffd" in piece for piece in pieces)
    assert characters.rest() == ""
    cut = Characters(decode)
    assert cut.put("🙂".encode()[0]) == ""
    assert cut.rest() == "\ufffd"


def test_a_token_is_written_as_it_is_after_the_one_before() -> None:
    """Some decoders write no space before a first token: what is said is the difference, not the token alone."""
    words = ["Once", "upon", "a", "time"]
    characters = Characters(lambda tokens: " ".join(words[token] for token in tokens))
    assert "".join(characters.put(token) for token in range(4)) == "Once upon a time"


@pytest.mark.parametrize("size", [1, 2, 3, 50])
def test_words_end_before_the_first_to_stop_at(size: int) -> None:
    """Wherever the pieces are cut; what only looked like its beginning is said."""
    text = "one STO two ST. three STOP four END"
    stops = Stops(["END", "STOP", ""])
    said = ""
    for at in range(0, len(text), size):
        said += stops.put(text[at : at + size])
        if stops.met:
            break
    assert (said, stops.met) == ("one STO two ST. three ", True)
    open_end = Stops(["STOP"])
    assert open_end.put("the STO") + open_end.rest() == "the STO"


def read(calls: Calls | None, text: str, size: int, before: str = "") -> dict[str, Any]:
    """What is made of an answer that comes in pieces of this size."""
    parts = Parts(calls, before=before)
    deltas = [delta for at in range(0, len(text), size) for delta in parts.feed(text[at : at + size])]
    deltas += parts.end()
    called = [call["function"] for delta in deltas for call in delta.get("tool_calls", ())]
    return {
        "content": "".join(delta.get("content", "") for delta in deltas),
        "thought": "".join(delta.get("reasoning_content", "") for delta in deltas),
        "calls": [(call["name"], json.loads(call["arguments"])) for call in called],
    }


CALL = ("read_weather", {"city": "Oslo"})
WRITTEN = '<tool_call>\n{"name": "read_weather", "arguments": {"city": "Oslo"}}\n</tool_call>'


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
@pytest.mark.parametrize(
    ("calls", "before", "text", "content", "thought", "found"),
    [
        (None, "", "  Plain words.\n", "  Plain words.\n", "", []),
        (None, "", "<think>\nHm. \n</think>\n\nYes.", "Yes.", "Hm. \n", []),
        (None, "<think>", "\nHm.</think>\nYes.", "Yes.", "Hm.", []),
        (None, "", "<think>Hm, and so on", "", "Hm, and so on", []),
        (None, "", "<tool_call>no tools</tool_call>", "<tool_call>no tools</tool_call>", "", []),
        (
            "tagged",
            "",
            f"<think>Hm.</think>\n\nI look.\n{WRITTEN}\n{WRITTEN}",
            "I look.",
            "Hm.",
            [CALL, CALL],
        ),
        ("tagged", "", "<tool_call>\nnot JSON\n</tool_call> so.", "not JSON\n so.", "", []),
        ("tagged", "", 'Cut: <tool_call>\n{"name": "re', 'Cut: \n{"name": "re', "", []),
        ("tagged", "<tool_call>\n", '{"name": "read_weather", "arguments": {"city": "Oslo"}}', "", "", [CALL]),
        ("bare", "", '{"name": "read_weather", "parameters": {"city": "Oslo"}}', "", "", [CALL]),
        ("bare", "", '<|python_tag|>{"name": "read_weather", "parameters": {"city": "Oslo"}}', "", "", [CALL]),
        ("bare", "", '{"city": "Oslo"}', '{"city": "Oslo"}', "", []),
        ("bare", "", 'It is {"city": "Oslo"}.', 'It is {"city": "Oslo"}.', "", []),
        ("listed", "", '[TOOL_CALLS][{"name": "read_weather", "arguments": {"city": "Oslo"}}]', "", "", [CALL]),
        (
            "functions",
            "",
            "<tool_call>\n<function=read_weather>\n<parameter=city>\nOslo\n</parameter>\n</function>\n</tool_call>",
            "",
            "",
            [CALL],
        ),
    ],
)
def test_thoughts_words_and_calls_are_told_apart(
    size: int, calls: Calls | None, before: str, text: str, content: str, thought: str, found: list[Any]
) -> None:
    """As each family of models writes them, wherever the pieces are cut; what is no call is said as it is."""
    answer = read(calls, text, size, before)
    assert answer["calls"] == found
    assert answer["thought"] == thought
    assert answer["content"].strip() == content.strip()


def test_a_call_that_begins_says_so_before_its_first_word() -> None:
    """From there on its tokens are held to its schema."""
    parts = Parts("tagged")
    parts.feed("I look.\n<tool_")
    assert parts.opened is None
    parts.feed("call>")
    assert parts.opened is not None
    assert parts.opened.written == ""


@pytest.mark.parametrize(
    ("template", "calls"),
    [
        ("{{ messages }}", None),
        ("{% if tools %}<tool_call>{{ tools }}{% endif %}", "tagged"),
        ("{% if tools %}<tool_call>\n<function=name>{% endif %}", "functions"),
        ('{% if tools %}{"name": function name, "parameters": …}{% endif %}', "bare"),
        ("{% if tools %}[AVAILABLE_TOOLS]{% endif %}[TOOL_CALLS]", "listed"),
        ("{% if tools %}call them as you like{% endif %}", None),
    ],
)
def test_a_template_says_how_its_model_writes_calls(template: str, calls: Calls | None) -> None:
    """One without a place for tools, or with an unknown way, has none."""
    assert calls_in(template) == calls
