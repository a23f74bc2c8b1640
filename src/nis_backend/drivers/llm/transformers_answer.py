"""One answer of a model from a folder, from its prompt's tokens to its end; inside a worker process."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from nis_backend.drivers.llm.held import too_slow

if TYPE_CHECKING:
    from collections.abc import Callable

    from nis_backend.drivers.compute.base import Json
    from nis_backend.drivers.llm.transformers_grammar import Held
    from nis_backend.drivers.llm.transformers_sampling import Choice, Sampling
    from nis_backend.drivers.llm.transformers_words import Characters, Parts, Stops
    from nis_backend.errors import NisError

LEAST = -9999.0
"""What is said of a token that has no chance at all: no JSON has minus infinity."""


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """Where an answer ends."""

    ends: frozenset[int]
    """The tokens that say so."""
    most: int
    """Tokens."""
    seconds: float
    one_call: bool
    """Whether it is over with its first call."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How tokens become what is said."""

    characters: Characters
    stops: Stops
    parts: Parts
    hidden: frozenset[int]
    """Marks that are no words."""
    spell: Callable[[int], Json]
    """A token as probabilities name it."""


class Answering:
    """An answer under way; the engine's `Row`. `put` is given its chunks and, at the end, None.

    `held` is what holds all of it, `calls` what holds each call that it begins by itself.
    """

    def __init__(  # noqa: PLR0913 - what it says, and what bounds it
        self,
        tokens: list[int],
        *,
        alone: bool,
        sampling: Sampling,
        reading: Reading,
        bounds: Bounds,
        held: Held | None,
        calls: Held | None,
        called: str,
    ) -> None:
        self.tokens = tokens
        self.alone = alone
        self.failure: NisError | None = None
        self.reason: Literal["stop", "length", "tool_calls"] | None = None
        self.text: list[str] = []
        """Its words."""
        self.put: Callable[[Json | None], None] = lambda _: None
        self._given = len(tokens)
        self._sampling = sampling
        self._reading = reading
        self._bounds = bounds
        self._held = held
        self._whole = held is not None
        self._calls = calls
        self._called = called
        self._thought = 0
        self._until: float | None = None
        self._stop = threading.Event()
        self.left = False

    @property
    def stopped(self) -> bool:
        """See `Row.stopped`."""
        return self._stop.is_set()

    def stop(self) -> None:
        """Nobody reads it any longer."""
        self._stop.set()

    def leave(self, error: NisError | None) -> None:
        """See `Row.leave`."""
        if not self.left:
            self.left = True
            self.failure = error
            self.put(None)

    def take(self, numbers: Any) -> bool:
        """See `Row.take`.

        Raises:
            DeadlineExceeded: it took too long.
        """
        # From its own first token on: those before it in the queue took the time until then.
        self._until = self._until or time.monotonic() + self._bounds.seconds
        choice = self._sampling.choose(numbers, self.tokens, None if self._held is None else self._held.allowed())
        if choice.token in self._bounds.ends:
            return self._end("stop")
        self.tokens.append(choice.token)
        if self._held is not None:
            self._held.take(choice.token)
        self._say(choice)
        if self._reading.stops.met or (self._bounds.one_call and self._reading.parts.called):
            return self._end("stop")
        if self._held is not None and (self._held.whole or (self._bounds.one_call and self._held.could_end)):
            if self._whole:
                return self._end("stop")
            self._held = None
        if len(self.tokens) - self._given >= self._bounds.most:
            return self._end("length")
        if time.monotonic() > self._until:
            raise too_slow(self._called, self._bounds.seconds)
        return True

    def _say(self, choice: Choice) -> None:
        reading = self._reading
        text = "" if choice.token in reading.hidden else reading.stops.put(reading.characters.put(choice.token))
        deltas = reading.parts.feed(text) if text else []
        self._thought += reading.parts.thinks
        logprobs = None if choice.logprob is None else self._logprobs(choice)
        for delta in deltas or ([{}] if logprobs else []):
            self._put(delta, logprobs)
            logprobs = None
        opened = reading.parts.opened
        if self._calls is not None and opened is not None and self._held is None and not opened.written.strip():
            self._held = self._calls.again()

    def _end(self, reason: Literal["stop", "length"]) -> bool:
        reading = self._reading
        if not reading.stops.met:
            text = reading.stops.put(reading.characters.rest()) + reading.stops.rest()
            for delta in reading.parts.feed(text) if text else []:
                self._put(delta)
        for delta in reading.parts.end():
            self._put(delta)
        made = len(self.tokens) - self._given
        self.reason = "tool_calls" if reading.parts.called and reason == "stop" else reason
        usage: Json = {
            "prompt_tokens": self._given,
            "completion_tokens": made,
            "total_tokens": self._given + made,
            "completion_tokens_details": {"reasoning_tokens": self._thought},
        }
        self.put({"choices": [{"index": 0, "delta": {}, "finish_reason": self.reason}], "usage": usage})
        return False

    def _put(self, delta: Json, logprobs: Json | None = None) -> None:
        self.text.append(delta.get("content", ""))
        choice: Json = {"index": 0, "delta": delta, "finish_reason": None}
        self.put({"choices": [choice if logprobs is None else {**choice, "logprobs": logprobs}]})

    def _logprobs(self, choice: Choice) -> Json:
        spell = self._reading.spell
        assert choice.logprob is not None
        likeliest = [{**spell(token), "logprob": max(value, LEAST)} for token, value in choice.likeliest]
        told = {**spell(choice.token), "logprob": max(choice.logprob, LEAST), "top_logprobs": likeliest}
        return {"content": [told]}
