"""The weights as operations: listed, verified, and pulled as a run whose log shows the progress."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from nis_backend.app import Process
from nis_backend.caller import LOCAL
from nis_backend.calling import call
from nis_backend.context import Context
from nis_backend.errors import InvalidRequest, NotFound, Unavailable
from nis_backend.event import Progressed
from nis_backend.settings import read_settings

ID = {"id": "smollm2-135m-instruct-q4_1"}
LIMIT = 60.0


@pytest.fixture
def mirror() -> Iterator[str]:
    """An address that has this machine's own model files."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            """Nothing."""

    folder = os.environ.get("NIS_TEST_WEIGHTS") or str(read_settings(os.environ).weights)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder))
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join(LIMIT)


def over(tmp_path: Path, mirror: str, test: Callable[[Context], Awaitable[None]]) -> None:
    """`test` over a process whose weights folder is empty."""
    settings = read_settings({}, data=tmp_path, weights=tmp_path / "weights", weights_mirror=mirror)

    async def go() -> None:
        async with asyncio.timeout(LIMIT), Process(settings).open() as process:
            await test(process.context(LOCAL))

    asyncio.run(go())


async def answer(ctx: Context, action: str, arguments: dict[str, str]) -> Any:  # Any: that operation's result
    """Call an operation of the family."""
    return await call(ctx.operations.find(f"weights.{action}"), arguments, ctx)


def test_a_pull_is_a_run_whose_log_shows_the_progress(tmp_path: Path, mirror: str) -> None:
    """The real file, from a mirror: absent before, verified after; the result names its source."""

    async def test(ctx: Context) -> None:
        before = await answer(ctx, "get_weight", ID)
        assert (before.present, before.verified) == (False, False)
        run = await answer(ctx, "pull_weight", ID)
        told = [event.body async for event in run.follow()]
        fractions = [body.fraction for body in told if isinstance(body, Progressed)]
        assert fractions == sorted(fractions)
        assert len(fractions) > 10
        assert fractions[-1] == 1.0
        result = await run.result()
        assert result["source"] == "the mirror"
        assert result["path"] == before.path
        listed = (await answer(ctx, "list_weights", {})).weights
        assert [one.id for one in listed if one.present and one.verified] == [ID["id"]]

    over(tmp_path, mirror, test)


def test_a_pull_that_fails_ends_its_run_with_the_reasons(tmp_path: Path, mirror: str) -> None:
    """A run's problem is the caller's: nothing is left to be guessed from a log."""

    async def test(ctx: Context) -> None:
        run = await answer(ctx, "pull_weight", ID)
        with pytest.raises(Unavailable, match="from the mirror: HTTP status 404") as failure:
            await run.result()
        assert f"nis weights pull {ID['id']}" in failure.value.remedy

    over(tmp_path, f"{mirror}/elsewhere", test)


def test_a_wrong_file_is_refused_when_it_is_verified(tmp_path: Path, mirror: str) -> None:
    """By name, with the hash wanted; an absent one and an unknown one are other failures."""

    async def test(ctx: Context) -> None:
        with pytest.raises(NotFound, match="huge"):
            await answer(ctx, "get_weight", {"id": "huge"})
        with pytest.raises(Unavailable, match="not here"):
            await answer(ctx, "verify_weight", ID)
        weight = await answer(ctx, "get_weight", ID)
        await asyncio.to_thread(put, Path(weight.path), b"another")
        with pytest.raises(InvalidRequest, match=weight.sha256) as failure:
            await answer(ctx, "verify_weight", ID)
        assert weight.file in failure.value.message
        assert (failure.value.field, failure.value.value) == ("id", ID["id"])

    over(tmp_path, mirror, test)


def put(path: Path, content: bytes) -> None:
    """Write a file and its folder."""
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
