"""What may be answered once more: each form says what an answer depends on, and how it is written down."""

from __future__ import annotations

import asyncio
import hashlib
import json
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from nis_backend.drivers.gateway.flight import Coming

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.drivers.gateway.base import Who
    from nis_backend.drivers.gateway.kept import Kept
    from nis_backend.drivers.gateway.route import Route
    from nis_backend.drivers.gateway.until import Until

FORMAT = 2
"""Of what is kept: an answer in another one is not found."""

P = TypeVar("P")
A = TypeVar("A", bound=Coming[Any])


class Wanted(ABC, Generic[A, P]):
    """A call that a kept answer may answer, and how such a call's answers are kept: one class for each form."""

    kind: str
    """As the ledger has it."""
    streamed: bool
    large: bool = False
    """Whether what it says takes long to write down."""
    kept: bool = True
    """Whether it may be answered by what was answered before."""

    def __init__(self, who: Who, route: Route) -> None:
        self.who = who
        self.route = route

    @abstractmethod
    def said(self) -> list[Any]:  # Any: JSON
        """All that its answer depends on, beside the route and the owner."""

    @abstractmethod
    def question(self) -> tuple[str, list[Any]] | None:  # Any: JSON
        """The words that it ends with, where they are a user's alone, and all else of `said`."""

    @abstractmethod
    def flights(self) -> Sequence[str]:
        """The forms of a call under way whose answer it can read: the one that it would make itself first."""

    @abstractmethod
    async def ask(self, until: Until) -> A:
        """Ask a model, whose answer has to be whole by then."""

    @abstractmethod
    def weigh(self, piece: P) -> int:
        """Bytes of a piece of an answer."""

    @abstractmethod
    def write(self, answer: A, pieces: Sequence[P]) -> tuple[str, bytes] | None:
        """The media type and the bytes under which an answer is kept.

        None for one that did not come to its end, or that was cut short where its caller had not said how long it may
        be: that was a cap's doing, or a model's.
        """

    @abstractmethod
    def read(self, kept: Kept) -> list[P] | None:
        """What was kept, in the form that is asked for; None when it has none."""

    @abstractmethod
    def comparable(self, pieces: Sequence[P]) -> bool:
        """Whether an answer may be another question's too, which means the same in other words."""


@dataclass(frozen=True, kw_only=True)
class Hit(Generic[P]):
    """An answer that was kept."""

    kept: Kept
    pieces: list[P]
    age: int
    """Seconds."""


def place_of(wanted: Wanted[Any, Any]) -> list[Any]:  # Any: JSON
    """What answers depend on beside what is asked: whose they are, and which models may give them."""
    route = wanted.route
    targets = sorted(target.id for target in route.targets)
    # What a model says that is one caller's own is nobody else's; nor is it what the next of its name would say.
    own = sorted(target.mark for target in route.targets if target.mark)
    owner = "" if route.policy.shared and not own else wanted.who.owner
    return [FORMAT, owner, route.name, targets, wanted.kind, *own]


async def digest_of(wanted: Wanted[Any, Any]) -> str:
    """What is the same of the same question."""
    return await asyncio.to_thread(_digested, wanted) if wanted.large else _digested(wanted)


def _digested(wanted: Wanted[Any, Any]) -> str:
    text = json.dumps([*place_of(wanted), *wanted.said()], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
