"""Models from folders as Transformers saves them, the light half: which there are, and whether they can be asked."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING

from typing_extensions import override

from nis_backend.drivers.compute.base import Pool
from nis_backend.drivers.llm.on_disk import USUAL_CONTEXT, DiskModels, Found
from nis_backend.drivers.llm.transformers_folder import folders_of, head_of

if TYPE_CHECKING:
    from pathlib import Path

    from nis_backend.drivers.compute.base import Compute
    from nis_backend.drivers.llm.base import ModelInfo, Prompt, Tool
    from nis_backend.drivers.llm.transformers_folder import Calls
    from nis_backend.settings import Settings

SLOTS = 8
"""Answers of one model under way at once; more wait their turn."""
QUEUE = 64
"""Calls of one model at once, those that wait their turn among them; one more is refused."""
MOST_FOLDERS = 16


def models_at(settings: Settings) -> dict[str, Path]:
    """The folders by the names of their models."""
    paths = [path.strip() for path in (settings.transformers or "").split(",") if path.strip()]
    return dict(list(folders_of(paths).items())[:MOST_FOLDERS])


def pools_of(settings: Settings) -> list[Pool]:
    """A pool for each folder, whose worker holds the model while it is used."""
    return [
        pool_of(TransformersModels.pool(name), name, folder, settings) for name, folder in models_at(settings).items()
    ]


def pool_of(pool: str, name: str, folder: Path, settings: Settings) -> Pool:
    """A pool of this name for a model's folder."""
    return Pool(
        name=pool,
        kind="shared",
        entry="nis_backend.drivers.llm.transformers_worker:open_worker",
        options={
            "folder": str(folder),
            "name": name,
            "context": settings.transformers_context,
            "usual": USUAL_CONTEXT,
            "dtype": settings.transformers_dtype,
            "threads": settings.embedded_threads,
            "slots": SLOTS,
        },
        queue=QUEUE,
        idle_seconds=settings.idle_seconds,
        environment={
            # As of the embedded model: threads that spin lose most of their speed beside a busy process.
            "OMP_WAIT_POLICY": "passive",
            "HF_HUB_OFFLINE": "1",
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "HF_HUB_DISABLE_PROGRESS_BARS": "1",
            "TRANSFORMERS_VERBOSITY": "error",
            "TOKENIZERS_PARALLELISM": "false",
        },
        extra="transformers",
    )


class TransformersModels(DiskModels):
    """The provider `transformers`: the models of the folders at `NIS_TRANSFORMERS`, on this machine."""

    provider = "transformers"
    setting = "NIS_TRANSFORMERS"

    packages = ("torch", "transformers", "safetensors", "llguidance")
    missing = f"Models from folders take the packages {', '.join(packages)}; not installed: {{missing}}."
    extra = "Install nis with them: pip install 'nis-backend[transformers]'"
    none = "it is empty"
    remedy = "Set it to a folder with a config.json, a tokenizer and *.safetensors, and start again."

    def __init__(self, settings: Settings, compute: Compute) -> None:
        super().__init__(compute, models_at(settings), settings.transformers_context)
        self._calls: dict[str, Calls | None] = {}

    async def count_tokens(self, prompt: Prompt) -> int:
        """See `LanguageModels.count_tokens`; by the model's own tokenizer, as its template has the conversation."""
        info = await self._info_of(prompt)
        tool = self._forced(prompt, info)
        async with aclosing(self._asked(info.name, {**self._payload(prompt, tool), "count": True})) as items:
            counts = [int(item["input_tokens"]) async for item in items]
        return counts[0]

    async def surprise(self, prompt: Prompt, text: str) -> float:
        """See `LanguageModels.surprise`; of the tokens that the model's own tokenizer makes of the text."""
        info = await self._info_of(prompt)
        return await self._bits(info.name, self._payload(prompt, None), text)

    @override
    def _forced(self, prompt: Prompt, info: ModelInfo) -> Tool | None:
        """See `DiskModels._forced`; a call in JSON is one that the worker holds the model to."""
        if info.tools and self._calls[info.name] != "functions":
            return None
        return super()._forced(prompt, info)

    @override
    def look(self, name: str) -> Found:
        try:
            head = head_of(self._places[name])
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None
        self._calls[name] = head.calls
        detail = f"{head.architecture}, from the folder {name} on this machine."
        return Found(tools=head.calls is not None, context=head.context, detail=detail)

    @override
    def label(self, name: str) -> str:
        return name
