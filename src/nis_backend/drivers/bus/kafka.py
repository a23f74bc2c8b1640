"""The bus on Kafka: an idempotent producer whose acknowledgements a thread hears; consumers are in `kafka_inbox.py`."""

from __future__ import annotations

import asyncio
import logging
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from nis_backend.drivers.bus.base import Bus
from nis_backend.drivers.bus.kafka_inbox import KafkaInbox
from nis_backend.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from confluent_kafka import KafkaError, Producer
    from pydantic import SecretStr

    from nis_backend.drivers.bus.base import Inbox, Message

log = logging.getLogger("nis.kafka")

POLL_SECONDS = 0.2
"""How long the thread waits for word of the broker; an end is noticed then."""

CHECK_SECONDS, ASK_SECONDS = 1.0, 2.0
"""Time that a check waits for the brokers, and time that they get: a later check hears what an earlier one asked."""

FULL_SECONDS = 0.05
"""Pause before a message is offered again to a producer whose queue is full."""

ERRORS_ONLY = 3
"""librdkafka's level, after syslog's."""


@dataclass(frozen=True, kw_only=True)
class Brokers:
    """Where the brokers are, and how they are spoken to."""

    servers: str
    protocol: str = "plaintext"
    mechanism: str = "SCRAM-SHA-512"
    username: str | None = None
    password: SecretStr | None = None

    def config(self) -> dict[str, Any]:  # Any: librdkafka's settings are text, numbers and truth values
        """What any client of librdkafka is set up with."""
        given: dict[str, Any] = {
            "bootstrap.servers": self.servers,
            "security.protocol": self.protocol,
            "client.id": "nis",
            "log_level": ERRORS_ONLY,
            # Half the default: while a broker hangs, nothing else tells that it does.
            "socket.timeout.ms": 30_000,
            "reconnect.backoff.max.ms": 5_000,
        }
        if self.username is not None:
            given |= {
                "sasl.mechanism": self.mechanism,
                "sasl.username": self.username,
                "sasl.password": self.password.get_secret_value() if self.password else "",
            }
        return given


PRODUCER = {
    "acks": "all",
    "enable.idempotence": True,
    # A message that fails for good fails those behind it too, so that none overtakes it.
    "enable.gapless.guarantee": True,
    # Never given up here: whoever publishes waits, and what it publishes is kept elsewhere.
    "message.timeout.ms": 0,
    "linger.ms": 5,
    "compression.type": "lz4",
    "queue.buffering.max.kbytes": 16_384,
}


class Batch:
    """Messages on their way: how many are not acknowledged yet, and the first refusal."""

    def __init__(self, size: int) -> None:
        self._left = size
        self._loop = asyncio.get_running_loop()
        self._refused: KafkaError | None = None
        self.done: asyncio.Future[KafkaError | None] = self._loop.create_future()

    def heard(self, error: KafkaError | None, _message: object = None) -> None:
        """One was acknowledged or refused; in the thread that hears the broker."""
        self._left -= 1
        self._refused = self._refused or error
        if self._left == 0:
            self._loop.call_soon_threadsafe(self._finish)

    def _finish(self) -> None:
        if not self.done.done():
            self.done.set_result(self._refused)


class KafkaBus(Bus):
    """One producer, made in a thread at the first use, and a consumer for each inbox.

    The producer is idempotent and waits for all replicas, so within its life nothing is doubled or overtaken; after a
    fatal error it is made anew.
    """

    def __init__(self, brokers: Brokers) -> None:
        self._brokers = brokers
        self._producer: Producer | None = None
        self._opening = asyncio.Lock()
        self._checking: asyncio.Task[str] | None = None
        self._inboxes: list[KafkaInbox] = []
        self._told = ""

    @override
    async def publish(self, topic: str, messages: Sequence[Message]) -> None:
        if not messages:
            return
        producer = await self._opened()
        batch = Batch(len(messages))
        for index, message in enumerate(messages):
            refused = await self._offer(producer, topic, message, batch)
            if refused is not None:
                # Those behind it must not overtake it.
                for _ in range(len(messages) - index):
                    batch.heard(refused)
                break
        refused = await batch.done
        if refused is not None:
            if refused.fatal() or refused.code() in _ends_a_producer():
                self._renounce(producer)
            raise _unavailable(f"refused a message for {topic}: {refused.str()}")

    @override
    async def consume(self, topic: str, group: str) -> Inbox:
        # The same package and settings: what is wrong with them is told here.
        await self._opened()
        inbox = KafkaInbox(self._brokers.config(), topic, group)
        self._inboxes.append(inbox)
        return inbox

    @override
    async def check(self) -> str:
        # One question at a time: while the broker is away each takes a thread for its whole time.
        if self._checking is None or self._checking.done():
            self._checking = asyncio.create_task(self._ask())
            # Who asked may have gone on without the answer.
            self._checking.add_done_callback(lambda done: done.cancelled() or done.exception())
        await asyncio.wait({self._checking}, timeout=CHECK_SECONDS)
        if not self._checking.done():
            raise _unavailable("does not answer, or not yet")
        return self._checking.result()

    @override
    async def close(self) -> None:
        await asyncio.gather(*(inbox.close() for inbox in self._inboxes))
        if self._checking is not None:
            await asyncio.wait({self._checking})
        if self._producer is not None:
            self._renounce(self._producer)

    async def _offer(self, producer: Producer, topic: str, message: Message, batch: Batch) -> KafkaError | None:
        from confluent_kafka import KafkaException  # noqa: PLC0415 - only where brokers are set

        headers: list[tuple[str, str | bytes | None]] = [*message.headers.items()]
        while True:
            try:
                producer.produce(topic, message.value, message.key, on_delivery=batch.heard, headers=headers)
            except BufferError:
                await asyncio.sleep(FULL_SECONDS)
            except KafkaException as error:
                return error.args[0]
            else:
                return None

    async def _opened(self) -> Producer:
        async with self._opening:
            if self._producer is None:
                producer = self._producer = await asyncio.to_thread(self._make)
                threading.Thread(target=self._hear, args=(producer,), name="nis-kafka", daemon=True).start()
            return self._producer

    def _make(self) -> Producer:
        """A producer.

        Raises:
            Unavailable: its package is missing, or does not take the settings.
        """
        try:
            from confluent_kafka import KafkaException, Producer  # noqa: PLC0415 - see _offer
        except ImportError:
            raise Unavailable(
                "Brokers are set, and the package that speaks to them is not installed.",
                remedy="pip install 'nis-backend[kafka]'",
            ) from None
        try:
            return Producer({**self._brokers.config(), **PRODUCER, "error_cb": self._failed}, logger=log)
        except KafkaException as error:
            raise _unavailable(f"cannot be spoken to as it is set up: {error.args[0].str()}") from None

    def _hear(self, producer: Producer) -> None:
        """Call back what the broker says, until the producer is given up."""
        while self._producer is producer:
            producer.poll(POLL_SECONDS)
        # What it still holds is published again by another: that it may also arrive from here is allowed.
        producer.purge()
        producer.poll(0)

    def _renounce(self, producer: Producer) -> None:
        if self._producer is producer:
            self._producer = None

    def _failed(self, error: KafkaError) -> None:
        """Log each kind of failure when it begins, not each of its repetitions."""
        if error.name() != self._told:
            self._told = error.name()
            log.warning("Kafka: %s", error.str())

    async def _ask(self) -> str:
        producer = await self._opened()
        from confluent_kafka import KafkaException  # noqa: PLC0415 - see _offer

        try:
            found = await asyncio.to_thread(producer.list_topics, timeout=ASK_SECONDS)
        except KafkaException as error:
            raise _unavailable(f"does not answer: {error.args[0].str()}") from None
        self._told = ""
        return f"Kafka answers, {len(found.brokers)} broker{'s' if len(found.brokers) > 1 else ''}"


def _ends_a_producer() -> tuple[int, ...]:
    from confluent_kafka import KafkaError  # noqa: PLC0415 - see _offer

    return (
        KafkaError._GAPLESS_GUARANTEE,  # noqa: SLF001 - the package's names for its own codes
        KafkaError._FATAL,  # noqa: SLF001
        KafkaError._PURGE_QUEUE,  # noqa: SLF001
        KafkaError._PURGE_INFLIGHT,  # noqa: SLF001
    )


def _unavailable(what: str) -> Unavailable:
    return Unavailable(
        f"Kafka {what}.",
        remedy="Look to the brokers that KAFKA_BOOTSTRAP_SERVERS names; they are used again by itself.",
    )
