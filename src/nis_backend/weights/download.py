"""A model file over HTTP, from where an earlier download was cut."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import TYPE_CHECKING

from nis_backend.errors import shorten
from nis_backend.weights.manifest import Refused

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from aiohttp import ClientResponse

    from nis_backend.weights.manifest import Weight

CHUNK = 1 << 20
"""Bytes received at once."""

TRIES = 5
"""Times that a download which was cut goes on from where it was."""


async def download(url: str, weight: Weight, part: Path, tell: Callable[[float, str], Awaitable[None]]) -> None:
    """Add to `part` what it lacks of the file; `tell` hears what part is there.

    Raises:
        Refused: it does not come from there.
    """
    import aiohttp  # noqa: PLC0415 - only a download needs it

    # No limit on the whole, as a slow line is slow, but a silent one is dead. Proxies as the environment says.
    limits = aiohttp.ClientTimeout(total=None, connect=20, sock_read=60)
    async with aiohttp.ClientSession(timeout=limits, trust_env=True) as session:
        for _ in range(TRIES):
            before = size_of(part)
            if before >= weight.bytes:
                return
            headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={before}-"} if before else {})
            try:
                async with session.get(url, headers=headers) as response:
                    await _receive(response, before, weight, part, tell)
                    return
            except (aiohttp.ClientError, TimeoutError) as error:
                if size_of(part) == before:
                    raise Refused(shorten(f"{type(error).__name__}: {error}", 300)) from error
    raise Refused(f"the download was cut {TRIES} times; the next pull goes on from there")


async def _receive(
    response: ClientResponse, start: int, weight: Weight, part: Path, tell: Callable[[float, str], Awaitable[None]]
) -> None:
    if response.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
        _remove(part)
        raise Refused("it has fewer bytes than were here already; the next pull begins anew")
    ranged = response.headers.get("Content-Range", "").startswith(f"bytes {start}-")
    goes_on = response.status == HTTPStatus.PARTIAL_CONTENT and ranged
    if response.status != HTTPStatus.OK and not goes_on:
        raise Refused(f"HTTP status {response.status}")
    got = start if goes_on else 0
    with part.open("ab" if goes_on else "wb") as file:
        async for chunk in response.content.iter_chunked(CHUNK):
            got += len(chunk)
            if got > weight.bytes:
                break
            await asyncio.to_thread(file.write, chunk)
            await tell(got / weight.bytes, f"fetching {weight.file} from {response.url.host}")
    if got > weight.bytes:
        _remove(part)
        raise Refused(f"{weight.file} has more there than the {weight.bytes} bytes wanted", wrong=True)


def _remove(part: Path) -> None:
    part.unlink(missing_ok=True)


def size_of(path: Path) -> int:
    """A file's bytes; none where there is no file."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
