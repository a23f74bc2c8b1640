"""A whole nis in the test's own process, over either database, for tests of datasets."""

from __future__ import annotations

import asyncio
import base64
import json
import os
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from nis_backend.app import Process
from nis_backend.caller import LOCAL
from nis_backend.context import Context
from nis_backend.errors import NisError
from nis_backend.run import RunHandle
from nis_backend.settings import read_settings

Json = dict[str, Any]


class Nis:
    """What answers."""

    def __init__(self, process: Process, data: Path) -> None:
        self.process = process
        self.data = data

    @property
    def ctx(self) -> Context:
        """A call's view of it."""
        return self.process.context(LOCAL)

    async def call(self, name: str, /, **request: Any) -> Json:
        """An operation's result; of a run, what came of it."""
        result = await self.ctx.call_named(name, request)
        if isinstance(result, RunHandle):
            return dict(await result.result())
        return dict(result.model_dump(mode="json"))

    async def refused(self, name: str, /, **request: Any) -> NisError:
        """How an operation refuses."""
        with pytest.raises(NisError) as caught:
            await self.call(name, **request)
        return caught.value

    async def dataset(self, kind: str, rows: list[Json] | None = None, name: str = "d") -> Json:
        """A dataset of these rows."""
        await self.call("datasets.create_dataset", name=name, kind=kind)
        if rows:
            await self.call("datasets.import_examples", id=name, rows=rows)
        return await self.call("datasets.get_dataset", id=name)

    async def exported(self, name: str = "d", **request: Any) -> bytes:
        """What an export holds."""
        blob = await self.call("datasets.export_dataset", id=name, **request)
        return await self.ctx.blobs.read(blob["id"])

    async def rows(self, name: str = "d", **request: Any) -> list[Json]:
        """The rows of an export."""
        return [json.loads(line) for line in (await self.exported(name, **request)).splitlines()]


Body = Callable[[Nis], Awaitable[None]]


@asynccontextmanager
async def nis_in(folder: Path, database: str | None = None, **settings: Any) -> AsyncGenerator[Nis]:
    """From its start to its end."""
    given = read_settings(os.environ, data=folder, database_url=database, **settings)
    process = Process(given)
    async with process.open():
        yield Nis(process, folder)


def run_in(folder: Path, body: Body, database: str | None = None, **settings: Any) -> None:
    """Run a test's body."""

    async def run() -> None:
        async with nis_in(folder, database, **settings) as one:
            await body(one)

    asyncio.run(run())


def file(content: str | bytes, name: str = "rows.jsonl") -> Json:
    """A file as a caller gives it."""
    data = content if isinstance(content, bytes) else content.encode()
    return {"base64": base64.b64encode(data).decode(), "name": name}


def lines(*given: object) -> Json:
    """A file of lines of JSON."""
    return file("".join(f"{one if isinstance(one, str) else json.dumps(one)}\n" for one in given))
