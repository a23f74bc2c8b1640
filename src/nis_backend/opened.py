"""What the process has opened, which every call shares."""

from __future__ import annotations

import asyncio
from dataclasses import field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, Protocol

from nis_backend.drivers.telemetry.base import Telemetry
from nis_backend.errors import Unavailable
from nis_backend.keys import Keys
from nis_backend.record import record

if TYPE_CHECKING:
    from array import array
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from nis_backend.drivers.agents.base import RemoteAgents
    from nis_backend.drivers.blobs.base import Contents
    from nis_backend.drivers.cache.base import CallLimit
    from nis_backend.drivers.compute.base import Compute
    from nis_backend.drivers.dispatch.base import Dispatch
    from nis_backend.drivers.gateway.base import Gateway
    from nis_backend.drivers.http.base import Client
    from nis_backend.drivers.research.base import Searching
    from nis_backend.drivers.store.base import Store
    from nis_backend.drivers.tools.base import RemoteTools
    from nis_backend.drivers.vectors.base import NearVectors
    from nis_backend.entry import Entry
    from nis_backend.guardrails.held import Guards
    from nis_backend.operation import Operation
    from nis_backend.run import Tail
    from nis_backend.settings import Settings


class Operations(Protocol):
    """The catalog as a call sees it."""

    def entries(self) -> Sequence[Entry]:
        """Every operation's declaration, by name."""
        ...

    def entry(self, name: str) -> Entry:
        """The declaration of this name.

        Raises:
            NotFound: there is none.
        """
        ...

    def find(self, name: str) -> Operation[Any, Any]:
        """The operation of this name; imports its module at first use.

        Raises:
            NotFound: there is none.
        """
        ...


@record
class Drivers:
    """What the process has opened; `app.py` makes it, every call shares it."""

    settings: Settings
    store: Store
    contents: Contents
    tail: Tail
    compute: Compute
    dispatch: Dispatch
    operations: Operations
    metered: Callable[[], Gateway]
    """Makes what routes, limits and counts what models are asked; at its first use, for all that it stands on."""
    checks: Mapping[str, Callable[[], Awaitable[str]]] = field(
        default_factory=dict[str, "Callable[[], Awaitable[str]]"]
    )
    """Each part's own check: answers what it found, or raises `Unavailable`."""
    telemetry: Telemetry = field(default_factory=Telemetry)
    """What is counted of all that happens here, and what traces it."""
    clients: Mapping[Literal["anywhere", "outside"], Client] = field(
        default_factory=dict[Literal["anywhere", "outside"], "Client"]
    )
    """What sends requests: to any address, and to those alone that lie in no network of our own."""
    limit: CallLimit | None = None
    """How many calls each owner may make in a minute."""
    agents: Callable[[str], RemoteAgents | None] = lambda _scheme: None
    """What speaks to agents of other servers at addresses of this scheme; None where nothing does."""
    stopping: Callable[[], bool] = lambda: False
    """Whether the process was told to stop."""
    spared: frozenset[str] = frozenset()
    """Of `checks`, the parts that no request waits for: the process is ready without them."""
    vectors: dict[str, array[float]] = field(default_factory=dict[str, "array[float]"])
    """Vectors of the catalog's own texts, by the text, of the model in the box: as many as declarations have."""
    computing: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held by the one call that adds to `vectors`."""
    alone: dict[str, float] = field(default_factory=dict[str, float])
    """Owners who had no tool server and no agent a moment ago, and until when that counts, on the loop's clock."""
    guards: dict[str, Guards] = field(default_factory=dict[str, "Guards"])
    """Owners' policies that are in force, by the owner; of those who have none, that they have none."""
    guards_loading: dict[str, object] = field(default_factory=dict[str, object])
    """Whose are being read, and by which call: what changes meanwhile is not kept as it was."""
    near: Callable[[], NearVectors] | None = None
    """Makes what compares the vectors of collections; it loads with the first search."""
    searches: Callable[[], Searching] | None = None
    """What searches pages and papers; it loads with the first search."""
    tools: Callable[[], RemoteTools] | None = None
    """What asks servers of tools beyond this one; it loads with the first of them."""

    @cached_property
    def gateway(self) -> Gateway:
        """What every call asks models through."""
        return self.metered()

    @cached_property
    def vectors_kept(self) -> NearVectors:
        """What compares the vectors of collections."""
        if self.near is None:
            raise Unavailable("Nothing compares vectors here.", remedy="Ask a server.")
        return self.near()

    def close(self) -> None:
        """Remove what was made on the way for this process alone."""
        if "vectors_kept" in vars(self):
            self.vectors_kept.close()

    @cached_property
    def searching(self) -> Searching:
        """What searches pages and papers.

        Raises:
            Unavailable: nothing does here.
        """
        if self.searches is None:
            raise Unavailable("Nothing searches here.", remedy="Ask a whole server.")
        return self.searches()

    @cached_property
    def keys(self) -> Keys:
        """Whose each stored key is."""
        return Keys(self.store)
