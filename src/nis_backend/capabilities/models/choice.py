"""Which of a caller's tools a message asks for, where the model is too small to choose.

Asked to choose among seven tools or none, the embedded model is right in 9 of 23 cases; the nearest description in
meaning is in 33 of 36 (docs/experiments.md). So the choice is made here, and the model only writes the arguments.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from nis_backend.capabilities.embeddings.operations import EmbeddingRequest, embed_texts
from nis_backend.errors import InvalidRequest, Unavailable

if TYPE_CHECKING:
    from nis_backend.capabilities.models.completion import NextTurn, OfferedFunction
    from nis_backend.context import Context

R = TypeVar("R", bound="NextTurn")

MODEL = "embedded:minilm-l6-v2-int8"
"""The threshold is this model's: another one's likeness has another scale."""

LONGEST_READ = 8192
"""Characters of a message and of a description that are compared: the model reads less."""

LEAST_LIKENESS = 0.28
"""Cosine of message and description below which none is called: of 21 that ask for a tool 19 are above it, of 15 that
ask for none 14 are below."""


async def choose(request: R, ctx: Context) -> R:
    """The request with its choice made: the one tool to call, or none; after a tool's result it is none.

    Raises:
        Unavailable: the model that tells meanings is missing.
    """
    if not request.tools or request.tool_choice == "none" or request.tool_name is not None:
        return request
    required = request.tool_choice == "required"
    if not required and request.messages[-1].role == "tool":
        return request.model_copy(update={"tool_choice": "none"})
    if required and len(request.tools) == 1:
        return request.model_copy(update={"tool_name": request.tools[0].name})
    likeness = await _likeness(request, ctx)
    nearest = max(range(len(likeness)), key=likeness.__getitem__)
    if required or likeness[nearest] >= LEAST_LIKENESS:
        return request.model_copy(update={"tool_name": request.tools[nearest].name})
    return request.model_copy(update={"tool_choice": "none"})


async def _likeness(request: NextTurn, ctx: Context) -> list[float]:
    """How near each tool's description is to the last message of the user."""
    asked = next((one.content for one in reversed(request.messages) if one.role == "user"), "").strip()
    if not asked:
        return [0.0 for _ in request.tools]
    texts = [asked[:LONGEST_READ], *(_described(tool) for tool in request.tools)]
    try:
        found = await ctx.call(embed_texts, EmbeddingRequest(texts=texts, model=MODEL))
    except InvalidRequest:
        # Nothing but signs that it does not read.
        return [0.0 for _ in request.tools]
    except Unavailable as error:
        raise Unavailable(
            f"To choose among tools for the embedded model: {error.message}",
            remedy=f"{error.remedy} Or name the tool to call, or use another provider's model.",
        ) from None
    question, *tools = found.vectors
    return [sum(a * b for a, b in zip(question, vector, strict=True)) for vector in tools]


def _described(tool: OfferedFunction) -> str:
    return tool.description.strip()[:LONGEST_READ] or tool.name.replace("_", " ").replace("-", " ")
