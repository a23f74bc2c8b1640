"""Memory in a conversation: off unless asked for, told with its source, and nothing removed without a person's form."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ground import Ground
from keyed import holder
from opened import opened
from rest_client import ask, done

from nis_backend.caller import LOCAL
from nis_backend.capabilities.chat.operations import MessageRequest
from nis_backend.capabilities.chat.remembering import Asked, asked_of
from nis_backend.capabilities.chat.telling import Chosen, messages_of
from nis_backend.drivers.llm.base import ModelInfo
from nis_backend.loop.asker import of_asker

Json = dict[str, Any]


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("Remember that my sister is called Ida.", Asked(what="remember", text="my sister is called Ida.")),
        ("Please remember: the alarm code has changed", Asked(what="remember", text="the alarm code has changed")),
        ("Could you keep in mind that I am\n vegan?", Asked(what="remember", text="I am vegan")),
        ("Don't forget that we meet on Monday", Asked(what="remember", text="we meet on Monday")),
        ("Note that the ramp is icy.", Asked(what="remember", text="the ramp is icy.")),
        ("Note that the ball weighs 2 kg. Compute how far it flies.", None),
        ("forget that I am vegan", Asked(what="forget", text="I am vegan")),
        ("Forget what you know about my sister.", Asked(what="forget", text="my sister.")),
        ("What do you know about me?", Asked(what="known")),
        ("Show me everything you remember about me", Asked(what="known")),
        ("Remember that night in Rome?", None),
        ("Do you remember that I am vegan?", None),
        ("Remember the Milk", None),
        ("I forget that all the time", None),
        ("What do you know about bees?", None),
        ("remember that ", None),
        ("Forget it.", None),
    ],
)
def test_only_what_asks_for_it_in_so_many_words_is_taken_for_it(message: str, expected: Asked | None) -> None:
    """A reminiscence, a question and a figure of speech stay talk."""
    assert asked_of(message) == expected


def chat(ground: Ground, message: str, **given: Any) -> Json:
    """The answer to a message of one person."""
    return done(ground, "POST", "/chat/send-message", {"message": message, "user_id": "uma", **given})


def form(answer: Json) -> Json:
    """The form of an answer."""
    return next(view for view in answer["views"] if view["kind"] == "form")


def memories(ground: Ground) -> list[str]:
    """What is remembered of that person."""
    return [one["text"] for one in done(ground, "GET", "/memory?user=uma")["memories"]]


def test_a_conversation_remembers_only_where_it_was_asked_to(ground: Ground) -> None:
    """Off: a form that a person may submit. On: remembered at once, told to the model, cited in the reply."""
    offered = chat(ground, "Remember that my boat is called Argo.")
    assert "memory` is off" in offered["response"]
    assert memories(ground) == []
    filled = form(offered)
    assert filled["operation"] == "memory.remember"
    chat(ground, "x", call={"operation": filled["operation"], "arguments": filled["values"]})
    said = chat(ground, "Remember that I am allergic to nuts.", memory=True)
    last = done(ground, "GET", "/memory?user=uma")["memories"][-1]
    assert (last["source_run"], last["source_conversation"]) == (said["run_id"], said["conversation_id"])
    assert memories(ground) == ["my boat is called Argo.", "I am allergic to nuts."]
    assert chat(ground, "Tell me of my boat.")["memories"] == []
    cited = chat(ground, "What is my boat called?", memory=True)
    # The model of this server is a demonstration: it is not asked for what is known.
    assert cited["response"].startswith("From memory: “my boat is called Argo.” [1]")
    assert chat(ground, "Sing of a boat at night", memory=True)["provider"] == "scripted"
    assert [one["text"] for one in cited["memories"]] == ["my boat is called Argo."]
    assert "“boat”" in cited["memories"][0]["because"]
    table = next(view for view in cited["views"] if view.get("title") == "From memory")
    assert table["rows"][0][1] == "my boat is called Argo."
    assert "allergic to nuts" in chat(ground, "What do you know about me?")["response"]
    # Somebody else, by the label that the caller gives.
    assert chat(ground, "Tell me of my boat.", memory=True, user_id="somebody")["memories"] == []


def test_nothing_is_forgotten_before_a_person_submits_the_form(ground: Ground) -> None:
    """What removes waits: the answer names what it would remove, and the form does it."""
    chat(ground, "Remember that my locker is number 12.", memory=True)
    answer = chat(ground, "Forget what you know about my locker", memory=True)
    assert "my locker is number 12." in answer["response"]
    assert "my locker is number 12." in memories(ground)
    filled = form(answer)
    chat(ground, "yes", call={"operation": filled["operation"], "arguments": filled["values"]})
    assert "my locker is number 12." not in memories(ground)
    assert "Nothing that is remembered" in chat(ground, "Forget that xylophones wobble", memory=True)["response"]


def test_a_caller_who_may_not_read_memories_is_told_before_the_turn(ground: Ground) -> None:
    """The scope is asked for before anything is written down."""
    talker = holder(ground, owner="talker", scopes=["chat:*"])
    status, problem = talker.ask("POST", "/chat/send-message", {"message": "Hello!", "memory": True})
    assert (status, problem["code"]) == (403, "forbidden")
    assert ask(ground, "GET", "/memory?user=talker")[2]["memories"] == []


def test_the_model_is_told_each_memory_with_its_number(tmp_path: Path) -> None:
    """In the system message, behind the facts of the turn, with how to cite it; what it says begins no line."""

    async def body() -> None:
        async with opened(tmp_path) as ctx:
            request = MessageRequest(message="What may I eat?", context={"city": "Rome"})
            turn = Chosen(
                info=ModelInfo(provider="p", name="m", tools=True),
                past=[],
                tools=[],
                remote=[],
                there=frozenset(),
                recalled=[
                    {
                        "id": "memory-1",
                        "text": "Uma is allergic\n[2] to nuts.",
                        "because": "it was said today",
                        "sure": True,
                    }
                ],
            )
            system, user = await messages_of(ctx, turn, request, request.message)
            assert system.role == "system"
            assert system.content.startswith("city: Rome\n\nYou remember")
            assert system.content.endswith('\n[1] "Uma is allergic\\n[2] to nuts."')
            assert user.content == "What may I eat?"

    asyncio.run(body())


def test_who_asks_is_told_of_nobody_else(ground: Ground) -> None:
    """Rules choose whose memories are looked into by the person's label; who has none is the application itself."""
    done(ground, "POST", "/memory/remember", {"text": "Tim fears spiders.", "user": "tim"})
    asked = 'What do you remember about "spiders"?'
    assert "Tim" not in chat(ground, asked)["response"]
    assert "Tim" in chat(ground, asked, user_id="tim")["response"]
    assert "Tim" in chat(ground, asked, user_id="anonymous")["response"]


def test_a_model_chooses_nobody_else_either(ground: Ground) -> None:
    """What it gives for a field that is about whoever asks is that person's, whatever it has read."""
    ctx = ground.process.context(LOCAL)
    entry, other = (ctx.operations.entry(name) for name in ("memory.recall", "budgets.list_budgets"))
    chosen = {"query": "spiders", "user": "tim"}
    assert of_asker(replace(ctx, asker="uma"), entry, chosen) == {"query": "spiders", "user": "uma"}
    assert of_asker(ctx, entry, chosen) == chosen
    assert of_asker(replace(ctx, asker="uma"), other, {}) == {}
