"""Collections, asked of a served process and its real model."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import Serve, Server
from rest_client import ask, done

from nis_backend.capabilities.collections.fusion import RANK_CONSTANT

TEXTS: dict[str, tuple[str, dict[str, Any]]] = {
    "refund": ("Money is paid back within five days.", {"topic": "orders", "year": 2024, "open": True}),
    "hours": ("We open at nine and close at six.", {"topic": "shop", "year": 2025, "open": True}),
    "parking": ("Parking is behind the house.", {"topic": "shop", "year": 2026, "open": False}),
    "error": ("Error E4711 says that the printer has no paper.", {"topic": "help", "weight": 1.5}),
    "tea": ("Green tea is brewed at eighty degrees.", {"topic": "kitchen"}),
}


def make(server: Server, **given: Any) -> str:
    """A collection that holds the texts; its id."""
    made = done(server, "POST", "/collections", given)
    items = [{"id": key, "text": text, "metadata": data} for key, (text, data) in TEXTS.items()]
    added = done(server, "POST", f"/collections/{made['id']}/add-items", {"items": items})
    assert (added["added"], added["replaced"], added["unchanged"]) == (5, 0, 0)
    return str(made["id"])


def found(server: Server, which: str, **request: Any) -> list[str]:
    """The ids of the hits."""
    return [hit["id"] for hit in done(server, "POST", f"/collections/{which}/search", request)["hits"]]


def problem(server: Server, path: str, **request: Any) -> Any:
    """The problem that a call answers."""
    status, _, told = ask(server, "POST", path, request)
    assert status >= 400
    return told


def test_each_way_finds_what_it_is_for(server: Server) -> None:
    """A rare word by words, a paraphrase by vectors, and either by both together."""
    notes = make(server)
    assert found(server, notes, query="E4711", mode="words") == ["error"]
    assert found(server, notes, query="how long until I get my cash", mode="vectors")[0] == "refund"
    assert found(server, notes, query="how long until I get my cash", mode="words") == []
    assert found(server, notes, query="E4711")[0] == "error"
    assert found(server, notes, query="how long until I get my cash")[0] == "refund"


def test_a_hit_says_why_it_was_found(server: Server) -> None:
    """Ranks and scores of both ways, and the fused score is the formula's."""
    notes = make(server)
    answer = done(server, "POST", f"/collections/{notes}/search", {"query": "when does the house open"})
    assert answer["mode"] == "hybrid"
    formula, _, told = answer["formula"].partition("; here w = ")
    weight, _, best = told.partition(", best BM25 = ")
    assert (
        f"1/({RANK_CONSTANT} + rank by similarity) + w · (BM25 / best BM25)/({RANK_CONSTANT} + rank by words)"
        in formula
    )
    assert 0 < float(weight) <= 1
    assert float(best) == max(hit["words_score"] or 0 for hit in answer["hits"])
    for hit in answer["hits"]:
        by_words = float(weight) * (hit["words_score"] or 0) / float(best)
        ranks = [(hit["vector_rank"], 1.0), (hit["words_rank"], by_words)]
        expected = sum(counts / (RANK_CONSTANT + rank) for rank, counts in ranks if rank)
        assert hit["score"] == pytest.approx(expected, abs=2e-6)
        assert (hit["words_score"] is None) == (hit["words_rank"] is None)
    assert [hit["score"] for hit in answer["hits"]] == sorted((hit["score"] for hit in answer["hits"]), reverse=True)


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({"topic": "shop"}, {"hours", "parking"}),
        ({"topic": ["shop", "orders"]}, {"hours", "parking", "refund"}),
        ({"year": {"at_least": 2025}}, {"hours", "parking"}),
        ({"year": {"at_least": 2024, "at_most": 2025}}, {"refund", "hours"}),
        ({"open": True}, {"refund", "hours"}),
        ({"open": {"other_than": True}}, {"parking", "error", "tea"}),
        ({"topic": "shop", "open": False}, {"parking"}),
        ({"weight": {"at_least": 1}}, {"error"}),
        ({"topic": {"at_least": "o"}}, {"refund", "hours", "parking"}),
        ({"topic": {"at_least": 3}}, set[str]()),
        ({"nothing": "x"}, set[str]()),
    ],
)
def test_filters_hold_for_every_way_of_looking(server: Server, where: Any, expected: set[str]) -> None:
    """Listing and searching leave out the same."""
    notes = make(server)
    listed = done(server, "POST", f"/collections/{notes}/items", {"where": where})
    assert {item["id"] for item in listed["items"]} == expected
    assert set(found(server, notes, query="house tea error opens money", mode="vectors", where=where)) == expected
    assert set(found(server, notes, query="house tea error open money", mode="words", where=where)) == expected


def test_a_repeated_call_makes_no_doubles_and_a_changed_text_takes_the_place(server: Server) -> None:
    """The same id and text are unchanged; another text is found instead of the one before."""
    notes = make(server)
    again = {"items": [{"id": "tea", "text": TEXTS["tea"][0], "metadata": TEXTS["tea"][1]}, {"text": "New."}]}
    added = done(server, "POST", f"/collections/{notes}/add-items", again)
    assert (added["added"], added["replaced"], added["unchanged"]) == (1, 0, 1)
    changed = {"items": [{"id": "tea", "text": "Coffee is roasted until it is dark."}, {"text": "New."}]}
    added = done(server, "POST", f"/collections/{notes}/add-items", changed)
    assert (added["added"], added["replaced"], added["unchanged"]) == (0, 1, 1)
    assert found(server, notes, query="brewed", mode="words") == []
    assert found(server, notes, query="coffee beans", limit=1) == ["tea"]
    assert done(server, "GET", f"/collections/{notes}")["items"] == 6
    assert done(server, "POST", f"/collections/{notes}/delete-items", {"ids": ["tea", "none"]}) == {"deleted": 1}
    assert "tea" not in found(server, notes, query="coffee beans", mode="vectors")


def test_diversity_leaves_out_what_says_the_same_again(server: Server) -> None:
    """Of three that are nearly alike the second comes after another subject."""
    made = done(server, "POST", "/collections", {})["id"]
    texts = ["Refunds take five days.", "A refund takes five days.", "Refunds take 5 days.", "Returns need a receipt."]
    done(server, "POST", f"/collections/{made}/add-items", {"items": [{"text": text} for text in texts]})

    def first_two(diversity: float) -> list[str]:
        request = {"query": "How long do refunds take?", "mode": "vectors", "limit": 2, "diversity": diversity}
        return [hit["text"] for hit in done(server, "POST", f"/collections/{made}/search", request)["hits"]]

    assert all("ay" in text for text in first_two(0))
    assert first_two(0.7)[1] == "Returns need a receipt."
    # Without vectors nothing is known to be alike: the best stay.
    notes = make(server, model="none")
    assert found(server, notes, query="money or paper", mode="words", diversity=0.5) == ["refund", "error"]


def test_words_are_told_apart_as_the_language_has_them(server: Server) -> None:
    """English by stems and without accents; phrases in quotes in their order; nothing of a query is a command."""
    notes = make(server, model="none")
    assert found(server, notes, query="opening", mode="words") == ["hours"]
    assert found(server, notes, query='"nine and close"', mode="words") == ["hours"]
    assert found(server, notes, query='"close and nine"', mode="words") == []
    assert found(server, notes, query="päper NEAR(error) OR - * text:", mode="words") == ["error"]
    assert found(server, notes, query="!?", mode="words") == []
    add = {"items": [{"id": "kyoto", "text": "京都の水はおいしい。"}]}
    done(server, "POST", f"/collections/{notes}/add-items", add)
    assert found(server, notes, query="水はどこですか", mode="words") == ["kyoto"]
    assert found(server, notes, query="東京", mode="words") == []
    plain = make(server, model="none", language="any")
    assert found(server, plain, query="opening", mode="words") == []
    assert found(server, plain, query="open", mode="words") == ["hours"]


def test_without_vectors_it_is_said_that_words_alone_answered(server: Server) -> None:
    """By vectors alone it is refused with the remedy."""
    notes = make(server, model="none")
    answer = done(server, "POST", f"/collections/{notes}/search", {"query": "parking"})
    assert (answer["mode"], answer["model"]) == ("words", None)
    assert "words alone" in answer["notes"][0]
    assert problem(server, f"/collections/{notes}/search", query="parking", mode="vectors")["code"] == "unavailable"


def test_statistics_are_sums_over_the_texts(server: Server) -> None:
    """Counted by the database, and the same as by hand."""
    notes = make(server)
    told = done(server, "GET", f"/collections/{notes}/statistics")
    lengths = [len(text) for text, _ in TEXTS.values()]
    assert (told["items"], told["characters"], told["longest"]) == (5, sum(lengths), max(lengths))
    assert (told["without_vector"], told["vector_bytes"]) == (0, 5 * 384 * 4)


def test_what_is_wrong_is_named(server: Server) -> None:
    """Field, value and remedy; nothing is kept of a call that is refused."""
    notes = make(server)
    add, search = f"/collections/{notes}/add-items", f"/collections/{notes}/search"
    twice = problem(server, add, items=[{"id": "x", "text": "One."}, {"id": "x", "text": "Two."}])
    assert twice["field"] == "items.1.id"
    assert problem(server, add, items=[{"text": "fine"}, {"text": "  "}])["field"] == "items.1.text"
    assert problem(server, add, items=[{"text": "x", "metadata": {'a"b': 1}}])["field"].startswith("items.0.metadata")
    for value in (2**63, "a\0b", ["a"], None):
        assert problem(server, add, items=[{"text": "x", "metadata": {"a": value}}])["field"] == "items.0.metadata.a"
        refused = {"field": "where.year", "code": "invalid_request"}
        told = problem(server, search, query="x", where={"year": value if value != ["a"] else 2**63})
        assert {name: told[name] for name in refused} == refused
    assert problem(server, add, items=[{"text": "x", "document_id": "a\0b"}])["field"] == "items.0.document_id"
    assert problem(server, search, query="   ")["field"] == "query"
    assert problem(server, add, items=[])["field"] == "items"
    assert problem(server, "/collections/none/add-items", items=[{"text": "x"}])["code"] == "not_found"
    conditions: list[Any] = [{}, [], {"at_lest": 1}, {"at_least": [1]}, None]
    for wrong in conditions:
        assert problem(server, search, query="x", where={"year": wrong})["field"] == "where.year", wrong
    assert problem(server, f"/collections/{notes}/delete-items")["field"] == "ids"
    name = done(server, "GET", f"/collections/{notes}")["name"]
    assert problem(server, "/collections", name=name)["code"] == "conflict"
    assert problem(server, "/collections", model="embedded:none")["code"] == "not_found"
    assert done(server, "GET", f"/collections/{notes}")["items"] == 5


def test_what_was_kept_is_found_after_a_crash(serve: Serve) -> None:
    """Words and vectors are there as soon as it was answered that they are kept."""
    first = serve()
    notes = make(first)
    first.kill()
    second = serve(data=first.data)
    assert found(second, notes, query="how long until I get my cash", mode="vectors")[0] == "refund"
    assert found(second, notes, query="E4711", mode="words") == ["error"]
