"""Bytes from an address that a caller gives: by the client that reaches no network of our own, and bounded."""

from __future__ import annotations

import asyncio
import zlib
from contextlib import asynccontextmanager
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, BinaryIO, cast
from urllib.parse import unquote, urljoin, urlsplit

from nis_backend.drivers.gateway.addresses import host_of, hosts_in, is_private, kept_host, refuse_private, told
from nis_backend.drivers.http.base import HttpError, NoAddress, Unreachable
from nis_backend.errors import InvalidRequest, NisError, TooLarge, UpstreamFailed, shorten

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from nis_backend.context import Context
    from nis_backend.drivers.http.base import Response

REDIRECTIONS = 5
SILENCE = 10.0
"""Seconds in which nothing may come."""
IN_MEMORY = 2**20
"""Bytes that are held before they go to a file."""
HEADERS = {"accept": "*/*", "accept-encoding": "identity", "user-agent": "nis"}
OK = 200
"""HTTP's; a part, or nothing, is not what was asked for."""
MOVED = frozenset({301, 302, 303, 307, 308})


PACKED = frozenset({"gzip", "x-gzip", "deflate"})
"""How bytes may come although they were asked for as they are: some servers heed nothing."""
PIECE = 2**18
"""Bytes that are unpacked at once."""


@asynccontextmanager
async def fetched(url: str, ctx: Context) -> AsyncGenerator[tuple[BinaryIO, str, str]]:
    """The bytes at an address, what their server calls them, and the name at the end of the address.

    Raises:
        InvalidRequest: it is no address of http or https, or leads on too often.
        Forbidden: it, or what it leads to, is in the server's own network.
        TooLarge: there are more than `NIS_MAX_BLOB`; no more than that were read.
        UpstreamFailed: nobody answers, or otherwise than with the bytes.
    """
    url, answer = await _found(url, ctx)
    try:
        with SpooledTemporaryFile(max_size=IN_MEMORY) as file, SpooledTemporaryFile(max_size=IN_MEMORY) as plain:
            came, most = cast("BinaryIO", file), ctx.settings.max_blob
            await _read(answer, came, url, most)
            if answer.headers.get("content-encoding", "").strip().lower() in PACKED:
                came, packed = cast("BinaryIO", plain), came
                await asyncio.to_thread(_unpack, packed, came, url, most)
            came.seek(0)
            yield came, answer.headers.get("content-type", ""), _name(url)
    finally:
        answer.close()


async def _found(url: str, ctx: Context) -> tuple[str, Response]:
    """What answers with bytes, and its address, after those that lead to it."""
    for _ in range(1 + REDIRECTIONS):
        answer = await _asked(url, ctx)
        if answer.status not in MOVED:
            _refuse_other(answer, url, ctx.settings.max_blob)
            return url, answer
        answer.close()
        onward = _onward(url, answer.headers.get("location", ""))
        if url.startswith("https:") and not onward.startswith("https:"):
            raise _failed(url, "leads on to an address without TLS")
        url = onward
    raise InvalidRequest(
        f"The address leads on more than {REDIRECTIONS} times.",
        field="url",
        value=told(url),
        remedy="Give the address that it leads to.",
    )


def _onward(url: str, location: str) -> str:
    try:
        onward = urljoin(url, location)
    except ValueError:
        onward = ""
    if not location or not onward:
        raise _failed(url, "leads on to no address")
    return onward


def _name(url: str) -> str:
    """The end of an address without what no name has: whoever is led there has not chosen it."""
    end = unquote(urlsplit(url).path.rpartition("/")[2])
    return "".join(one for one in end if one.isprintable())


async def _asked(url: str, ctx: Context) -> Response:
    host = kept_host(
        url, whose="bytes", like="https://example.org/picture.png", bare=(), instead="Give one that needs no password."
    )
    allowed = ctx.settings.allowed_sources
    refuse_private(host, allowed, "Give a public address, or name the host in NIS_ALLOWED_SOURCES.")
    clients = ctx.drivers.clients
    client = clients["anywhere" if is_private(host) and host.lower() in hosts_in(allowed) else "outside"]
    try:
        return await client.request("GET", url, HEADERS, silence=SILENCE)
    except HttpError as error:
        raise _unheard(error, url) from error


async def _read(answer: Response, file: BinaryIO, url: str, most: int) -> None:
    size = 0
    try:
        async for piece in answer.iter_any():
            size += len(piece)
            if size > most:
                raise _too_much(url, most)
            file.write(piece)
    except HttpError as error:
        raise _unheard(error, url) from error


def _unpack(packed: BinaryIO, plain: BinaryIO, url: str, most: int) -> None:
    """Unpack bytes, in a thread: a few of them may become very many."""
    packed.seek(0)
    # Of both forms, told by their beginning.
    unpacking = zlib.decompressobj(zlib.MAX_WBITS | 32)
    try:
        while piece := unpacking.unconsumed_tail or packed.read(PIECE):
            plain.write(unpacking.decompress(piece, PIECE))
            if plain.tell() > most:
                raise _too_much(url, most)
        plain.write(unpacking.flush())
    except zlib.error:
        raise _failed(url, "is compressed, and broken") from None
    if not unpacking.eof:
        raise _failed(url, "is compressed, and cut short")


def _refuse_other(answer: Response, url: str, most: int) -> None:
    """Refuse an answer that is not the bytes, or announces too many."""
    length = answer.headers.get("content-length", "")
    if answer.status == OK and not (length.isdecimal() and int(length) > most):
        return
    answer.close()
    raise _failed(url, f"answered {answer.status}") if answer.status != OK else _too_much(url, most)


def _unheard(error: HttpError, url: str) -> NisError:
    if isinstance(error, NoAddress):
        return InvalidRequest(
            "That is no address.", field="url", value=told(url), remedy="Give one like https://example.org/picture.png."
        )
    if isinstance(error, Unreachable):
        why = getattr(error.__cause__, "strerror", None) or (str(error) if error.__cause__ is None else "")
        return _failed(url, f"cannot be reached{f': {shorten(why)}' if why else ''}")
    return _failed(url, f"sent nothing for {SILENCE:g} s" if isinstance(error, TimeoutError) else "broke off")


def _failed(url: str, how: str) -> UpstreamFailed:
    return UpstreamFailed(
        f"What is at {told(url)} {how}.", field="url", value=host_of(url), remedy="See whether the address is right."
    )


def _too_much(url: str, most: int) -> TooLarge:
    return TooLarge(
        f"What is at {told(url)} has more than {most} bytes.",
        field="url",
        value=host_of(url),
        remedy="Give a smaller one, or raise NIS_MAX_BLOB.",
    )
