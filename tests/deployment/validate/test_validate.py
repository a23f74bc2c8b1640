"""Every planted fault is found by its rule, and a clean definition has none."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from planted import CLEAN, KEY, TASKS, Case
from planted_stacks import CLEAN_STACKS, DOCKERFILES, SCRIPTS, STACKS

from nis_backend.deployment.template.reading import own_template
from nis_backend.deployment.validate import findings
from nis_backend.deployment.validate.rules import RULES
from nis_backend.errors import InvalidRequest, Malformed, TooLarge

PLANTED = [*TASKS, *STACKS, *SCRIPTS, *DOCKERFILES]
DOCS = Path(__file__).parents[3] / "docs" / "deploying.md"


@pytest.mark.parametrize("case", PLANTED, ids=lambda case: case.name)
def test_a_planted_fault_is_found_by_its_rule_alone(case: Case) -> None:
    """Each has its place, what is wrong and what to do."""
    found = findings(case.text, **case.asked).findings
    assert {one.rule for one in found} == case.rules
    for one in found:
        assert one.place
        assert one.said
        assert (one.severity, one.remedy) == (RULES[one.rule].severity, RULES[one.rule].remedy)
        assert one.line is None or 1 <= one.line <= case.text.count("\n") + 1


@pytest.mark.parametrize("case", [*CLEAN, *CLEAN_STACKS], ids=lambda case: case.name)
def test_a_clean_definition_has_no_finding(case: Case) -> None:
    """No false alarm: a validator that cries is not read."""
    told = findings(case.text, **case.asked)
    assert told.findings == []
    assert told.checked


def test_each_rule_has_a_planted_fault_and_a_source() -> None:
    """No rule is there that nothing shows to work."""
    assert {rule for case in PLANTED for rule in case.rules} == set(RULES)
    assert len(PLANTED) >= 40
    assert len([*CLEAN, *CLEAN_STACKS]) >= 10
    for rule in RULES.values():
        assert rule.source.startswith(("https://", "docs/")), rule.name


def test_places_and_lines_lead_to_the_fault() -> None:
    """As the definition spells it, in each of the two spellings."""
    named = {case.name: case for case in PLANTED}
    task = findings(named["five minutes to stop"].text).findings[0]
    assert task.place == "containerDefinitions[0].stopTimeout"
    assert '"stopTimeout": 300' in named["five minutes to stop"].text.splitlines()[(task.line or 0) - 1]
    stack = findings(named["ten minutes to stop"].text).findings[0]
    assert stack.place == "Resources.Task.Properties.ContainerDefinitions[0].StopTimeout"
    assert "StopTimeout: 600" in named["ten minutes to stop"].text.splitlines()[(stack.line or 0) - 1]


def test_no_value_of_a_secret_is_repeated() -> None:
    """A report is read by more people than a definition."""
    secrets = ("hunter-two", KEY, "s3cretword", "correct-horse")
    seen = 0
    for case in PLANTED:
        if "secret-in-plain" in case.rules:
            told = findings(case.text, **case.asked).model_dump_json()
            seen += any(secret in case.text for secret in secrets)
            assert not any(secret in told for secret in secrets), case.name
    assert seen >= 6


def test_our_own_template_and_image_have_no_error(root: Path) -> None:
    """What is shipped is held to the same rules: no error and no warning, as it is written."""
    worse = [one for one in findings(own_template(), measured_start=10.0).findings if one.severity != "note"]
    assert worse == []
    assert findings((root / "Dockerfile").read_text()).findings == []


EARLIER = """{
  "family": "nis-backend",
  "networkMode": "awsvpc",
  // 1.5 vCPU and 3 GB
  "cpu": "1536",
  "memory": "3072",
  "containerDefinitions": [{
    "name": "nis-backend",
    "image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/nis-backend:latest",
    "essential": true,
    "portMappings": [{"containerPort": 8000}],
    "environment": [{"name": "OPENAI_API_KEY", "value": "put-it-here-directly"}],
    "healthCheck": {"command": ["CMD-SHELL", "curl -f http://localhost:8000/health || exit 1"], "startPeriod": 30}
  }]
}"""


def test_what_the_earlier_deployment_did_wrong_is_found() -> None:
    """Its size, its comments, its curl, its tag, its start, which took up to 45 s."""
    found = {one.rule for one in findings(EARLIER, measured_start=45.0).findings}
    assert found >= {
        *("json-comment", "size-ec2-only", "health-check-tool-unsure", "image-mutable", "secret-in-plain"),
        *("start-period", "no-logs"),
    }
    assert "fargate-size" in {one.rule for one in findings(EARLIER, fargate=True).findings}


BOMB = "a: &a [x, x]\n" + "\n".join(f"{b}: &{b} [*{a}, *{a}]" for a, b in zip("abcdefgh", "bcdefghi", strict=True))
HOSTILE = {
    "aliases of aliases": (f"Resources: {{}}\n{BOMB}", "template", Malformed),
    "an object of Python's": ("family: !!python/object/apply:os.system ['true']", "task definition", Malformed),
    "a thousand levels": ('{"family": ' + "[" * 1000 + "]" * 1000 + "}", "task definition", (TooLarge, Malformed)),
    "a hundred levels": ('{"family": ' + "[" * 100 + "]" * 100 + "}", "task definition", TooLarge),
    "a thousand levels without an end": ('{"family": ' + '{"a":' * 1000, "task definition", (TooLarge, Malformed)),
    "more than a megabyte": ("x" * 1_048_577, "script", TooLarge),
    "half of a character": ('{"family": "\ud800"}', "task definition", Malformed),
    "a list of numbers": ("[1, 2, 3]", "template", Malformed),
    "no definition": ("Dear reader, all is well.", None, InvalidRequest),
    "a line of a megabyte": ("#!/bin/sh\n" + "a" * 500_000, "script", TooLarge),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_texts_are_refused_by_type(name: str) -> None:
    """Nothing is expanded, nothing runs, nothing recurses."""
    text, kind, error = HOSTILE[name]
    with pytest.raises(error):
        findings(text, kind=kind)  # type: ignore[arg-type]


def test_values_of_other_kinds_than_expected_are_no_fault_of_ours() -> None:
    """Wherever a list, a number, a mapping or nothing may stand, it is passed over or told."""
    keys = re.findall(r'"(\w+)":', TASKS[0].text)
    for value in ("null", "[]", "{}", "-1", '"x"', "[[[]]]", '[{"name": {}}]', "1e400", "true"):
        for key in dict.fromkeys(keys):
            text = re.sub(rf'"{key}": ("[^"]*"|[\d.]+|true)', f'"{key}": {value}', TASKS[0].text)
            findings(text, kind="task definition", measured_start=100.0)
    for value in ("", "[]", "{}", "-1", "x", "[{Key: []}]"):
        text = re.sub(r"(?m)^(      \w+:).*$", rf"\1 {value}", STACKS[0].text)
        try:
            findings(text, kind="template")
        except Malformed:
            continue


def test_a_large_definition_is_read_in_a_bounded_number_of_findings() -> None:
    """A thousand containers with nothing in them are told in at most five hundred."""
    text = '{"family": "x", "containerDefinitions": [' + ", ".join(["{}"] * 5000) + "]}"
    assert len(findings(text).findings) == 500


def test_the_docs_tell_what_each_rule_checks() -> None:
    """`docs/deploying.md` lists the rules as the data has them."""
    text = DOCS.read_text("utf-8").partition("\n## Validate any definition")[2].partition("\n## ")[0]
    assert [
        f"| `{rule.name}` | {rule.severity} | {rule.checks.replace('|', chr(92) + '|')} |" for rule in RULES.values()
    ] == [line for line in text.splitlines() if line.startswith("| `")]
