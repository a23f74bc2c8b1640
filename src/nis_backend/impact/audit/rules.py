"""The rules, as `rules.toml` holds them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from pydantic import Field

from nis_backend.operation import Model


class Case(Model):
    """One pattern of a rule that is a list of them: a command and what it does not do, a setting and its bounds."""

    pattern: str = Field(description="Of the command or the setting.")
    says: str = Field(default="", description="Pattern of what is wrongly said of it.")
    unless: str = Field(default="", description="Where this is found too, nothing is wrong.")
    low: float | None = None
    high: float | None = None
    right: str
    source: str


class Rule(Model):
    """What is checked."""

    id: str
    by: str = Field(description="Which code applies it.")
    checks: str = Field(description="In a sentence, for the docs.")
    bad: str = Field(description="A text with that fault, and no other.")
    good: str = Field(description="The same, right.")
    wrong: str = Field(description="What a finding says, with its values in braces.")
    right: str = ""
    source: str
    words: dict[str, str] = Field(default_factory=dict[str, str], description="Patterns that the code looks for.")
    cases: list[Case] = Field(default_factory=list[Case])


class _File(Model):
    words: dict[str, str]
    rule: list[Rule]


@cache
def rules() -> tuple[Rule, ...]:
    """All rules, in their order."""
    return tuple(_file().rule)


@cache
def words() -> Mapping[str, re.Pattern[str]]:
    """The words that make a statement one that is not checked, or not so strictly, in English and German."""
    return {name: pattern(text) for name, text in _file().words.items()}


@cache
def pattern(text: str) -> re.Pattern[str]:
    """A pattern of the data, compiled once: letters match in either case, its lines are one."""
    return re.compile(re.sub(r"\n\s*", "", text), re.IGNORECASE)


@cache
def _file() -> _File:
    text = (files("nis_backend.impact.audit") / "rules.toml").read_text("utf-8")
    return _File.model_validate(tomllib.loads(text))
