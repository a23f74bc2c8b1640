"""A trained model as a file to take away: made by a worker once, found again the next time it is asked for."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from nis_backend.blob import Blob
from nis_backend.capabilities.training.models import OneModel
from nis_backend.capabilities.training.operations import A_MODEL
from nis_backend.capabilities.training.packing.formats import ExportModel, Format
from nis_backend.capabilities.training.pool import PACKING
from nis_backend.capabilities.training.registry import named
from nis_backend.errors import NotFound, Unavailable
from nis_backend.made import MADE
from nis_backend.operation import Example, operation
from nis_backend.trained.manifest import EXPORTS, GGUF, MANIFEST, PACKED, Manifest, read_manifest
from nis_backend.trained.places import model_folder

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row

SECONDS = 900.0
"""A float model of a billion numbers is read, turned and written in some minutes."""
MOST_BYTES = 64 * 2**30
"""Of an export: it is of this server's own making, and `NIS_MAX_BLOB` is for what callers send."""
WHOLE = "model.safetensors"
ENDINGS: dict[Format, str] = {"zip": ".zip", "packed": "-packed.zip", "safetensors": ".safetensors"}
ZIP, BYTES = "application/zip", "application/octet-stream"


@operation(
    "training.get_manifest",
    effect="reads",
    on="trained_model",
    examples=(Example(title="What a model is made from", request={"id": "{made.model_id}"}, before=A_MODEL),),
)
async def get_manifest(request: OneModel, ctx: Context) -> Manifest:
    """Get what a trained model is made of and from: its files by SHA-256, its data by version, measures, bits a weight.

    Of a ternary model it is that of the packed folder, which serves it.

    Raises:
        NotFound: the caller has no such model.
        Unavailable: its folder is gone.
    """
    row = await named(request.id, ctx)
    folder = model_folder(ctx.settings, row["id"])
    packed = folder / EXPORTS / PACKED
    home = packed if await asyncio.to_thread((packed / MANIFEST).is_file) else folder
    return await asyncio.to_thread(read_manifest, home, f"The model {row['name']}")


@operation(
    "training.export_model",
    effect="reads",
    on="trained_model",
    time_limit=SECONDS,
    examples=(Example(title="Its whole folder", request={"id": "{made.model_id}"}, before=A_MODEL),),
)
async def export_model(request: ExportModel, ctx: Context) -> Blob:
    """Hand out a trained model as a file: its folder, its weights, two bits a weight, or GGUF for llama.cpp.

    Every file of the model is found right by its SHA-256 before. The same export is the same to the bit each time, so
    that a download that broke off goes on by a range. One for llama.cpp is what serves a merged model from then on.

    Raises:
        NotFound: the caller has no such model.
        InvalidRequest: the model has no such format: rows that are no multiple of 256, weights that are not ternary.
        Unavailable: a file of it is gone or was changed, or a package of the extra training is missing.
    """
    row = await named(request.id, ctx)
    ending = ENDINGS.get(request.format, f"-{request.format.removeprefix('gguf-')}.gguf")
    folder, into = model_folder(ctx.settings, row["id"]), ctx.settings.data / MADE / f"{ctx.new_id('export')}.zip"
    await asyncio.to_thread(into.parent.mkdir, parents=True, exist_ok=True)
    payload = {"folder": str(folder), "format": request.format, "called": row["name"], "into": str(into)}
    try:
        made = await ctx.drivers.compute.call(PACKING, payload)
        return await _handed(ctx, _path(folder, request.format, into), f"{row['name']}{ending}", str(made["sha256"]))
    except Unavailable:
        await named(row["id"], ctx)  # whose model was deleted meanwhile is told that, not what its files lack
        raise
    finally:
        await asyncio.to_thread(into.unlink, missing_ok=True)


def _path(folder: Path, given: Format, into: Path) -> Path:
    """Where the worker has put it; its own word leads nowhere."""
    if given.startswith("gguf-"):
        return folder / EXPORTS / given / GGUF
    return folder / WHOLE if given == "safetensors" else into


async def _handed(ctx: Context, path: Path, name: str, sha256: str) -> Blob:
    """The blob of the file: the one that the caller has already, where it has."""
    rows: list[Row] = await ctx.store.select("blobs", where={"sha256": sha256, "name": name}, limit=1)
    for row in rows:
        with suppress(NotFound):  # it was of one call, and is over
            return await ctx.blobs.get(str(row["id"]))
    try:
        file = await asyncio.to_thread(path.open, "rb")
    except OSError:
        raise Unavailable(
            f"{name} went while it was handed out: somebody has deleted the model.",
            remedy="List the models to see which there are.",
        ) from None
    with file:
        media_type = ZIP if name.endswith(".zip") else BYTES
        return await ctx.blobs.put(file, MOST_BYTES, media_type=media_type, name=name)


OPERATIONS = (get_manifest, export_model)
