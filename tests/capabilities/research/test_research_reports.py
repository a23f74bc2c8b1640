"""Reports: every statement stands on words of a source that was read; what no source says is in none."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ground import Ground
from hypothesis import given
from hypothesis import strategies as st
from indexes import GARDEN, TOWER

from nis_backend.capabilities.research.passages import (
    as_number,
    chosen,
    missing_numbers,
    passages,
    ranked,
    shared,
    stem,
)
from nis_backend.errors import Forbidden, InvalidRequest, NisError, Unavailable, UpstreamFailed

Json = dict[str, Any]

QUESTION = "How tall is the Eiffel tower?"
TALL = "The Eiffel tower is 330 metres tall, as high as a building of 81 floors."
SEEN = "From its terrace the Eiffel tower can be seen, whose top is 330 metres above the ground on a clear day."
SCRIPT = [
    {"when": "At most 2 queries", "text": json.dumps({"queries": ["tower height", "tower height", "steel"]})},
    {
        "when": "The source, The tower",
        "text": json.dumps(
            {
                "findings": [
                    {"quote": TALL, "says": "The Eiffel tower is 330 metres tall."},
                    {"quote": "The Eiffel tower is 500 metres tall.", "says": "It is 500 metres tall."},
                    {"quote": "It is painted every seven years", "says": "It is painted every 9 years."},
                    {"quote": "It is painted every seven years", "says": "Gustave disliked bananas."},
                ]
            }
        ),
    },
    {
        "when": "The source, A garden",
        "text": json.dumps({"findings": [{"quote": SEEN, "says": "Its top is 330 metres above the ground."}]}),
    },
    {
        "when": "The findings:",
        "text": json.dumps(
            {
                "sections": [
                    {
                        "heading": "Height",
                        "statements": [
                            {"text": "The Eiffel tower is 330 metres tall.", "findings": [1, 2, 1]},
                            {"text": "The Eiffel tower is 324 metres tall.", "findings": [1]},
                            {"text": "Its architect was very proud indeed.", "findings": [1]},
                            {"text": "The Eiffel tower is tall.", "findings": []},
                        ],
                    },
                    {"heading": "Nothing", "statements": [{"text": "Nobody knows why.", "findings": [2]}]},
                ]
            }
        ),
    },
    {"text": "I answer from a script."},
]


@pytest.fixture(scope="module")
def writing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """A nis whose model reads and writes as the script has it: some of it true, some invented."""
    folder = tmp_path_factory.mktemp("writing")
    made = Ground(folder)
    (folder / "script.json").write_text(json.dumps({"replies": SCRIPT}))
    with made.open() as one:
        yield one


def research(ground: Ground, **request: Any) -> Json:
    """The report."""
    return ground.call("research.research_topic", {"question": QUESTION, "texts": True, **request})


def citations(report: Json) -> list[tuple[Json, Json]]:
    """Each statement with each of its citations."""
    return [(each, one) for part in report["sections"] for each in part["statements"] for one in each["citations"]]


def check_verbatim(report: Json) -> None:
    """Every statement has a citation, and each of those stands in its source's text exactly so."""
    told = {one["number"]: one["text"] for one in report["sources"]}
    assert all(each["citations"] for part in report["sections"] for each in part["statements"])
    for _, one in citations(report):
        assert told[one["source"]][one["start"] : one["end"]] == one["quote"]
    for one in report["sources"]:
        assert one["cited"] == sum(cited["source"] == one["number"] for _, cited in citations(report))


def test_without_a_model_the_report_is_sentences_of_the_sources(ground: Ground) -> None:
    """Promise: extractive, said so, each statement word for word; the best first, of both pages."""
    report = research(ground, where=["web"], mode="extractive")
    check_verbatim(report)
    assert (report["mode"], report["model"], report["cost"]) == ("extractive", None, None)
    assert "no model has written" in report["why"]
    statements = [each["text"] for part in report["sections"] for each in part["statements"]]
    assert {TALL, SEEN} <= set(statements)
    assert all(each["text"] == one["quote"] for each, one in citations(report))
    assert [one["url"] for one in report["sources"]] == [TOWER, GARDEN]
    assert report["searches"] == [
        {"what": "web", "query": "How tall is the Eiffel tower", "by": "searxng", "found": 2, "problem": ""}
    ]


def test_a_model_too_small_to_be_relied_on_does_not_write(ground: Ground) -> None:
    """Promise: `auto` takes no demonstration model, and says which one it is."""
    report = research(ground, urls=[TOWER], where=[], model="scripted:scripted")
    assert report["mode"] == "extractive"
    assert "scripted:scripted is too small" in report["why"]


def test_what_a_model_writes_is_held_to_quotes(writing: Ground) -> None:
    """Promise: an invented quote, another number, words that no quote has: left out, and named."""
    report = research(writing, where=["web"], mode="model", model="scripted:scripted", max_searches=2)
    check_verbatim(report)
    assert (report["mode"], report["model"]) == ("model", "scripted:scripted")
    ((heading, statements),) = [(part["heading"], part["statements"]) for part in report["sections"]]
    assert heading == "Height"
    assert [each["text"] for each in statements] == ["The Eiffel tower is 330 metres tall."]
    assert [one["quote"] for one in statements[0]["citations"]] == [TALL, SEEN]
    assert statements[0]["score"] == 1.0
    assert set(report["dropped"]) == {
        "The Eiffel tower is 500 metres tall.",
        "It is painted every 9 years.",
        "Gustave disliked bananas.",
        "The Eiffel tower is 324 metres tall.",
        "Its architect was very proud indeed.",
        "The Eiffel tower is tall.",
        "Nobody knows why.",
    }
    assert [one["query"] for one in report["searches"]] == ["tower height", "steel"]


def test_a_model_that_quotes_nothing_leaves_sentences(ground: Ground) -> None:
    """Promise: where nothing of a model's holds, `model` fails and says why; nothing is made up in its place."""
    with pytest.raises(UpstreamFailed, match="No report was written"):
        research(ground, urls=[TOWER], where=[], mode="model", model="scripted:scripted")


@pytest.mark.parametrize(
    ("request_", "kind", "says"),
    [
        ({"where": []}, InvalidRequest, "no page is named"),
        ({"question": "What is it?"}, InvalidRequest, "no telling word"),
        ({"urls": ["https://user:secret@example.org/"]}, InvalidRequest, "credentials"),
        ({"urls": ["https://example.org/gone"], "where": []}, UpstreamFailed, "None of 1 sources could be read"),
        ({"urls": ["http://169.254.169.254/latest"], "where": []}, UpstreamFailed, "own network"),
    ],
)
def test_what_cannot_be_researched_is_told(ground: Ground, request_: Json, kind: type[NisError], says: str) -> None:
    """Promise: no source, no report."""
    with pytest.raises(kind, match=says):
        research(ground, mode="extractive", **request_)


def test_without_a_search_it_is_unavailable(tmp_path: Path) -> None:
    """Promise: no key, no address: it names the settings, before there is a run, and also beside a search of papers."""
    made = Ground(tmp_path)
    bare = made.settings.model_copy(update={"searxng_url": None, "arxiv_url": "http://127.0.0.1:9"})
    made.process.settings = made.settings = bare
    with made.open() as ground:
        with pytest.raises(Unavailable) as caught:
            research(ground, where=["web"], mode="extractive")
        assert "NIS_SEARXNG_URL" in caught.value.remedy
        assert ground.call("runs.list_runs", {})["runs"] == []
        with pytest.raises(Unavailable, match="No web search is set up"):
            research(ground, mode="extractive")
        report = research(ground, urls=[TOWER], mode="extractive")
        check_verbatim(report)
        assert [bool(one["problem"]) for one in report["searches"]] == [True, True]


def test_papers_are_read_by_their_abstracts(ground: Ground) -> None:
    """Promise: what an index has of a paper is a source, named as an abstract, and quoted as any other."""
    report = ground.call(
        "research.research_topic",
        {
            "question": "What is the threshold of a surface code?",
            "where": ["papers"],
            "mode": "extractive",
            "texts": True,
        },
    )
    check_verbatim(report)
    assert report["sources"][0]["kind"] == "abstract"
    assert report["sources"][0]["author"] == "Ada Byron, Erwin Strom"
    told = [one["text"] for one in report["sections"][0]["statements"]]
    assert "Its threshold is 1.1 percent under depolarizing noise." in told


def test_a_page_may_not_be_fetched_for_research_that_may_not_be_for_anyone(ground: Ground) -> None:
    """Promise: the guard stands in front of what searches find, too."""
    with pytest.raises(Forbidden):
        ground.call("research.fetch_page", {"url": "http://10.0.0.1/admin"})


@given(st.lists(st.text(max_size=300), max_size=3))
def test_a_passage_stands_where_it_is_said_to(texts: list[str]) -> None:
    """Promise: whatever the text, its sentences are pieces of it, in order, without overlap."""
    last = (-1, 0)
    for one in passages(texts):
        assert texts[one.source][one.start : one.end] == one.text
        assert (one.source, one.start) >= last
        last = (one.source, one.end)


def test_sentences_end_where_they_do() -> None:
    """Promise: abbreviations, initials and decimals end none."""
    text = (
        'Dr. A. B. Smith measured 3.14 m at No. 10, e.g. twice. "Is it so?" He asked this of everyone. Yes.\n'
        "A heading of a few words\n"
    )
    assert [one.text for one in passages([text])] == [
        "Dr. A. B. Smith measured 3.14 m at No. 10, e.g. twice.",
        "He asked this of everyone.",
    ]


def test_the_best_sentences_are_of_the_question_and_say_nothing_twice() -> None:
    """Promise: BM25 over stems; what says the same is chosen once."""
    texts = [
        "Bridges rust when salt is strewn on them. A bridge rusts where salt is strewn on it. Roses bloom in May.",
        "Salt makes the bridges of the north rust within a decade or two of winters. Nothing else matters to them.",
    ]
    found = ranked(["Why does a bridge rust?"], passages(texts))
    assert found[0].score == 1.0
    assert all("rust" in one.passage.text for one in found)
    best = chosen(found, 5, 5)
    assert {one.passage.source for one in best} == {0, 1}
    assert len(best) == 2
    assert ranked(["of the"], passages(texts)) == []
    assert ranked(["roses"], []) == []


@pytest.mark.parametrize(
    ("said", "value"),
    [("1,234,567", 1234567.0), ("3,14", 3.14), ("−5", -5.0), ("1e3", 1000.0), ("1.2.3", None), ("1e999", None)],
)
def test_numbers_are_read_as_they_are_written(said: str, value: float | None) -> None:
    """Promise: commas between thousands, decimal commas, real minus signs."""
    assert as_number(said) == value


def test_a_sentence_is_held_to_the_numbers_and_words_of_its_quotes() -> None:
    """Promise: a number that no quote has is missing; the share of words is of the sentence's own."""
    assert missing_numbers("It cost 1,500 in 2020", ["about 1500 euros"]) == [2020.0]
    assert shared("The bridge was painted red", ["They paint the bridges red"]) == 1.0
    assert shared("The bridge was sold", ["They paint the bridges red"]) == 0.5
    assert {stem(one) for one in ("stopped", "stopping", "stop", "stops")} == {"stop"}
