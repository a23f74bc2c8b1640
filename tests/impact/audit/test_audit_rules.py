"""Each rule finds its own fault and nothing else; what is right, hedged or quoted is left alone."""

import re
from pathlib import Path

import pytest

from nis_backend.errors import InvalidRequest, TooLarge
from nis_backend.impact.audit import audit
from nis_backend.impact.audit.auditing import CHECKS
from nis_backend.impact.audit.rules import Rule, rules
from nis_backend.prices.aws import prices

DOCS = Path(__file__).parents[3] / "docs" / "impact.md"


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.id)
def test_a_rule_finds_its_own_fault_and_not_the_text_that_is_right(rule: Rule) -> None:
    """Each rule's data holds a text with its fault and the same text without."""
    found = audit(rule.bad).findings
    assert [f.rule for f in found] == [rule.id]
    assert found[0].source
    assert found[0].wrong
    assert 1 <= found[0].line <= rule.bad.count("\n") + 1
    assert audit(rule.good).findings == []


def test_each_check_has_a_rule_and_each_rule_a_source() -> None:
    """The rules are data with a source each; no code stands unused."""
    assert {rule.by for rule in rules()} == set(CHECKS)
    for rule in rules():
        for source in (rule.source, *(case.source for case in rule.cases)):
            assert source.startswith("https://") or re.match(r"arithmetic|the note itself|the command's", source), (
                source
            )


def test_the_docs_tell_what_each_rule_checks() -> None:
    """`docs/impact.md` lists the rules as the data has them."""
    text = DOCS.read_text("utf-8").partition("\n## Checking a note")[2].partition("\n## ")[0]
    assert [f"| `{rule.id}` | {rule.checks.replace('|', chr(92) + '|')} |" for rule in rules()] == [
        line for line in text.splitlines() if line.startswith("| `")
    ]


LEFT_ALONE = {
    "rounding": "Memory falls from 1.3 GB to 655 MB, about half, that is 50 % less.",
    "a whole per cent": "The image shrinks from 1,240 MB to 870 MB, 29.8 % less, or 30 %.",
    "an estimate": "We estimate that requests will be 40 % faster.",
    "not measured, and said so": "It may be 30 % faster; nobody has measured that.",
    "a quote that is refuted": "The old ticket claimed that 3 × 12 = 48 pulls a day; that is wrong.",
    "a block quote that is refuted": "> 3 × 12 = 48 pulls a day\n\nThis is wrong, as 3 × 12 = 36.",
    "code of another language": "```python\ntotal = 3 + 4  # = 8\n```",
    "an example cut short": '```json\n{"level": "info", ...}\n```',
    "lines of JSON": '```json\n{"a": 1}\n{"a": 2}\n```',
    "a saving that is a loss": "| x | before | after | change |\n|---|---|---|---|\n| a | 94 MB | 212 MB | +126 % |",
    "a range": "The budget is $40-60 a month, or $480-720 a year.",
    "decimal commas": "Der Speicher sinkt von 1.234,5 MB auf 617,2 MB, das sind 50 % weniger.",
    "numbers of two styles": "It takes 1.234 MB of 2,5 GB and 3.5 GB.",
    "other units": "The task has 2048 MiB (2 GB), 1024 CPU units (1 vCPU), and starts in 90 s (1.5 min).",
    "days of work": "The move takes 40 hours (5 days).",
    "faster by the ratio of speeds": "Start-up went from 45 s to 15 s, 200 % faster, three times as fast.",
    "a row within a total": "| x | MB |\n|---|---|\n| a | 4 |\n| of which b | 3 |\n| c | 6 |\n| total | 10 |",
    "unit prices are not summed": "| x | each | MB |\n|---|---|---|\n| a | 4 | 1 |\n| b | 6 | 2 |\n| total | 5 | 3 |",
    "an invalid size, called so": "On Fargate 1.5 vCPU with 3 GB is not a valid size.",
    "a size on EC2": "The ECS task on EC2 instances has cpu 1536 and memory 3072. Fargate is not used.",
    "what a task uses": "The Fargate task uses 0.3 vCPU and 900 MB at its peak.",
    "spot": "A Fargate task in us-east-1 with 1 vCPU and 2 GB is $11 a month on Spot.",
    "another region": "In Sydney a Fargate task with 1 vCPU and 2 GB is $44 a month; a c5.large is $0.111 per hour.",
    "both kinds, no change": "The image has 1.48 GB uncompressed and 433 MB compressed in ECR.",
    "imported by another": "`h5py` is never imported by our code, but keras loads it. Without `h5py` we save 4 MB RAM.",
    "what else starts": "If the image never starts, go back. Memory went from 1.9 GB to 1.2 GB.",
    "a denial": "`docker image prune` does not stop containers, and never removes volumes.",
    "named by revision": "`aws ecs update-service --force-new-deployment --task-definition app:7` goes back to 7.",
    "a warning": "Never roll back to `shop/app:latest`: it moves.",
    "a tag in a build": "`docker build -t shop/app:latest .` makes the image.",
    "a loss with its sign": "Image: 1.9 GB → 1.4 GB (-26 %), that is -0.5 GB.",
    "a formula in parentheses": "Pulled once, 10 × (120 + 30) MB = 1500 MB.",
    "between two shares": "The error rate was reduced from 3.2 % to 0.4 %; accuracy went 60 % → 92 %.",
    "a vendor's discount": "Spot is 70 % cheaper.",
    "times and dates": "On 2026-03-01, 06:00-07:00, version 2.15.1 of 3 hosts: 1/3 done, ports 8000-8010, RFC 9457.",
}


@pytest.mark.parametrize("text", LEFT_ALONE.values(), ids=list(LEFT_ALONE))
def test_no_false_alarm(text: str) -> None:
    """What is right, hedged, refuted, an example or of another kind is left alone."""
    assert audit(text).findings == []


def test_the_sizes_and_prices_have_sources_and_dates() -> None:
    """Nothing in `aws.json` is invented: each table names where it was read and when."""
    known = prices()
    assert known.pair_is_valid(256, 512)
    assert not known.pair_is_valid(1536, 3072)
    assert not known.pair_is_valid(512, 8192)
    assert known.ec2_size("t3.medium") is not None
    for table in (*known.fargate.prices, *known.ecr, known.ec2):
        assert table.source.startswith("https://")
        assert re.fullmatch(r"20\d\d-\d\d-\d\d", table.dated)
        assert table.read_from


HOSTILE = {
    "empty": "",
    "blank": " \n\t\n",
    "HTML": "<html><body><table><tr><td>3 × 12 = 36</td></tr></table><script>if (a < b) {}</script></body></html>",
    "an open fence": "# x\n```json\n{",
    "fences in fences": "````md\n```json\n{,}\n```\n````\n",
    "fences alone": "```\n" * 4000,
    "one long line": "1," * 100_000,
    "backticks": "`" * 100_000,
    "operators": "1 × " * 30_000,
    "arrows": "1 GB → " * 20_000,
    "cells": "|a" * 50_000,
    "rows": "| 1 | 2 |\n" * 2000,
    "items": "- 40 % faster\n" * 2000,
    "stages": "Before: 1 GB\n" * 2000,
    "tags": "<a <b " * 20_000,
    "deep JSON": "```json\n" + "[" * 100_000 + "\n```",
    "marks of direction and other digits": "\u202e\u0663 × \u0664 = \u0665\ufeff",
    "a great number": "$" + "9" * 400 + " × 2 = 3",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=list(HOSTILE))
def test_hostile_text_is_read_to_its_end(text: str) -> None:
    """Whatever the text, the answer is an audit."""
    assert audit(text).checked >= 0


def test_what_is_too_long_or_no_text_is_refused() -> None:
    """Ten megabytes and binary files are refused with what to do."""
    with pytest.raises(TooLarge) as long:
        audit("a " * 5_000_000)
    assert long.value.remedy
    with pytest.raises(InvalidRequest) as binary:
        audit("\x7fELF\0\0")
    assert binary.value.field == "document"
