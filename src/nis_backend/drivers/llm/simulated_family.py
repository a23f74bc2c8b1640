"""Families of questions whose answers, difficulty and stated confidence follow from a seed, so that all is known."""

from __future__ import annotations

import math
import random
import re
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from nis_backend.operation import Model

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.drivers.llm.base import Message

MOST_KINDS = 9
SUREST = 30.0
"""The log-odds of 1 − 10⁻¹³."""
_NUMBERS = re.compile(r"(?<![\w.-])\d+(?![\w-])")
_PROPOSED = re.compile(r"(?:proposed|possible) answer:[^\d\n]*(\d+)", re.IGNORECASE)
_GUESSES = re.compile(r"\bG(\d)\b")
_TRUE_OR_FALSE = re.compile(r"\(A\)\s*True.*\(B\)\s*False", re.IGNORECASE | re.DOTALL)


class Spread(Model):
    """Chances of success that differ from question to question."""

    beta: tuple[Annotated[float, Field(gt=0, le=1000)], Annotated[float, Field(gt=0, le=1000)]] = Field(
        description="Of the beta distribution that each question's chance is drawn from."
    )


class Wrong(Model):
    """What is answered where the answer is wrong."""

    kinds: int = Field(default=3, ge=1, le=MOST_KINDS, description="How many wrong answers a question has.")
    lead: float | None = Field(
        default=None, gt=0, le=1, description="Share of the first of them; the others share the rest. Unset, all alike."
    )


class Told(Model):
    """How what is said of an answer differs from the chance that it is right, in log-odds."""

    bias: float = Field(default=0, ge=-10, le=10, description="Added to the log-odds: above 0 is overconfident.")
    noise: float = Field(default=0, ge=0, le=10, description="Standard deviation, over questions, of what is added.")
    knows: float = Field(
        default=0, ge=0, le=10, description="Added where the answer is right, and taken off where it is wrong."
    )


class Revises(Model):
    """What becomes of an answer when earlier ones are shown."""

    right_to_wrong: float = Field(default=0, ge=0, le=1)
    wrong_to_right: float = Field(default=0, ge=0, le=1)
    follows: float = Field(
        default=0, ge=0, le=1, description="Before either: chance to take the answer that most of those shown are."
    )


class Family(Model):
    """Questions named `NAME-0` to `NAME-(count-1)`, anywhere in a user message.

    The right answer to `NAME-17` is 170; the wrong ones are 171, 172 and so on.
    """

    family: str = Field(pattern=r"^[a-z][a-z_]{0,31}$", description="Their name.")
    count: int = Field(default=1000, ge=1, le=1_000_000, description="How many there are.")
    system: str = Field(default="", description="Only where the system message holds this, in any case.")
    seed: int = Field(default=0, description="Of their difficulty: models with the same one find the same ones hard.")
    accuracy: Annotated[float, Field(ge=0, le=1)] | Spread = Field(description="The chance that an answer is right.")
    wrong: Wrong = Field(default_factory=Wrong)
    verbal: Told = Field(default_factory=Told, description="Of the confidence that is stated in words.")
    truth: Told = Field(default_factory=Told, description="Of the probability of (A) True.")
    revises: Revises | None = Field(default=None, description="Unset, what is shown changes nothing.")
    says: str = Field(default="Answer: {answer}", description="The words of an answer.")

    def question(self, messages: Sequence[Message]) -> int | None:
        """The number of the question that the latest user message with one asks; None where none does."""
        named = re.compile(rf"(?<![\w-]){self.family}-(\d{{1,7}})(?![\w-])")
        for message in reversed(messages):
            found = named.findall(message.content) if message.role == "user" else ()
            if found:
                return int(found[-1]) if int(found[-1]) < self.count else None
        return None

    def right(self, number: int) -> str:
        """The right answer to a question."""
        return str(10 * number)

    def chance(self, number: int) -> float:
        """The chance that an answer to this question is right."""
        if not isinstance(self.accuracy, Spread):
            return self.accuracy
        return self._drawn("chance", number).betavariate(*self.accuracy.beta)

    def distribution(self, number: int) -> dict[str, float]:
        """The probability of each answer, the right one first."""
        chance, kinds = self.chance(number), self.wrong.kinds
        lead = 1 / kinds if self.wrong.lead is None or kinds == 1 else self.wrong.lead
        rest = (1 - lead) / (kinds - 1) if kinds > 1 else 0.0
        shares = [lead, *[rest] * (kinds - 1)]
        wrong = {str(10 * number + kind): (1 - chance) * share for kind, share in enumerate(shares, 1)}
        return {self.right(number): chance, **wrong}

    def stated(self, number: int, answer: str, how: Literal["verbal", "truth"]) -> float:
        """The confidence that is told of an answer, by its words or by the probability of (A) True.

        The logistic function of the log-odds of `chance`, with the bias, the question's noise and what it knows added.
        """
        told = self.verbal if how == "verbal" else self.truth
        chance = min(max(self.chance(number), 1e-9), 1 - 1e-9)
        moved = math.log(chance / (1 - chance)) + told.bias + self._drawn(how, number).gauss(0, 1) * told.noise
        moved += told.knows if answer == self.right(number) else -told.knows
        # Never 0 or 1 as a double, of which there is no logarithm.
        return 1 / (1 + math.exp(-min(max(moved, -SUREST), SUREST)))

    def answer(self, number: int, messages: Sequence[Message], draw: random.Random, *, steady: bool) -> str:
        """An answer to a question, in view of the earlier ones that are shown; a steady one is the likeliest."""
        chances = self.distribution(number)
        shown = [one for message in messages for one in _NUMBERS.findall(message.content) if one in chances]
        if self.revises is None or not shown:
            return max(chances, key=lambda one: chances[one]) if steady else _one_of(chances, draw)
        own = next((message.content for message in reversed(messages) if message.role == "assistant"), "")
        before = next((one for one in reversed(_NUMBERS.findall(own)) if one in chances), shown[-1])
        if draw.random() < self.revises.follows:
            return max(dict.fromkeys(shown), key=shown.count)
        right = self.right(number)
        if before == right:
            kept = draw.random() >= self.revises.right_to_wrong
            return before if kept else _one_of({one: p for one, p in chances.items() if one != right}, draw)
        return right if draw.random() < self.revises.wrong_to_right else before

    def guesses(self, number: int, asked: str, messages: Sequence[Message], draw: random.Random, steady: bool) -> str:
        """As many guesses as are asked for, the first one drawn, each with the confidence that is stated of it."""
        first = self.answer(number, messages, draw, steady=steady)
        chances = self.distribution(number)
        others = sorted((one for one in chances if one != first), key=lambda one: -chances[one])
        many = max(int(one) for one in _GUESSES.findall(asked))
        rest = 1 - (sure := self.stated(number, first, "verbal"))
        without = sum(chances[one] for one in others) or 1.0
        told = [(first, sure), *((one, rest * chances[one] / without) for one in others)][:many]
        return "\n".join(f"G{at}: {one}\nP{at}: {value:.4f}" for at, (one, value) in enumerate(told, 1))

    def _drawn(self, what: str, number: int) -> random.Random:
        return random.Random(f"{what} {self.seed} {self.family}-{number}")  # noqa: S311 - a simulation's draw


def _one_of(chances: dict[str, float], draw: random.Random) -> str:
    # Where none is likely, as of wrong ones to a question that is always answered rightly, each is as likely.
    weights = list(chances.values()) if any(chances.values()) else None
    return draw.choices(list(chances), weights)[0]


def proposed(asked: str) -> str | None:
    """The answer of which it is asked whether it is `(A) True` or `(B) False`; None where that is not asked."""
    found = _PROPOSED.search(asked) if _TRUE_OR_FALSE.search(asked) else None
    return found[1] if found else None


def wants_guesses(asked: str) -> bool:
    """Whether guesses `G1`, `G2` and so on are asked for."""
    return _GUESSES.search(asked) is not None
