"""The bus in this process's memory: the oldest messages go when there are too many, as a broker's do with time."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from typing import TYPE_CHECKING

from typing_extensions import override

from nis_backend.drivers.bus.base import Bus, Inbox, Taken

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.drivers.bus.base import Message

LARGEST_TOPIC = 16 * 2**20
"""Bytes of a topic's messages; each counts `MESSAGE_BYTES` besides."""

MESSAGE_BYTES = 500


class Topic:
    """Messages with their numbers, which rise by one, and how far each group has come."""

    def __init__(self, name: str, largest: int) -> None:
        self._name = name
        self._largest = largest
        self._kept: deque[Taken] = deque()
        self._size = 0
        self._end = 0
        self.committed: defaultdict[str, int] = defaultdict(int)
        self.members: defaultdict[str, list[Inbox]] = defaultdict(list)
        self.changed = asyncio.Condition()

    def add(self, message: Message) -> None:
        """Append a message."""
        taken = Taken(
            key=message.key,
            value=message.value,
            headers=dict(message.headers),
            topic=self._name,
            partition=0,
            offset=self._end,
        )
        self._kept.append(taken)
        self._end += 1
        self._size += _cost(taken)
        while self._size > self._largest:
            self._size -= _cost(self._kept.popleft())

    def at(self, offset: int) -> Taken | None:
        """The first message with this number or a later one."""
        if offset >= self._end or not self._kept:
            return None
        return self._kept[max(0, offset - self._kept[0].offset)]


class InProcessBus(Bus):
    """Each topic has one partition of at most 16 MiB, so of a group one member is handed messages at a time."""

    def __init__(self, largest: int = LARGEST_TOPIC) -> None:
        self._largest = largest
        self._topics: dict[str, Topic] = {}

    @override
    async def publish(self, topic: str, messages: Sequence[Message]) -> None:
        there = self._topic(topic)
        async with there.changed:
            for message in messages:
                there.add(message)
            there.changed.notify_all()

    @override
    async def consume(self, topic: str, group: str) -> Inbox:
        return InProcessInbox(self._topic(topic), group)

    @override
    async def check(self) -> str:
        return "in this process"

    @override
    async def close(self) -> None:
        self._topics.clear()

    def _topic(self, name: str) -> Topic:
        return self._topics.setdefault(name, Topic(name, self._largest))


class InProcessInbox(Inbox):
    """A member of a group; the one that joined first is handed the messages."""

    def __init__(self, topic: Topic, group: str) -> None:
        self._topic = topic
        self._group = group
        self._next: int | None = None
        topic.members[group].append(self)

    @override
    async def take(self) -> Taken:
        topic = self._topic
        async with topic.changed:
            await topic.changed.wait_for(self._has_one)
            taken = topic.at(self._position)
            assert taken is not None
            self._next = taken.offset + 1
            return taken

    @override
    async def commit(self, taken: Taken) -> None:
        self._topic.committed[self._group] = taken.offset + 1

    @override
    async def close(self) -> None:
        async with self._topic.changed:
            self._topic.members[self._group].remove(self)
            self._topic.changed.notify_all()

    @property
    def _position(self) -> int:
        return self._topic.committed[self._group] if self._next is None else self._next

    def _has_one(self) -> bool:
        return self._topic.members[self._group][0] is self and self._topic.at(self._position) is not None


def _cost(taken: Taken) -> int:
    return MESSAGE_BYTES + len(taken.key) + len(taken.value)
