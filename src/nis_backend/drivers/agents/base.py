"""The contract of remote agents: where one is, what it says of itself, and what comes of a message to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

# Any: a JSON object's values differ in type.
Json = dict[str, Any]

State = Literal[
    "submitted", "working", "input-required", "auth-required", "completed", "failed", "canceled", "rejected"
]
OVER: frozenset[State] = frozenset({"completed", "failed", "canceled", "rejected"})
"""States that a task does not leave."""
ASKS: frozenset[State] = frozenset({"input-required", "auth-required"})
"""States in which a task waits for its client."""


@dataclass(frozen=True, kw_only=True)
class Address:
    """Where an agent's card is, and how the agent is asked."""

    url: str
    key: str = ""
    """Sent to the host of the card alone."""
    header: str = ""
    """The header that the key is sent in; empty: as a bearer's token."""
    trusted: str = ""
    """The public key that signs its card, as a JSON Web Key or PEM; empty: its signature is not looked at."""
    private: bool = False
    """Whether it may be an address of the server's own network."""
    patience: float = 60.0
    """Seconds that it may be silent."""


@dataclass(frozen=True, kw_only=True)
class Skill:
    """One thing that an agent says it can do."""

    id: str
    name: str
    description: str


@dataclass(frozen=True, kw_only=True)
class Card:
    """What an agent says of itself, and how it is spoken to."""

    name: str
    description: str
    version: str
    protocol: str
    """The version of the protocol in which it is spoken to."""
    binding: str
    url: str
    """Where it is spoken to."""
    streaming: bool
    skills: Sequence[Skill] = ()
    tenant: str = ""


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """A card as it was sent."""

    card: Json
    etag: str
    fresh: float
    """Seconds for which it need not be asked for again."""


@dataclass(frozen=True, kw_only=True)
class Said:
    """A message to an agent."""

    id: str
    """The same message has the same, however often it is sent."""
    text: str = ""
    data: Json | None = None
    task_id: str = ""
    """The task that waits for it."""
    context_id: str = ""
    """The conversation it goes on with."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """Words, data, bytes, or the address of a file: one of them."""

    text: str = ""
    data: Any = None  # Any: JSON
    content: bytes | None = None
    url: str = ""
    name: str = ""
    media_type: str = ""


@dataclass(frozen=True, kw_only=True)
class Artifact:
    """What a task has made, or a piece of it."""

    id: str
    name: str = ""
    parts: Sequence[Part] = ()
    append: bool = False
    """Whether it follows what there is of this id; else it takes its place."""


@dataclass(frozen=True, kw_only=True)
class Update:
    """What has come of a message since the last one."""

    task_id: str = ""
    """Empty where there is no task: its answer is the message itself."""
    context_id: str = ""
    state: State | None = None
    """None where it has not changed."""
    message: Sequence[Part] = ()
    """What is said beside the state."""
    artifacts: Sequence[Artifact] = field(default=())
    whole: bool = False
    """Whether `artifacts` are all there are; else they are added."""


class RemoteAgents(Protocol):
    """Speaks to agents of one kind of address.

    All may raise:
        Unavailable: it cannot be reached, or refuses the key.
        UpstreamFailed: it failed, or what it sent is none of this.
        InvalidRequest: its address or its card is none that can be used.
    """

    async def fetch(self, address: Address, etag: str = "") -> Fetched | None:
        """Its card, whose signature is good where it is to be; None where it is still the one of this tag."""
        ...

    def read(self, address: Address, card: Json) -> Card:
        """What a card says.

        Raises:
            UpstreamFailed: it names no way of speaking to it that is known here.
        """
        ...

    def send(self, address: Address, card: Card, said: Said) -> AsyncGenerator[Update]:
        """Say it, once; what comes of it, up to where the task is over or waits."""
        ...

    def watch(self, address: Address, card: Card, task_id: str) -> AsyncGenerator[Update]:
        """The task as it is now, and what comes of it further, up to where it is over or waits.

        Raises:
            NotFound: the agent has no such task.
        """
        ...

    async def cancel(self, address: Address, card: Card, task_id: str) -> None:
        """Have the task stopped; one that is over stays as it is."""
        ...
