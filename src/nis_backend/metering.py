"""The gateway over what is configured: it loads with the first call that asks a model, or looks at what was asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.drivers.embeddings.base import Embedders
from nis_backend.drivers.embeddings.folders import Folders
from nis_backend.drivers.embeddings.minilm import MiniLM
from nis_backend.drivers.embeddings.openai_embeddings import OpenAIEmbeddings
from nis_backend.drivers.embeddings.static import Static
from nis_backend.drivers.gateway.gateway import MeteredGateway
from nis_backend.drivers.llm.local import LocalModels
from nis_backend.drivers.llm.openai_compatible import OpenAICompatible

if TYPE_CHECKING:
    from collections.abc import Callable

    from nis_backend.drivers.cache.base import Cache
    from nis_backend.drivers.compute.base import Compute
    from nis_backend.drivers.gateway.registry import Registry
    from nis_backend.drivers.store.base import Store
    from nis_backend.drivers.telemetry.base import Telemetry
    from nis_backend.settings import Settings


def gateway_of(  # noqa: PLR0913, PLR0917 - one argument a part that it stands on
    settings: Settings,
    store: Store,
    registry: Registry,
    compute: Compute,
    cache: Cache,
    holder: str,
    warn: Callable[[str, str], None],
    telemetry: Telemetry,
) -> MeteredGateway:
    """The gateway to the models that are set up; see `MeteredGateway`."""
    return MeteredGateway(
        store,
        registry,
        _embedders(settings, registry, compute),
        holder,
        settings.prices,
        cache=cache,
        shared=settings.database_url is not None,
        warn=warn,
        telemetry=telemetry,
    )


def _embedders(settings: Settings, registry: Registry, compute: Compute) -> Embedders:
    """The models of vectors; the one in the box first: a key that is set must not change what is compared with it."""
    asked = [one.server if isinstance(one, LocalModels) else one for one in registry.settled]
    servers = [one for one in asked if isinstance(one, OpenAICompatible)]
    theirs = [OpenAIEmbeddings(server.provider, server.ask) for server in servers]
    here = [MiniLM(settings, compute), Static(settings, compute), Folders(settings, compute)]
    return Embedders([*here, *theirs], settings.embedding_model, {one.provider: one.names for one in here})
