"""The rules, as `rules.toml` and `../prices.json` hold them."""

from __future__ import annotations

import json
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


class FargateSize(Model):
    """The memory that goes with a number of CPU units."""

    cpu: int
    memory_mib: list[int] = Field(default_factory=list[int])
    from_mib: int = 0
    to_mib: int = 0
    step_mib: int = 1

    def memories(self) -> list[int]:
        """All that can be asked for, MiB."""
        return self.memory_mib or list(range(self.from_mib, self.to_mib + 1, self.step_mib))


class FargatePrice(Model):
    """What an hour costs, USD."""

    region: str
    architecture: str
    vcpu_hour: float
    gb_hour: float
    dated: str
    source: str
    read_from: str


class Ec2Size(Model):
    """An EC2 size, and its price of an hour."""

    size: str
    vcpu: int
    memory_mib: int
    architecture: str
    gpus: int = 0
    us_east_1: float = Field(alias="us-east-1")


class EcrPrice(Model):
    """What keeping a gigabyte for a month costs, USD."""

    region: str
    gb_month: float
    dated: str
    source: str
    read_from: str
    told: str


class _Fargate(Model):
    source: str
    dated: str
    sizes: list[FargateSize]
    prices: list[FargatePrice]


class _Ec2(Model):
    source: str
    dated: str
    read_from: str
    sizes: list[Ec2Size]


class Prices(Model):
    """AWS's sizes and prices."""

    hours_a_month: int
    told: str
    fargate: _Fargate
    ecr: list[EcrPrice]
    ec2: _Ec2

    def ec2_size(self, name: str) -> Ec2Size | None:
        """The EC2 size of that name."""
        return next((size for size in self.ec2.sizes if size.size == name), None)

    def pair_is_valid(self, cpu: float, memory: float) -> bool:
        """Whether Fargate has a task of so many CPU units and MiB."""
        return any(size.cpu == cpu and memory in size.memories() for size in self.fargate.sizes)


@cache
def rules() -> tuple[Rule, ...]:
    """All rules, in their order."""
    return tuple(_file().rule)


@cache
def words() -> Mapping[str, re.Pattern[str]]:
    """The words that make a statement one that is not checked, or not so strictly, in English and German."""
    return {name: pattern(text) for name, text in _file().words.items()}


@cache
def prices() -> Prices:
    """AWS's sizes and prices."""
    return Prices.model_validate(json.loads((files("nis_backend.impact") / "prices.json").read_text("utf-8")))


@cache
def pattern(text: str) -> re.Pattern[str]:
    """A pattern of the data, compiled once: letters match in either case, its lines are one."""
    return re.compile(re.sub(r"\n\s*", "", text), re.IGNORECASE)


@cache
def _file() -> _File:
    text = (files("nis_backend.impact.audit") / "rules.toml").read_text("utf-8")
    return _File.model_validate(tomllib.loads(text))
