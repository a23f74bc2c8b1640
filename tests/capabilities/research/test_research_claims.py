"""Claims held against sources: what is plainly said is found, what is not is neither true nor false."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ground import Ground
from indexes import GARDEN, TOWER

from nis_backend.capabilities.research.evidence import weigh
from nis_backend.errors import InvalidRequest

Json = dict[str, Any]

TEXT = "The tower was opened on 31 March 1889. The tower is 330 metres tall. It is not made of wood."
SCRIPT = [
    {
        "when": "The claim: The tower is made of wood",
        "text": json.dumps(
            {
                "quotes": [
                    {"source": 1, "quote": "It is not made of wood.", "speaks": "against"},
                    {"source": 1, "quote": "The tower is made of oak.", "speaks": "for"},
                ]
            }
        ),
    },
    {"text": "I answer from a script."},
]


@pytest.fixture(scope="module")
def reading(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """A nis whose model quotes as the script has it: once truly, once not."""
    folder = tmp_path_factory.mktemp("reading")
    made = Ground(folder)
    (folder / "script.json").write_text(json.dumps({"replies": SCRIPT}))
    with made.open() as one:
        yield one


@pytest.mark.parametrize(
    ("claim", "sentence", "speaks"),
    [
        ("The tower is 330 m tall.", "The tower is 330 metres tall.", "for"),
        ("The tower is 300 m tall.", "The tower is 330 metres tall.", "against"),
        ("The tower is 300 m tall.", "The tower is 330 metres tall and its base 125 metres wide.", "against"),
        ("The tower is 300 m tall.", "Tall is the tower, 330 metres, with a base of 125 metres.", None),
        ("The tower is made of iron.", "The tower is made of iron, not of wood.", "for"),
        ("The tower is made of wood.", "The tower is made of iron, not of wood.", None),
        ("The tower is 300 m tall.", "The tower is more than 300 metres tall.", None),
        ("The tower is 300 m tall.", "The tower was 300 metres tall.", None),
        ("All towers lean.", "Some towers lean.", None),
        ("Some towers lean.", "Some towers lean.", "for"),
        ("The tower leans.", "It is not false that the tower leans.", None),
        ("The tower was opened in 1889.", "The tower was opened on 31 March 1889.", "for"),
        ("The tower was opened in 1890.", "The tower was opened on 31 March 1889.", None),
        ("The tower is 330 kg heavy.", "The tower is 330 metres tall.", None),
        ("The tower is made of wood.", "The tower is not made of wood.", "against"),
        ("The tower isn't made of wood.", "The tower is made of wood.", "against"),
        ("The tower is not made of wood.", "The tower is not made of wood.", "for"),
        ("Dogs chase cats through gardens.", "Cats chase dogs through gardens.", None),
        ("The tower leans.", "Does the tower lean?", None),
        ("The tower leans.", "Some claimed that the tower leans.", None),
        ("The tower leans.", "The tower may lean.", None),
        ("The tower leans.", "It is false that the tower leans.", "against"),
        ("The firm has 1,200 workers.", "The firm has 1200 workers.", "for"),
        ("The firm has 1,200 workers.", "The firm has 900 workers and 300 trainees.", "against"),
        ("Inflation fell to 2 percent.", "Inflation fell to 3 % in March.", None),
        ("Inflation fell to 2 percent.", "Inflation fell to 3 %.", "against"),
        ("Sales rose by 5 percent in 2020.", "Sales rose by 5 percent in 2021.", None),
        ("Water boils at 100 degrees.", "Water boils at 90 degrees on high mountains.", None),
        ("Smoking causes cancer.", "The industry denies that smoking causes cancer.", None),
        ("Smoking causes cancer.", "There is no evidence that smoking causes cancer.", None),
        ("The vaccine prevents disease.", "The vaccine fails to prevent disease.", None),
        ("He won the prize.", "He won no prize.", "against"),
        ("Aspirin prevents strokes in women.", "Aspirin prevents headaches in women.", None),
        ("The tower was opened in 1889.", "The tower, which was planned in 1884, was opened to the public.", None),
    ],
)
def test_words_alone_tell_what_is_plainly_said(claim: str, sentence: str, speaks: str | None) -> None:
    """Promise: for, against, or nothing: a paraphrase is not found, and a likeness is no evidence."""
    found = weigh(claim, sentence)
    assert (found and found.speaks) == speaks


def check(ground: Ground, claim: str, **request: Any) -> Json:
    """The verdict."""
    return ground.call("research.check_claim", {"claim": claim, **request})


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        ("The tower is 330 metres tall.", "supported"),
        ("The tower is 320 metres tall.", "contradicted"),
        ("The tower has a restaurant.", "not found"),
    ],
)
def test_a_verdict_stands_on_words_of_the_text(ground: Ground, claim: str, verdict: str) -> None:
    """Promise: the quote is in the text where it is said to be; not found has none, and a score of nothing."""
    told = check(ground, claim, texts=[TEXT], mode="extractive")
    assert (told["verdict"], told["method"], told["model"]) == (verdict, "words", None)
    assert (told["score"] > 0) == (verdict != "not found")
    for one in told["evidence"]:
        assert TEXT[one["start"] : one["end"]] == one["quote"]
    assert "a paraphrase is not found" in told["why"]


def test_sources_that_disagree_are_a_dispute(ground: Ground) -> None:
    """Promise: both sides are told, with the source of each."""
    texts = ["The tower is 330 metres tall.", "The tower is 300 metres tall."]
    told = check(ground, "The tower is 330 m tall.", texts=texts, mode="extractive")
    assert told["verdict"] == "disputed"
    assert {one["speaks"]: one["source"] for one in told["evidence"]} == {"for": 1, "against": 2}


def test_pages_are_searched_and_fetched_for_a_claim(ground: Ground) -> None:
    """Promise: text, page and search together; a page that is not there is named and costs no verdict."""
    told = check(
        ground,
        "The Eiffel tower is 330 metres tall.",
        texts=["Nothing of it."],
        urls=["https://example.org/gone"],
        search=True,
        mode="extractive",
    )
    assert told["verdict"] == "supported"
    assert [one["url"] for one in told["sources"]] == [None, TOWER, GARDEN]
    assert [one["url"] for one in told["missed"]] == ["https://example.org/gone"]
    assert told["evidence"][0]["source"] == 2
    assert told["searches"][0]["by"] == "searxng"


def test_a_models_quotes_are_looked_up(reading: Ground) -> None:
    """Promise: what it quotes truly counts; what no source has is dropped, and named."""
    told = check(reading, "The tower is made of wood.", texts=[TEXT], mode="model", model="scripted:scripted")
    assert (told["verdict"], told["method"]) == ("contradicted", "model")
    assert [one["quote"] for one in told["evidence"]] == ["It is not made of wood."]
    assert told["dropped"] == ["The tower is made of oak."]


def test_a_small_model_is_not_asked(ground: Ground) -> None:
    """Promise: `auto` reads by words where the model cannot be relied on, and says so."""
    told = check(ground, "The tower is 330 metres tall.", texts=[TEXT], model="scripted:scripted")
    assert told["method"] == "words"
    assert "too small to be relied on" in told["why"]


def test_a_claim_needs_something_to_be_held_against(ground: Ground) -> None:
    """Promise: without a source there is no verdict."""
    with pytest.raises(InvalidRequest, match="nothing to hold"):
        check(ground, "The tower is 330 metres tall.")


def test_pairs_written_to_mislead_are_rarely_read_wrongly() -> None:
    """Promise: much is not found, and hardly anything is wrong: other numbers, units, names, hedges, roles, denials."""
    pairs: list[tuple[str, str, str]] = json.loads(Path(__file__).with_name("claim_pairs.json").read_text("utf-8"))
    told = {"for": "supported", "against": "contradicted"}
    found = [weigh(claim, sentence) for claim, sentence, _ in pairs]
    read = [told[one.speaks] if one else "not found" for one in found]
    wrong = [pair for pair, said in zip(pairs, read, strict=True) if said not in {pair[2], "not found"}]
    assert [sentence for _, sentence, _ in wrong] == [
        "The mines produce 10 tonnes of gold.",
        "Tokyo has 14 million inhabitants by day.",
    ]
    right = sum(said == pair[2] for pair, said in zip(pairs, read, strict=True))
    assert (len(pairs), right) >= (268, 182)
