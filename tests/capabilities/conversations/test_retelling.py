"""Exports and summaries: the whole conversation as a file, and who says what it was about."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ground import Ground
from hypothesis import given, settings
from hypothesis import strategies as st

from nis_backend.capabilities.conversations.export import file_name, markdown
from nis_backend.capabilities.conversations.shown import Conversation, Turn
from nis_backend.capabilities.conversations.summary import extract, room, transcript
from nis_backend.errors import NotFound
from nis_backend.run import Run
from nis_backend.view import Axis, Form, Series, Table, Text

Json = dict[str, Any]


def say(ground: Ground, message: str, conversation_id: str | None = None, **given: Any) -> Json:
    """A turn, to its end."""
    return ground.call("chat.send_message", {"message": message, "conversation_id": conversation_id, **given})


def run(number: int, message: str, response: str | None) -> Run:
    """A turn that was answered, or failed."""
    return Run(
        id=f"run-{number}",
        operation="chat.send_message",
        state="failed" if response is None else "succeeded",
        attempt=1,
        last_seq=3,
        format=1,
        created=1.0,
        updated=1.0,
        input={"message": message},
        result=None if response is None else {"response": response},
    )


def test_an_export_has_every_message_and_answer(ground: Ground) -> None:
    """Promise: Markdown to read and JSON with everything, each with a name for its file."""
    first = say(ground, "Was ist ein Äquinoktium?")
    one = first["conversation_id"]
    call = {"operation": "physics.convert_unit", "arguments": {"value": 1, "unit": "km", "to": "m"}}
    say(ground, "convert", one, call=call)
    told = ground.call("conversations.get_export", {"id": one})
    assert (told["name"], told["media_type"], told["turns"]) == ("was-ist-ein-aquinoktium.md", "text/markdown", 2)
    for words in ("# Was ist", "Äquinoktium?", "## scripted: scripted", "from a script.", "1 km", "| argument |"):
        assert words in told["text"]
    whole = ground.call("conversations.get_export", {"id": one, "format": "json"})
    assert whole["name"].endswith(".json")
    assert json.loads(whole["text"]) == ground.call("conversations.get_conversation", {"id": one})
    with pytest.raises(NotFound):
        ground.call("conversations.get_export", {"id": "conversation-0"})


def test_a_drawing_is_exported_as_its_numbers() -> None:
    """Promise: tables and curves are read in the file; a cell cannot break its table."""
    views = [
        Text(text="said already"),
        Table(title="Landing", columns=["what", "value"], rows=[["a | b\nc", 40.25]]),
        Series(
            title="Path", x=Axis(label="x", unit="m", values=[0.0, 1.5]), lines=[Axis(label="y", values=[2.0, 3.0])]
        ),
        Form(title="Again", operation="a.b", request_schema={}),
    ]
    turn = Turn(
        run_id="run-1",
        state="succeeded",
        message="m",
        attachments=[],
        response="r",
        provider="p",
        model="q",
        views=[*views],
        problem=None,
        created=0.0,
        alternatives=[],
    )
    failed = turn.model_copy(update={"response": None, "state": "failed", "problem": {"detail": "No model."}})
    whole = Conversation(
        id="c",
        title="T\n# U",
        created=0.0,
        updated=0.0,
        archived=False,
        branched_from=None,
        turns=[turn, failed],
        next_cursor=None,
    )
    lines = markdown(whole, left_out=True).splitlines()
    assert lines[0] == "# T # U"
    assert "Earlier turns are left out." in lines
    assert r"| a \| b c | 40.25 |" in lines
    assert lines[lines.index("| x (m) | y |") :][2:4] == ["| 0 | 2 |", "| 1.5 | 3 |"]
    assert "*No answer: failed. No model.*" in lines
    assert "said already" not in lines


@given(st.text(max_size=200))
def test_a_files_name_is_one_on_every_system(title: str) -> None:
    """Promise: whatever the title, the name is short, plain, and never empty."""
    name = file_name(title, "md")
    assert name.endswith(".md")
    assert 4 <= len(name) <= 63
    assert name.isascii()
    assert not set(name) & set('/\\:*?"<>| ')


def test_a_summary_says_who_wrote_it(ground: Ground) -> None:
    """Promise: the model is named, and that a script's is no real one; without a model the formula is told instead."""
    one = say(ground, "How far is the moon?")["conversation_id"]
    by_model = ground.call("conversations.get_summary", {"id": one})
    assert (by_model["method"], by_model["model"], by_model["demonstration"]) == ("model", "scripted:scripted", True)
    assert by_model["summary"]
    own = ground.call("conversations.get_summary", {"id": one, "method": "extractive"})
    assert (own["model"], own["demonstration"], own["turns"]) == (None, False, 1)
    assert "log(1 + occurrences" in own["formula"]
    assert own["summary"] in "How far is the moon? [scripted] I answer from a script."


def test_nothing_stands_in_for_a_model_that_is_not_there(ground: Ground) -> None:
    """Promise: no fallback: an unknown model is refused, as everywhere."""
    one = say(ground, "How far is the sun?")["conversation_id"]
    with pytest.raises(NotFound, match="gpt-17"):
        ground.call("conversations.get_summary", {"id": one, "model": "gpt-17"})


def test_a_summary_leaves_no_trace(ground: Ground) -> None:
    """Promise: to read a summary writes nothing, so that nothing is left when the conversation is deleted."""
    one = say(ground, "Leave no trace")["conversation_id"]
    before = ground.call("conversations.get_conversation", {"id": one})
    ground.call("conversations.get_summary", {"id": one})
    assert ground.call("conversations.get_conversation", {"id": one}) == before
    assert len(ground.call("runs.list_runs", {"conversation_id": one})["runs"]) == 1


def test_a_transcript_keeps_the_last_turns_that_fit() -> None:
    """Promise: what a model has no room for is left out whole, the earliest first; a lone turn too long is cut."""
    runs = [run(number, f"question {number}", "word " * 20) for number in range(9)]
    text, read = transcript(runs, 300)
    assert read == 2
    assert "question 8" in text
    assert "question 6" not in text
    assert len(transcript(runs, 50)[0]) == 50
    assert "no answer: failed" in transcript([run(1, "q", None)], 100)[0]
    assert room(2048, 80) < room(8192, 80) < room(None, 80)


@settings(deadline=None)
@given(st.lists(st.tuples(st.text(min_size=1, max_size=300), st.text(max_size=300)), min_size=1, max_size=5))
def test_an_extract_holds_only_what_was_said(turns: list[tuple[str, str]]) -> None:
    """Promise: every word of it is the conversation's own, and there are no more than were asked for."""
    runs = [run(number, message, answer) for number, (message, answer) in enumerate(turns)]
    said = {word for pair in turns for text in pair for word in text.split()}
    words = [word for word in extract(runs, 20).split() if word != "…"]
    assert len(words) <= 20
    assert all(any(word in one for one in said) for word in words)


def test_an_extract_takes_the_sentences_that_share_the_most() -> None:
    """Promise: by the formula it names: words that recur in the conversation weigh more."""
    runs = [
        run(1, "The pendulum swings. Thanks anyway.", "A pendulum of one metre swings in two seconds."),
        run(2, "Does a heavy pendulum swing slower?", "Mass does not matter: 3.5 kg swings like 1 kg."),
    ]
    told = extract(runs, 12)
    assert "pendulum" in told
    assert "Thanks" not in told
    assert "3.5 kg" in extract(runs, 200)
