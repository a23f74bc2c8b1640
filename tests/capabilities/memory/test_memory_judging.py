"""Consolidation by a model: what it judges is carried out, what it makes up is not."""

from __future__ import annotations

import json
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from fake_openai import FakeOpenAI, says
from fake_server import Canned
from ground import Ground
from rest_client import ask, done

Json = dict[str, Any]


@contextmanager
def judge(ground: Ground, *replies: Canned) -> Generator[FakeOpenAI]:
    """A provider `sage` whose model answers this."""
    with FakeOpenAI(*replies).in_thread() as server:
        done(ground, "POST", "/providers", {"name": "sage", "kind": "openai", "url": server.url})
        try:
            yield server
        finally:
            done(ground, "DELETE", "/providers/sage")


def remember(ground: Ground, user: str, *texts: str) -> list[str]:
    """The ids of what is remembered, in this order."""
    return [done(ground, "POST", "/memory/remember", {"user": user, "text": text})["id"] for text in texts]


def consolidate(ground: Ground, user: str, **given: Any) -> Json:
    """What was merged."""
    return done(ground, "POST", "/memory/consolidate-memories", {"user": user, "model": "sage:fake-large", **given})


def groups(*given: tuple[list[int], str, str]) -> Canned:
    """What the model says of memories."""
    return says(
        json.dumps({"groups": [{"members": numbers, "why": why, "text": text} for numbers, why, text in given]})
    )


def test_what_a_model_takes_for_the_same_becomes_one_with_its_sources(ground: Ground) -> None:
    """Promise of consolidate: the model is named; the merged sentence is its own, and names what it is from."""
    ids = remember(ground, "vera", "Vera walks her dog at dawn.", "At dawn Vera goes out with the dog.")
    with judge(ground, groups(([1, 2], "same", "Vera walks her dog at dawn every day."))) as server:
        answer = consolidate(ground, "vera")
        asked = json.dumps(server.asked[-1].body)
    assert "1. " in asked
    assert "Vera walks her dog at dawn." in asked
    assert (answer["method"], answer["model"]) == ("model", "sage:fake-large")
    (merged,) = answer["merged"]
    assert (merged["by"], merged["why"], merged["kept"]["text"]) == (
        "model",
        "same",
        "Vera walks her dog at dawn every day.",
    )
    assert merged["kept"]["sources"] == ids
    left = done(ground, "GET", "/memory?user=vera&replaced=true")["memories"]
    assert {one["id"]: one["state"] for one in left} == {merged["kept"]["id"]: "active"} | dict.fromkeys(ids, "merged")
    # Forgetting it forgets all of it.
    assert done(ground, "POST", f"/memory/{merged['kept']['id']}/forget")["forgotten"] == 3


def test_a_number_that_no_memory_has_is_not_believed(ground: Ground) -> None:
    """What the model adds is left out: one of the memories stays as it was said."""
    remember(ground, "walt", "Walt pays rent for the boat.", "Walt pays for the boat, which has rent.")
    with judge(ground, groups(([1, 2], "same", "Walt pays 900 euros of rent for the boat in Genoa."))):
        (merged,) = consolidate(ground, "walt")["merged"]
    assert merged["kept"]["text"] == "Walt pays for the boat, which has rent."


def test_of_a_contradiction_the_latest_stays_and_nonsense_changes_nothing(ground: Ground) -> None:
    """The latest wins whatever the model writes; numbers of memories that it was not shown are refused."""
    remember(ground, "xena", "Xena trusts the harbour pilot.", "Xena thinks the harbour pilot is a liar.")
    with judge(ground, groups(([1, 7], "same", "x")), groups(([1, 2], "contradiction", "Xena trusts everybody."))):
        nonsense = consolidate(ground, "xena")
        assert (nonsense["merged"], len(nonsense["notes"])) == ([], 1)
        (merged,) = consolidate(ground, "xena")["merged"]
    assert (merged["why"], merged["kept"]["text"]) == ("contradiction", "Xena thinks the harbour pilot is a liar.")
    assert merged["replaced"][0]["state"] == "superseded"


def test_a_model_that_fails_leaves_all_as_it_is(ground: Ground) -> None:
    """What it could not judge is noted; a model that there is not is not found."""
    remember(ground, "yuri", "Yuri paints the old mill.", "The old mill is what Yuri paints.")
    with judge(ground, says("no JSON"), says("still none")):
        answer = consolidate(ground, "yuri")
    assert (answer["merged"], answer["method"]) == ([], "model")
    assert "has not judged 2 memories" in answer["notes"][0]
    request = {"user": "yuri", "model": "sage:fake-large"}
    assert ask(ground, "POST", "/memory/consolidate-memories", request)[0] == 404


def test_a_model_that_uses_tools_is_told_what_is_remembered(ground: Ground) -> None:
    """In chat, with `memory`: it stands in the system message that the provider gets, and the reply names it."""
    remember(ground, "zoe", "Zoe is allergic to nuts.")
    asked = {"message": "Which nuts may I eat?", "user_id": "zoe", "model": "sage:fake-large"}
    with judge(ground, says("None [1]."), says("Any.")) as server:
        told = done(ground, "POST", "/chat/send-message", {**asked, "memory": True})
        plain = done(ground, "POST", "/chat/send-message", asked)
        first, second = (json.dumps(one.body) for one in server.asked[-2:])
    assert json.dumps('[1] "Zoe is allergic to nuts."')[1:-1] in first
    assert "allergic" not in second
    assert [one["text"] for one in told["memories"]] == ["Zoe is allergic to nuts."]
    assert (told["response"], plain["memories"]) == ("None [1].", [])
