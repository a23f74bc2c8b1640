"""Handing out a trained model: to its owner alone, made once, the same bytes each time."""

from __future__ import annotations

import asyncio
import shutil
import zipfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from opened import opened
from small_trained import write_ternary

from nis_backend.capabilities.training.exports import OneModel, export_model, get_manifest
from nis_backend.capabilities.training.packing.finishing import Facts, finish_model
from nis_backend.capabilities.training.packing.formats import ExportModel
from nis_backend.capabilities.training.pool import packing_pool
from nis_backend.context import Context
from nis_backend.drivers.compute.processes import WorkerPools
from nis_backend.drivers.store.base import Row
from nis_backend.errors import InvalidRequest, NotFound, Unavailable
from nis_backend.operation import Json

ROW: Row = {"id": "model-1", "name": "tiny", "kind": "ternary", "training_id": "t", "digest": "", "bytes": 1}
MORE: Row = {"metrics": "{}", "state": "candidate", "withdrawn": 0, "created": 1.0, "updated": 1.0}


@asynccontextmanager
async def trained(folder: Path) -> AsyncGenerator[Context]:
    """A call's context with a trained model."""
    finish_model(write_ternary(folder / "training" / "models" / "model-1"), Facts(kind="ternary"))
    async with opened(folder) as ctx:
        compute = WorkerPools([packing_pool(ctx.settings)])
        await ctx.store.insert("trained_models", {**ROW, **MORE})
        try:
            yield replace(ctx, drivers=replace(ctx.drivers, compute=compute))
        finally:
            await compute.close()


def test_an_export_is_made_once_and_found_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its blob has the file's name, kind and digest; asked for again it is the same blob; nothing is left over.

    A model that is deleted meanwhile is not there; one whose folder is gone says so.
    """

    async def body() -> None:
        async with trained(tmp_path) as ctx:
            one = await export_model.function(ExportModel(id="model-1", format="gguf-tq2_0"), ctx)
            assert one.name == "tiny-tq2_0.gguf"
            assert one.media_type == "application/octet-stream"
            again = await export_model.function(ExportModel(id="model-1", format="gguf-tq2_0"), ctx)
            assert again.id == one.id
            await ctx.store.update("blobs", one.id, {"purpose": "call", "expires": 1.0})
            anew = await export_model.function(ExportModel(id="model-1", format="gguf-tq2_0"), ctx)
            assert anew.id != one.id
            assert anew.sha256 == one.sha256
            one = anew
            assert (await ctx.blobs.read(one.id))[:4] == b"GGUF"
            archive = await export_model.function(ExportModel(id="model-1", format="packed"), ctx)
            assert (archive.name, archive.media_type) == ("tiny-packed.zip", "application/zip")
            (tmp_path / "a.zip").write_bytes(await ctx.blobs.read(archive.id))
            with zipfile.ZipFile(tmp_path / "a.zip") as found:
                assert found.testzip() is None
            weights = await export_model.function(ExportModel(id="model-1", format="safetensors"), ctx)
            assert weights.name == "tiny.safetensors"
            shutil.rmtree(tmp_path / "training" / "models" / "model-1")
            with pytest.raises(Unavailable, match="no folder here"):
                await export_model.function(ExportModel(id="model-1"), ctx)
            call = ctx.drivers.compute.call

            async def deleting(pool: str, payload: Json) -> Json:
                await ctx.store.delete("trained_models", "model-1")
                return await call(pool, payload)

            monkeypatch.setattr(ctx.drivers.compute, "call", deleting)
            with pytest.raises(NotFound, match="no trained model"):
                await export_model.function(ExportModel(id="model-1"), ctx)
            assert list((tmp_path / "made").iterdir()) == []

    asyncio.run(body())


def test_a_model_that_is_not_the_callers_is_not_there(tmp_path: Path) -> None:
    """Nor is one that never was; a format that it has not is refused by name."""

    async def body() -> None:
        async with trained(tmp_path) as ctx:
            other = replace(ctx, caller=replace(ctx.caller, owner="ben"))
            for context, name in ((other, "model-1"), (ctx, "model-2")):
                with pytest.raises(NotFound, match=f"no trained model '{name}'"):
                    await export_model.function(ExportModel(id=name), context)
            with pytest.raises(InvalidRequest) as refused:
                await export_model.function(ExportModel(id="model-1", format="gguf-q8_0"), ctx)
            assert "gguf-tq2_0" in refused.value.remedy
            manifest = await get_manifest.function(OneModel(id="model-1"), ctx)
            assert manifest.layout == "ternary-packed"
            assert manifest.bits_per_weight == pytest.approx(2.027, abs=0.001)
            with pytest.raises(NotFound):
                await get_manifest.function(OneModel(id="model-1"), other)

    asyncio.run(body())
