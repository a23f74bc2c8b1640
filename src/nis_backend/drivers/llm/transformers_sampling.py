"""The choice of the next token from a model's numbers, inside a worker process."""

from __future__ import annotations

import importlib
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.drivers.compute.base import Json

MINUS_INFINITY = float("-inf")


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A token, and the natural logarithms of what the model gave it and the likeliest ones, where they are wanted."""

    token: int
    logprob: float | None = None
    likeliest: tuple[tuple[int, float], ...] = ()


class Sampling:
    """How one answer is sampled: what the request says, else what the model's folder says.

    The same seed makes the same choices of the same numbers, whatever else is sampled meanwhile.
    """

    def __init__(self, request: Json, usual: Any) -> None:  # Any: the library's GenerationConfig
        self._torch: Any = importlib.import_module("torch")  # Any: this project reads it without its types
        library: Any = importlib.import_module("transformers")  # Any: as above
        temperature = request.get("temperature")
        if temperature is None:
            temperature = (usual.temperature or 1.0) if usual.do_sample else 0.0
        self._greedy = temperature == 0
        top_p = request.get("top_p")
        # A folder's own settings are of how its model is sampled, and a request's are before them.
        top_k, min_p = (usual.top_k, usual.min_p) if usual.do_sample else (None, None)
        top_p = usual.top_p if top_p is None and usual.do_sample else top_p
        self._narrowing: list[Any] = []  # Any: as above
        if not self._greedy and temperature != 1:
            self._narrowing.append(library.TemperatureLogitsWarper(float(temperature)))
        if top_k:
            self._narrowing.append(library.TopKLogitsWarper(top_k))
        if top_p is not None and top_p < 1:
            # 0 is what some callers write for the likeliest alone, which the library has no room for.
            self._narrowing.append(library.TopPLogitsWarper(max(float(top_p), 1e-6)))
        if min_p:
            self._narrowing.append(library.MinPLogitsWarper(min_p))
        repetition = usual.repetition_penalty
        self._repetition = None
        if repetition is not None and repetition > 0 and repetition != 1:
            self._repetition = library.RepetitionPenaltyLogitsProcessor(float(repetition))
        self._frequency = request.get("frequency_penalty") or 0.0
        self._presence = request.get("presence_penalty") or 0.0
        self._made: Counter[int] = Counter()
        self._alternatives = request.get("top_logprobs", 0) if request.get("logprobs") else None
        self._random = self._torch.Generator()
        seed = request.get("seed")
        # The generator has 64 bits, and a sign.
        self._random.manual_seed(seed % 2**63) if seed is not None else self._random.seed()

    def choose(self, numbers: Any, before: Sequence[int], allowed: bytes | None) -> Choice:
        """The next token after `before`, the prompt and the answer so far, by a model's numbers of each token.

        `allowed` has a byte of each token, 0 where it may not come.
        """
        torch = self._torch
        numbers = numbers.to("cpu", torch.float32)
        scores = numbers.clone()
        if self._repetition is not None:
            scores = self._repetition(torch.tensor([before]), scores[None])[0]
        if self._made and (self._frequency or self._presence):
            tokens = torch.tensor(list(self._made))
            times = torch.tensor(list(self._made.values()), dtype=torch.float32)
            scores[tokens] -= self._frequency * times + self._presence
        if allowed is not None:
            scores[self._refused(allowed, len(scores))] = MINUS_INFINITY
        token = int(scores.argmax()) if self._greedy else self._draw(scores)
        self._made[token] += 1
        return self._said(token, numbers)

    def _refused(self, allowed: bytes, length: int) -> Any:
        torch = self._torch
        refused = torch.ones(length, dtype=torch.bool)
        known = min(len(allowed), length)
        refused[:known] = torch.frombuffer(bytearray(allowed), dtype=torch.uint8)[:known] == 0
        return refused

    def _draw(self, scores: Any) -> int:
        scores = scores[None]
        for narrow in self._narrowing:
            scores = narrow(None, scores)
        chances = self._torch.softmax(scores[0], dim=-1)
        return int(self._torch.multinomial(chances, 1, generator=self._random))

    def _said(self, token: int, numbers: Any) -> Choice:
        if self._alternatives is None:
            return Choice(token=token)
        logs = self._torch.log_softmax(numbers, dim=-1)
        values, tokens = logs.topk(min(self._alternatives, len(logs)))
        return Choice(
            token=token,
            logprob=float(logs[token]),
            likeliest=tuple(zip(map(int, tokens), map(float, values), strict=True)),
        )
