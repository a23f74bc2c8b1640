"""Memories, asked of a served process and its real model: remembered once, recalled with why, and kept with sources."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from conftest import Server
from ground import Ground
from rest_client import Served, ask, done, send

from nis_backend.capabilities.memory import consolidating, memory, remembering
from nis_backend.capabilities.memory.memory import Memory
from nis_backend.capabilities.memory.merging import Merge
from nis_backend.context import Context

Json = dict[str, Any]


def remember(server: Served, text: str, user: str, **given: Any) -> Json:
    """What became of it."""
    return done(server, "POST", "/memory/remember", {"text": text, "user": user, **given})


def recall(server: Server, query: str, user: str, **given: Any) -> Json:
    """What is recalled."""
    return done(server, "POST", "/memory/recall", {"query": query, "user": user, **given})


def texts(server: Served, user: str, **given: Any) -> list[str]:
    """What is remembered of a user."""
    query = "&".join(f"{name}={value}" for name, value in {"user": user, **given}.items())
    return [one["text"] for one in done(server, "GET", f"/memory?{query}")["memories"]]


def test_what_is_known_is_not_written_twice_and_what_it_replaces_is_kept(server: Server) -> None:
    """Promise of remember: unchanged, updated or superseded, each with why and what was replaced."""
    first = remember(server, "Mia lives in Berlin.", "mia", importance=0.8, source_run="run-7")
    assert (first["outcome"], first["memory"]["source_run"]) == ("added", "run-7")
    assert remember(server, "mia lives in Berlin", "mia")["outcome"] == "unchanged"
    more = remember(server, "Mia lives in Berlin, near the zoo.", "mia")
    assert (more["outcome"], [one["id"] for one in more["replaced"]]) == ("updated", [first["id"]])
    assert more["memory"]["importance"] == 0.8
    other = remember(server, "Mia lives in Paris.", "mia")
    assert (other["outcome"], other["memory"]["sources"]) == ("superseded", [more["id"]])
    assert "Berlin, near the zoo" in other["because"]
    assert texts(server, "mia") == ["Mia lives in Paris."]
    kept = done(server, "GET", "/memory?user=mia&replaced=true")["memories"]
    assert {one["text"]: one["state"] for one in kept} == {
        "Mia lives in Berlin.": "superseded",
        "Mia lives in Berlin, near the zoo.": "superseded",
        "Mia lives in Paris.": "active",
    }
    history = done(server, "GET", f"/memory/{more['id']}")
    assert (history["replaced_by"], history["replaced"][0]["text"]) == (other["id"], "Mia lives in Berlin.")
    # What was replaced can be so again: it is a memory of its own, and the chain goes on.
    again = remember(server, "Mia lives in Berlin.", "mia")
    assert again["outcome"] == "superseded"
    assert again["id"] not in {one["id"] for one in kept}
    assert "Mia lives in Paris." not in json.dumps(recall(server, "Paris", "mia")["memories"])


def test_the_same_said_at_once_is_one_memory(server: Server) -> None:
    """Two that write the same at the same time leave one."""
    with ThreadPoolExecutor(4) as pool:
        ids = {one["id"] for one in pool.map(remember, [server] * 4, ["Nora has two cats."] * 4, ["nora"] * 4)}
    assert len(ids) == 1
    assert texts(server, "nora") == ["Nora has two cats."]


def test_what_is_said_while_the_same_is_looked_for_is_one_memory(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another has said it after the search for it, and before it is written: here always."""
    ids, look = list[str](), remembering.named

    async def late(ctx: Context, wanted: Sequence[str]) -> list[Memory]:
        if wanted and not ids:
            ids.append("")
            ids[0] = (await asyncio.to_thread(remember, ground, "Nils has two dogs.", "nils"))["id"]
        return await look(ctx, wanted)

    monkeypatch.setattr(remembering, "named", late)
    again = remember(ground, "Nils has two dogs.", "nils")
    assert (again["id"], again["outcome"]) == (ids[0], "unchanged")
    assert texts(ground, "nils") == ["Nils has two dogs."]


def test_a_recalled_memory_says_why_and_its_shares_are_its_score(server: Server) -> None:
    """Promise of recall: words, similarity, age and importance, each with what it adds by the stated formula."""
    for text, importance in (
        ("Otto drinks his tea without sugar.", 0.2),
        ("Otto works as a nurse.", 0.9),
        ("Otto has two cats, Tom and Jerry.", 0.5),
    ):
        remember(server, text, "otto", importance=importance)
    found = recall(server, "does he take sugar", "otto")
    best = found["memories"][0]
    assert best["memory"]["text"].startswith("Otto drinks")
    assert best["matched"] == ["sugar"]
    assert best["similarity"] > 0.4
    assert "“sugar”" in best["because"]
    for one in found["memories"]:
        assert one["score"] == pytest.approx(sum(share["adds"] for share in one["shares"]), abs=1e-6)
        for share in one["shares"]:
            assert share["adds"] == pytest.approx(share["value"] * share["weight"], abs=2e-6)
    weights = {share["part"]: share["weight"] for share in best["shares"]}
    assert sum(weights.values()) == pytest.approx(1)
    assert all(f"{weight:.3g} x {part}" in found["formula"] for part, weight in weights.items())
    # By its meaning alone, and by importance alone.
    assert recall(server, "which pets are there", "otto")["memories"][0]["memory"]["text"].startswith("Otto has two")
    weighed = recall(server, "Otto", "otto", importance=1, recency=0, least_similarity=0)["memories"]
    assert [one["memory"]["importance"] for one in weighed] == [0.9, 0.5, 0.2]
    assert recall(server, "how do I configure kubernetes ingress", "otto")["memories"] == []
    assert recall(server, "sugar", "somebody else")["memories"] == []


def test_a_memory_is_changed_and_forgotten_with_what_it_said_before(server: Server) -> None:
    """Promise of update and forget: the words before are its source, and go with it."""
    first = remember(server, "Paul plays the drums.", "paul")
    changed = done(server, "PATCH", f"/memory/{first['id']}", {"text": "Paul plays the piano.", "importance": 1})
    assert (changed["id"], changed["importance"], len(changed["sources"])) == (first["id"], 1, 1)
    assert [one["memory"]["text"] for one in recall(server, "what does Paul play", "paul")["memories"]] == [
        "Paul plays the piano."
    ]
    # What it said at first is said again: it is no longer that memory.
    other = remember(server, "Paul plays the drums.", "paul")
    assert (other["outcome"], other["id"] != first["id"]) == ("added", True)
    assert done(server, "POST", f"/memory/{first['id']}/forget")["forgotten"] == 2
    assert texts(server, "paul", replaced="true") == ["Paul plays the drums."]
    assert ask(server, "GET", f"/memory/{first['id']}")[0] == 404
    status, _, problem = ask(server, "PATCH", f"/memory/{other['id']}", {})
    assert (status, problem["field"]) == (422, "text")


def test_what_one_memory_names_no_more_is_forgotten_with_it(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """Promise of forget: all that it has replaced, however often it has changed."""
    monkeypatch.setattr(memory, "MOST_SOURCES", 2)
    first = remember(ground, "Una is in room 0.", "una")
    for room in range(1, 5):
        done(ground, "PATCH", f"/memory/{first['id']}", {"text": f"Una is in room {room}."})
    assert len(done(ground, "GET", f"/memory/{first['id']}")["sources"]) == 2
    assert done(ground, "POST", f"/memory/{first['id']}/forget")["forgotten"] == 5
    assert done(ground, "GET", "/memory?user=una&replaced=true")["memories"] == []


def test_what_is_forgotten_meanwhile_does_not_come_back(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was read before it was forgotten is not written again: here by a consolidation that takes its time."""
    remember(ground, "Ole sings.", "ole")
    other = remember(ground, "Ole sails.", "ole")
    done(ground, "PATCH", f"/memory/{other['id']}", {"text": "Ole sings."})
    judged = consolidating.by_rules

    def late(memories: Sequence[Memory]) -> list[Merge]:
        done(ground, "POST", f"/memory/{other['id']}/forget")
        return judged(memories)

    monkeypatch.setattr(consolidating, "by_rules", late)
    made = done(ground, "POST", "/memory/consolidate-memories", {"user": "ole", "method": "rules"})
    assert (made["merged"], len(made["notes"])) == ([], 1)
    assert ask(ground, "GET", f"/memory/{other['id']}")[0] == 404


def test_consolidation_by_rules_merges_and_names_its_sources(server: Server) -> None:
    """Promise of consolidate: near duplicates become one, nothing is lost, and it says by what it judged."""
    for text in (
        "Rosa drinks her tea without sugar.",
        "Rosa usually drinks her tea without sugar.",
        "Rosa takes the train at 9.",
        "Rosa takes the train at 10.",
    ):
        remember(server, text, "rosa")
    request = {"user": "rosa", "method": "auto"}
    planned = done(server, "POST", "/memory/consolidate-memories", {**request, "dry_run": True})
    assert len(texts(server, "rosa")) == 4
    made = done(server, "POST", "/memory/consolidate-memories", request)
    assert made["merged"][0]["kept"]["text"] == planned["merged"][0]["kept"]["text"]
    # The model of the box is a demonstration: it is not asked.
    assert (made["method"], made["model"], made["looked_at"], len(made["merged"])) == ("rules", None, 4, 1)
    assert "demonstration" in made["notes"][0]
    merged = made["merged"][0]
    assert merged["kept"]["sources"] == [one["id"] for one in merged["replaced"]]
    assert sorted(texts(server, "rosa")) == [
        "Rosa takes the train at 10.",
        "Rosa takes the train at 9.",
        "Rosa usually drinks her tea without sugar.",
    ]
    assert len(texts(server, "rosa", replaced="true")) == 4
    assert done(server, "POST", "/memory/consolidate-memories", request)["merged"] == []
    status, _, problem = ask(server, "POST", "/memory/consolidate-memories", {"user": "rosa", "method": "model"})
    assert (status, problem["code"]) == (503, "unavailable")


def test_an_export_has_every_memory_with_where_it_is_from(server: Server) -> None:
    """Promise of export: JSON Lines, one memory each, those that were replaced included."""
    remember(server, "Sam's birthday is 3 May.", "sam")
    remember(server, "Sam's birthday is 4 May.", "sam")
    made = done(server, "POST", "/memory/export-memories", {"user": "sam"})
    status, _, body = send(server, "GET", f"/blobs/{made['blob']['id']}/content", None, {"accept": "*/*"})
    lines = [json.loads(line) for line in body.decode().splitlines()]
    assert (status, made["memories"]) == (200, 2)
    assert {one["text"]: one["state"] for one in lines} == {
        "Sam's birthday is 3 May.": "superseded",
        "Sam's birthday is 4 May.": "active",
    }


def test_a_context_holds_to_its_budget_and_says_what_was_left_out(ground: Ground) -> None:
    """Promise of assemble_context: counted by the model's own tokenizer; each piece is told or left out, with why."""
    for text in ("Tess is allergic to nuts.", "Tess likes walks by the sea.", "Tess has a boat called Nut."):
        remember(ground, text, "tess")
    turn = done(ground, "POST", "/chat", {"message": "Hello!", "user_id": "tess"})
    request: Json = {
        "query": "Which nuts may Tess eat?",
        "user": "tess",
        "conversation_id": turn["conversation_id"],
        "texts": ["The cake has hazelnuts.", "word " * 300],
    }
    whole = done(ground, "POST", "/memory/assemble-context", {**request, "budget": 2000})
    assert whole["exact"]
    assert whole["left_out"] == []
    assert {one["source"] for one in whole["parts"]} == {"text", "memory", "turn"}
    assert "Tess is allergic to nuts." in whole["context"]
    assert "User: Hello!" in whole["context"]
    for budget in (120, 60, 16):
        some = done(ground, "POST", "/memory/assemble-context", {**request, "budget": budget})
        assert some["tokens"] <= budget
        counted = done(ground, "POST", "/models/count-tokens", {"text": some["context"] or "x"})["tokens"]
        assert not some["context"] or counted == some["tokens"]
        pieces = [(one["source"], one["id"]) for one in (*some["parts"], *some["left_out"])]
        assert len(set(pieces)) == len(pieces) == len(whole["parts"])
        why = {(one["source"], one["id"]): one["why"] for one in some["left_out"]}
        assert why["text", "2"] == "it alone is more than the budget"
    status, _, problem = ask(ground, "POST", "/memory/assemble-context", {**request, "conversation_id": "none"})
    assert (status, problem["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("operation", "field"),
    [
        ("set-entry", "namespace"),
        ("list-entries", "cursor"),
        ("remember", "text"),
        ("remember", "user"),
        ("recall", "agent"),
        ("forget-user", "user"),
        ("assemble-context", "conversation_id"),
    ],
)
def test_what_no_database_keeps_is_refused_by_its_field(ground: Ground, operation: str, field: str) -> None:
    """PostgreSQL takes no NUL: nowhere is it an error of the server's own."""
    asked = {"namespace": "n", "key": "k", "value": 1, "text": "Ada sails.", "query": "sails", "user": "u"}
    wanted = {
        "set-entry": ("namespace", "key", "value"),
        "list-entries": ("namespace",),
        "remember": ("text", "user"),
        "forget-user": ("user",),
    }
    request = {name: asked[name] for name in wanted.get(operation, ("query",))}
    status, _, problem = ask(ground, "POST", f"/memory/{operation}", {**request, field: "a\0b"})
    assert (status, problem["field"]) == (422, field)
