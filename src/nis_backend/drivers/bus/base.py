"""The contract of the bus: topics of messages, in order by key, at least once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Protocol

from nis_backend.record import record

RUNS, COMMANDS, REPLIES, DEAD_LETTERS = "nis.runs", "nis.commands", "nis.replies", "nis.dead-letters"
"""The topics: every run's events; what is to be done; what became of it; what could not be done."""

LARGEST_MESSAGE = 900_000
"""Bytes of a message's value: brokers take a million with all that surrounds it, unless they are told otherwise."""


@record
class Message:
    """Bytes under a key: messages of one key stay in their order."""

    key: str
    value: bytes
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


@record
class Taken(Message):
    """A message that was handed out, and where it lies."""

    topic: str
    partition: int
    offset: int


class Inbox(Protocol):
    """One member of a group that shares the messages of a topic."""

    async def take(self) -> Taken:
        """The next message; waits for one, also while the server behind the bus is away."""
        ...

    async def commit(self, taken: Taken) -> None:
        """Say that this message, and all before it in its partition, need not be handed out again.

        What was not committed is handed out again to whoever of the group comes next. A commit that the server does not
        take is logged and not raised: the message comes again.
        """
        ...

    async def close(self) -> None:
        """Leave the group."""
        ...


class Bus(Protocol):
    """Topics of messages."""

    async def publish(self, topic: str, messages: Sequence[Message]) -> None:
        """Send them, each behind those of its key before it; done when all of them are acknowledged.

        Waits while the server is away.

        Raises:
            Unavailable: one was refused. Those before it may have been taken: send all of them again.
        """
        ...

    async def consume(self, topic: str, group: str) -> Inbox:
        """Join a group; a new one begins with the oldest message there is.

        Raises:
            Unavailable: the bus cannot be used as it is installed and set up; that its server is away is no reason.
        """
        ...

    async def check(self) -> str:
        """Say that the server answers.

        Raises:
            Unavailable: it does not.
        """
        ...

    async def close(self) -> None:
        """Let go of every connection."""
        ...
