"""A template is read as CloudFormation reads it, line by line, and nothing that it says is run or followed."""

from __future__ import annotations

import json

import pytest

from nis_backend.deployment.template import reading
from nis_backend.deployment.template.reading import own_template, read
from nis_backend.errors import Malformed, TooLarge


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("!Ref Image", {"Ref": "Image"}),
        ("!Condition Https", {"Condition": "Https"}),
        ("!GetAtt Database.Endpoint.Address", {"Fn::GetAtt": ["Database", "Endpoint.Address"]}),
        ("!GetAtt [Database, Arn]", {"Fn::GetAtt": ["Database", "Arn"]}),
        ('!Sub "${A}-b"', {"Fn::Sub": "${A}-b"}),
        ("!Join [',', [a, !Ref B]]", {"Fn::Join": [",", ["a", {"Ref": "B"}]]}),
        ('!Select [0, !GetAZs ""]', {"Fn::Select": [0, {"Fn::GetAZs": ""}]}),
        ("!If [A, {b: 1}, !Ref AWS::NoValue]", {"Fn::If": ["A", {"b": 1}, {"Ref": "AWS::NoValue"}]}),
    ],
)
def test_short_tags_have_their_long_forms(short: str, long: object) -> None:
    """What CloudFormation calls the same is read as the same."""
    assert read(f"Value: {short}").document == {"Value": long}


def test_every_value_has_its_line() -> None:
    """A finding can name where it stands: also below a tag, and in a list."""
    template = read("A:\n  B: !Join\n    - ','\n    - - one\n      - !Ref Two\n  C: 1\n")
    assert template.line("A", "B") == 2
    assert template.line("A", "B", "Fn::Join", 1, 1) == 5
    assert template.line("A", "C") == 6
    assert template.line("A", "B", "nothing", "below") == 2, "what has no line has that of what it is in"
    assert template.line("Nothing") is None


def test_json_is_read_too_also_with_tabs() -> None:
    """A template may be JSON, and JSON may be indented by tabs, which YAML refuses."""
    given = {
        "Resources": {"A": {"Type": "AWS::SNS::Topic", "Properties": {"n": 1.5, "t": True, "s": "yes", "z": None}}}
    }
    for indent in (None, 2, "\t"):
        assert read(json.dumps(given, indent=indent)).document == given


@pytest.mark.parametrize(
    ("word", "taken_for"),
    [
        *(("no", "a boolean"), ("on", "a boolean"), ("Y", "a boolean"), ("0755", "an octal number")),
        *(("22:22", "a number to the base 60"), ("2010-09-09", "a date"), ("1_000", "another number")),
        ("0x1F", "another number"),
    ],
)
def test_a_word_that_yaml_takes_for_something_else_stays_a_word_and_is_told(word: str, taken_for: str) -> None:
    """YAML 1.1 makes a country of Norway false, and a port mapping a number."""
    template = read(f"A: 1\nB: {word}\n")
    assert template.document["B"] == word
    assert [(trap.line, trap.text, trap.taken_for) for trap in template.traps] == [(2, word, taken_for)]
    assert not read(f'B: "{word}"').traps


def test_numbers_and_booleans_are_what_they_are() -> None:
    """Plain words of YAML 1.2."""
    found = read("a: 12\nb: -1.5\nc: true\nd: False\ne: ~\nf:\ng: 1e3\nh: 12a\ni: '12'\n")
    assert found.document == {
        "a": 12,
        "b": -1.5,
        "c": True,
        "d": False,
        "e": None,
        "f": None,
        "g": 1000.0,
        "h": "12a",
        "i": "12",
    }


@pytest.mark.parametrize(
    ("text", "why", "line"),
    [
        ("a: &x 1\nb: *x\n", "anchor", 1),
        ("a: &x {b: 1}\n", "anchor", 1),
        ("a:\n  <<: {b: 1}\n", "merge", 2),
        ("a: 1\na: 2\n", "twice", 2),
        ("a: !!python/object/apply:os.system ['true']\n", "tag", 1),
        ("a: !Nothing b\n", "tag", 1),
        ("a: 1\n---\nb: 2\n", "second document", 2),
        ("? [a, b]\n: 1\n", "key", 1),
        ("- a\n", "no mapping", 1),
        ("", "no mapping", 1),
        ("a: [1\n", "line", 2),
    ],
)
def test_what_cloudformation_refuses_is_refused_with_its_line(text: str, why: str, line: int) -> None:
    """Aliases, merges, repeated keys and foreign tags are told, and nothing is made of them."""
    with pytest.raises(Malformed) as told:
        read(text)
    assert why in told.value.message
    assert told.value.value == str(line) or told.value.value == line


def test_size_depth_and_count_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A text from outside costs no more than it is long, and no recursion."""
    with pytest.raises(TooLarge):
        read("a: " + "x" * reading.LARGEST)
    with pytest.raises(TooLarge):
        read("a: " + "[" * (reading.DEEPEST + 1))
    monkeypatch.setattr(reading, "MOST_VALUES", 10)
    with pytest.raises(TooLarge):
        read("a: [1,2,3,4,5,6,7,8,9,10]")


def test_the_own_template_is_read_without_a_trap() -> None:
    """No word in it is one that CloudFormation may take for another."""
    template = read(own_template())
    assert not template.traps
    assert template.line("Resources", "PostgreSql", "Properties", "Engine") is not None
