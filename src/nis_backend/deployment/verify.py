"""Whether what was brought somewhere answers: its health, a chat and a WebSocket, asked as a caller would."""

from __future__ import annotations

import http.client
import json
import ssl
import time
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from nis_backend.deployment.report import Step
from nis_backend.errors import InvalidRequest, NisError, Unavailable, UpstreamFailed, shorten

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from nis_backend.deployment.target import Tell

CONNECT_SECONDS = 10.0
CHAT_SECONDS = 120.0
"""The first answer of the model in the box loads it."""
BETWEEN = 5.0
"""Seconds until an address that led nowhere is asked again."""
LARGEST = 4 * 1024 * 1024
"""Bytes of an answer that are read."""
QUESTION = "Convert 26.2 miles to kilometers"
"""What every profile answers, also the one that chooses operations without a model's key."""


def verify(
    address: str,
    *,
    key: str | None,
    tell: Tell,
    patience: float = 0.0,
    pause: Callable[[float], None] = time.sleep,
) -> list[Step]:
    """Ask for health, a chat and a WebSocket exchange; each is tried, whatever came of the one before.

    For `patience` seconds health is asked again while the address leads nowhere: a new name has to get about.

    Raises:
        InvalidRequest: the address is none of http or https.
    """
    place = _Place(address, key)
    checks: tuple[tuple[str, Callable[[], str]], ...] = (
        ("GET /health", lambda: _patiently(place.health, patience, pause)),
        ("POST /chat", place.chat),
        ("WebSocket /a2a", place.exchange),
    )
    steps: list[Step] = []
    for number, (what, check) in enumerate(checks):
        tell(number / len(checks), f"{what} at {address}")
        begun = time.monotonic()
        try:
            told, ok = check(), True
        except NisError as error:
            told, ok = f"{error.message} {error.remedy}".strip(), False
        steps.append(Step(what=what, ok=ok, seconds=round(time.monotonic() - begun, 3), told=told))
    tell(1.0, "verified" if all(step.ok for step in steps) else "not verified")
    return steps


def _patiently(check: Callable[[], str], patience: float, pause: Callable[[float], None]) -> str:
    """What it says, asked again while nobody can be reached."""
    for _ in range(int(patience / BETWEEN)):
        try:
            return check()
        except Unavailable:
            pause(BETWEEN)
    return check()


class _Place:
    """An address that is asked."""

    def __init__(self, address: str, key: str | None) -> None:
        parts = urlsplit(address)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise InvalidRequest(
                "An address begins with http:// or https://.", field="address", value=address, remedy="Give it whole."
            )
        self._address = address.rstrip("/")
        self._host, self._port = parts.hostname, parts.port
        self._path = parts.path.rstrip("/")
        self._tls = ssl.create_default_context() if parts.scheme == "https" else None
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}

    def health(self) -> str:
        """Health is 200, and says so."""
        found = self._ask("GET", "/health", None, CONNECT_SECONDS)
        return f"{found.get('status', 'ok')}, nis {found.get('version', '?')}"

    def chat(self) -> str:
        """A chat has words in its answer."""
        found = self._ask("POST", "/chat", {"message": QUESTION}, CHAT_SECONDS)
        words = found.get("response")
        if not isinstance(words, str) or not words.strip():
            raise UpstreamFailed("The chat answered nothing.", remedy="Look into the logs: `nis deploy logs`.")
        return f"{found.get('model', 'a model')}: {shorten(words, 80)}"

    def _ask(self, method: str, path: str, body: object, seconds: float) -> dict[str, object]:
        connection = (
            http.client.HTTPConnection(self._host, self._port, timeout=seconds)
            if self._tls is None
            else http.client.HTTPSConnection(self._host, self._port, timeout=seconds, context=self._tls)
        )
        headers = {**self._headers, "Accept": "application/json", "Content-Type": "application/json"}
        try:
            connection.request(method, self._path + path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            text = answer.read(LARGEST)
        except (OSError, http.client.HTTPException) as error:
            raise _unreachable(self._address, error) from None
        finally:
            connection.close()
        found = _object(text)
        if answer.status != http.client.OK:
            raise _refused(answer.status, text, found, dict(answer.headers))
        if found is None:
            raise UpstreamFailed(
                f"It answered {shorten(text.decode(errors='replace'), 80)!r}, which is no JSON object.",
                remedy=f"Something else than nis answers at {self._address}: look where the address leads.",
            )
        return found

    def exchange(self) -> str:
        """A request over the socket is answered under its id."""
        from websockets.exceptions import InvalidStatus, WebSocketException  # noqa: PLC0415 - health needs none of it
        from websockets.sync.client import connect  # noqa: PLC0415 - as above

        request = {"jsonrpc": "2.0", "id": 1, "method": "ListTasks", "params": {"pageSize": 1}}
        try:
            with connect(
                self._address.replace("http", "ws", 1) + "/a2a",
                additional_headers={**self._headers, "A2A-Version": "1.0"},
                open_timeout=CONNECT_SECONDS,
                close_timeout=1.0,
                ssl=self._tls,
                # A proxy of the environment is for addresses elsewhere; health and chat use none either.
                proxy=None,
            ) as socket:
                socket.send(json.dumps(request))
                # The first frame loads the protocol's package.
                found = _object(socket.recv(CHAT_SECONDS))
        except InvalidStatus as error:
            status, text = error.response.status_code, bytes(error.response.body or b"")
            raise _refused(status, text, _object(text), dict(error.response.headers)) from None
        except (OSError, WebSocketException) as error:
            raise _unreachable(f"{self._address}/a2a", error) from None
        if found is None or found.get("id") != 1 or "result" not in found:
            raise UpstreamFailed(
                f"The socket answered {shorten(found)}.",
                remedy="A proxy in between may not pass WebSockets on; else look into the logs.",
            )
        return "opened, asked, answered, closed"


def _object(text: str | bytes) -> dict[str, object] | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return cast("dict[str, object]", found) if isinstance(found, dict) else None


def _unreachable(where: str, error: Exception) -> Unavailable:
    match error:
        case ssl.SSLCertVerificationError():
            why = f"its certificate is not trusted: {error.verify_message}"
            remedy = (
                "Give the name that the certificate was issued for, or the certificate of that name to the listener."
            )
        case TimeoutError():
            why = "it does not answer in time"
            remedy = "A security group or firewall may drop it, or nothing is healthy yet: `nis deploy status`."
        case ConnectionRefusedError():
            why, remedy = "nothing listens there", "See `nis deploy status` and `nis deploy logs`."
        case _:
            why = shorten(f"{type(error).__name__}: {error}", 200)
            remedy = "See `nis deploy status` and `nis deploy logs`."
    return Unavailable(f"{where} cannot be reached: {why}.", remedy=remedy)


REMEDIES = {
    401: "Give the key: NIS_API_KEY, or one that `nis keys create` made there.",
    403: "It refuses this Host: add its name to NIS_ALLOWED_HOSTS.",
    404: "Something else than nis answers there, or a path was put before it.",
    502: "Its task answered the load balancer wrongly or died: `nis deploy logs`.",
    503: "No task is healthy, or what the chat needs is missing: `nis deploy status`.",
    504: "The load balancer's idle time-out is shorter than the answer takes.",
}


def _refused(
    status: int, text: bytes, found: Mapping[str, object] | None, headers: Mapping[str, str]
) -> UpstreamFailed:
    said = str((found or {}).get("detail") or text[:200].decode(errors="replace").strip() or "nothing")
    remedy = str((found or {}).get("remedy") or REMEDIES.get(status) or "Look into the logs: `nis deploy logs`.")
    elsewhere = headers.get("Location")
    moved = f" It leads to {shorten(elsewhere)}: give that address." if elsewhere else ""
    return UpstreamFailed(f"It answered {status}: {shorten(said, 300)}{moved}", remedy=remedy)
