"""Bytes from an address that a caller gives: by the client that reaches no network of our own, and bounded.

What keeps bytes and what reads pages fetch them here: there is one guard, and no other way out.
"""

from __future__ import annotations

import asyncio
import zlib
from contextlib import asynccontextmanager
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, BinaryIO, cast
from urllib.parse import unquote, urljoin, urlsplit

from nis_backend.drivers.gateway.addresses import host_of, hosts_in, is_private, kept_host, refuse_private, told
from nis_backend.drivers.http.base import HttpError, NoAddress, Unreachable
from nis_backend.errors import InvalidRequest, NisError, TooLarge, UpstreamFailed, shorten

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

    from nis_backend.context import Context
    from nis_backend.drivers.http.base import Response

REDIRECTIONS = 5
SILENCE = 10.0
"""Seconds in which nothing may come."""
IN_MEMORY = 2**20
"""Bytes that are held before they go to a file."""
AGENT = "nis"
"""What we call ourselves, to servers and in their robots.txt."""
OK = 200
"""HTTP's; a part, or nothing, is not what was asked for."""
MOVED = frozenset({301, 302, 303, 307, 308})


PACKED = frozenset({"gzip", "x-gzip", "deflate"})
"""How bytes may come although they were asked for as they are: some servers heed nothing."""
GZIP = b"\x1f\x8b"
"""How what gzip has packed begins (RFC 1952, 2.3.1)."""
PIECE = 2**18
"""Bytes that are unpacked at once."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """What is fetched: how it is asked for, how much of it is read, and how a caller is told of it."""

    whose: str
    like: str
    most: int
    setting: str
    """What raises `most`."""
    accept: str = "*/*"
    onward: Callable[[str], Awaitable[None]] | None = None
    """Is asked about each address that another leads to, before it is fetched; raises where it is not to be."""


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """Bytes that were fetched."""

    file: BinaryIO
    content_type: str
    """What their server calls them, with its parameters."""
    name: str
    """What stands at the end of the address."""
    url: str
    """Where they were, after every redirection."""


def bytes_kind(ctx: Context) -> Kind:
    """Bytes of any kind, as many as a blob may have."""
    most = ctx.settings.max_blob
    return Kind(whose="bytes", like="https://example.org/picture.png", most=most, setting="NIS_MAX_BLOB")


@asynccontextmanager
async def fetched(url: str, ctx: Context, kind: Kind) -> AsyncGenerator[Fetched]:
    """What is at an address.

    Raises:
        InvalidRequest: it is no address of http or https, or leads on too often.
        Forbidden: it, or what it leads to, is in the server's own network.
        TooLarge: there is more than the kind has, packed or unpacked; no more than that was read.
        UpstreamFailed: nobody answers, or otherwise than with the bytes.
    """
    url, answer = await _found(url, ctx, kind)
    try:
        with SpooledTemporaryFile(max_size=IN_MEMORY) as file, SpooledTemporaryFile(max_size=IN_MEMORY) as plain:
            came = cast("BinaryIO", file)
            await _read(answer, came, url, kind)
            if _packing(answer) in PACKED:
                came, packed = cast("BinaryIO", plain), came
                await asyncio.to_thread(_unpack, packed, came, url, kind)
            came.seek(0)
            yield Fetched(file=came, content_type=answer.headers.get("content-type", ""), name=_name(url), url=url)
    finally:
        answer.close()


async def _found(url: str, ctx: Context, kind: Kind) -> tuple[str, Response]:
    """What answers with bytes, and its address, after those that lead to it."""
    url = url.partition("#")[0]
    for _ in range(1 + REDIRECTIONS):
        answer = await _asked(url, ctx, kind)
        if answer.status not in MOVED:
            _refuse_other(answer, url, kind)
            return url, answer
        answer.close()
        onward = _onward(url, answer.headers.get("location", ""))
        if url.startswith("https:") and not onward.startswith("https:"):
            raise _failed(url, "leads on to an address without TLS")
        if kind.onward is not None:
            await kind.onward(onward)
        url = onward
    raise InvalidRequest(
        f"The address leads on more than {REDIRECTIONS} times.",
        field="url",
        value=told(url),
        remedy="Give the address that it leads to.",
    )


def _onward(url: str, location: str) -> str:
    try:
        # A place within the page is nobody's to ask for, and spaces are sent as browsers do.
        onward = urljoin(url, location.strip()).partition("#")[0].replace(" ", "%20")
    except ValueError:
        onward = ""
    if not location or not onward:
        raise _failed(url, "leads on to no address")
    return onward


def _name(url: str) -> str:
    """The end of an address without what no name has: whoever is led there has not chosen it."""
    end = unquote(urlsplit(url).path.rpartition("/")[2])
    return "".join(one for one in end if one.isprintable())


async def _asked(url: str, ctx: Context, kind: Kind) -> Response:
    host = kept_host(url, whose=kind.whose, like=kind.like, bare=(), instead="Give one that needs no password.")
    allowed = ctx.settings.allowed_sources
    refuse_private(host, allowed, "Give a public address, or name the host in NIS_ALLOWED_SOURCES.")
    clients = ctx.drivers.clients
    client = clients["anywhere" if is_private(host) and host.lower() in hosts_in(allowed) else "outside"]
    try:
        headers = {"accept": kind.accept, "accept-encoding": "identity", "user-agent": AGENT}
        return await client.request("GET", url, headers, silence=SILENCE)
    except HttpError as error:
        raise _unheard(error, url, kind) from error


async def _read(answer: Response, file: BinaryIO, url: str, kind: Kind) -> None:
    size = 0
    try:
        async for piece in answer.iter_any():
            size += len(piece)
            if size > kind.most:
                raise _too_much(url, kind)
            file.write(piece)
    except HttpError as error:
        raise _unheard(error, url, kind) from error


def _packing(answer: Response) -> str:
    return answer.headers.get("content-encoding", "").strip().lower()


def _unpack(packed: BinaryIO, plain: BinaryIO, url: str, kind: Kind) -> None:
    """Unpack bytes, in a thread: a few of them may become very many."""
    packed.seek(0)
    start = packed.read(2)
    packed.seek(0)
    # Some servers send deflate bare, without the two bytes of zlib (RFC 1950, 2.2) that the name stands for.
    wrapped = start == GZIP or (start[:1] and start[0] & 15 == zlib.DEFLATED and int.from_bytes(start, "big") % 31 == 0)
    form = zlib.MAX_WBITS | 32 if wrapped else -zlib.MAX_WBITS
    unpacking, left = zlib.decompressobj(form), b""
    try:
        while piece := left or packed.read(PIECE):
            if unpacking.eof:
                # What gzip has packed may be several, one behind the other; anything else behind it is padding.
                if not GZIP.startswith(piece[:2]):
                    break
                unpacking = zlib.decompressobj(form)
            plain.write(unpacking.decompress(piece, PIECE))
            if plain.tell() > kind.most:
                raise _too_much(url, kind)
            left = unpacking.unused_data if unpacking.eof else unpacking.unconsumed_tail
        plain.write(unpacking.flush())
    except zlib.error:
        raise _failed(url, "is compressed, and broken") from None
    if not unpacking.eof:
        raise _failed(url, "is compressed, and cut short")


def _refuse_other(answer: Response, url: str, kind: Kind) -> None:
    """Refuse an answer that is not the bytes, or announces too many."""
    length = answer.headers.get("content-length", "")
    much = length.isdecimal() and int(length) > kind.most
    strange = _packing(answer) not in {"", "identity", *PACKED}
    if answer.status == OK and not much and not strange:
        return
    answer.close()
    if answer.status != OK:
        raise _failed(url, f"answered {answer.status}")
    raise _too_much(url, kind) if much else _failed(url, f"is packed as {shorten(_packing(answer))}, unasked")


def _unheard(error: HttpError, url: str, kind: Kind) -> NisError:
    if isinstance(error, NoAddress):
        return InvalidRequest("That is no address.", field="url", value=told(url), remedy=f"Give one like {kind.like}.")
    if isinstance(error, Unreachable):
        why = getattr(error.__cause__, "strerror", None) or (str(error) if error.__cause__ is None else "")
        return _failed(url, f"cannot be reached{f': {shorten(why)}' if why else ''}")
    return _failed(url, f"sent nothing for {SILENCE:g} s" if isinstance(error, TimeoutError) else "broke off")


def _failed(url: str, how: str) -> UpstreamFailed:
    return UpstreamFailed(
        f"What is at {told(url)} {how}.", field="url", value=host_of(url), remedy="See whether the address is right."
    )


def _too_much(url: str, kind: Kind) -> TooLarge:
    return TooLarge(
        f"What is at {told(url)} has more than {kind.most} bytes.",
        field="url",
        value=host_of(url),
        remedy=f"Give a smaller one, or raise {kind.setting}.",
    )
