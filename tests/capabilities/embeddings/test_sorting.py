"""Duplicates, outliers, labels and maps, asked of a served process and its real model."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import Server
from rest_client import ask, done

TOPICS = {
    "football": [
        "The goalkeeper saved a penalty.",
        "Our striker scored twice.",
        "The match ended in a draw.",
        "The referee showed a red card.",
        "The team won the cup final.",
        "The defender fouled the captain of the visitors.",
        "The coach substituted two players at half time.",
        "The fans sang in the stadium after the goal.",
    ],
    "baking": [
        "Bake the bread for forty minutes.",
        "Knead the dough until it is smooth.",
        "Let the sourdough rise overnight.",
        "Add flour, yeast and salt.",
        "The cake needs a hot oven.",
        "Whisk the eggs with the sugar.",
        "Roll out the pastry and butter the tin.",
        "The crust of the loaf should be brown.",
    ],
    "finance": [
        "The central bank raised interest rates.",
        "Inflation fell to two percent.",
        "Bond yields climbed on Tuesday.",
        "Stocks closed lower in Frankfurt.",
        "The company issued new shares.",
        "Investors sold government debt.",
        "The dollar gained against the euro.",
        "The fund pays a dividend every quarter.",
    ],
}
LABELLED = [(text, topic) for topic, texts in TOPICS.items() for text in texts]

SAME = [
    ("How can I reset my password?", "How do I reset my password?"),
    ("The app crashes when I open the camera.", "App crashes when opening the camera."),
    ("Cancel my subscription please.", "Please cancel my subscription."),
    ("Where is my order?", "Where's my order?"),
]
OTHER = ["The invoice is wrong.", "The invoice is right.", "I like dogs.", "I like cats.", "Open at nine."]


def call(server: Server, action: str, **request: Any) -> Any:  # Any: JSON out and in
    """What the operation answers over REST."""
    return done(server, "POST", f"/embeddings/{action}", request)


def test_what_says_the_same_is_kept_once(server: Server) -> None:
    """At the threshold that is the default, and sentences that share most of their words are not taken for it."""
    texts = [one for pair in SAME for one in pair] + OTHER
    found = call(server, "deduplicate-texts", texts=texts)
    assert [(one["of"], one["index"]) for one in found["duplicates"]] == [(0, 1), (2, 3), (4, 5), (6, 7)]
    assert found["texts"] == [texts[index] for index in found["kept"]]
    assert sorted([*found["kept"], *(one["index"] for one in found["duplicates"])]) == list(range(len(texts)))
    exact = call(server, "deduplicate-texts", texts=["A cat.", "A dog.", "A cat."], threshold=0.999)
    assert [one["of"] for one in exact["duplicates"]] == [0]


@pytest.mark.parametrize("topic", TOPICS)
def test_the_one_of_another_topic_is_the_outlier(server: Server, topic: str) -> None:
    """Wherever it stands; and without it there is none."""
    texts = TOPICS[topic]
    (stranger,) = [other[0] for name, other in TOPICS.items() if name != topic][:1]
    for place in (0, 5, 8):
        found = call(server, "find-outliers", texts=[*texts[:place], stranger, *texts[place:]])
        assert found["outliers"] == [place]
        assert found["unusual"][0]["text"] == stranger
    assert call(server, "find-outliers", texts=texts)["outliers"] == []
    same = call(server, "find-outliers", texts=["The same."] * 4)
    assert (same["outliers"], same["unusual"][0]["deviation"]) == ([], None)


def test_texts_go_under_the_labels_that_they_were_written_for(server: Server) -> None:
    """All of the labelled ones, by the labels' names and an example each; scores are the cosines that comparing has."""
    texts, labels = [text for text, _ in LABELLED], list(TOPICS)
    examples = {"baking": ["Mix the batter."], "finance": ["The price of money."], "football": ["He kicked the ball."]}
    found = call(server, "classify-texts", texts=texts, labels=labels, examples=examples)
    assert [one["label"] for one in found["texts"]] == [topic for _, topic in LABELLED]
    plain = call(server, "classify-texts", texts=texts[:3], labels=labels)["texts"]
    matrix = call(server, "compare-texts", texts=texts[:3], others=labels)["matrix"]
    for one, row in zip(plain, matrix, strict=True):
        assert one["scores"] == pytest.approx(row, abs=3e-6)
        first, second = sorted(row, reverse=True)[:2]
        assert (one["score"], one["margin"]) == pytest.approx((first, first - second), abs=3e-6)
    none = call(server, "classify-texts", texts=["Hm."], labels=labels, least_score=0.5)["texts"][0]
    assert (none["label"], none["best"] in labels) == (None, True)


def test_a_map_keeps_topics_apart(server: Server) -> None:
    """Each text's nearest in the plane is of its topic; the same texts give the same map."""
    texts, groups = [text for text, _ in LABELLED], [topic for _, topic in LABELLED]
    found = call(server, "project-texts", texts=texts, groups=groups)
    places = found["places"]
    for index, one in enumerate(places):
        others = [place for place in range(len(places)) if place != index]
        near = min(
            others,
            key=lambda place: (places[place]["x"] - one["x"]) ** 2 + (places[place]["y"] - one["y"]) ** 2,
        )
        assert places[near]["group"] == one["group"]
    assert 0.2 < sum(found["explained"]) < 1
    assert found["trust"] > 0.8
    assert call(server, "project-texts", texts=texts, groups=groups) == found


@pytest.mark.parametrize(
    ("action", "request_", "field"),
    [
        ("deduplicate-texts", {"texts": ["a", "b"], "threshold": 0}, "threshold"),
        ("deduplicate-texts", {"texts": ["a", " "]}, "texts.1"),
        ("find-outliers", {"texts": ["a", "b", "c"]}, "texts"),
        ("classify-texts", {"texts": ["a"], "labels": ["b"]}, "labels"),
        ("classify-texts", {"texts": ["a"], "labels": ["b", " "]}, "labels.1"),
        ("classify-texts", {"texts": ["a"], "labels": ["b", "c"], "examples": {"c": ["d", "\u200b"]}}, "examples.c.1"),
        ("project-texts", {"texts": ["a", "b"]}, "texts"),
        ("project-texts", {"texts": ["a", "b", "c"], "groups": ["x"]}, "groups"),
        ("search-vectors", {"vectors": [[1, 2], [3, 4]], "queries": [[1]]}, "queries.0"),
        ("search-vectors", {"vectors": [[1, 2], [0, 0]]}, "vectors.1"),
        ("project-vectors", {"vectors": [[1, 2], [3], [5, 6]]}, "vectors.1"),
    ],
)
def test_what_cannot_be_sorted_is_refused_by_its_field(
    server: Server, action: str, request_: dict[str, Any], field: str
) -> None:
    """The caller's own field, where one operation asks another."""
    status, _, problem = ask(server, "POST", f"/embeddings/{action}", request_)
    assert (status, problem["field"]) == (422, field)
    assert problem["remedy"]
