"""What every command shares: the settings, the catalog, the way to the operations, and how a failure is told."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import click

from nis_backend.catalog import Catalog
from nis_backend.entry import Entry
from nis_backend.errors import NisError, NotFound
from nis_backend.lock import address_of, holder_of
from nis_backend.record import record
from nis_backend.surfaces.cli.connection import OverFolder, OverHttp
from nis_backend.surfaces.rest.fixed import COMMANDS, LOOKUP

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from contextlib import AbstractAsyncContextManager

    from nis_backend.context import Context
    from nis_backend.operation import Json
    from nis_backend.settings import Settings
    from nis_backend.surfaces.cli.connection import Connection

    Read = Callable[..., Settings]
    Serve = Callable[[Settings, Path | None], None]
    Work = Callable[[Settings, Path | None, str | None], None]
    Open = Callable[[Settings], AbstractAsyncContextManager[Context]]


NOWHERE = dict.fromkeys(("database_url", "redis_host", "kafka_servers", "blobs"))
"""Settings of what a command that uses nothing that is kept does not open."""
AGAIN = 0.2
"""Seconds between two looks for a server."""


class Schema(Protocol):
    """A database and the version of its schema, beside the newest that the program knows."""

    @property
    def database(self) -> str:
        """What it is called."""
        ...

    @property
    def version(self) -> int:
        """The version it has."""
        ...

    @property
    def newest(self) -> int:
        """The newest that the program knows."""
        ...


@record
class Moves:
    """How the schema is asked for, and brought to a version."""

    of: Callable[[Settings], Schema]
    to: Callable[[Settings, int], Schema]


class Session:
    """What every command shares: the settings, the catalog, the way to the operations."""

    def __init__(self, read: Read, serve: Serve, open_process: Open) -> None:
        self._read = read
        self._open = open_process
        self.serve = serve
        self.data: Path | None = None
        self.catalog = Catalog.from_index()

    def settings(self, **given: object) -> Settings:
        """The settings, where arguments of the command win."""
        return self._read(data=self.data, **given)

    def connection(self) -> Connection:
        """The running server if there is one, else the folder."""
        settings = self.settings()
        url = address_of(settings.data)
        if url is not None:
            return OverHttp(url, settings.api_key)
        return OverFolder(lambda: self._open(settings))

    @contextmanager
    def _reaching(self, entry: Entry) -> Generator[Connection]:
        """The way to one operation; where nobody serves, one that uses nothing that is kept has a folder of its own."""
        settings = self.settings()
        if not entry.apart or address_of(settings.data) is not None:
            yield self.connection()
            return
        from tempfile import TemporaryDirectory  # noqa: PLC0415 - few commands want one

        with TemporaryDirectory(prefix="nis-") as folder:
            alone = settings.model_copy(update={**NOWHERE, "data": Path(folder)})
            yield OverFolder(lambda: self._open(alone))

    def server_by(self, until: float) -> bool:
        """Whether a server holds the folder before the monotonic clock is at `until`."""
        data = self.settings().data
        while time.monotonic() < until:
            time.sleep(AGAIN)
            if address_of(data) is not None:
                return True
        return False

    def opened(self) -> AbstractAsyncContextManager[Context]:
        """The data folder, opened by this command itself."""
        return self._open(self.settings())

    def entry(self, name: str) -> Entry:
        """The declaration of this name, from the index or from the running server."""
        try:
            return self.catalog.entry(name)
        except NotFound:
            holder = holder_of(self.settings().data)
            if not holder:
                raise
            found = self.call(self.catalog.entry(LOOKUP), {"id": name})
            fields: Json = {**found, "module": "", "scopes": (), "examples": ()}
            return Entry(name=fields.pop("id"), **fields)

    def served(self, family: str) -> list[Entry]:
        """The operations of a family, where only the running server has it."""
        if not holder_of(self.settings().data):
            return []
        try:
            listed = self.call(self.catalog.entry(COMMANDS["operations"]), {"family": family})
            return [self.entry(line["id"]) for line in listed["operations"]]
        except NisError:
            # It is asked for a name that may be mistyped: what is wrong with that is what the caller hears.
            return []

    def call(self, entry: Entry, arguments: Json, heard: Callable[[Json], None] = lambda _: None) -> Any:  # Any: JSON
        """The operation's result as JSON."""
        with self._reaching(entry) as connection:
            return connection.call(entry, arguments, heard)


def say_failure(error: NisError, *, as_json: bool) -> int:
    """Print what happened and what to do; answers the exit code."""
    from nis_backend.surfaces.cli.plain import harmless  # noqa: PLC0415 - loads with the first failure

    if as_json:
        click.echo(json.dumps(error.problem(), indent=2), err=True)
    else:
        click.echo(harmless(f"nis: {error.message}"), err=True)
        for wrong in error.fields[1:]:
            click.echo(harmless(f"     {wrong.field}: {wrong.message}"), err=True)
        if error.remedy:
            click.echo(harmless(f"     {error.remedy}"), err=True)
    return error.codes.exit
