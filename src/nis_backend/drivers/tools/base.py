"""The contract of tools that other servers have: what they are, and how one is called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import SecretStr

    Json = dict[str, Any]  # Any: JSON


@dataclass(frozen=True, kw_only=True)
class ToolServer:
    """Where tools are: at an address, or with a program that is started here."""

    id: str
    url: str = ""
    command: tuple[str, ...] = ()
    token: SecretStr | None = None
    """What it is sent as a bearer token."""
    inside: bool = False
    """Whether its address may be one of this machine or its own network."""
    seconds: float = 30.0
    """How long an answer may take, the connection included."""


@dataclass(frozen=True, kw_only=True)
class RemoteTool:
    """A tool as its server lists it. All of it is the server's word, not to be trusted."""

    name: str
    description: str
    schema: Json
    reads: bool
    """Whether the server says that it changes nothing."""


@dataclass(frozen=True, kw_only=True)
class RemoteAnswer:
    """What a tool has answered, in words and, where it has some, as data."""

    text: str
    data: Any  # Any: JSON
    failed: bool


class RemoteTools(Protocol):
    """Asks other servers.

    Raises, each of them:
        Unavailable: there is no connection, or no program of this name.
        Forbidden: its address is one of our own network, and may not be.
        DeadlineExceeded: it took too long.
        UpstreamFailed: it refuses, or answers what is none.
        Busy: too many programs are under way.
    """

    async def tools(self, server: ToolServer) -> list[RemoteTool]:
        """What it has, as much as is read of it."""
        ...

    async def call(self, server: ToolServer, tool: str, arguments: Mapping[str, Any]) -> RemoteAnswer:
        """Call one of its tools."""
        ...

    def forget(self, server_id: str) -> None:
        """It was changed or removed: a program of it is ended."""
        ...

    async def close(self) -> None:
        """End every program."""
        ...
