"""Tokens as the protocol counts them: an entry for each provider and model, of what they have stated."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nis_backend.event import ModelAnswered, ModelCalled
    from nis_backend.operation import Json


class Usage:
    """What a run's answers of models have taken so far."""

    def __init__(self) -> None:
        self._asked: dict[int, tuple[str, str]] = {}
        self._counts: dict[tuple[str, str], dict[str, int]] = {}

    def called(self, body: ModelCalled) -> None:
        """A model is asked."""
        self._asked[body.step] = (body.provider, body.model)

    def answered(self, body: ModelAnswered) -> None:
        """It has answered; a route says which one did."""
        who = self._asked.get(body.step, ("", ""))
        if ":" in body.answered_by:
            provider, _, model = body.answered_by.partition(":")
            who = (provider, model)
        counted = {
            "inputTokens": body.input_tokens,
            "outputTokens": body.output_tokens,
            "cachedInputTokens": body.cached_tokens or None,
            "reasoningTokens": body.reasoning_tokens or None,
        }
        stated = {name: count for name, count in counted.items() if count is not None}
        counts = self._counts.setdefault(who, {}) if stated else {}
        for name, count in stated.items():
            counts[name] = counts.get(name, 0) + count

    def told(self) -> Json:
        """The member of the event that ends a run; none where nobody has stated anything."""
        entries: list[Json] = []
        for (provider, model), counts in self._counts.items():
            entry: Json = {"provider": provider, "model": model, **counts}
            if {"inputTokens", "outputTokens"} <= counts.keys():
                entry["totalTokens"] = counts["inputTokens"] + counts["outputTokens"]
            entries.append(entry)
        return {"usage": entries} if entries else {}
