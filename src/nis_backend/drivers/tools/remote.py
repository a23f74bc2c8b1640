"""Servers that speak the Model Context Protocol: asked over HTTP, or started here and asked over their pipes.

The protocol's package loads with the first of them.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar, cast

from nis_backend.drivers.telemetry.ids import apart
from nis_backend.errors import Busy, DeadlineExceeded, NisError, Unavailable, UpstreamFailed, shorten

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping
    from types import ModuleType

    from nis_backend.drivers.tools.base import RemoteAnswer, RemoteTool, ToolServer

    Connection = Any  # the package's client, which only `connection` knows

T = TypeVar("T")

MOST_PROGRAMS = 8
"""Programs at once; the one unused for longest makes room."""
IDLE_SECONDS = 300.0
"""A program that nobody has asked for so long is ended."""
END_SECONDS = 10.0
"""Time that programs get to end with the server."""


@dataclass(kw_only=True)
class Program:
    """A program under way, and the connection to it."""

    server: ToolServer
    ready: asyncio.Future[Connection]
    moved: asyncio.Event = field(default_factory=asyncio.Event)
    """That it was asked, or is to end."""
    living: asyncio.Task[None] | None = None
    asked: int = 0
    """Calls under way."""
    over: bool = False


class Remote:
    """See `base.RemoteTools`."""

    def __init__(self) -> None:
        self._programs: dict[str, Program] = {}
        """By the server's id, the one unused for longest first."""
        self._living: set[asyncio.Task[None]] = set()
        """Of programs that have not ended, also those that are no longer asked."""

    async def tools(self, server: ToolServer) -> list[RemoteTool]:
        """See `base.RemoteTools.tools`."""
        async with self._asking(server) as (package, connection):
            return await package.tools_of(connection)

    async def call(self, server: ToolServer, tool: str, arguments: Mapping[str, Any]) -> RemoteAnswer:
        """See `base.RemoteTools.call`."""
        async with self._asking(server) as (package, connection):
            return await package.call_of(connection, tool, arguments)

    def forget(self, server_id: str) -> None:
        """See `base.RemoteTools.forget`."""
        program = self._programs.pop(server_id, None)
        if program is not None:
            _end(program)

    async def close(self) -> None:
        """See `base.RemoteTools.close`."""
        for server_id in list(self._programs):
            self.forget(server_id)
        if self._living:
            _, late = await asyncio.wait(self._living, timeout=END_SECONDS)
            for task in late:
                task.cancel()

    @asynccontextmanager
    async def _asking(self, server: ToolServer) -> AsyncGenerator[tuple[ModuleType, Connection]]:
        """The package's part and a connection, for one question; what goes wrong is told as our failures."""
        package = await asyncio.to_thread(_load)
        try:
            async with asyncio.timeout(server.seconds):
                if server.command:
                    async with self._program(package, server) as connection:
                        yield package, connection
                else:
                    async with package.connected(server) as connection:
                        yield package, connection
        except Exception as error:  # noqa: BLE001 - the package's failures have no class in common
            raise _told(server, error, package) from None

    @asynccontextmanager
    async def _program(self, package: ModuleType, server: ToolServer) -> AsyncGenerator[Connection]:
        program = self._programs.pop(server.id, None)
        if program is None or program.over or program.server != server:
            if program is not None:
                _end(program)
            self._make_room()
            program = Program(server=server, ready=asyncio.get_running_loop().create_future())
            program.living = asyncio.create_task(
                self._live(package, program), name=f"tools {server.id}", context=apart()
            )
            self._living.add(program.living)
            program.living.add_done_callback(self._living.discard)
        self._programs[server.id] = program
        program.asked += 1
        program.moved.set()
        try:
            yield await asyncio.shield(program.ready)
        except Exception as error:
            if not isinstance(error, package.Refusal):
                # Whatever it is in now, it is not asked again.
                self._drop(program)
            raise
        except asyncio.CancelledError:
            if not program.ready.done() and program.asked == 1:
                # It has not greeted anybody in time, and nobody else waits for it.
                self._drop(program)
            raise
        finally:
            program.asked -= 1
            program.moved.set()

    def _make_room(self) -> None:
        if len(self._programs) < MOST_PROGRAMS:
            return
        idle = [one for one in self._programs.values() if not one.asked]
        if not idle:
            raise Busy(f"{MOST_PROGRAMS} programs of tools are under way.", remedy="Try again later.")
        self._drop(idle[0])

    def _drop(self, program: Program) -> None:
        if self._programs.get(program.server.id) is program:
            del self._programs[program.server.id]
        _end(program)

    async def _live(self, package: ModuleType, program: Program) -> None:
        """From the program's start to its end, in one task, as the package wants it."""
        try:
            async with package.connected(program.server) as connection:
                program.ready.set_result(connection)
                while not program.over:
                    program.moved.clear()
                    try:
                        async with asyncio.timeout(IDLE_SECONDS):
                            await program.moved.wait()
                    except TimeoutError:
                        if not program.asked:
                            return
        except Exception as error:  # noqa: BLE001 - whatever it is, whoever waits is told
            if not program.ready.done():
                program.ready.set_exception(error)
                # Read here, so that it is not called forgotten when the caller has left.
                program.ready.exception()
        finally:
            self._drop(program)
            if not program.ready.done():
                program.ready.set_exception(Unavailable("The program of the server was ended.", remedy="Try again."))
                program.ready.exception()


def _end(program: Program) -> None:
    if program.over:
        # A second cancellation would leave the package's own end of the process undone.
        return
    program.over = True
    program.moved.set()
    if not program.ready.done() and program.living is not None:
        # It waits for a greeting that may never come.
        program.living.cancel()


def _load() -> ModuleType:
    """The part that imports the protocol's package.

    Raises:
        Unavailable: it is not installed.
    """
    try:
        from nis_backend.drivers.tools import connection  # noqa: PLC0415 - half a second, at the first server asked
    except ImportError as missing:
        raise Unavailable(f"{missing.name} is not installed.", remedy="Install nis-backend again.") from None
    return connection


def _told(server: ToolServer, error: BaseException, package: ModuleType) -> NisError:
    """A failure of ours for whatever has gone wrong; of the server's own words, a line."""
    # The cast: a group's own type says nothing of what is in it.
    while isinstance(error, BaseExceptionGroup):
        error = cast("BaseExceptionGroup[BaseException]", error).exceptions[0]
    if isinstance(error, NisError):
        return error
    if isinstance(error, TimeoutError):
        return DeadlineExceeded(
            f"The server of tools was not done after {server.seconds:g} s.", remedy="Allow more time, or ask for less."
        )
    if isinstance(error, package.Refusal):
        said = str(error)
        if server.token is not None and server.token.get_secret_value():
            # It may repeat what it was sent.
            said = said.replace(server.token.get_secret_value(), "***")
        return UpstreamFailed(f"The server of tools refuses: {shorten(said, 300)}.", remedy="Ask otherwise.")
    return Unavailable(
        f"The server of tools does not answer: {type(error).__name__}.",
        remedy="See that it is up, where it is, and what token it wants.",
    )
