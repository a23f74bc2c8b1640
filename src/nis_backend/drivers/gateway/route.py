"""The contract of what is configured: providers, and the routes along which their models are asked."""

from __future__ import annotations

from typing import Literal

from nis_backend.record import record

COMPUTED_HERE = frozenset({"embedded", "static", "folder", "scripted", "simulated", "file", "transformers"})
"""Providers that are this machine: nobody bills for them."""
OWN = "own"
"""What models that are their caller's alone are counted under here: no provider is called so."""


@record
class Target:
    """A model of a route: within a tier chosen by weight, tier after tier."""

    provider: str
    model: str
    weight: int = 1
    tier: int = 0
    max_output: int | None = None
    mark: str = ""
    """Which model of the caller's own this is; empty of one that is everyone's."""

    @property
    def id(self) -> str:
        """`provider:model`."""
        return f"{self.provider}:{self.model}"

    @property
    def key(self) -> str:
        """What is known of how it does is kept under: of a model that is its caller's own, apart from all others."""
        return f"{OWN}:{self.mark}" if self.mark else self.id

    @property
    def account(self) -> str:
        """Whose key it is asked with."""
        return OWN if self.mark else self.provider


@record
class Policy:
    """How a route is gone along; times in seconds."""

    retries: int = 1
    first_byte: float = 60
    total: float = 600
    hedge_after: float | None = None
    """Silence after which the next model is asked too; the first to speak answers."""
    max_output: int = 4096
    """Tokens of an answer for which a caller names no most, where a cap has to be kept."""
    ladder: tuple[str, ...] = ()
    """Cheaper routes that are taken in turn where a cap does not allow this one."""
    cache: Literal["none", "exact", "semantic"] = "none"
    cache_seconds: float = 3600
    threshold: float = 0.97
    """The least cosine of two questions that have the same answer."""
    shared: bool = False
    """Whether one owner's answers are another's too."""


@record
class Route:
    """A name under which models are asked."""

    name: str
    targets: tuple[Target, ...]
    policy: Policy = Policy()


@record
class SetUp:
    """A provider as it is set up, and how it does."""

    id: str
    kind: str
    """The format that it speaks, or what it is."""
    url: str
    """Without the credentials that it may hold."""
    key_name: str
    prices: str
    """What the data of prices calls it; empty where it does not know it."""
    billed: bool
    concurrency: int
    """Calls that it is given at a time."""
    enabled: bool
    source: str
    """`settings`, or `run time`."""
    state: str
    """Empty, or why it is not asked now."""
