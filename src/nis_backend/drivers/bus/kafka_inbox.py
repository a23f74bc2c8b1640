"""One consumer of a group: a thread polls it, hands messages to the loop, and commits what was handled."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from typing import TYPE_CHECKING, Any, cast

from typing_extensions import override

from nis_backend.drivers.bus.base import Inbox, Taken

if TYPE_CHECKING:
    from confluent_kafka import Consumer, Message, TopicPartition

log = logging.getLogger("nis.kafka")

POLL_SECONDS = 0.1
MOST_WAITING = 64
"""Messages fetched and not taken; beyond that the partitions are paused, and polling goes on."""

REVOKED_SECONDS = 30.0
"""How long a partition is kept that another member is to have, for what is being handled: else it is done twice."""

CONSUMER = {
    "enable.auto.commit": False,
    "auto.offset.reset": "earliest",
    "allow.auto.create.topics": True,
    # A host that died is replaced after six seconds instead of 45: the least that brokers allow.
    "session.timeout.ms": 6_000,
    "heartbeat.interval.ms": 2_000,
    "queued.max.messages.kbytes": 4_096,
}


class KafkaInbox(Inbox):
    """Its thread alone touches the consumer. Partitions are known by their numbers: an inbox has one topic."""

    def __init__(self, config: dict[str, Any], topic: str, group: str) -> None:  # Any: librdkafka's settings
        self._topic = topic
        self._config = {**config, **CONSUMER, "group.id": group}
        self._loop = asyncio.get_running_loop()
        self._arrived: asyncio.Queue[Taken] = asyncio.Queue()
        self._lock = threading.Lock()
        self._handled: dict[int, int] = {}
        """By partition, the offset to go on from, until it is committed."""
        self._begun: dict[int, int] = {}
        """By partition, the offset behind the last message that was taken, until it is handled."""
        self._ours: set[int] = set()
        self._closing = threading.Event()
        self._told = ""
        self._thread = threading.Thread(target=self._work, name=f"nis-kafka-{topic}", daemon=True)
        self._thread.start()

    @override
    async def take(self) -> Taken:
        while True:
            taken = await self._arrived.get()
            with self._lock:
                if taken.partition in self._ours:
                    self._begun[taken.partition] = taken.offset + 1
                    return taken

    @override
    async def commit(self, taken: Taken) -> None:
        with self._lock:
            if taken.partition in self._ours:
                self._handled[taken.partition] = taken.offset + 1

    @override
    async def close(self) -> None:
        self._closing.set()
        await asyncio.to_thread(self._thread.join)

    # -- in the thread ------------------------------------------------------------------------------------------------

    def _work(self) -> None:
        from confluent_kafka import Consumer  # noqa: PLC0415 - only where brokers are set

        consumer = Consumer({**self._config, "error_cb": self._failed}, logger=log)
        consumer.subscribe([self._topic], on_assign=self._assigned, on_revoke=self._revoked, on_lost=self._lost)
        paused = False
        while not self._closing.is_set():
            self._commit(consumer)
            full = self._arrived.qsize() >= MOST_WAITING
            if full != paused:
                (consumer.pause if full else consumer.resume)(consumer.assignment())
                paused = full
            message = consumer.poll(POLL_SECONDS)
            if message is not None:
                self._hand(message)
        self._commit(consumer)
        consumer.close()

    def _hand(self, message: Message) -> None:
        error = message.error()
        if error is not None:
            self._failed(error)
            return
        given = cast("list[tuple[str, str | bytes | None]]", message.headers() or [])
        taken = Taken(
            key=_text(message.key()),
            value=message.value() or b"",
            headers={name: _text(value) for name, value in given},
            topic=self._topic,
            partition=message.partition() or 0,
            offset=message.offset() or 0,
        )
        self._loop.call_soon_threadsafe(self._arrived.put_nowait, taken)

    def _commit(self, consumer: Consumer) -> None:
        from confluent_kafka import KafkaException, TopicPartition  # noqa: PLC0415 - see _work

        with self._lock:
            handled, self._handled = self._handled, {}
        if not handled:
            return
        offsets = [TopicPartition(self._topic, partition, offset) for partition, offset in handled.items()]
        try:
            consumer.commit(offsets=offsets, asynchronous=False)
        except KafkaException as error:
            log.warning("Kafka did not take a commit, so messages come again: %s", error.args[0].str())
        with self._lock:
            self._begun = {one: end for one, end in self._begun.items() if handled.get(one, -1) < end}

    def _assigned(self, _consumer: Consumer, partitions: list[TopicPartition]) -> None:
        with self._lock:
            self._ours |= {one.partition for one in partitions}

    def _revoked(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        """Let what is being handled end before another member has the partitions."""
        numbers = {one.partition for one in partitions}
        deadline = time.monotonic() + REVOKED_SECONDS
        while self._being_handled(numbers) and time.monotonic() < deadline and not self._closing.is_set():
            self._commit(consumer)
            self._closing.wait(POLL_SECONDS / 10)
        self._commit(consumer)
        self._lost(consumer, partitions)

    def _being_handled(self, partitions: set[int]) -> bool:
        with self._lock:
            return bool(partitions & self._begun.keys())

    def _lost(self, _consumer: Consumer, partitions: list[TopicPartition]) -> None:
        with self._lock:
            for one in partitions:
                self._ours.discard(one.partition)
                self._begun.pop(one.partition, None)
                self._handled.pop(one.partition, None)

    def _failed(self, error: Any) -> None:  # Any: KafkaError, of a message or of the client
        """Log each kind of failure when it begins."""
        if error.name() != self._told:
            self._told = error.name()
            log.warning("Kafka: %s", error.str())


def _text(value: str | bytes | None) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value or ""
