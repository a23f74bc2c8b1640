"""Models from folders as Transformers saves them, the light half: which there are, and whether they can be asked."""

from __future__ import annotations

import asyncio
import importlib.util
from typing import TYPE_CHECKING

from typing_extensions import override

from nis_backend.drivers.compute.base import Pool
from nis_backend.drivers.llm.base import ModelInfo
from nis_backend.drivers.llm.on_disk import DiskModels
from nis_backend.drivers.llm.transformers_folder import folders_of, head_of
from nis_backend.errors import Unavailable

if TYPE_CHECKING:
    from pathlib import Path

    from nis_backend.drivers.compute.base import Compute
    from nis_backend.drivers.llm.base import Prompt, Tool
    from nis_backend.drivers.llm.transformers_folder import Calls
    from nis_backend.settings import Settings

SLOTS = 8
"""Answers of one model under way at once; more wait their turn."""
QUEUE = 64
"""Calls of one model at once, those that wait their turn among them; one more is refused."""
USUAL_CONTEXT = 4096
"""Tokens, where a folder does not say what its model was made for."""
MOST_FOLDERS = 16
PACKAGES = ("torch", "transformers", "safetensors", "llguidance")


def models_at(settings: Settings) -> dict[str, Path]:
    """The folders by the names of their models."""
    paths = [path.strip() for path in (settings.transformers or "").split(",") if path.strip()]
    return dict(list(folders_of(paths).items())[:MOST_FOLDERS])


def pools_of(settings: Settings) -> list[Pool]:
    """A pool for each folder, whose worker holds the model while it is used."""
    return [
        Pool(
            name=TransformersModels.pool(name),
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
        for name, folder in models_at(settings).items()
    ]


class TransformersModels(DiskModels):
    """The provider `transformers`: the models of the folders at `NIS_TRANSFORMERS`, on this machine."""

    provider = "transformers"
    setting = "NIS_TRANSFORMERS"

    def __init__(self, settings: Settings, compute: Compute) -> None:
        super().__init__(compute)
        self._settings = settings
        self._folders = models_at(settings)
        self._calls: dict[str, Calls | None] = {}

    async def models(self) -> list[ModelInfo]:
        """See `LanguageModels.models`; by their names, folders that hold none left out."""
        missing = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
        if missing:
            raise Unavailable(
                f"Models from folders take the packages {', '.join(PACKAGES)}; not installed: {', '.join(missing)}.",
                remedy="Install nis with them: pip install 'nis-backend[transformers]'",
            )
        found = [await self._info(name) for name in self._folders]
        infos = [one for one in found if isinstance(one, ModelInfo)]
        if not infos:
            why = next((one for one in found if isinstance(one, str)), "it is empty")
            raise Unavailable(
                f"NIS_TRANSFORMERS names no model: {why}.",
                remedy="Set it to a folder with a config.json, a tokenizer and *.safetensors, and start again.",
            )
        return infos

    async def count_tokens(self, prompt: Prompt) -> int:
        """See `LanguageModels.count_tokens`; by the model's own tokenizer, as its template has the conversation."""
        info = await self._info_of(prompt)
        tool = self._forced(prompt, info)
        counted = await self._compute.call(self.pool(info.name), {**self._payload(prompt, tool), "count": True})
        return int(counted["input_tokens"])

    @override
    def _forced(self, prompt: Prompt, info: ModelInfo) -> Tool | None:
        """See `DiskModels._forced`; a call in JSON is one that the worker holds the model to."""
        if info.tools and self._calls[info.name] != "functions":
            return None
        return super()._forced(prompt, info)

    async def _info(self, name: str) -> ModelInfo | str:
        """The model, or why the folder has none."""
        folder = self._folders[name]
        try:
            head = await asyncio.to_thread(head_of, folder)
        except OSError as error:
            return f"{name}: {error.strerror}"
        except ValueError as error:
            return f"{name}: {error}"
        self._calls[name] = head.calls
        return ModelInfo(
            provider=self.provider,
            name=name,
            tools=head.calls is not None,
            context_tokens=min(head.context or USUAL_CONTEXT, self._settings.transformers_context),
            detail=f"{head.architecture}, from the folder {name} on this machine.",
            vision=False,
            audio=False,
            files=False,
            json_schema=True,
            logprobs=True,
        )
