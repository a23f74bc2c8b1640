"""The answer within a model's words."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from nis_backend.answers.extracting import LONGEST, Extraction, extract, same


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Answer: 1,234.50", "1234.5"),
        ("so 3 + 4 = 7", "7"),
        ("The answer is 3/4 of a cup, of 2.", "0.75"),
        ("it is \\boxed{12}. Not 13.", "12"),
        ("1/3", "1/3"),
        ("50%", "50"),
        ("1e3", "1000"),
        ("#### 72", "72"),
        ("\u22123 degrees", "-3"),
        ("-0.0", "0"),
        ("Final answer: **42** since 6 x 7", "42"),
        ("Answer: I know. It was 1/0, or 5", "5"),
        ("none", None),
        ("9" * 500, None),
        (str(2**100), "1267650600228229401496703205376"),
        ("-0.05", "-0.05"),
        ("so it is \\boxed{\\frac{3}{4}}", "0.75"),
        ("Answer: $-1\\frac{1}{2}$", "-1.5"),
        ("Answer: 2\u00bd of 3", "2.5"),
        ("Answer: 1 1/2", "1.5"),
        ("Answer: 7 3/2", "7"),
        ("Answer: 3.5 \u00d7 10^6 J", "3500000"),
        ("$6.02 \\times 10^{-3}$", "0.00602"),
        ("10\u207b\u00b2", "0.01"),
        ("2^10", "1024"),
        ("The acceleration is 9.81 m/s^2", "9.81"),
        ("9.81 m s^{-2}", "9.81"),
        ("**Answer**: 42 (of 100)", "42"),
        ("#### Step 2: multiply\n6 x 7 = 42", "42"),
        ("#### 2. Multiply\nThat is 42", "42"),
        ("so\n#### $1,072", "1072"),
        ("**Final answer:**\n\n42\n(in 3 steps)", "42"),
        ("R\u00e9ponse : 12\u202f500 sur 3", "12500"),
        ("\u7b54\u6848\uff1a42\u3002 5", "42"),
        ("\u0664\u0662", "42"),
        ("Antwort: 3,14 m", "3.14"),
        ("Answer: 0,125", "0.125"),
        ("1.234.567,5", "1234567.5"),
        ("1.234,5", "1234.5"),
        ("1.234.567", "1234567"),
        ("Answer: -1,5", "-1.5"),
        ("2,5e3", "2500"),
        ("\\boxed{3{,}14}", "3.14"),
        ("Answer: 12,345", "12345"),
        ("1,2,3", "3"),
        ("f(1,2) = {3,4}", "4"),
        ("Answer: \u20135", "-5"),
        ("It is 12 500 kg", "12500"),
        ("1 000 000", "1000000"),
        ("in 2019 500 people", "500"),
        ("about 1.5 million", "1500000"),
        ("Answer: 10-20", None),
        ("Answer: between 3 and 5", None),
        ("Answer: [0,5; 1,5]", None),
        ("\\boxed{(3, 4)}", None),
        ("Answer: 12:30", None),
        ("Answer: < 5", None),
        ("Answer: 10-20 = -10", "10"),
    ],
)
def test_a_number_has_one_spelling(text: str, wanted: str | None) -> None:
    """Its value; the one that is called the answer, else the last; what nobody would write is none."""
    assert extract(text, Extraction(kind="number")) == wanted


def test_numbers_can_be_the_same_to_some_digits() -> None:
    """Rounded to as many significant ones."""
    how = Extraction(kind="number", digits=3)
    assert {extract(one, how) for one in ("3.14159", "3.1401", "22/7")} == {"3.14"}
    assert {extract(one, how) for one in ("2e350/3", "x = 1/2 - 1/2")} == {"3", "0.5"}


def test_what_is_longer_than_its_spelling_is_no_other() -> None:
    """Answers that begin alike are not the same: else a vote would count them together."""
    for kind, one, other in (
        ("text", "so " * 100, "so " * 101),
        ("number", "1e998", "1e999"),
        ("number", "1e-998", "0"),
    ):
        how = Extraction.model_validate({"kind": kind})
        first, second = extract(one, how), extract(other, how)
        assert first != second
        assert len(first or "") == LONGEST
    how = Extraction(kind="json", path="x")
    assert same("so " * 100, how) == extract('{"x": "' + "so " * 100 + '"}', how)


@pytest.mark.parametrize(
    ("text", "choices", "wanted"),
    [
        ("The answer is (B).", [], "B"),
        ("b) red", [], "B"),
        ("A cat sat. Answer: C", [], "C"),
        ("I think A is wrong, so (D) it is", [], "D"),
        ("Answer: **B**. Because", [], "B"),
        ("A man went", [], None),
        ("A-levels are hard", [], None),
        ("Answer: B - Paris", [], "B"),
        ("A. Paris\nB. London\nThe correct option is **B**.", [], "B"),
        ("A. Paris\nB. London\nHard to say", [], None),
        ("C. As it is red.\nThere is a reason.", [], "C"),
        ("**Answer**: C", [], "C"),
        ("\\boxed{\\text{D}}", [], "D"),
        ("\u7b54\u6848\uff1aB\u3002", [], "B"),
        ("\u662f\u3002", ["\u662f", "\u5426"], "\u662f"),
        ("Red.", ["red", "blue"], "red"),
        ("Not red but blue it is", ["red", "blue"], "blue"),
        ("Answer: New York", ["New", "New York"], "New York"),
        ("green", ["red", "blue"], None),
    ],
)
def test_a_choice_is_one_of_those_given(text: str, choices: list[str], wanted: str | None) -> None:
    """A letter stands alone, as `A` is a word too; the longest label that fits is meant."""
    assert extract(text, Extraction(kind="choice", choices=choices)) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Yes, it is.", "true"),
        ("There is no doubt.\nAnswer: true", "true"),
        ("No", "false"),
        ("[simulated]\nFalse.", "false"),
        ("There is no doubt", None),
        ("Yes. It is.\nNo other reading is possible.", "true"),
        ("No number divides it.\nYes", "true"),
        ("**Answer**: no", "false"),
    ],
)
def test_a_boolean_is_said_first(text: str, wanted: str | None) -> None:
    """After a cue, or as the first word of the last line or of all; `no` within a sentence is none."""
    assert extract(text, Extraction(kind="boolean")) == wanted


@pytest.mark.parametrize(
    ("text", "path", "wanted"),
    [
        ('```json\n{"a": {"b": [1, 2.50]}}\n```', "a.b.1", "2.5"),
        ('Sure: {"x": "The Paris"} as you see', "x", "paris"),
        ('{"x": {"b": 1, "a": true}}', "x", '{"a": true, "b": 1}'),
        ('{"x": null}', "x", None),
        ('{"x": 1}', "y", None),
        ("{", "", None),
        ('2 items: {"x": 1}', "x", "1"),
        ('2 items: {"x": 1}', "", '{"x": 1}'),
        ('[{"x": 1}]', "0.x", "1"),
    ],
)
def test_a_member_of_json_is_found_by_its_path(text: str, path: str, wanted: str | None) -> None:
    """In a fenced block, in all of it, or from the first brace on."""
    assert extract(text, Extraction(kind="json", path=path)) == wanted


def test_the_last_line_is_compared_by_its_words() -> None:
    """Without the cue, signs and articles; a demonstration's mark is no part of it."""
    told = ("[simulated]\nAnswer: Paris", "I think.\n**The Paris!**\n", "So the answer is paris", "\\boxed{Paris}")
    assert {extract(one, Extraction()) for one in told} == {"paris"}
    assert extract("", Extraction()) is None


def test_signs_between_digits_are_read() -> None:
    """A fraction, a time or a bound is not the digits that it is written with."""
    said = ("Answer: 3/4", "34", "12:30", "1230", "x<5", "x>5", "x>=5", "2+3", "23")
    assert len({extract(one, Extraction()) for one in said}) == len(said)
    assert extract("**Answer**: *Paris*", Extraction()) == "paris"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        *(("3,14", "314"), ("10-20", "1020"), ("2e-3", "2e3"), ("1,2,3", "123"), ("(1,2)", "1.2"), ("12,5", "125")),
        *(("-1/2", "1/2"), ("\\boxed{-\\frac{1}{2}}", "\\boxed{\\frac{1}{2}}"), ("\u20135", "5")),
    ],
)
def test_different_answers_are_not_one_line(one: str, other: str) -> None:
    """What numbers are written with is compared with them."""
    how = Extraction(kind="line")
    assert extract(one, how) != extract(other, how)
    assert same(json.dumps(one), Extraction(kind="json")) != same(json.dumps(other), Extraction(kind="json"))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        *(("3,14", "3.14"), ("1,234", "1234"), ("10-20", "10 \u2013 20"), ("\u22125", "-5"), ("1,2,3", "1, 2, 3")),
        *(("(1,2)", "(1, 2)"), ("2\u00bd", "2 1/2"), ("12\u202f500", "12500"), ("$\\frac{1}{2}$", "1/2")),
    ],
)
def test_equal_answers_are_one_line(one: str, other: str) -> None:
    """However their numbers are set."""
    how = Extraction(kind="line")
    assert extract(one, how) == extract(other, how)


def test_what_is_expected_has_the_same_spelling() -> None:
    """So that outcomes are told by comparing."""
    pairs: list[tuple[dict[str, Any], str, str]] = [
        ({"kind": "number"}, "0.5", "Answer: 1/2"),
        ({"kind": "json", "path": "x"}, "2.0", '{"x": 2}'),
        ({"kind": "json"}, '{"b": [1], "a": 2}', '{"a": 2, "b": [1]}'),
        ({"kind": "choice"}, "b", "(B)"),
        ({"kind": "text"}, "Yes sir", "yes, sir!"),
    ]
    for how, expected, said in pairs:
        reading = Extraction.model_validate(how)
        assert same(expected, reading) == extract(said, reading) is not None


def test_choices_differ() -> None:
    """In lower case too, else there would be no telling."""
    with pytest.raises(ValidationError, match="the same"):
        Extraction(kind="choice", choices=["Red", "red"])


def test_long_words_take_no_long_time() -> None:
    """What would make a pattern go back and forth is read in one go: this ends."""
    for text in ("9," * 50_000, "answer" * 20_000, "1/" * 50_000, "```\n" * 30_000, "{" * 100_000, "(A" * 50_000):
        for kind in ("number", "choice", "boolean", "json", "line", "text"):
            extract(text, Extraction.model_validate({"kind": kind}))
