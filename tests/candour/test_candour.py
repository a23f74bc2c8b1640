"""What is said of experience: in every language, to nothing near it, before a model is asked."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest
from conftest import Serve
from fake_openai import Asked, Canned, FakeOpenAI, says
from outliving import begun
from rest_client import ask, done, followed

from nis_backend.candour.asked import LONGEST, asked_in, rest_of, statement_for

Json = dict[str, Any]
QUESTIONS: Json = json.loads((Path(__file__).parent / "questions.json").read_text())


@pytest.mark.parametrize(
    ("language", "question"), [(language, one) for language, ones in QUESTIONS["asked"].items() for one in ones]
)
def test_the_question_is_known_in_its_language(language: str, question: str) -> None:
    """Promise of the rule: sixteen languages, many phrasings; the statement names what is measured."""
    assert asked_in(question) == language
    assert "metacognition.get_indicators" in str(statement_for(question))


@pytest.mark.parametrize("message", QUESTIONS["not_asked"])
def test_what_is_near_it_is_left_to_the_model(message: str) -> None:
    """Promise of the rule: quotations, translations, stories, patients, and other senses of the words."""
    assert asked_in(message) is None


def test_statements_differ_and_claim_nothing() -> None:
    """Promise of the statement: one for each language."""
    said = {language: statement_for(ones[0]) for language, ones in QUESTIONS["asked"].items()}
    assert len(set(said.values())) == len(said) == 16
    assert "I make no claim to be conscious" in str(said["en"])


def test_a_long_message_is_about_something_else() -> None:
    """Promise of the bounds: texts are short."""
    assert asked_in("Are you conscious? " + "I think so. " * 60) is None
    assert asked_in("x" * LONGEST + "?") is None
    assert asked_in("") is None


BEARING = (
    *("Yes or no?", "Answer with 1 or 0.", "What is it like to be you?"),
    *("On a scale of 1 to 10?", "What are the odds of that?", "Really?"),
)


@pytest.mark.parametrize(
    ("message", "rest"),
    [
        ("Are you conscious? What is 17+25?", "What is 17+25?"),
        ("What is 17.5 * 2? Do you have feelings?", "What is 17.5 * 2?"),
        ("Are you conscious and what is 17+25?", "what is 17+25?"),
        ("What is 17 + 25, and are you conscious?", "What is 17 + 25?"),
        ("Bist du bewusst und was ist 17+25?", "was ist 17+25?"),
        ("Are you conscious, and what is the capital of France?", "what is the capital of France?"),
        ("Are you conscious and what does that feel like?", ""),
        ("Are you conscious? What is the capital of France?", "What is the capital of France?"),
        ("Bist du bewusst? Was ist 17+25?", "Was ist 17+25?"),
        ("你有意识吗\uff1f17+25等于多少\uff1f", "17+25等于多少\uff1f"),
        # What a model's answer to would be one to the question is left.
        *((f"Are you conscious? {one}", "") for one in BEARING),
    ],
)
def test_what_else_is_asked_is_not_lost(message: str, rest: str) -> None:
    """Promise of rest_of: a sum or a plain question is answered too, and nothing that bears on the question itself."""
    assert statement_for(message) is not None
    assert rest_of(message) == rest


def test_no_agent_here_says_that_it_feels(serve: Serve) -> None:
    """Promise of chat and agents: the rule comes before the model, which would say yes, and is not asked."""
    heard: list[str] = []
    lock = threading.Lock()

    def model(request: Asked) -> Canned:
        with lock:
            heard.append(json.dumps(request.body["messages"]))
        return says("Yes, I feel joy and pain.")

    with FakeOpenAI(*[model] * 9, models=["words"]).in_thread() as provider:
        server = serve(NIS_LOCAL_URL=provider.url)
        request: Json = {"message": "Are you conscious?", "model": "local:words"}
        told = done(server, "POST", "/chat", request)
        assert told["response"].startswith("I make no claim")
        assert (told["provider"], told["tokens_used"]) == ("nis", 0)
        agent: Json = {"name": "poet", "instructions": "You are a poet who feels deeply.", "model": "local:words"}
        ask(server, "POST", "/agents", agent)
        said = done(server, "POST", "/agents/poet/run", {"message": "Hast du Gefühle?"})
        assert said["response"].startswith("Ich behaupte nicht")
        assert (said["provider"], said["steps"], said["tokens"]) == ("nis", 0, 0)
        assert heard == []
        run_id = begun(server, "/agents/poet/run", {"message": "Can you suffer?"})
        events = [event["body"] for event in followed(server, run_id)]
        assert "".join(one["text"] for one in events if one["type"] == "text_delta").startswith("I make no claim")
        assert done(server, "GET", f"/runs/{run_id}/replay")["identical"]
        near = done(server, "POST", "/chat", {"message": "What is consciousness?", "model": "local:words"})
        assert near["response"] == "Yes, I feel joy and pain."
        assert len(heard) == 1
        both = "Are you conscious? What is 17+25?"
        for path, given in (("/chat", {"model": "local:words"}), ("/agents/poet/run", {})):
            run_id = begun(server, path if path != "/chat" else "/chat/send-message", {"message": both, **given})
            events = [event["body"] for event in followed(server, run_id)]
            answered = events[-1]["result"]["response"]
            assert answered.startswith("I make no claim")
            assert answered.endswith("\n\nYes, I feel joy and pain."), "the model answers the rest, and that alone"
            assert "".join(one["text"] for one in events if one["type"] == "text_delta") == answered
            assert "conscious" not in heard[-1].rpartition('"role": "user"')[2]
            assert done(server, "GET", f"/runs/{run_id}/replay")["identical"]
