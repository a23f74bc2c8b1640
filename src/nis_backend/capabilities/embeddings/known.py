"""Which models of vectors there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from nis_backend.capabilities.embeddings import asked, views
from nis_backend.errors import NisError
from nis_backend.operation import Example, Model, operation

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.drivers.embeddings.base import EmbeddingModel


class ListModels(Model):
    """Nothing is asked: all are listed."""


class ModelLine(Model):
    """A model on this machine."""

    id: str = Field(description="provider:name, as requests name it.")
    version: str | None = Field(description="The hash of its files; null when it cannot be told.")
    dimensions: int | None = Field(description="Numbers in a vector; null when it cannot be told.")
    max_tokens: int | None = Field(description="Tokens of a text that it reads; null where it reads all.")
    ready: bool = Field(description="Whether it can be asked.")
    problem: str | None = Field(description="Why it cannot, and what mends it.")


class EmbeddingModels(Model):
    """The models on this machine, and the servers whose models can be named."""

    default: str = Field(description="The one that answers when a request names none; empty when there is none.")
    models: list[ModelLine]
    servers: list[str] = Field(
        description="Providers that are asked for any model by its name, as provider:name; they state no version."
    )


@operation(
    "embeddings.list_models",
    effect="reads",
    view=views.draw_models,
    examples=(
        Example(
            title="All of them",
            request={},
            question="Which embedding models are there?",
            also=asked.MODELS,
        ),
    ),
)
async def list_models(request: ListModels, ctx: Context) -> EmbeddingModels:
    """List the models that turn texts into vectors: each one's id, the hash of its files, and its dimensions.

    Vectors of two models, or of two versions of one, cannot be compared.
    """
    embedders = ctx.embedders
    lines = [await _line(ctx, f"{provider}:{name}") for provider, names in embedders.names.items() for name in names]
    try:
        default = (await embedders.choose())[1].id
    except NisError:
        default = ""
    servers = [one.provider for one in embedders.providers if one.provider not in embedders.names]
    return EmbeddingModels(default=default, models=lines, servers=servers)


async def _line(ctx: Context, model: str) -> ModelLine:
    found: EmbeddingModel | None = None
    problem: str | None = None
    try:
        _, found = await ctx.embedders.choose(model)
    except NisError as error:
        problem = f"{error.message} {error.remedy}".strip()
    return ModelLine(
        id=model,
        version=found and found.version,
        dimensions=found and found.dimensions,
        max_tokens=found and found.max_tokens,
        ready=found is not None,
        problem=problem,
    )


OPERATIONS = (list_models,)
