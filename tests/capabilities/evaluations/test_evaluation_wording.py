"""How answers are held against what is expected: published values of each measure."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from nis_backend.capabilities.evaluations.cases import Case
from nis_backend.capabilities.evaluations.evaluation import Answer
from nis_backend.capabilities.evaluations.measures import Metric, searching
from nis_backend.capabilities.evaluations.scoring import score, valued
from nis_backend.capabilities.evaluations.wording import (
    best_chrf,
    contains,
    exact,
    near,
    normalised,
    numbers_in,
    summed,
    token_f1,
)
from nis_backend.errors import InvalidRequest, NisError


@pytest.mark.parametrize(
    ("answer", "expected", "wanted"),
    [
        # sacreBLEU 2.6.0, CHRF().sentence_score: nrefs:1|case:mixed|eff:yes|nc:6|nw:0|space:no.
        ("the cat sat on the mat", "the cat is on the mat", 64.5779420625287),
        ("a dog barked", "the dog barked loudly", 46.00165366625949),
        (
            "Die Beziehung zwischen Obama und Netanjahu ist nicht gerade freundlich.",
            "Das Verhältnis zwischen Obama und Netanyahu ist nicht gerade freundschaftlich.",
            64.818123726097,
        ),
        ("", "b", 0.0),
        ("a", "b", 0.0),
        ("ab cd", "abcd", 100.0),
        ("abc", "abcdefgh", 32.250580046403705),
    ],
)
def test_chrf_is_sacrebleus(answer: str, expected: str, wanted: float) -> None:
    """Promise: chrF2 as published, of one answer."""
    assert best_chrf(answer, expected)[0] == pytest.approx(wanted, rel=1e-9)


def test_chrf_of_several_answers_and_expectations_is_sacrebleus_too() -> None:
    """The corpus score is of sums of n-grams; of several expected answers the nearest one counts."""
    said = ["the cat sat on the mat", "a dog barked"]
    wanted = ["the cat is on the mat", "the dog barked loudly"]
    counts = [best_chrf(one, other)[1] for one, other in zip(said, wanted, strict=True)]
    assert summed(counts) == pytest.approx(55.20419807315259, rel=1e-9)
    assert best_chrf("the cat", ["a dog", "the cats"])[0] == best_chrf("the cat", "the cats")[0]


@pytest.mark.parametrize(
    ("answer", "expected", "f1", "same"),
    [
        # SQuAD's evaluate-v1.1: articles, case and punctuation do not count.
        ("The cat.", "cat", 1.0, 1.0),
        ("in the Loire valley", "Loire Valley, France", 2 / 3, 0.0),
        ("a b b", "b b c", 2 * 2 / 5, 0.0),
        ("", "Paris", 0.0, 0.0),
        # Where nothing would be left, and within numbers, more is kept than there: the answer A is not the empty one.
        ("the", "a", 0.0, 0.0),
        ("", "A", 0.0, 0.0),
        ("a.", "A", 1.0, 1.0),
        ("3.14", "314", 0.0, 0.0),
        ("1", "-1", 0.0, 0.0),
        ("\u22121.", "-1", 1.0, 1.0),
        ("U.S., 1990-2000", "us 19902000", 1.0, 1.0),
        ("Tōkyō", ["Tokyo", "Tōkyō"], 1.0, 1.0),
    ],
)
def test_token_f1_and_exact_match_are_squads(answer: str, expected: Any, f1: float, same: float) -> None:
    """Promise: as its script has them, but for what would call different answers the same."""
    assert token_f1(answer, expected) == pytest.approx(f1)
    assert exact(answer, expected) == same


def test_what_is_expected_as_json_is_compared_as_json() -> None:
    """The order of members and the kind of number do not count; true is not 1."""
    assert exact('{"b": 2.0, "a": [1]}', {"a": [1.0], "b": 2}) == 1.0
    assert exact("1", expected=True) == 0.0
    assert exact("3.0", 3) == 1.0
    assert exact("3 apples", 3) == 0.0
    assert exact(" Paris", "paris", as_written=True) == 0.0


def test_words_are_contained_as_words() -> None:
    """Art is no part of party."""
    assert contains("It is in Paris, France.", "paris") == 1.0
    assert contains("a party", "art") == 0.0
    assert contains("anything", "the") == 0.0
    assert contains("It is A.", "A") == 1.0


def test_numbers_are_read_as_people_write_them() -> None:
    """Groups of three, signs, powers, units behind; no number is read out of a name."""
    assert numbers_in("1,234.5 km and \u22123, or 2e-3; .5, 12%") == [1234.5, -3.0, 0.002, 0.5, 12.0]
    assert numbers_in("1,2,3 in v2.0 of x12 on 2024-01-05") == [1.0, 2.0, 3.0, 2024.0, 1.0, 5.0]
    assert near("It is 3.14 or 3.1416", 3.1416, "last", 0, 1e-6) == 1.0
    assert near("It is 3.14 or 3.1416", 3.1416, "first", 0, 1e-6) == 0.0
    assert near("3.1", 3.0, "only", 0.1000001, 0) == 1.0
    assert near("about 3.1", 3.0, "only", 1, 0) == 0.0


@pytest.mark.parametrize("text", ["1,111" * 20_000, "-" * 100_000, "1e" * 50_000, "." * 100_000, "a the " * 15_000])
def test_hostile_texts_are_read_in_linear_time(text: str) -> None:
    """House rule: each is read as fast as it is long; one that were not would not end within the suite."""
    assert isinstance(numbers_in(text), list)
    assert isinstance(normalised(text), str)


def test_few_answers_are_expected_of_a_case() -> None:
    """Each is held against every answer: many would be a way to hold up the server."""
    assert token_f1("a word", ["other"] * 63 + ["word"]) == 1.0
    with pytest.raises(ValidationError, match="at most 64"):
        Case.model_validate({"input": "a", "expected": ["one"] * 65})


def test_patterns_are_matched_without_going_back() -> None:
    """The pattern that holds up other engines is harmless; what needs them is refused by name."""
    assert not searching("^(a+)+$", "pattern").finds("a" * 50_000 + "b")
    assert searching(r"\d{4}", "pattern").finds("in 1911")
    with pytest.raises(NisError, match="linear") as error:
        searching(r"(a)\1", "metrics.0.pattern")
    assert error.value.field == "metrics.0.pattern"
    with pytest.raises((InvalidRequest, NisError)):
        searching("(", "pattern")


def _pairs(*told: tuple[str, str]) -> list[tuple[Case, Answer]]:
    cases = [Case(input=str(number), expected=expected) for number, (expected, _) in enumerate(told, 1)]
    return [
        (case, Answer(number=at, digest=case.digest, input=case.input, outcome="answered", answer=answer))
        for at, (case, (_, answer)) in enumerate(zip(cases, told, strict=True), 1)
    ]


def test_labels_have_accuracy_macro_f1_and_a_confusion() -> None:
    """scikit-learn 1.9.1: f1_score(…, average="macro", labels=["a", "b", "c"], zero_division=0) of the same."""
    # "a" is an article, which does not count: labels are words here.
    told = _pairs(("ham", "ham"), ("ham", "spam"), ("spam", "Spam."), ("spam", "spam"), ("egg", "bread"))
    found = valued(score(Metric(kind="label"), told))
    assert found.value == pytest.approx(3 / 5)
    assert found.more["macro_f1"] == pytest.approx(0.4888888888888889)
    assert found.confusion is not None
    assert found.confusion.labels == ["egg", "ham", "spam", "(other)"]
    assert found.confusion.counts == [[0, 0, 0, 1], [0, 1, 1, 0], [0, 0, 2, 0], [0, 0, 0, 0]]


def test_labels_that_differ_by_a_sign_are_told_apart() -> None:
    """Without punctuation C, C++ and C# are one word: then they are compared as written."""
    found = score(Metric(kind="label"), _pairs(("C", "C++"), ("C++", "C++ "), ("C#", "c")))
    assert found.scores == [0.0, 1.0, 0.0]


def test_a_number_beyond_all_others_is_nothing_to_be_held_against() -> None:
    """JSON has integers of any length, floats have not."""
    case = Case(input="How many?", expected=10**400)
    answer = Answer(number=1, digest=case.digest, input=case.input, outcome="answered", answer="3")
    assert score(Metric(kind="numeric"), [(case, answer)]).scores == [None]


def test_a_failure_is_no_quick_answer() -> None:
    """What fails at once would have the best time: it has none, and a gate that asks for times misses it."""
    pairs = _pairs(("a", "a"), ("b", ""))
    timed = [(case, one.model_copy(update={"latency_ms": 9.0})) for case, one in pairs]
    timed[1] = (timed[1][0], timed[1][1].model_copy(update={"outcome": "failed", "latency_ms": 0.1}))
    assert score(Metric(kind="latency"), timed).scores == [9.0, None]


def test_a_schema_is_followed_or_it_is_said_where_not() -> None:
    """Draft 2020-12; a case's own schema comes before the metric's."""
    told = _pairs(("", '{"n": 1}'), ("", '{"n": "1"}'), ("", "one"))
    schema: dict[str, Any] = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    scored = score(Metric(kind="schema_valid", answer_schema=schema), told)
    assert scored.scores == [1.0, 0.0, 0.0]
    assert "$.n" in scored.why[1]
    assert "JSON" in scored.why[2]


def test_what_has_nothing_to_be_held_against_has_no_score() -> None:
    """No number is posed: the metric is unavailable, and says what to give."""
    case = Case(input="Say something.")
    answer = Answer(number=1, digest=case.digest, input=case.input, outcome="answered", answer="Something.")
    found = valued(score(Metric(kind="exact_match"), [(case, answer)]))
    assert (found.value, found.low, found.cases) == (None, None, 0)
    assert "expected" in str(found.unavailable)
    assert valued(score(Metric(kind="latency"), [(case, answer)])).value is None
