"""What a model of the server's sees in a dataset's rows, laid beside them before a training: a worker asks none."""

from __future__ import annotations

import asyncio
import json
import sys
from array import array
from dataclasses import replace
from typing import TYPE_CHECKING

from nis_backend.capabilities.embeddings.operations import EmbeddingRequest, embed_texts
from nis_backend.errors import InvalidRequest, TooLarge, Unavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence
    from pathlib import Path

    from nis_backend.context import Context
    from nis_backend.drivers.compute.base import Json
    from nis_backend.operation import Model

ABOUT, NUMBERS = "vectors.json", "vectors.f32"
SPLITS = ("train", "validation", "test")
MOST_TEXTS, MOST_IMAGES = 5000, 2000
"""Rows that are read by a model: a core reads some hundred texts a second, and ten pictures."""
AT_ONCE = 64
"""Texts of one call."""
LONGEST = 8000
"""Characters of a text that are read."""


EMBED_IMAGE = "vision.embed_image"


async def lay(recipe: str, settings: Model, folder: Path, ctx: Context) -> None:
    """Have a model read the rows of `folder`, where the recipe has a use for that: its vectors come to lie there.

    Where it cannot, that is noted there, and the recipe does without.
    """
    candidates: list[str] = getattr(settings, "candidates", [])
    if recipe == "text_classifier" and "meaning" in candidates:
        model, vectors = str(getattr(settings, "embedder", "")), _of_texts
    elif recipe == "image_classifier" and "features" in candidates:
        model, vectors = str(getattr(settings, "features", "")), _of_images
    else:
        return
    if await asyncio.to_thread((folder / ABOUT).exists):
        return
    # By itself: what is only read is no part of the run's log.
    ctx = replace(ctx, journal=None, scope=None)
    about: Json = {"model": model, "version": None, "dimensions": 0, "notes": []}
    try:
        with (folder / NUMBERS).open("wb") as file:
            async for version, vector in vectors(model, folder, ctx):
                about |= {"version": version, "dimensions": len(vector)}
                little_endian(vector).tofile(file)
    except (Unavailable, TooLarge, InvalidRequest) as error:
        about |= {"dimensions": 0, "notes": [f"{model} was not tried: {error.message}"]}
    (folder / ABOUT).write_text(json.dumps(about), encoding="utf-8")


def little_endian(vector: Sequence[float]) -> array[float]:
    """A vector as it is written down."""
    numbers = array("f", vector)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


def _rows(folder: Path) -> Iterator[Json]:
    """The rows of all splits."""
    for split in SPLITS:
        with (folder / f"{split}.jsonl").open("rb") as file:
            yield from map(json.loads, file)


def _refuse_many(folder: Path, most: int) -> None:
    """Refuse more rows than a model reads here.

    Raises:
        TooLarge: there are.
    """
    lines = 0
    for split in SPLITS:
        with (folder / f"{split}.jsonl").open("rb") as file:
            lines += sum(1 for _ in file)
    if lines > most:
        raise TooLarge(f"It reads {most} rows at most, and there are {lines}.", field="dataset", value=lines)


async def _of_texts(model: str, folder: Path, ctx: Context) -> AsyncIterator[tuple[str | None, list[float]]]:
    """The version of the model and each text's vector."""
    await asyncio.to_thread(_refuse_many, folder, MOST_TEXTS)
    texts = [str(row.get("text") or " ")[:LONGEST] for row in _rows(folder)]
    for first in range(0, len(texts), AT_ONCE):
        found = await ctx.call(embed_texts, EmbeddingRequest(texts=texts[first : first + AT_ONCE], model=model))
        for vector in found.vectors:
            yield found.version, vector


async def _of_images(model: str, folder: Path, ctx: Context) -> AsyncIterator[tuple[str | None, list[float]]]:
    """Each picture's vector: the model's files are the manifest's, so that its name is its version."""
    await asyncio.to_thread(_refuse_many, folder, MOST_IMAGES)
    for row in _rows(folder):
        found = await ctx.call_named(EMBED_IMAGE, {"image": {"base64": str(row.get("image"))}, "model": model})
        yield None, found.vector
