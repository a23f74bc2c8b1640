"""Models that were trained here: which an owner has, and what each of its names means.

A name means the model that was promoted to it, from the next call on; a model's own id means it as well, for who is to
try it before. Each has a worker of its own, which ends when it is idle, as one does whose model has no name any more.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nis_backend.drivers.llm.base import ModelInfo
from nis_backend.drivers.llm.local import PROVIDER, no_words
from nis_backend.errors import Unavailable
from nis_backend.trained.places import model_folder

if TYPE_CHECKING:
    from pathlib import Path

    from nis_backend.drivers.compute.base import Compute
    from nis_backend.drivers.llm.on_disk import DiskModels
    from nis_backend.drivers.store.base import Row, Store
    from nis_backend.settings import Settings

WRITES = frozenset({"ternary", "float", "lora", "dpo"})
"""Kinds of models that write words."""
MOST_NAMES = 1000


@dataclass(frozen=True, kw_only=True)
class Own:
    """A model of an owner's, under the name that it was asked by."""

    id: str
    name: str
    kind: str
    settings: Settings
    compute: Compute

    @property
    def folder(self) -> Path:
        """Its folder."""
        return model_folder(self.settings, self.id)

    async def info(self) -> ModelInfo:
        """What it is.

        Raises:
            NotSupported: it is one that sorts.
            Unavailable: its folder or a package is missing.
        """
        engine = await asyncio.to_thread(self.engine)
        info = await engine.find(self.name)
        assert info is not None
        return info

    def engine(self) -> DiskModels:
        """What answers for it.

        Raises:
            NotSupported: it is one that sorts.
        """
        if self.kind not in WRITES:
            raise no_words(self.name, self.kind)
        from nis_backend.drivers.llm.trained_engines import engine_of  # noqa: PLC0415 - loads with the first of them

        return engine_of(self)


class TrainedModels:
    """The models of every owner, each found for its owner alone."""

    def __init__(self, settings: Settings, store: Store, compute: Compute) -> None:
        self._settings = settings
        self._store = store
        self._compute = compute

    async def find(self, owner: str, name: str) -> Own | None:
        """What a name, or a model's id, means to this owner."""
        rows = await self._store.select("model_names", owner, where={"name": name}, limit=1)
        row = await self._store.get("trained_models", owner, str(rows[0]["model_id"]) if rows else name)
        return None if row is None else self._own(row, name)

    async def infos(self, owner: str) -> list[ModelInfo]:
        """What this owner's names mean, of those that write; one that cannot be asked says why."""
        names = await self._store.select("model_names", owner, limit=MOST_NAMES)
        if not names:
            return []
        rows = [await self._store.get("trained_models", owner, str(one["model_id"])) for one in names]
        found = [self._own(row, str(one["name"])) for one, row in zip(names, rows, strict=True) if row is not None]
        return sorted([await _told(one) for one in found if one.kind in WRITES], key=lambda info: info.name)

    def _own(self, row: Row, name: str) -> Own:
        return Own(id=row["id"], name=name, kind=row["kind"], settings=self._settings, compute=self._compute)


async def _told(own: Own) -> ModelInfo:
    try:
        return await own.info()
    except Unavailable as error:
        return ModelInfo(
            provider=PROVIDER, name=own.name, tools=False, own=True, detail=f"{error.message} {error.remedy}"
        )
