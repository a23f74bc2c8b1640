"""The worker pools of the models on this machine's disk: what a start has to know of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nis_backend.drivers.compute.base import Pool
    from nis_backend.settings import Settings


def disk_pools(settings: Settings) -> list[Pool]:
    """The workers of the models on this machine's disk, where some are named."""
    pools: list[Pool] = []
    if settings.gguf is not None:
        from nis_backend.drivers.llm import gguf  # noqa: PLC0415 - loads where it is set up

        pools += gguf.pools_of(settings)
    if settings.transformers is not None:
        from nis_backend.drivers.llm import transformers_models  # noqa: PLC0415 - as above

        pools += transformers_models.pools_of(settings)
    return pools
