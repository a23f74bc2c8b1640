"""Trees of thoughts: which steps are gone on with, where the search ends, and what an answer has to pass."""

from __future__ import annotations

import re
import threading
from collections import Counter
from typing import Any

from conftest import Serve
from fake_openai import Asked, Canned, FakeOpenAI, says
from rest_client import ask, done

Json = dict[str, Any]
TREE = "/metacognition/search-tree"
ASKED: Json = {"question": "Which word?", "model": "local:words", "branches": 3, "beam": 2, "depth": 3}


class Walker:
    """Proposes `a`, `b`, `c` after each step, and answers with the letters of its path at the third."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._turns = Counter[str]()
        self.valued: list[str] = []

    def again(self) -> None:
        """As at the beginning."""
        self._turns.clear()
        self.valued.clear()

    def __call__(self, request: Asked) -> Canned:
        """A step, or a word for a path."""
        text = str(request.body["messages"][-1]["content"])
        letters = "".join(re.findall(r"^(?:go |Answer: \w*)([abc])$", text, re.MULTILINE))
        if "sure, likely or impossible" in text:
            with self._lock:
                self.valued.append(letters)
            return says(f"It is {worth(letters)}.")
        with self._lock:
            letter = "abc"[self._turns[letters] % 3]
            self._turns[letters] += 1
        return says(f"Answer: {letters}{letter}" if len(letters) == 2 else f"go {letter}")


def worth(letters: str) -> str:
    """What a path is worth: by its last letter, but nothing that begins with `b` is ever sure at its end."""
    word = {"a": "sure", "b": "likely", "c": "impossible"}[letters[-1]]
    return "likely" if letters[0] == "b" and len(letters) == 3 and word == "sure" else word


def test_the_best_of_each_depth_are_gone_on_with(serve: Serve) -> None:
    """Promise of search_tree: breadth-first with a beam, by the worth of Yao et al.; every step is kept."""
    walker = Walker()
    with FakeOpenAI(*[walker] * 60, models=["words"]).in_thread() as provider:
        server = serve(NIS_LOCAL_URL=provider.url)
        told = done(server, "POST", TREE, ASKED)
        replayed = done(server, "GET", f"/runs/{told['run_id']}/replay")
        walker.again()
        bounded = done(server, "POST", TREE, {**ASKED, "most_nodes": 4})
    # 3 steps, of which a and b are gone on with, then 3 of each, of which aa and ba are, then 3 of each.
    assert sorted(one["depth"] for one in told["nodes"]) == [1] * 3 + [2] * 6 + [3] * 6
    by_number = {one["number"]: one for one in told["nodes"]}

    def path(node: Json) -> str:
        before = by_number.get(node["parent"])
        return (path(before) if before else "") + node["thought"][-1]

    assert {path(one) for one in told["nodes"] if one["kept"]} == {"a", "b", "aa", "ba"}
    assert {path(one): one["score"] for one in told["nodes"] if one["depth"] == 3} == {
        "aaa": 20.0,
        **dict.fromkeys(["aab", "baa", "bab"], 1.0),
        **dict.fromkeys(["aac", "bac"], 0.001),
    }
    assert (told["answer"], told["score"], told["spent"]["calls"]) == ("aaa", 20.0, 30)
    assert replayed["identical"], replayed
    assert (len(bounded["nodes"]), bounded["answer"]) == (4, None)
    assert any("ended at 4 steps" in one for one in bounded["warnings"])


def test_what_is_said_twice_is_proposed_twice(serve: Serve) -> None:
    """Promise of most_nodes: the model is asked for so many steps in all, also where it says the same each time."""
    asked: list[str] = []

    def model(request: Asked) -> Canned:
        asked.append(str(request.body["messages"][-1]["content"]))
        return says("sure" if "sure, likely" in asked[-1] else "go on")

    with FakeOpenAI(*[model] * 90, models=["words"]).in_thread() as provider:
        server = serve(NIS_LOCAL_URL=provider.url)
        told = done(server, "POST", TREE, {**ASKED, "most_nodes": 5})
    assert sum("Write the next" in one for one in asked) == 5
    assert [one["depth"] for one in told["nodes"]] == [1, 2]
    assert any("ended at 5 steps" in one for one in told["warnings"])


def test_an_answer_has_to_pass_the_check_and_a_scorer_takes_the_models_place(serve: Serve) -> None:
    """Promise: with a check the best path that passes is the answer; with a scorer the model is not asked for worth."""
    walker = Walker()
    with FakeOpenAI(*[walker] * 90, models=["words"]).in_thread() as provider:
        server = serve(NIS_LOCAL_URL=provider.url)
        wanted: Json = {"answer_schema": {"type": "string", "pattern": "never"}}
        none = done(server, "POST", TREE, {**ASKED, "check": wanted})
        walker.again()
        scored = done(server, "POST", TREE, {**ASKED, "scorer": wanted})
        valued = list(walker.valued)
        wrong = ask(server, "POST", TREE, {**ASKED, "scorer": {"operation": "memory.remember", "equals": 1}})
    assert (none["answer"], none["response"]) == (None, "")
    assert any("none of them passes the check" in one for one in none["warnings"])
    assert not valued
    assert {one["score"] for one in scored["nodes"]} == {0.0}
    assert (wrong[0], wrong[2]["field"]) == (400, "scorer.operation")
