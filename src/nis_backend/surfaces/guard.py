"""What every HTTP request and socket handshake passes first: host, origin, key, size."""

from __future__ import annotations

import asyncio
import json
import logging
import random
import re
import time
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import field
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from nis_backend.drivers.telemetry.counting import METHODS
from nis_backend.drivers.telemetry.ids import FIELDS, HERE, Ids, is_request_id, trace_of
from nis_backend.errors import (
    DeadlineExceeded,
    Forbidden,
    InternalError,
    NisError,
    NotFound,
    TooLarge,
    Unauthenticated,
    Unavailable,
    WrongMethod,
    shorten,
)
from nis_backend.record import record
from nis_backend.surfaces.login import ANYONE, Watch, is_loopback
from nis_backend.surfaces.rest.fixed import PUBLIC
from nis_backend.surfaces.routing import template_of
from nis_backend.surfaces.waiting import stopping

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from nis_backend.drivers.telemetry.base import Span
    from nis_backend.drivers.telemetry.counting import Counts
    from nis_backend.settings import Settings
    from nis_backend.surfaces.base import Process

log, access = logging.getLogger("nis.http"), logging.getLogger("nis.access")

LEFT = 499
"""Told as the status where a caller left before there was one, as nginx tells it."""

UNTRACED = {*PUBLIC, "/metrics"}
"""Paths that are asked every few seconds, and tell nobody's work."""

UNAUTHORIZED = 4401
"""The code a socket closes with that has no key, a wrong one, or one that counts no more."""

CARDS = ("/.well-known/agent-card.json", "/.well-known/agent-card-keys.json")
"""How the paths of agents' cards end, and of the key that they are signed with."""

BODY_SECONDS = 30.0
"""Longest pause between two pieces of a body."""

_HOST = re.compile(r"(?:\[(?P<v6>[0-9a-f.]*:[0-9a-f:.]+)\]|(?P<name>[a-z0-9._-]+))(?::\d{1,5})?", re.IGNORECASE)


def check_host(settings: Settings, headers: Mapping[str, str]) -> None:
    """Refuse a foreign page: by DNS rebinding it comes under a foreign Host, by a direct call with a foreign Origin."""
    host = headers.get("host", "")
    remedy = "Use the server's own address, or name this host in NIS_ALLOWED_HOSTS."
    if _is_foreign(host, settings.host, settings.allowed_hosts, settings.public_url):
        raise Forbidden(f"The Host {shorten(host)!r} is not this server.", field="Host", value=host, remedy=remedy)
    origin = headers.get("origin")
    if origin is not None:
        scheme, _, place = origin.lower().partition("://")
        allowed = _allowed(settings.allowed_hosts, settings.public_url)
        if scheme not in {"http", "https"} or (place != host.lower() and _name(place) not in allowed):
            raise Forbidden(
                f"A page of {shorten(origin)!r} may not call this server.", field="Origin", value=origin, remedy=remedy
            )


# Callers come under few names, again and again; few are kept, since each may be as long as headers may.
@lru_cache(maxsize=64)
def _is_foreign(host: str, listening: str, allowed_hosts: str, public_url: str | None) -> bool:
    """Whether a Host is not this server, or is no host at all."""
    name = _name(host)
    foreign = is_loopback(listening) and not is_loopback(name) and name not in _allowed(allowed_hosts, public_url)
    return foreign or not name


def _allowed(allowed_hosts: str, public_url: str | None) -> set[str]:
    allowed = {name.strip().lower() for name in allowed_hosts.split(",") if name.strip()}
    return {*allowed, _name(urlsplit(public_url).netloc)} if public_url else allowed


def _name(host: str) -> str:
    """The host's name without port and brackets; empty when it is no host at all."""
    found = _HOST.fullmatch(host)
    return (found["v6"] or found["name"]).lower() if found else ""


@record
class Told:
    """A failure as it goes out."""

    status: int
    document: Mapping[str, Any]  # Any: a JSON object's values differ in type
    media_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    challenge: str = ""
    """What a 401 says beside the scheme, as `resource_metadata="…"`."""


Tell = Callable[[NisError, "Mapping[str, Any]"], Told]
"""How failures are worded below one prefix, from the failure and the request's scope."""


def as_problem(error: NisError, scope: Mapping[str, Any]) -> Told:
    """A problem document of RFC 9457."""
    document = {**error.problem(), "instance": scope["path"], "request_id": scope["state"].get("request_id")}
    return Told(status=error.codes.http, document=document, media_type="application/problem+json")


TELLS_WHEN = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})
"""What is answered with when to try again."""


class Guard:
    """ASGI middleware: refuses foreign, keyless and oversized requests, and answers every failure.

    As a problem document, or below a prefix in `tells` as the surface there words it. The paths in `large` take bodies
    with blobs in them.
    """

    def __init__(
        self,
        app: ASGIApp,
        process: Process,
        tells: Mapping[str, Tell] | None = None,
        large: AbstractSet[str] = frozenset(),
    ) -> None:
        self._app = app
        self._process = process
        self._large = large
        self._tells = dict(tells or {})
        self._telemetry = process.telemetry
        self._counts = process.telemetry.counts
        self._tells_each = process.settings.log_format == "json"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request or one handshake."""
        # Starlette's router raises its 405 instead of answering it in plain text when there is an application.
        scope["app"] = self
        # Values lose surrounding whitespace, which MCP demands and httptools leaves.
        scope["headers"] = [(name, value.strip()) for name, value in scope["headers"]]
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        if sum(name == b"host" for name, _ in scope["headers"]) > 1:
            # Which one a proxy in front went by cannot be told: it counts as none.
            headers["host"] = ""
        if scope["type"] == "websocket":
            try:
                check_host(self._process.settings, headers)
            except Forbidden:
                # Closing before accepting answers the handshake with 403.
                await send({"type": "websocket.close", "code": 1008})
                return
            await self._socket(scope, headers, receive, send)
            return
        await self._http(scope, headers, receive, send)

    async def _http(self, scope: Scope, headers: Mapping[str, str], receive: Receive, send: Send) -> None:
        began, ids = time.perf_counter(), _ids_of(headers)
        # The task of this request alone has it, and what that starts.
        HERE.set(ids)
        request_id = ids.request_id
        scope.setdefault("state", {})["request_id"] = request_id
        given = self._process.settings
        within = given.max_blob if scope["path"] in self._large else 0
        span = self._begin_span(scope, ids)
        exchange = Exchange(receive, send, request_id, given.max_body + within, self._counts)
        scope["state"]["exchange"] = exchange
        if self._process.closing.begun:
            # The next request on this connection would find nobody.
            exchange.marks["connection"] = "close"
        self._counts.active += 1
        try:
            await self._admit(scope, headers)
            ids.key = scope["state"]["caller"].key
            if ids.key is not None:
                exchange.watch = Watch(lambda: self._process.authenticate(headers))
            await self._app(scope, exchange.receive, exchange.send)
        except asyncio.CancelledError:
            if exchange.started or not self._process.closing.is_set():
                raise
            # The time is over in which the process waits for its callers.
            await answer_problem(stopping(), scope, exchange.send, tell=self._tell(scope["path"]))
        except ClientDisconnect:
            # Whoever left within the body is answered no more.
            return
        except Exception as error:
            if exchange.cut:
                return
            if not isinstance(error, NisError | HTTPException):
                log.exception("request %s failed: %s %r", request_id, scope["method"], scope["path"])
            if exchange.started:
                raise
            # Starlette's 405 names the methods that are allowed.
            extra = (error.headers or {}) if isinstance(error, HTTPException) else {}
            await answer_problem(_told(error, scope), scope, exchange.send, extra, self._tell(scope["path"]))
        finally:
            self._ended(scope, exchange, began, span)

    async def _socket(self, scope: Scope, headers: Mapping[str, str], receive: Receive, send: Send) -> None:
        """A handshake, and the socket that comes of it."""
        HERE.set(_ids_of(headers))
        opened = ""

        async def opening(message: Message) -> None:
            nonlocal opened
            if message["type"] == "websocket.accept":
                opened = template_of(scope)
                self._counts.socket(opened, 1)
            await send(message)

        try:
            await self._app(scope, *self._watched(headers, receive, opening))
        finally:
            if opened:
                self._counts.socket(opened, -1)

    def _begin_span(self, scope: Scope, ids: Ids) -> Span | None:
        """Where requests are traced; those of probers and scrapers are not."""
        tracer = self._telemetry.tracer
        if tracer is None or scope["path"] in UNTRACED:
            return None
        method = _told_method(scope)
        attributes = {
            "http.request.method": method if method in METHODS else "_OTHER",
            "url.scheme": scope["scheme"],
            "nis.request_id": ids.request_id,
        }
        span = tracer.begin(method, "server", ids.trace, attributes)
        ids.trace = span.trace
        return span

    def _ended(self, scope: Scope, exchange: Exchange, began: float, span: Span | None) -> None:
        """Tell of a request that was answered, or whose caller left: of its path the template, and never its query."""
        counts, now = self._counts, time.perf_counter()
        counts.active -= 1
        if exchange.streams:
            counts.streams -= 1
        route, status = template_of(scope), exchange.status or LEFT
        counts.answered(scope["method"], route, status, (exchange.begun or now) - began, probes=route in PUBLIC)
        if span is not None:
            span.note({"http.route": route, "http.response.status_code": status})
            span.name(f"{_told_method(scope)} {route}")
            span.end(str(status) if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "")
        # Probers ask every few seconds, and their lines would be the most.
        level = logging.DEBUG if route in PUBLIC else logging.INFO
        if self._tells_each and access.isEnabledFor(level):
            fields = {
                "method": scope["method"],
                "route": route,
                "status": status,
                "duration_ms": round(1e3 * (now - began), 3),
                "bytes": exchange.sent,
            }
            access.log(level, "%s %s %d", scope["method"], route, status, extra={FIELDS: fields})

    def _tell(self, path: str) -> Tell:
        """How the surface of this path words a failure."""
        return next((tell for prefix, tell in self._tells.items() if _below(path, prefix)), as_problem)

    def _watched(self, headers: Mapping[str, str], receive: Receive, send: Send) -> tuple[Receive, Send]:
        """A socket's two directions, which close once its key counts no more."""
        watch = Watch(lambda: self._process.authenticate(headers))

        async def close() -> None:
            await send({"type": "websocket.close", "code": UNAUTHORIZED, "reason": "The key counts no more."})

        async def watched_receive() -> Message:
            message = await receive()
            if message["type"] != "websocket.receive" or await watch.holds():
                return message
            await close()
            return {"type": "websocket.disconnect", "code": UNAUTHORIZED}

        async def watched_send(message: Message) -> None:
            if message["type"] == "websocket.send" and not await watch.holds():
                await close()
                raise OSError(UNAUTHORIZED, "the key counts no more")
            await send(message)

        return watched_receive, watched_send

    async def _admit(self, scope: Scope, headers: Mapping[str, str]) -> None:
        """Refuse a foreign host or page, a missing key, and a body that says it is too large."""
        try:
            scope["state"]["caller"] = await self._process.authenticate(headers)
        except (Unauthenticated, Unavailable):
            if scope["path"] not in PUBLIC and not _open(scope["path"]):
                raise
            scope["state"]["caller"] = ANYONE
        given = self._process.settings
        # Parts may hold blobs: whether they do here, and how many bytes are read, is the route's to say.
        large = scope["path"] in self._large or is_multipart(headers.get("content-type", ""))
        limit = given.max_body + (given.max_blob if large else 0)
        length = headers.get("content-length", "0")
        if length.isdigit() and int(length) > limit:
            raise _too_large(int(length), limit)


def is_multipart(media: str) -> bool:
    """Whether a body is a form in parts."""
    return media.partition(";")[0].strip().lower() == "multipart/form-data"


class Exchange:
    """One request's two directions: counts what comes in, marks what goes out."""

    def __init__(self, receive: Receive, send: Send, request_id: str, limit: int, counts: Counts) -> None:
        self._counts = counts
        self._receive = receive
        self._send = send
        self.marks: dict[str, str] = {"x-request-id": request_id}
        """Headers of the answer, whatever it will be: a problem carries them too."""
        self.limit = limit
        """The most bytes that are read; a route that takes more says so before it reads."""
        self.watch: Watch | None = None
        """Of the key that was sent: an answer that goes on for long ends with it."""
        self._size = 0
        self._whole = False
        self.started = False
        self.cut = False
        self.status = 0
        """Of the answer; 0 until it begins."""
        self.begun = 0.0
        """When it began, on the clock that times requests."""
        self.streams = False
        """Whether it goes out in parts."""
        self.sent = 0
        """Bytes of its body."""

    async def receive(self) -> Message:
        """The next piece of the body, or word that the caller has left."""
        if self._whole:
            # After the body, this waits for the caller to leave: as long as the answer takes.
            return await self._receive()
        try:
            async with asyncio.timeout(BODY_SECONDS):
                message = await self._receive()
        except TimeoutError:
            raise DeadlineExceeded(f"The body paused for {BODY_SECONDS:g} s.", remedy="Send it whole.") from None
        self._size += len(message.get("body", b""))
        self._whole = not message.get("more_body", False)
        if self._size > self.limit:
            raise _too_large(self._size, self.limit)
        return message

    async def body(self) -> bytes:
        """All of the body.

        Raises:
            ClientDisconnect: the caller left before it was whole.
        """
        pieces: list[bytes] = []
        while not self._whole:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            pieces.append(message.get("body", b""))
        return b"".join(pieces)

    async def send(self, message: Message) -> None:
        """A piece of the answer."""
        if message["type"] == "http.response.start":
            self.started = True
            self.status, self.begun = message["status"], time.perf_counter()
            marks = [(name.encode(), value.encode()) for name, value in self.marks.items()]
            message["headers"] = [*message.get("headers", ()), *marks]
        elif self.watch is not None and not await self.watch.holds():
            # An end like any other: who asks for what is missing is told why.
            self.cut = True
            await self._send({"type": "http.response.body", "body": b""})
            raise ClientDisconnect
        self.sent += len(message.get("body", b""))
        if not self.streams and message.get("more_body"):
            self.streams = True
            self._counts.streams += 1
        await self._send(message)


def _told_method(scope: Scope) -> str:
    """The method as a span has it: what callers make up names none."""
    return scope["method"] if scope["method"] in METHODS else "HTTP"


def _ids_of(headers: Mapping[str, str]) -> Ids:
    """Its caller's own id where that is one, else a new one; and the trace that it is part of."""
    given = headers.get("x-request-id", "")
    if not is_request_id(given):
        # Not a secret, only a name in the server's log: the system is not asked for randomness.
        given = f"{random.getrandbits(128):032x}"
    return Ids(request_id=given, trace=trace_of(headers))


def _told(error: Exception, scope: Scope) -> NisError:
    """The failure as the caller is told it."""
    if isinstance(error, NisError):
        return error
    if not isinstance(error, HTTPException):
        remedy = f"The server's log has the reason under {scope['state']['request_id']}."
        return InternalError("nis failed to answer.", remedy=remedy)
    if error.status_code != HTTPStatus.METHOD_NOT_ALLOWED:
        return _unknown_path(scope)
    method = scope["method"]
    allowed = (error.headers or {}).get("Allow", "another method")
    return WrongMethod(
        f"{scope['path']} does not answer {method}.", field="method", value=method, remedy=f"Use {allowed}."
    )


OPEN = ("/console/", "/a2ui/catalogs/", "/.well-known/oauth-protected-resource")
"""What holds no data and must be read before a key can be given."""


def _open(path: str) -> bool:
    """Whether the path is a page of the console, or an agent's card: both must load before a key can be given."""
    named = path in {"/", "/docs", "/favicon.ico"} or path.startswith(OPEN)
    return named or path.endswith(CARDS)


async def not_found(scope: Scope, _receive: Receive, send: Send) -> None:
    """What a router falls back to: 404 as a problem, and a refused handshake for a socket."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1000})
        return
    raise _unknown_path(scope)


async def only_health(scope: Scope, receive: Receive, send: Send) -> None:
    """The same of a process that answers its health alone."""
    try:
        await not_found(scope, receive, send)
    except NotFound as error:
        error.remedy = "A worker answers /health, /health/live, /health/ready and /metrics; a server answers the rest."
        raise


def _unknown_path(scope: Mapping[str, Any]) -> NotFound:
    return NotFound(
        f"Nothing answers {scope['path']!r}.", field="path", value=scope["path"], remedy="See /docs for what there is."
    )


def _too_large(size: int, limit: int) -> TooLarge:
    return TooLarge(
        f"The body has {size} bytes or more; at most {limit} are read.",
        field="body",
        value=size,
        remedy="Send less, or raise NIS_MAX_BODY; for a form with files NIS_MAX_BLOB.",
    )


def _below(path: str, prefix: str) -> bool:
    return path == prefix or path.startswith(f"{prefix}/")


def _sent_key(scope: Mapping[str, Any]) -> bool:
    """Whether the request has a key, right or wrong: RFC 6750 has the one told apart from the other."""
    return any(name == b"authorization" and value[:7].lower() == b"bearer " for name, value in scope["headers"])


def _challenge(scope: Mapping[str, Any], more: str) -> str:
    given = [*(('error="invalid_token"',) if _sent_key(scope) else ()), *((more,) if more else ())]
    return f"Bearer {', '.join(given)}".rstrip()


async def answer_problem(
    error: NisError,
    scope: Mapping[str, Any],
    send: Send,
    extra: Mapping[str, str] | None = None,
    tell: Tell = as_problem,
) -> None:
    """Answer an HTTP request with a failure, and these headers besides."""
    told = tell(error, scope)
    body = json.dumps(told.document).encode()
    headers = [
        (b"content-type", told.media_type.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        *((name.lower().encode(), value.encode()) for name, value in {**told.headers, **(extra or {})}.items()),
    ]
    if told.status == HTTPStatus.UNAUTHORIZED:
        headers.append((b"www-authenticate", _challenge(scope, told.challenge).encode()))
    if told.status in TELLS_WHEN:
        headers.append((b"retry-after", str(error.retry_after or 1).encode()))
    await send({"type": "http.response.start", "status": told.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
