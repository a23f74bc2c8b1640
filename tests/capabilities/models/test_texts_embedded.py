"""Each text operation asked of the model in the box: what is answered has its form, and nothing in it is made up."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import Server
from rest_client import done

TEXT = "The Argo lies in the harbour. She leaves on Monday at noon."


def asked(server: Server, operation: str, **request: Any) -> dict[str, Any]:
    """The result, which says that the model is too small to be relied on, and what it took."""
    got: dict[str, Any] = done(server, "POST", f"/models/{operation}", {"provider": "embedded", **request})
    assert got["demonstration"] is True
    assert got["model"].startswith("embedded:")
    assert got["input_tokens"] > 0
    assert got["output_tokens"] > 0
    assert got["cost"] == 0
    return got


def test_it_sorts_under_the_labels_alone(server: Server) -> None:
    """Whatever it takes the text for, it is one of those that were offered."""
    labels = [{"name": "complaint", "description": "Something is wrong."}, {"name": "praise"}]
    assert asked(server, "classify-text", text="It came late, and broken.", labels=labels)["labels"] == ["complaint"]


def test_it_finds_and_answers_only_what_the_text_bears_out(server: Server) -> None:
    """A model this small makes up much; none of it is answered as the text's."""
    fields = [{"name": "ship", "description": "The ship's name."}]
    found = asked(server, "extract-fields", text=TEXT, fields=fields)
    assert set(found["values"]) == {"ship"}
    for name, value in found["values"].items():
        quote = found["quotes"][name]
        assert (value is None) == (quote is None)
        assert quote is None or TEXT[quote["start"] : quote["end"]] == quote["text"]
    answer = asked(server, "answer-from-text", question="When does she leave?", text=TEXT)
    assert answer["found"] == bool(answer["answer"]) == bool(answer["quotes"])
    assert all(one["text"] in TEXT for one in answer["quotes"])
    assert all(one not in TEXT for one in answer["dropped"])


def test_it_reads_rules_writes_anew_and_tells_in_few_words(server: Server) -> None:
    """Each in the form of its operation."""
    policy = [{"name": "insults", "description": "It insults somebody."}]
    (rule,) = asked(server, "moderate-text", text=TEXT, policy=policy)["rules"]
    assert (rule["name"], type(rule["violated"])) == ("insults", bool)
    assert asked(server, "translate-text", text=TEXT, to="French")["text"]
    assert asked(server, "rewrite-text", text=TEXT, tone="friendly")["text"]
    told = asked(server, "summarize-text", text=TEXT, words=20)
    assert told["summary"]
    assert (told["parts"], told["rounds"]) == (1, 0)


@pytest.mark.parametrize("tools", [False, True])
def test_it_answers_when_it_is_tested(server: Server, tools: bool) -> None:
    """A word, or the call of the one tool that it is offered."""
    got = done(server, "GET", f"/models/embedded/test?tools={str(tools).lower()}", None)
    assert (got["ok"], got["called"], got["problem"]) == (True, tools, None)
