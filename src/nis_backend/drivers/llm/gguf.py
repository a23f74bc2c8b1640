"""Models from GGUF files on this machine, the light half: which there are, and how their workers are asked."""

from __future__ import annotations

import asyncio
import importlib.util
from typing import TYPE_CHECKING

from nis_backend.drivers.compute.base import Pool
from nis_backend.drivers.llm.base import ModelInfo
from nis_backend.drivers.llm.gguf_file import head_of
from nis_backend.drivers.llm.on_disk import DiskModels
from nis_backend.drivers.llm.schema import check_schema
from nis_backend.errors import Unavailable

if TYPE_CHECKING:
    from pathlib import Path

    from nis_backend.drivers.compute.base import Compute, Json
    from nis_backend.settings import Settings

SLOTS = 2
"""Answers of one model at once; more wait their turn."""
USUAL_CONTEXT = 4096
"""Tokens, where a file does not say what it was made for."""
MOST_FILES = 16
"""Files of a folder that are models here."""


def files_of(settings: Settings) -> dict[str, Path]:
    """The files by the names of their models; of one in several parts the first, which names the others.

    Pictures' half of a model (`mmproj`) is no model of its own.
    """
    path = settings.gguf
    if path is None:
        return {}
    found = sorted(path.glob("*.gguf")) if path.is_dir() else [path]
    parts = [one for one in found if "-of-" in one.stem and "-00001-of-" not in one.stem]
    names = [one for one in found if one not in parts and not one.stem.startswith("mmproj")]
    return {one.stem: one for one in names[:MOST_FILES]}


def pools_of(settings: Settings) -> list[Pool]:
    """A pool for each file, whose worker holds the model while it is used."""
    return [
        Pool(
            name=GgufModels.pool(name),
            kind="shared",
            entry="nis_backend.drivers.llm.gguf_worker:open_worker",
            options={
                "path": str(path),
                "name": name,
                "context": settings.gguf_context,
                "usual": USUAL_CONTEXT,
                "threads": settings.embedded_threads,
                "slots": SLOTS,
            },
            idle_seconds=settings.idle_seconds,
            # As of the embedded model: threads that spin lose most of their speed beside a busy process.
            environment={"OMP_WAIT_POLICY": "passive"},
            extra="local",
        )
        for name, path in files_of(settings).items()
    ]


class GgufModels(DiskModels):
    """The provider `file`: whatever models stand at `NIS_GGUF`, on this CPU."""

    provider = "file"
    setting = "NIS_GGUF"

    def __init__(self, settings: Settings, compute: Compute) -> None:
        super().__init__(compute)
        self._settings = settings
        self._files = files_of(settings)

    async def models(self) -> list[ModelInfo]:
        """See `LanguageModels.models`; by their names, those of files that are none left out."""
        if importlib.util.find_spec("xllamacpp") is None:
            raise Unavailable(
                "Models from files take the package xllamacpp.",
                remedy="Install nis with it: pip install nis-backend[local]",
            )
        found = [await self._info(name) for name in self._files]
        infos = [one for one in found if isinstance(one, ModelInfo)]
        if not infos:
            why = next((one for one in found if isinstance(one, str)), "there is no .gguf file")
            raise Unavailable(
                f"NIS_GGUF names no model: {why}.",
                remedy="Set it to a GGUF file, or to a folder of some, and start again.",
            )
        return infos

    def check(self, schema: Json, field: str) -> None:
        """See `DiskModels.check`: what the engine's grammar has no rule for it would leave out without a word."""
        check_schema(schema, field)

    async def _info(self, name: str) -> ModelInfo | str:
        """The model, or why the file is none."""
        path = self._files[name]
        try:
            head = await asyncio.to_thread(head_of, path)
        except OSError as error:
            return f"{path.name}: {error.strerror}"
        except ValueError:
            return f"{path.name} is no GGUF file"
        return ModelInfo(
            provider=self.provider,
            name=name,
            tools=head.tools,
            context_tokens=min(head.context or USUAL_CONTEXT, self._settings.gguf_context),
            detail=f"{head.architecture}, from {path.name} on this CPU.",
            vision=False,
            audio=False,
            files=False,
            json_schema=True,
            logprobs=True,
        )
