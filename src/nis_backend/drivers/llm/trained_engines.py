"""Models that were trained here, the light half: which engine answers for each, and how its worker is asked."""

from __future__ import annotations

import asyncio
import importlib.util
from dataclasses import replace
from typing import TYPE_CHECKING

from typing_extensions import override

from nis_backend.drivers.compute.base import Pool
from nis_backend.drivers.llm import gguf, transformers_models
from nis_backend.drivers.llm.local import PROVIDER
from nis_backend.drivers.llm.on_disk import DiskModels, Found
from nis_backend.drivers.llm.transformers_folder import head_of
from nis_backend.errors import NotSupported, Unavailable
from nis_backend.trained.manifest import EXPORTS, GGUF, MANIFEST, PACKED, read_manifest

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence
    from pathlib import Path

    from nis_backend.drivers.compute.base import Json
    from nis_backend.drivers.llm.base import ModelInfo, Prompt, Tool
    from nis_backend.drivers.llm.trained import Own

MOST_LOADED = 4
"""Trained models that have a worker at once; the one that was not asked for longest makes room."""
SMALL = 1_000_000_000
"""Parameters below which a model is a demonstration: not to be relied on for facts, sums or choices."""
LLAMA_FILES = ("gguf-f16", "gguf-q8_0")
"""Exports that llama.cpp answers from, nearest to what was measured first."""


def engine_of(own: Own) -> DiskModels:
    """What answers: a ternary model is computed here, another by llama.cpp where it was exported, else by torch."""
    packed = own.folder / EXPORTS / PACKED
    if own.kind == "ternary" or (packed / MANIFEST).is_file():
        return TernaryOwn(own, packed)
    for export in LLAMA_FILES:
        folder = own.folder / EXPORTS / export
        if (folder / MANIFEST).is_file() and importlib.util.find_spec("xllamacpp") is not None:
            return FileOwn(own, folder)
    return FolderOwn(own, own.folder)


class _OneOwn(DiskModels):
    """One model from its folder, or from what was made of it; its worker finds every file right before it loads it."""

    provider = PROVIDER
    own: Own
    home: Path
    """Where its manifest is."""

    @override
    async def models(self) -> list[ModelInfo]:
        """See `DiskModels.models`."""
        return [await self._found()]

    @override
    async def find(self, name: str | None) -> ModelInfo | None:
        """See `LanguageModels.find`."""
        return await self._found()

    async def _found(self) -> ModelInfo:
        missing = [name for name in self.packages if importlib.util.find_spec(name) is None]
        if missing:
            raise Unavailable(self.missing.format(missing=", ".join(missing)), remedy=self.extra)
        called = f"The model {PROVIDER}:{self.own.name}"
        manifest = await asyncio.to_thread(read_manifest, self.home, called)
        info = await self._info(self.own.name)
        if isinstance(info, str):
            raise Unavailable(f"{called} cannot be used: {info}.", remedy="Bring back its folder, or train it again.")
        counts = manifest.parameters
        size = counts.ternary + counts.floating
        told = f"Trained here by the recipe {manifest.recipe or 'unknown'}, {size:,} parameters. {self.how}"
        small = "" if size >= SMALL else " It is small: do not rely on its facts, sums or choices."
        return replace(info, own=True, demonstration=size < SMALL, detail=f"{told}{small}")

    how: str
    """What computes it, for who reads a list of models."""

    @override
    def label(self, name: str) -> str:
        return f"{PROVIDER}:{name}"

    @override
    def _asked(self, name: str, payload: Json) -> AsyncGenerator[Json, None]:
        pool = self.worker()
        pool = replace(pool, options={**pool.options, "trained": str(self.home)})
        self._compute.add(pool, MOST_LOADED)
        return self._compute.stream(pool.name, payload)

    def worker(self) -> Pool:
        """The pool of its worker."""
        raise NotImplementedError


class TernaryOwn(_OneOwn):
    """A ternary model at two bits a weight, computed by the kernel: no torch."""

    packages: Sequence[str] = ("numpy", "tokenizers")
    missing = "Ternary models take the packages numpy and tokenizers; not installed: {missing}."
    extra = "Install nis with them: pip install 'nis-backend[embeddings]'"
    how = "Ternary weights at two bits, on this CPU."

    def __init__(self, own: Own, packed: Path) -> None:
        super().__init__(own.compute, {own.name: packed}, own.settings.transformers_context)
        self.own, self.home = own, packed

    @override
    def look(self, name: str) -> Found:
        head = head_of(self.home)
        return Found(tools=False, context=head.context, detail="")

    @override
    async def _info(self, name: str) -> ModelInfo | str:
        info = await super()._info(name)
        return info if isinstance(info, str) else replace(info, json_schema=False)

    @override
    def worker(self) -> Pool:
        settings = self.own.settings
        return Pool(
            name=f"ternary-{self.own.id}",
            kind="shared",
            entry="nis_backend.drivers.llm.ternary_worker:open_worker",
            options={
                "folder": str(self.home),
                "name": f"{PROVIDER}:{self.own.name}",
                "context": settings.transformers_context,
                "threads": settings.embedded_threads,
                "kernel": settings.ternary_kernel,
            },
            idle_seconds=settings.idle_seconds,
            environment={"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"},
            extra="embeddings",
        )

    @override
    def _payload(self, prompt: Prompt, tool: Tool | None) -> Json:
        if tool is not None or prompt.json:
            what = "calls no functions" if tool is not None else "cannot be held to a schema"
            raise NotSupported(
                f"{PROVIDER}:{prompt.model} {what}: it says whatever it has learned.",
                field="tools" if tool is not None else "answer_schema",
                remedy="Ask it without, or use another model.",
            )
        return super()._payload(prompt, None)

    async def count_tokens(self, prompt: Prompt) -> int:
        """See `LanguageModels.count_tokens`; by its own tokenizer."""
        payload = {**self._payload(prompt, None), "count": True}
        counts = [int(item["input_tokens"]) async for item in self._asked(self.own.name, payload)]
        return counts[0]

    async def surprise(self, prompt: Prompt, text: str) -> float:
        """See `LanguageModels.surprise`; of the tokens that its own tokenizer makes of the text."""
        return await self._bits(self.own.name, self._payload(prompt, None), text)


class FileOwn(_OneOwn, gguf.GgufModels):
    """A merged model that was exported for llama.cpp."""

    how = "In llama.cpp, on this CPU."

    def __init__(self, own: Own, folder: Path) -> None:
        DiskModels.__init__(self, own.compute, {own.name: folder / GGUF}, own.settings.gguf_context)
        self.own, self.home = own, folder

    @override
    def worker(self) -> Pool:
        name = f"{PROVIDER}:{self.own.name}"
        return gguf.pool_of(f"{self.home.name}-{self.own.id}", name, self.home / GGUF, self.own.settings)


class FolderOwn(_OneOwn, transformers_models.TransformersModels):
    """A merged model as Transformers saves it."""

    how = "In torch, on this machine."

    def __init__(self, own: Own, folder: Path) -> None:
        DiskModels.__init__(self, own.compute, {own.name: folder}, own.settings.transformers_context)
        self.own, self.home = own, folder
        self._calls = {}

    @override
    def worker(self) -> Pool:
        name = f"{PROVIDER}:{self.own.name}"
        return transformers_models.pool_of(f"folder-{self.own.id}", name, self.home, self.own.settings)
