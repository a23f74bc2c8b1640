"""What tokens cost, in whole nano-dollars: of a call that has ended, and at worst of one that has not begun.

A rate is nano-dollars for a million tokens. A call's sum is rounded up once, so that sums of calls are sums of whole
numbers and come to the same however they are grouped.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nis_backend.drivers.llm.answer import Usage

MILLION = 10**6

Tiered = tuple[tuple[int, int], ...]
"""Pairs of `(more input tokens than this, rate)`, the first from -1. The tier that a call's input reaches holds for all
its tokens, not only for those beyond: that is how providers charge."""


Sounded = Literal["", "heard", "spoken"]
"""What a call has to do with sounds."""


def flat(rate: int) -> Tiered:
    """One rate, however long the input."""
    return ((-1, rate),)


FREE = flat(0)


@dataclass(frozen=True, kw_only=True)
class Rates:
    """What one model's tokens cost now."""

    input: Tiered
    cached: Tiered
    """Input that the provider had in its cache."""
    written: Tiered
    """Input that it wrote into its cache."""
    written_long: Tiered
    """The same, to be kept for an hour."""
    output: Tiered
    reasoning: Tiered
    audio_in: Tiered
    audio_out: Tiered
    request: int = 0
    """What each call costs, in nano-dollars."""
    hour: int = 0
    """What an hour of sound that is heard costs, in nano-dollars."""
    characters: int = 0
    """What a million characters that are spoken cost."""
    by_tokens: bool = True
    """Whether tokens have a price, also where that is nothing; else a call of a model's words has none."""
    source: str = ""
    """Where they come from, as people are told."""

    @classmethod
    def of(  # noqa: PLR0913 - one argument a rate
        cls,
        *,
        input: Tiered,  # noqa: A002 - the word for it
        output: Tiered | None = None,
        cached: Tiered | None = None,
        written: Tiered | None = None,
        written_long: Tiered | None = None,
        reasoning: Tiered | None = None,
        audio_in: Tiered | None = None,
        audio_out: Tiered | None = None,
        request: int = 0,
        hour: int = 0,
        characters: int = 0,
        by_tokens: bool = True,
        source: str = "",
    ) -> Rates:
        """Rates of which some are not stated: those are the rates of what they are a part of."""
        output = FREE if output is None else output
        written = input if written is None else written
        return cls(
            input=input,
            cached=input if cached is None else cached,
            written=written,
            written_long=written if written_long is None else written_long,
            output=output,
            reasoning=output if reasoning is None else reasoning,
            audio_in=input if audio_in is None else audio_in,
            audio_out=output if audio_out is None else audio_out,
            request=request,
            hour=hour,
            characters=characters,
            by_tokens=by_tokens,
            source=source,
        )

    @cached_property
    def free(self) -> bool:
        """Whether nothing costs anything."""
        return not (self.request or self.hour or self.characters) and not any(
            rate for tiers in self._all() for _, rate in tiers
        )

    def cost(self, used: Usage) -> int:
        """What a call has cost; a count that is not stated counts as none."""
        if self.free:
            return 0
        total = used.input or 0
        long = min(used.written_long, used.written)
        spent = _parts(
            total,
            self.input,
            total,
            (used.audio_in, self.audio_in),
            (long, self.written_long),
            (used.written - long, self.written),
            (used.cached, self.cached),
        )
        spent += _parts(
            used.output or 0,
            self.output,
            total,
            (used.audio_out, self.audio_out),
            (used.reasoning, self.reasoning),
        )
        return self.request + _rounded_up(spent) + self.sounds(used.seconds, used.characters)

    def sounds(self, seconds: float, characters: int) -> int:
        """What so much of sound that is heard costs, and of text that is spoken."""
        return math.ceil(self.hour * seconds / 3600) + _rounded_up(self.characters * characters)

    def covers(self, sound: Sounded) -> bool:
        """Whether a call of sounds, or of words alone, has a price by these."""
        each = {"": 0, "heard": self.hour, "spoken": self.characters}[sound]
        return self.by_tokens or each > 0

    def worst(self, input_tokens: int, output_tokens: int, *, writes_cache: bool = False) -> int:
        """The most that a call costs with as many tokens at most, whichever of them are cached, written or thought.

        `writes_cache` says that the caller may have the input kept for an hour; some providers keep it a while unasked.
        """
        reached = self._reached(input_tokens, writes_cache=writes_cache)
        return self.request + _rounded_up(max(fixed + output_tokens * each for fixed, each in reached))

    def affordable(self, money: int, input_tokens: int, *, writes_cache: bool = False) -> int | None:
        """The most output tokens for which `worst` is no more than this money; negative when there is no such number.

        None when any number is.
        """
        left = (money - self.request) * MILLION
        reached = [*self._reached(input_tokens, writes_cache=writes_cache)]
        if any(fixed > left for fixed, _ in reached):
            return -1
        return min(((left - fixed) // each for fixed, each in reached if each), default=None)

    def _reached(self, input_tokens: int, *, writes_cache: bool) -> Iterator[tuple[int, int]]:
        """For each tier that so much input may reach: the most of the input, and of one output token, unrounded."""
        into = [self.input, self.cached, self.written, self.audio_in, *([self.written_long] if writes_cache else ())]
        out = [self.output, self.reasoning, self.audio_out]
        starts = sorted({start for tiers in (*into, *out) for start, _ in tiers if start < max(input_tokens, 0)})
        # Within a tier the longest input is the dearest.
        for _, longest in pairwise([*starts, max(input_tokens, 0)]):
            yield longest * max(_rate(tiers, longest) for tiers in into), max(_rate(tiers, longest) for tiers in out)

    def _all(self) -> tuple[Tiered, ...]:
        return (
            *(self.input, self.cached, self.written, self.written_long),
            *(self.output, self.reasoning, self.audio_in, self.audio_out),
        )


def _parts(total: int, rest: Tiered, reached: int, *parts: tuple[int, Tiered]) -> int:
    """Tokens at the rates of what they are a part of; no more of them count than there are in all."""
    spent = 0
    left = total
    for tokens, tiers in parts:
        counted = max(0, min(tokens, left))
        if counted:
            spent += counted * _rate(tiers, reached)
            left -= counted
    return spent + left * _rate(rest, reached)


def _rate(tiers: Tiered, reached: int) -> int:
    return next(rate for start, rate in reversed(tiers) if reached > start)


def _rounded_up(spent: int) -> int:
    return -(-spent // MILLION)
