"""What servers that speak OpenAI's format say of the models that they list: OpenAI's say a name alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from nis_backend.drivers.llm.base import ModelInfo
from nis_backend.drivers.llm.server import members

if TYPE_CHECKING:
    from nis_backend.drivers.llm.openai_parts import Json

MOST_MODELS = 2000
"""Models that are read of a server's list."""
CONTEXT = ("max_model_len", "context_length", "context_window", "max_context_length")
"""How many tokens a model takes, as vLLM, OpenRouter, Groq and Mistral call it."""


def infos_in(provider: str, body: Any) -> list[ModelInfo]:  # Any: JSON
    """The models of a list.

    Raises:
        TypeError, KeyError, AttributeError: it is none.
    """
    rows = cast("list[Json]", body["data"] if isinstance(body, dict) else body)
    return [_info(provider, row) for row in rows[:MOST_MODELS] if isinstance(row["id"], str)]


def _info(provider: str, row: Json) -> ModelInfo:
    # OpenRouter states what goes in and what may be asked for, Mistral what a model can do.
    able, takes = members(row.get("capabilities")), members(row.get("architecture")).get("input_modalities")
    knows = row.get("supported_parameters")
    embeds = "embed" in row["id"].lower()
    return ModelInfo(
        provider=provider,
        name=row["id"],
        tools=not embeds and _among(knows, "tools", able.get("function_calling")) is not False,
        context_tokens=_first(row, *CONTEXT),
        max_output=_first(row, "max_completion_tokens", "max_output_tokens")
        or _first(members(row.get("top_provider")), "max_completion_tokens"),
        vision=_among(takes, "image", able.get("vision")),
        audio=_among(takes, "audio", able.get("audio")),
        files=_among(takes, "file"),
        json_schema=_among(knows, "structured_outputs"),
        logprobs=_among(knows, "logprobs"),
        embeds=embeds,
    )


def _first(row: Json, *names: str) -> int | None:
    return next((row[name] for name in names if isinstance(row.get(name), int)), None)


def _among(stated: object, name: str, otherwise: object = None) -> bool | None:
    """Whether a list states it, or else what is stated otherwise; None where nothing is."""
    if isinstance(stated, list):
        return name in cast("list[object]", stated)
    return otherwise if isinstance(otherwise, bool) else None
