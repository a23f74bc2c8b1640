"""Embedding, comparing, searching and grouping, asked of a served process and its real model."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import Serve, Server
from fake_openai import Asked, Canned, FakeOpenAI
from rest_client import ask, done

TRIPLES = [
    ("How do I get my money back?", "The refund policy of our shop.", "The opening hours of our shop."),
    ("A kitten naps on the couch.", "The cat is asleep on the sofa.", "The dog barks in the garden."),
    ("The central bank raised interest rates.", "Borrowing became more expensive.", "The bank of the river is muddy."),
    (
        "He plays the violin in an orchestra.",
        "She is a cellist with the philharmonic.",
        "He plays football on Sundays.",
    ),
    ("My computer will not boot.", "The laptop does not start any more.", "My boots are wet."),
    ("The patient has a high fever.", "Her body temperature is 40 degrees.", "The patient teacher waited."),
    ("Where can I leave my car?", "Parking is behind the house.", "Leave a message after the tone."),
    (
        "The bridge collapsed in the storm.",
        "Wind destroyed the crossing over the river.",
        "They played bridge all night.",
    ),
]
"""An anchor, what is near to it in meaning, and what is not, though it may share its words."""

TOPICS = [
    [
        "The goalkeeper saved a penalty.",
        "Our striker scored twice.",
        "The match ended in a draw.",
        "The referee showed a card.",
    ],
    [
        "Bake the bread for forty minutes.",
        "Knead the dough until smooth.",
        "Let the sourdough rise overnight.",
        "Add flour, yeast and salt.",
    ],
    [
        "The central bank raised interest rates.",
        "Inflation fell to two percent.",
        "Bond yields climbed on Tuesday.",
        "Stocks closed lower.",
    ],
]
STRANGE = [
    "Füße, naïve café",
    "日本語の文です。",
    "العربية",
    "🎉🧪🦊",
    "e\u0301" * 50,
    "a" * 5000,
    "[SEP] [CLS] [MASK]",
    "\U00010400 \ufffd",
    "<b>&amp;</b>",
]


def call(server: Server, action: str, **request: Any) -> Any:  # Any: JSON out and in
    """What the operation answers over REST."""
    return done(server, "POST", f"/embeddings/{action}", request)


def refusal(server: Server, action: str, **request: Any) -> Any:
    """The problem that it answers."""
    status, _, problem = ask(server, "POST", f"/embeddings/{action}", request)
    assert status >= 400
    return problem


@pytest.mark.parametrize(("anchor", "near", "far"), TRIPLES)
def test_what_means_nearly_the_same_is_nearer_than_what_shares_words(
    server: Server, anchor: str, near: str, far: str
) -> None:
    """Comparing and searching agree on it, to the last digit."""
    compared = call(server, "compare-texts", texts=[anchor], others=[far, near])
    found = call(server, "search-texts", query=anchor, texts=[far, near])
    assert [match["index"] for match in found["matches"]] == [1, 0]
    assert compared["matrix"][0] == [found["matches"][1]["score"], found["matches"][0]["score"]]
    assert compared["closest"][0] == {"text": 0, "other": 1, "similarity": found["matches"][0]["score"]}
    assert "cosine" in found["formula"]


def test_texts_compared_with_each_other_give_a_symmetric_matrix(server: Server) -> None:
    """Ones on the diagonal; the pairs are those above it, closest first; another order gives the same numbers."""
    texts = [text for topic in TOPICS for text in topic]
    compared = call(server, "compare-texts", texts=texts)
    matrix = compared["matrix"]
    for row in range(len(texts)):
        assert matrix[row][row] == pytest.approx(1, abs=2e-6)
        assert [matrix[column][row] for column in range(len(texts))] == matrix[row]
    similarities = [pair["similarity"] for pair in compared["closest"]]
    assert similarities == sorted(similarities, reverse=True)
    assert all(pair["text"] < pair["other"] for pair in compared["closest"])
    assert similarities[0] == max(matrix[a][b] for a in range(len(texts)) for b in range(a))
    again = call(server, "compare-texts", texts=texts[::-1])["matrix"]
    for row, values in enumerate(matrix):
        assert again[-1 - row][::-1] == pytest.approx(values, abs=3e-6)


def test_a_search_answers_as_many_as_asked_and_earlier_ones_first_among_equals(server: Server) -> None:
    """A text that is the query itself scores 1."""
    texts = ["A red house.", "The sea at night.", "A red house.", "A green house."]
    found = call(server, "search-texts", query="A red house.", texts=texts, limit=3)["matches"]
    assert [match["index"] for match in found] == [0, 2, 3]
    assert found[0]["score"] == pytest.approx(1, abs=2e-6)
    assert [match["text"] for match in found] == [texts[0], texts[2], texts[3]]


@pytest.mark.parametrize("wanted", [None, 3])
def test_topics_are_found_again(server: Server, wanted: int | None) -> None:
    """Each labelled topic is one cluster, whether their number is given or not, and in whatever order they come."""
    labelled = [(text, topic) for topic, texts in enumerate(TOPICS) for text in texts]
    for order in (labelled, labelled[::-1], labelled[1::2] + labelled[::2]):
        found = call(server, "cluster-texts", texts=[text for text, _ in order], clusters=wanted)
        assert len(found["clusters"]) == 3
        assert len({(label, topic) for label, (_, topic) in zip(found["labels"], order, strict=True)}) == 3
        assert found["silhouette"] == pytest.approx(0.2, abs=0.15)
        for number, cluster in enumerate(found["clusters"]):
            assert cluster["members"] == [n for n, label in enumerate(found["labels"]) if label == number]
            assert cluster["typical"] in cluster["members"]
            assert cluster["typical_text"] == order[cluster["typical"]][0]
        best = max(found["trials"], key=lambda trial: trial["silhouette"], default={"clusters": 3})
        assert best["clusters"] == 3
    assert "Ward" in found["method"]
    assert "Rousseeuw" in found["formula"]


def test_the_same_text_many_times_is_one_cluster(server: Server) -> None:
    """A silhouette of one cluster does not exist, and none is made up."""
    found = call(server, "cluster-texts", texts=["The same."] * 20)
    assert (len(found["clusters"]), found["silhouette"], found["trials"]) == (1, None, [])
    assert found["clusters"][0] == {"size": 20, "typical": 0, "typical_text": "The same.", "members": list(range(20))}
    problem = refusal(server, "cluster-texts", texts=["The same."] * 20, clusters=2)
    assert (problem["field"], problem["value"]) == ("clusters", "2")


def test_scripts_signs_and_giants_are_texts_too(server: Server) -> None:
    """Every number is finite, every vector has length 1, and marks of the model's own are words like others."""
    vectors = call(server, "embed-texts", texts=STRANGE)["vectors"]
    assert [math.hypot(*vector) for vector in vectors] == pytest.approx([1] * len(STRANGE), abs=1e-5)


@pytest.mark.parametrize(
    ("action", "request_", "field"),
    [
        ("embed-texts", {"texts": []}, "texts"),
        ("embed-texts", {"texts": [""]}, "texts.0"),
        ("embed-texts", {"texts": ["a"] * 2049}, "texts"),
        ("embed-texts", {"texts": ["a", "b" * 32_769]}, "texts.1"),
        ("embed-texts", {"texts": ["a", " "]}, "texts.1"),
        ("compare-texts", {"texts": ["a"] * 101}, "texts"),
        ("compare-texts", {"texts": ["a"], "others": ["b", "\u200b"]}, "others.1"),
        ("search-texts", {"query": "\n", "texts": ["a", "b"]}, "query"),
        ("search-texts", {"query": "a", "texts": ["b"], "limit": 0}, "limit"),
        ("cluster-texts", {"texts": ["a"] * 501}, "texts"),
        ("cluster-texts", {"texts": ["a", "b"], "clusters": 51}, "clusters"),
        ("cluster-texts", {"texts": ["a", "b"], "clusters": 3}, "clusters"),
        ("cluster-vectors", {"vectors": [[1, 2], [1]]}, "vectors.1"),
        ("cluster-vectors", {"vectors": [[1, 2], [0, 0]]}, "vectors.1"),
        ("cluster-vectors", {"vectors": [list[float]()]}, "vectors.0"),
    ],
)
def test_what_cannot_be_read_is_refused_by_its_field(
    server: Server, action: str, request_: dict[str, Any], field: str
) -> None:
    """The caller's own field, where one operation asks another."""
    problem = refusal(server, action, **request_)
    assert (problem["status"], problem["field"]) == (422, field)
    assert problem["detail"].startswith(field) or field == "clusters"
    assert problem["remedy"]


def test_an_unknown_model_is_not_found(server: Server) -> None:
    """With the providers there are."""
    problem = refusal(server, "search-texts", query="a", texts=["b"], model="embedded:huge")
    assert (problem["status"], problem["field"], problem["value"]) == (404, "model", "embedded:huge")
    assert "embedded" in problem["remedy"]


def test_a_long_text_is_named_where_it_stands(server: Server) -> None:
    """In the list it came in, and in words."""
    long = "The engine of the boat. " * 100
    assert call(server, "embed-texts", texts=["a", long])["truncated"] == [1]
    assert call(server, "compare-texts", texts=["a", long], others=[long])["truncated"] == ["texts.1", "others.0"]
    assert call(server, "search-texts", query=long, texts=["a", long])["truncated"] == ["query", "texts.1"]
    assert call(server, "cluster-texts", texts=[long, "a"])["truncated"] == ["texts.0"]


def test_models_say_what_they_are(server: Server) -> None:
    """Id, hash and dimensions as vectors state them; one that is not ready says what mends it."""
    known = call(server, "list-models")
    lines = {one["id"]: one for one in known["models"]}
    for model in (known["default"], "static:wordllama-256"):
        line = lines[model]
        assert line["ready"], line["problem"]
        found = call(server, "embed-texts", texts=["A cat."], model=model)
        assert (found["model"], found["version"]) == (model, line["version"])
        assert (found["dimensions"], found["max_tokens"]) == (line["dimensions"], line["max_tokens"])
        assert line["version"].startswith("sha256:")
    assert known["servers"] == []


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_serving_process_stays_light(server: Server) -> None:
    """Whatever was asked of it: the model and arrays are in worker processes, whose memory goes when they are idle."""
    texts = ["A cat.", "A dog.", "A house."]
    call(server, "compare-texts", texts=texts)
    call(server, "search-texts", query="A cat.", texts=texts)
    call(server, "cluster-texts", texts=texts)
    mapped = Path(f"/proc/{server.pid}/maps").read_text()
    assert "python" in mapped
    assert not [name for name in ("onnxruntime", "numpy", "tokenizers", "scipy") if f"/{name}/" in mapped]


def test_a_servers_model_answers_by_one_setting(serve: Serve) -> None:
    """`NIS_EMBEDDING_MODEL`; what stands on vectors stands on its own, and the one in the box can be named."""

    def embeds(asked: Asked) -> Canned:
        rows = [{"index": n, "embedding": [len(text), 1.0]} for n, text in enumerate(asked.body["input"])]
        return Canned(pieces=[json.dumps({"data": rows}).encode()], content_type="application/json")

    with FakeOpenAI(embeds, embeds).in_thread() as fake:
        server = serve(NIS_LOCAL_URL=fake.url, NIS_EMBEDDING_MODEL="local:vendor/tiny")
        assert call(server, "list-models")["servers"] == ["local"]
        embedded = call(server, "embed-texts", texts=["a", "bb"])
        assert embedded["version"] is None
        assert (embedded["model"], embedded["dimensions"], embedded["input_tokens"]) == ("local:vendor/tiny", 2, None)
        found = call(server, "search-texts", query="bb", texts=["a", "bb"])
        assert (found["model"], found["matches"][0]["index"]) == ("local:vendor/tiny", 1)
        ours = call(server, "embed-texts", texts=["a"], model="embedded:minilm-l6-v2-int8")
        assert ours["dimensions"] == 384
        assert [asked.body["input"] for asked in fake.asked] == [["a", "bb"], ["bb", "a", "bb"]]
