"""The one process: opens the drivers, mounts the surfaces, closes in reverse."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import shutil
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from nis_backend import __version__
from nis_backend.backups.swap import finish
from nis_backend.caller import LOCAL, Caller
from nis_backend.capabilities.training.pool import packing_pool
from nis_backend.capabilities.training.pool import pool as training_pool
from nis_backend.catalog import Catalog, load_app
from nis_backend.context import Context
from nis_backend.database import open_store
from nis_backend.drivers.blobs.chosen import contents_of
from nis_backend.drivers.blobs.folder import remove_old
from nis_backend.drivers.blobs.sweeping import sweep
from nis_backend.drivers.bus.in_process import InProcessBus
from nis_backend.drivers.cache.base import CallLimit
from nis_backend.drivers.cache.in_process import InProcessCache
from nis_backend.drivers.compute.base import Pool
from nis_backend.drivers.compute.processes import WorkerPools
from nis_backend.drivers.dispatch.in_process import InProcess
from nis_backend.drivers.embeddings.pools import embedding_pools
from nis_backend.drivers.http.client import Http
from nis_backend.drivers.llm.disk_pools import disk_pools
from nis_backend.drivers.llm.embedded_pool import pool as embedded_pool
from nis_backend.drivers.store.base import LINES
from nis_backend.drivers.telemetry.base import Telemetry
from nis_backend.drivers.telemetry.exposition import Sources
from nis_backend.drivers.telemetry.telling import Telling
from nis_backend.drivers.vectors.matrices_pool import pool as vectors_pool
from nis_backend.errors import NisError, Unavailable
from nis_backend.execution import execute
from nis_backend.made import MADE
from nis_backend.opened import Drivers
from nis_backend.run import Tail
from nis_backend.schedule import Clock
from nis_backend.settings import aws_environment, installing_environment
from nis_backend.surfaces.base import Closing
from nis_backend.surfaces.guard import check_host
from nis_backend.surfaces.login import caller_of
from nis_backend.surfaces.rest.derive import told
from nis_backend.surfaces.rest.replies import KEPT_SECONDS as REPLIES_SECONDS

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
    from pathlib import Path

    from nis_backend.drivers.agents.base import RemoteAgents
    from nis_backend.drivers.bus.base import Bus
    from nis_backend.drivers.bus.outbox import Outbox
    from nis_backend.drivers.cache.base import Cache
    from nis_backend.drivers.cache.changed_keys import ChangedKeys
    from nis_backend.drivers.compute.base import Compute
    from nis_backend.drivers.dispatch.base import Execute, Left
    from nis_backend.drivers.gateway.base import Gateway
    from nis_backend.drivers.gateway.registry import Registry
    from nis_backend.drivers.http.base import Client
    from nis_backend.drivers.research.base import Searching
    from nis_backend.drivers.store.base import Store, Table
    from nis_backend.drivers.tools.base import RemoteTools
    from nis_backend.drivers.vectors.base import NearVectors
    from nis_backend.keys import Keys
    from nis_backend.settings import Settings

log = logging.getLogger("nis.app")

RUNS_DRAIN_SECONDS = 3.0
"""Time that runs under way get to finish when the process is asked to stop."""

LOG_DAYS: dict[Table, int] = {
    **dict.fromkeys(("policy_decisions", "reviews", "attention", "canary_runs", "evolutions"), 90),
    # What turned out right or wrong is what a confidence is made of: questions may come around once a year.
    **dict.fromkeys(("assessments", "calibrations", "expectations"), 365),
}
"""Days after their last change after which rows go that only tell what was: but for what still counts."""
TIDY_SECONDS = 3600.0
"""Time between two looks for what is no longer kept."""

COMPUTING = (
    *("science", "learning", "vision", "voice", "visuals", "documents", "research", "datasets", "code"),
    *("impact", "aws"),
)
"""Pools of computing operations, each named as the extra that installs what it computes with."""

READING_MEMORY = 2**30
"""Bytes that a process may take which reads documents: one file of 256 MB of XML and pictures takes some 700 MB."""

FILMS = "protocol_whitelist;file|format_whitelist;mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,gif"
"""What FFmpeg may open in OpenCV: a film that names others, on this disk or beyond, is given nothing."""

DISK_BYTES = 16 * 2**20
"""Free space below which the store is called unavailable: a few long runs would fill it."""


class Process:
    """The drivers, opened; see `surfaces.base.Process` for what the surfaces use of it."""

    def __init__(
        self, settings: Settings, app_file: Path | None = None, *, serves: bool = True, service: str = "nis-backend"
    ) -> None:
        self.settings = settings
        self.service = service
        """What this process calls itself where others are told of it."""
        self.operations = Catalog.from_index()
        self.has_app = app_file is not None
        if app_file is not None:
            self.operations.add(load_app(app_file), told)
        self._serves = serves
        self.closing = Closing()
        self.runs_seconds = 0.0
        """Time that runs under way get at the stop, where it is more than the usual."""
        self.bus: Bus = InProcessBus()
        self._drivers: Drivers | None = None
        self._registry: Registry | None = None
        self._gateway: Gateway | None = None
        self._http = Http()
        self._outside = Http(public=True)
        self.clients: Mapping[Literal["anywhere", "outside"], Client] = {
            "anywhere": self._http,
            "outside": self._outside,
        }
        self.pushing = asyncio.Event()
        self.telemetry = Telemetry()
        self._telling: Telling | None = None
        self._tools: RemoteTools | None = None

    @property
    def drivers(self) -> Drivers:
        """What `open` has opened."""
        assert self._drivers is not None, "the process is not open"
        return self._drivers

    def context(self, caller: Caller) -> Context:
        """A fresh context for one call."""
        return Context(drivers=self.drivers, caller=caller)

    async def authenticate(self, headers: Mapping[str, str]) -> Caller:
        """See `surfaces.base.Process.authenticate`."""
        check_host(self.settings, headers)
        return await caller_of(self.settings, self.drivers.keys, headers)

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncGenerator[Process]:
        """Open every driver, take back the runs that an earlier process left, and close in reverse.

        Raises:
            Unavailable: the data folder or its database cannot be used.
        """
        given = self.settings
        _make_folder(given.data)
        store = open_store(given)
        self.bus, outbox = _bus(given, store)
        cache = _cache(given)
        contents = contents_of(given, given.data)
        lines = {"service": self.service, "version": __version__} if given.log_format == "json" else None

        def kept(pool: Pool) -> Pool:
            return _kept(pool, given, lines)

        compute = WorkerPools([kept(pool) for pool in _pools(given)], kept=kept)
        dispatch = _dispatch(given, store, self._execute)
        self._drivers = Drivers(
            settings=self.settings,
            store=store,
            contents=contents,
            tail=Tail(store, shared=given.database_url is not None),
            compute=compute,
            dispatch=dispatch,
            operations=self.operations,
            agents=self._open_agents,
            clients=self.clients,
            metered=lambda: self._open_gateway(cache, dispatch.holding.holder),
            tools=self._open_tools,
            near=lambda: _near(store, compute, given.data),
            searches=self._open_searches,
            checks={
                "store": self._check_store,
                "models": self._check_models,
                **({} if outbox is None else {"bus": outbox.check}),
                **({} if given.redis_host is None else {"cache": cache.check}),
                **({} if given.blobs is None else {"blobs": contents.check}),
            },
            stopping=lambda: self.closing.begun,
            spared=frozenset({"bus", "cache", "blobs"}),
            telemetry=self.telemetry,
            limit=None if given.call_limit is None else CallLimit(given.call_limit, cache, InProcessCache()),
        )
        self._telling = self._told(None if outbox is None else store.count_unsent)
        tidying = asyncio.create_task(self._tidy(), name="tidying")
        clock = asyncio.create_task(Clock(self._drivers).run(), name="clock") if self._serves else None
        publishing = None if outbox is None else asyncio.create_task(outbox.publish(), name="outbox")
        changed = _changed_keys(given, cache, self.drivers.keys)
        try:
            await dispatch.open(idle=not self._serves)
            yield self
        finally:
            self.closing.set()
            tidying.cancel()
            if clock is not None:
                clock.cancel()
            await dispatch.close(max(RUNS_DRAIN_SECONDS, self.runs_seconds))
            if self._gateway is not None:
                await self._gateway.close()
            self._drivers.close()
            if self._registry is not None:
                await self._registry.close()
            if publishing is not None:
                publishing.cancel()
                await asyncio.wait({publishing})
            await self.bus.close()
            if changed is not None:
                await changed.close()
            await cache.close()
            if self._tools is not None:
                await self._tools.close()
            await compute.close()
            await self._http.close()
            await self._outside.close()
            await self.drivers.keys.close()
            await contents.close()
            await store.close()
            # Last: what was counted up to here is told.
            await self._telling.close()

    def _told(self, unsent: Callable[[int], Awaitable[int]] | None) -> Telling:
        """What tells others of this process; `unsent` counts what waits for the bus."""
        at = self.drivers
        sources = Sources(
            counts=self.telemetry.counts,
            compute=at.compute,
            dispatch=at.dispatch,
            waiting=at.store.waiting,
            unsent=unsent,
        )
        # A command that opens the folder for its own length tells nobody.
        given = self.settings if self._serves else self.settings.model_copy(update={"emf": None, "traces_url": None})
        return Telling(self.telemetry, sources, given, self.service, self.closing)

    async def metrics(self, accept: str) -> tuple[str, bytes]:
        """See `surfaces.base.Process.metrics`."""
        assert self._telling is not None, "the process is not open"
        return await self._telling.exposition(accept)

    @property
    def registry(self) -> Registry:
        """The providers that are set up."""
        if self._registry is None:
            from nis_backend.providers import registry_of  # noqa: PLC0415 - loads with the first look at them

            self._registry = registry_of(self.settings, self.drivers.store, self._http, self.drivers.compute)
        return self._registry

    def _open_agents(self, scheme: str) -> RemoteAgents | None:
        if scheme == "scripted":
            from nis_backend.drivers.agents.scripted import ScriptedAgent  # noqa: PLC0415 - as below

            return ScriptedAgent()
        if scheme in {"http", "https"}:
            from nis_backend.drivers.agents.a2a import A2AAgents  # noqa: PLC0415 - loads with the first that is asked

            return A2AAgents(self._http, self._outside)
        return None

    def _open_gateway(self, cache: Cache, holder: str) -> Gateway:
        from nis_backend.metering import gateway_of  # noqa: PLC0415 - loads with the first call that asks a model

        at = self.drivers
        self._gateway = gateway_of(
            self.settings, at.store, self.registry, at.compute, cache, holder, self._warn, self.telemetry
        )
        self._gateway.open()
        return self._gateway

    def _open_tools(self) -> RemoteTools:
        from nis_backend.drivers.tools.remote import Remote  # noqa: PLC0415 - loads with the first server of tools

        self._tools = self._tools or Remote()
        return self._tools

    def _open_searches(self) -> Searching:
        from nis_backend.drivers.research.configured import Configured  # noqa: PLC0415 - loads with the first search

        return Configured(self.settings, self.clients["anywhere"])

    async def _execute(self, owner: str, run_id: str, attempt: int) -> Left:
        return await execute(self.drivers, owner, run_id, attempt)

    def _warn(self, run_id: str, message: str) -> None:
        self.drivers.tail.warn(run_id, message)

    async def _tidy(self) -> None:
        """Remove what is no longer kept, now and every hour: answers to repeated writes, blobs that nobody uses."""
        store, contents, days = self.drivers.store, self.drivers.contents, self.settings.blob_days
        while True:
            now = time.time()
            try:
                await store.expire("replies", now - REPLIES_SECONDS)
                for table, kept in LOG_DAYS.items():
                    await store.expire(table, now - 86_400 * kept)
                await sweep(store, contents)
                await self._tidy_runs(now)
                for row in await store.expire("blobs", now, "expires"):
                    await contents.delete(row["id"])
                for row in await store.expire("blobs", now - 86_400 * days) if days else ():
                    await contents.delete(row["id"])
                while gone := await store.expire_unheld(LINES):
                    for row in gone:
                        await contents.delete(row["id"])
                while await store.expire_entries():
                    continue
                await contents.tidy()
                await asyncio.to_thread(remove_old, self.settings.data / MADE, "*")
                await self._tidy_calls(now)
            except NisError as error:
                log.warning("tidying has to wait: %s", error)
            await asyncio.sleep(TIDY_SECONDS)

    async def _tidy_runs(self, now: float) -> None:
        """Remove runs that are no longer kept, in one of the processes that share them; a little at a time."""
        store, days = self.drivers.store, self.settings.run_days
        before = None if days is None else now - 86_400 * days
        while await store.leads("tidying") and await store.tidy(before):
            continue

    async def _tidy_calls(self, now: float) -> None:
        """Remove calls of models that are no longer kept, in one of the processes that share them; their sums stay."""
        store, days = self.drivers.store, self.settings.ledger_days
        while days is not None and await store.leads("tidying") and await store.forget_calls(now - 86_400 * days):
            continue

    async def _check_store(self) -> str:
        found = await self.drivers.store.check()
        try:
            free = shutil.disk_usage(self.settings.data).free
        except OSError as error:
            raise Unavailable(f"The data folder is gone: {error.strerror}.", remedy="Restart nis.") from None
        if free < DISK_BYTES:
            raise Unavailable(f"The disk of the data folder has {free} bytes left.", remedy="Free some space.")
        return found

    async def _check_models(self) -> str:
        # As who calls over loopback: a model that was trained here may be named as the default.
        _, info = await self.registry.choose(owner=LOCAL.owner)
        return f"{info.id} answers when no model is named"


def _dispatch(settings: Settings, store: Store, execute: Execute) -> InProcess:
    """Who executes runs: this process alone, or those that share a database."""
    if settings.database_url is None:
        return InProcess(store, execute, {name: most for name, most in settings.all_queues.items() if most})
    from nis_backend.drivers.dispatch.leases import Leases  # noqa: PLC0415 - loads where a database is shared

    return Leases(store, execute, settings.all_queues, settings.stall_seconds)


def _near(store: Store, compute: Compute, data: Path) -> NearVectors:
    from nis_backend.drivers.vectors.matrices import Matrices  # noqa: PLC0415 - loads with the first search

    return Matrices(store, compute, data / "vectors")


def _make_folder(data: Path) -> None:
    """Make the data folder, and finish what a move into it has left."""
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        finish(data)
    except OSError as error:
        raise Unavailable(
            f"The data folder cannot be made: {error.strerror}.",
            remedy="Give --data a folder this user may write to.",
        ) from None


def _bus(settings: Settings, store: Store) -> tuple[Bus, Outbox | None]:
    """Kafka where brokers are named, and what goes out to them; else this process's own, which run events stay off."""
    if settings.kafka_servers is None:
        return InProcessBus(), None
    from nis_backend.drivers.bus.kafka import Brokers, KafkaBus  # noqa: PLC0415 - loads where it is used
    from nis_backend.drivers.bus.outbox import Outbox  # noqa: PLC0415 - as above

    brokers = Brokers(
        servers=settings.kafka_servers,
        protocol=settings.kafka_protocol,
        mechanism=settings.kafka_mechanism,
        username=settings.kafka_username,
        password=settings.kafka_password,
    )
    bus = KafkaBus(brokers)
    return bus, Outbox(store, bus)


def _cache(settings: Settings) -> Cache:
    """Redis where its host is named, else this process's own."""
    if settings.redis_host is None:
        return InProcessCache()
    from nis_backend.drivers.cache.redis import Address, RedisCache  # noqa: PLC0415 - as in _bus

    return RedisCache(
        Address(
            host=settings.redis_host,
            port=settings.redis_port,
            database=settings.redis_database,
            username=settings.redis_username,
            password=settings.redis_password,
            tls=settings.redis_tls,
        )
    )


def _changed_keys(settings: Settings, cache: Cache, keys: Keys) -> ChangedKeys | None:
    """What hears which keys other processes have changed, where they share a Redis."""
    if settings.redis_host is None:
        return None
    from nis_backend.drivers.cache.changed_keys import ChangedKeys  # noqa: PLC0415 - as in _bus

    return ChangedKeys(cache, keys)


def _pools(settings: Settings) -> list[Pool]:
    """What computes in processes of its own."""
    return [
        *(_computing(name, settings) for name in COMPUTING),
        embedded_pool(settings),
        vectors_pool(settings),
        *embedding_pools(settings),
        _listening(settings),
        training_pool(settings),
        packing_pool(settings),
        *disk_pools(settings),
    ]


def _kept(pool: Pool, settings: Settings, lines: Mapping[str, str] | None) -> Pool:
    """A pool with its log, and the less of its own memory and of what each process may take."""
    limits = [one for one in (pool.memory, settings.worker_memory) if one is not None]
    return replace(pool, memory=min(limits, default=None), log=lines)


def _computing(name: str, settings: Settings) -> Pool:
    """Computing operations: one call a process, so that a cancel or a deadline can end it."""
    return Pool(
        name=name,
        kind="exclusive",
        entry="nis_backend.drivers.compute.operations:perform_operations",
        options={
            "weights": str(settings.weights),
            "vision_models": str(settings.vision_models or ""),
            "whisper": settings.whisper,
            "voices": settings.voices or "",
            "impact_projects": settings.impact_projects,
            "deployments": _deployments(settings),
            "sandbox": str(settings.sandbox),
        },
        processes=2,
        idle_seconds=settings.idle_seconds,
        # Each process has one core's work; more BLAS threads only spin.
        environment=_of_pool(name),
        # Documents and pages come from anywhere, and some are made to take all there is.
        memory=READING_MEMORY if name in {"documents", "research", "datasets"} else None,
        extra=name,
    )


def _deployments(settings: Settings) -> str:
    """Those that are set down, checked: a mistake in them is told at the start, not by the first call."""
    if not settings.deployments:
        return ""
    from nis_backend.deployment.known import settled  # noqa: PLC0415 - as in _bus

    return settled(settings.deployments, settings.data)


def _of_pool(name: str) -> dict[str, str]:
    """The variables of a pool's processes."""
    match name:
        case "impact":
            return installing_environment()
        case "aws":
            return aws_environment()
        case _:
            return {
                "OPENBLAS_NUM_THREADS": "1",
                "OMP_NUM_THREADS": "1",
                "OPENCV_FFMPEG_CAPTURE_OPTIONS": FILMS,
                # The order of sets is the order in which algebra tries its ways: the same in each process.
                "PYTHONHASHSEED": "0",
            }


def _listening(settings: Settings) -> Pool:
    """What listens to open microphones: one process for every sound, whose windows are computed one after the other."""
    return Pool(
        name="listening",
        kind="shared",
        entry="nis_backend.capabilities.voice.listening_worker:open_worker",
        options={"weights": str(settings.weights)},
        idle_seconds=settings.idle_seconds,
        environment={"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        extra="voice",
    )
