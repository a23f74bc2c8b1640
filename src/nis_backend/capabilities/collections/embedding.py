"""Vectors for a collection: by its model, of the version that its other vectors are by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.capabilities.collections.items import packed
from nis_backend.capabilities.embeddings.operations import EmbeddingRequest, embed_texts
from nis_backend.errors import Conflict, InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.context import Context
    from nis_backend.drivers.embeddings.base import Purpose
    from nis_backend.drivers.store.base import Row

OTHER_VERSION = "Embed it anew: collections.reembed_items."

FLOAT = 4
"""Bytes of a number."""
APART = "+purposes"
"""Behind a version: the model is told which text is a query and which a passage. Vectors without it are of neither."""


async def chosen_model(model: str | None, ctx: Context) -> tuple[str, str | None]:
    """The id of the model that is meant, and its version; in a run the same each time.

    Raises:
        NotFound, Unavailable: there is none such, or it cannot be asked.
    """

    async def choose() -> list[str | None]:
        chosen = (await ctx.embedders.choose(model))[1]
        return [chosen.id, f"{chosen.version or ''}{APART}" if chosen.asymmetric else chosen.version]

    name, version = await ctx.note("embedding model", choose)
    return name, version


def hold_dimensions(collection: Row, vectors: Sequence[bytes]) -> None:
    """See that vectors are as long as those that the collection has: a server may have another model by the same name.

    Raises:
        Conflict: they are not.
    """
    known = int(collection["dimensions"] or 0)
    other = next((len(one) // FLOAT for one in vectors if len(one) != known * FLOAT), None)
    if known and other is not None:
        raise Conflict(
            f"{collection['model']} gives vectors of {other} numbers now, and the collection has such of {known}.",
            field="model",
            value=collection["model"],
            remedy=OTHER_VERSION,
        )


async def embed_query(query: str, model: str, version: str | None, ctx: Context) -> tuple[bytes, bool]:
    """The vector of what is looked for, and whether the query is longer than the model reads.

    Raises:
        InvalidRequest: the model reads nothing in it.
        Conflict, Unavailable: as `embed` says.
    """
    try:
        (vector,), truncated = await _embed([query], model, version, ctx, "query")
    except InvalidRequest as error:
        message = error.message.replace("texts.0", "query", 1)
        raise InvalidRequest(message, field="query", value=error.value, remedy=error.remedy) from None
    return vector, bool(truncated)


async def embed(
    texts: Sequence[str], model: str, version: str | None, ctx: Context, places: Sequence[int] | None = None
) -> tuple[list[bytes], list[int]]:
    """The vectors of texts, and which of them are cut; `places` are theirs among the items of a request.

    Raises:
        InvalidRequest: the model reads nothing in one.
        Conflict: the model is of another version than this one.
        Unavailable: it cannot be asked.
    """
    try:
        return await _embed(texts, model, version, ctx, "passage")
    except InvalidRequest as error:
        _, _, place = (error.field or "").partition("texts.")
        if not place.isdigit():
            raise
        named = f"items.{place if places is None else places[int(place)]}.text"
        message = error.message.replace(f"texts.{place}", named, 1)
        raise InvalidRequest(message, field=named, value=error.value, remedy=error.remedy) from None


async def _embed(
    texts: Sequence[str], model: str, version: str | None, ctx: Context, purpose: Purpose
) -> tuple[list[bytes], list[int]]:
    apart = version is not None and version.endswith(APART)
    files = (version or "").removesuffix(APART) or None
    embedded = await ctx.call(
        embed_texts, EmbeddingRequest(texts=[*texts], model=model, purpose=purpose if apart else None)
    )
    if None not in {files, embedded.version} and files != embedded.version:
        raise Conflict(
            f"The files of {model} are others than those that the collection was embedded with.",
            field="model",
            value=embedded.version,
            remedy=OTHER_VERSION,
        )
    return [packed(vector) for vector in embedded.vectors], embedded.truncated
