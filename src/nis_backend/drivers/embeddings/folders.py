"""Embedding models from folders on this machine, the light half: which there are, and how their workers are asked."""

from __future__ import annotations

import asyncio
import importlib.util
from dataclasses import replace
from typing import TYPE_CHECKING

from nis_backend.drivers.compute.base import Pool
from nis_backend.drivers.embeddings.base import Embedded, EmbeddingModel, TextEmbedder
from nis_backend.drivers.embeddings.folder_head import folders_of, head_of
from nis_backend.drivers.embeddings.pooled import asked
from nis_backend.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from nis_backend.drivers.compute.base import Compute
    from nis_backend.drivers.embeddings.base import Purpose
    from nis_backend.drivers.embeddings.folder_head import Head, Kind
    from nis_backend.settings import Settings

SETTING = "NIS_EMBEDDING_MODELS"
MOST_FOLDERS = 16
PACKAGES: dict[Kind, tuple[str, Sequence[str]]] = {
    "onnx": ("embeddings", ("numpy", "onnxruntime", "tokenizers")),
    "static": ("embeddings", ("numpy", "tokenizers")),
    "torch": ("transformers", ("numpy", "safetensors", "tokenizers", "torch", "transformers")),
}
"""The extra and the packages that each kind of weights takes."""


def models_at(settings: Settings) -> dict[str, Path]:
    """The folders by the names of their models."""
    return dict(list(folders_of(settings.embedding_models).items())[:MOST_FOLDERS])


def pool_of(name: str) -> str:
    """The pool of a model's worker."""
    return f"folder-{name}"


def pools(settings: Settings) -> list[Pool]:
    """A pool for each folder, whose worker holds the model while it is used."""
    return [
        Pool(
            name=pool_of(name),
            kind="shared",
            entry="nis_backend.drivers.embeddings.folder_worker:open_worker",
            options={"folder": str(folder), "threads": settings.embedded_threads},
            idle_seconds=settings.idle_seconds,
            environment={
                # Threads that spin while they wait for each other slow down whatever else wants the cores.
                "OMP_WAIT_POLICY": "passive",
                "HF_HUB_OFFLINE": "1",
                "HF_HUB_DISABLE_TELEMETRY": "1",
                "TRANSFORMERS_VERBOSITY": "error",
                "TOKENIZERS_PARALLELISM": "true",
            },
            extra="embeddings",
        )
        for name, folder in models_at(settings).items()
    ]


class Folders(TextEmbedder):
    """The provider `folder`: the models at `NIS_EMBEDDING_MODELS`, in folders as sentence-transformers saves them."""

    provider = "folder"

    def __init__(self, settings: Settings, compute: Compute) -> None:
        self._places = models_at(settings)
        self.names = tuple(self._places)
        self._beyond = folders_of(settings.embedding_models).keys() - self._places
        self._compute = compute

    async def find(self, name: str | None) -> EmbeddingModel | None:
        """See `TextEmbedder.find`; its files are hashed when they are first looked at, and when they have changed."""
        name = name or next(iter(self._places), None)
        if name in self._beyond:
            raise Unavailable(
                f"{name} is not among the first {MOST_FOLDERS} models of {SETTING}, which are read.",
                remedy=f"Name its own folder in {SETTING}, before others.",
            )
        if name is None or name not in self._places:
            return None
        head = await self._head(name)
        return EmbeddingModel(
            provider=self.provider,
            name=name,
            dimensions=head.dimensions,
            max_tokens=head.max_tokens,
            version=head.version,
            asymmetric=head.prompts.asymmetric,
        )

    async def embed(self, model: str, texts: Sequence[str], purpose: Purpose | None = None) -> Embedded:
        """See `TextEmbedder.embed`."""
        head = await self._head(model)
        told = {"version": head.version, "prompt": head.prompts.of(purpose)}
        embedded = await asked(self._compute, pool_of(model), texts, head.dimensions, told)
        return replace(embedded, version=head.version)

    async def _head(self, name: str) -> Head:
        try:
            head = await asyncio.to_thread(head_of, self._places[name])
        except (OSError, ValueError) as error:
            raise Unavailable(
                f"The folder of {name} holds no embedding model that can be loaded: {error}.",
                remedy=f"Set {SETTING} to a folder with modules.json or config.json, tokenizer.json, and ONNX or"
                " safetensors.",
            ) from None
        extra, packages = PACKAGES[head.kind]
        missing = [package for package in packages if importlib.util.find_spec(package) is None]
        if missing:
            raise Unavailable(
                f"The model {name} takes {', '.join(packages)}; not installed: {', '.join(missing)}.",
                remedy=f"Run: pip install 'nis-backend[{extra}]'.",
            )
        return head
