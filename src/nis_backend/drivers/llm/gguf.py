"""Models from GGUF files on this machine, the light half: which there are, and how their workers are asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import override

from nis_backend.drivers.compute.base import Pool
from nis_backend.drivers.llm.gguf_file import head_of
from nis_backend.drivers.llm.on_disk import USUAL_CONTEXT, DiskModels, Found
from nis_backend.drivers.llm.schema import check_schema

if TYPE_CHECKING:
    from pathlib import Path

    from nis_backend.drivers.compute.base import Compute, Json
    from nis_backend.settings import Settings

SLOTS = 2
"""Answers of one model at once; more wait their turn."""
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
    return [pool_of(GgufModels.pool(name), name, path, settings) for name, path in files_of(settings).items()]


def pool_of(pool: str, name: str, path: Path, settings: Settings) -> Pool:
    """A pool of this name for a model's file."""
    return Pool(
        name=pool,
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


class GgufModels(DiskModels):
    """The provider `file`: whatever models stand at `NIS_GGUF`, on this CPU."""

    provider = "file"
    setting = "NIS_GGUF"

    packages = ("xllamacpp",)
    missing = "Models from files take the package xllamacpp."
    extra = "Install nis with it: pip install nis-backend[local]"
    none = "there is no .gguf file"
    remedy = "Set it to a GGUF file, or to a folder of some, and start again."

    def __init__(self, settings: Settings, compute: Compute) -> None:
        super().__init__(compute, files_of(settings), settings.gguf_context)

    @override
    def check(self, schema: Json, field: str) -> None:
        """See `DiskModels.check`: what the engine's grammar has no rule for it would leave out without a word."""
        check_schema(schema, field)

    @override
    def look(self, name: str) -> Found:
        path = self._places[name]
        try:
            head = head_of(path)
        except ValueError:
            raise ValueError(f"{path.name} is no GGUF file") from None
        detail = f"{head.architecture}, from {path.name} on this CPU."
        return Found(tools=head.tools, context=head.context, detail=detail)
