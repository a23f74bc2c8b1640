"""How good search in collections is: the measures by hand, the labels whole, `make bench-search` in small."""

from __future__ import annotations

import statistics

import pytest
from conftest import Server
from rest_client import done
from scripts import script

QUALITY = script("search_quality")
SOURCES = script("search_texts")
QUESTIONS = [one for one in QUALITY.questions() if one.half != "other texts"]
OTHERS = [one for one in QUALITY.questions() if one.half == "other texts"]

SHORT = 40
"""Words of the passages of the small form: short ones are soon embedded."""
EVERY = 9
"""Of the short passages that answer nothing, which are there to be confused with those that do."""


Means = dict[str, float]


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    """Every passage by its name, read by the one process that runs these tests: it loads whole packages."""
    return SOURCES.passages()


def test_ndcg_is_the_share_of_the_best_ranking() -> None:
    """Promise: 2^grade - 1 by log2(place + 1), after Järvelin & Kekäläinen (2002); added up by hand."""
    relevant = {"a": 2, "b": 1}
    assert QUALITY.ndcg(["a", "b", "x"], relevant) == 1.0
    # 1 and 3 / log2 3, as a share of 3 and 1 / log2 3.
    assert QUALITY.ndcg(["b", "a"], relevant) == pytest.approx(0.79671, abs=1e-5)
    assert QUALITY.ndcg(["x"] * 10 + ["a"], relevant) == 0.0


def test_recall_counts_as_many_as_fit() -> None:
    """Promise: what is beyond the tenth place is not found, and more than ten cannot be asked for."""
    assert QUALITY.recall(["a", "x"], {"a": 1, "b": 2}) == 0.5
    assert QUALITY.recall(["x"] * 10 + ["a"], {"a": 1}) == 0.0
    many = {str(number): 1 for number in range(20)}
    assert QUALITY.recall(list(many), many) == 1.0


def test_an_interval_holds_the_mean_and_is_the_same_each_time() -> None:
    """Promise: percentile bootstrap with a seed; as wide as the normal one where that holds: ±1.96 · s/√n."""
    values = [number / 199 for number in range(200)]
    found = QUALITY.interval(values)
    half = 1.96 * statistics.stdev(values) / len(values) ** 0.5
    assert found == QUALITY.interval(values)
    assert (found.low, found.mean, found.high) == pytest.approx((0.5 - half, 0.5, 0.5 + half), abs=0.004)


def test_the_labels_are_whole(texts: dict[str, str]) -> None:
    """Promise: ≥ 120 queries of three kinds, halved, each once, each with an answer; and all they name is there."""
    assert len({one.query for one in QUESTIONS}) == len(QUESTIONS) >= 120
    halves = [one.half for one in QUESTIONS]
    assert abs(halves.count("chosen by") - halves.count("held out")) <= 3
    assert {one.kind for one in QUESTIONS} == {"name", "paraphrase", "question"}
    assert all(set(one.relevant.values()) in ({2}, {1, 2}) for one in QUESTIONS)
    assert [name for one in QUESTIONS for name in one.relevant if name not in texts] == []
    assert 500 <= len(texts) <= 2000


def test_what_is_asked_of_other_packages_stands_apart() -> None:
    """Promise: ≥ 150 more queries of the three kinds that no choice was made by, none of them asked before."""
    assert len({one.query for one in OTHERS} - {one.query for one in QUESTIONS}) == len(OTHERS) >= 150
    assert {one.kind for one in OTHERS} == {"name", "paraphrase", "question"}
    assert all(set(one.relevant.values()) in ({2}, {1, 2}) for one in OTHERS)
    named = {name.rpartition(".")[0] for one in OTHERS for name in one.relevant}
    assert named <= {*SOURCES.PACKAGES}
    assert not named & {*SOURCES.STANDARD, *SOURCES.SCIENCE}


def searched(server: Server, collection: str, items: dict[str, str], asked: dict[str, dict[str, int]]) -> Means:
    """The mean nDCG@10 of each way, over queries and what answers them."""
    made = done(server, "POST", "/collections", {"name": collection})["id"]
    added = [{"id": name, "text": text} for name, text in items.items()]
    done(server, "POST", f"/collections/{made}/add-items", {"items": added})
    means: Means = {}
    for mode in ("words", "vectors", "hybrid"):
        found = [
            done(server, "POST", f"/collections/{made}/search", {"query": query, "mode": mode, "limit": 10})["hits"]
            for query in asked
        ]
        rankings = [[hit["id"] for hit in hits] for hits in found]
        means[mode] = statistics.fmean(map(QUALITY.ndcg, rankings, asked.values()))
    done(server, "DELETE", f"/collections/{made}")
    return means


def test_questions_in_other_words_are_not_led_astray_by_words(server: Server, texts: dict[str, str]) -> None:
    """Promise: on labels, of the product with its own model, hybrid search keeps what meaning finds and words do not.

    The whole set, where it ranks better than either, is `make bench-search`'s.
    """
    short = {name: text for name, text in texts.items() if len(text.split()) <= SHORT}
    asked = {one.query: one.relevant for one in QUESTIONS if one.relevant.keys() <= short.keys()}
    answers = {name for relevant in asked.values() for name in relevant}
    others = [name for name in short if name not in answers][::EVERY]
    means = searched(server, "in-other-words", {name: short[name] for name in [*answers, *others]}, asked)
    assert len(asked) >= 40
    assert means["vectors"] > means["words"] + 0.2
    assert means["hybrid"] > means["vectors"] - 0.02, means


def test_names_that_say_nothing_are_found_by_their_letters(server: Server) -> None:
    """Promise: an order's number is as good as noise to meaning; hybrid search finds what words do."""
    subjects = ("the parcel", "a lamp", "two chairs", "the bill", "a blue coat", "the keys", "a kettle", "some tea")
    items = {
        f"{subject} {number}": f"Order Q{number} of {subject} was sent on Monday and has not arrived."
        for number in range(7301, 7307)
        for subject in subjects[number % 2 :: 2]
        for number in [number * 13 % 9973 + len(subject) * 1000]
    }
    asked = {name.rpartition(" ")[2]: name for name in items}
    means = searched(
        server, "orders", items, {f"where is order Q{number}": {name: 2} for number, name in asked.items()}
    )
    assert means["words"] == 1.0
    assert means["hybrid"] > means["vectors"] + 0.1, means
    assert means["hybrid"] > 0.95, means
