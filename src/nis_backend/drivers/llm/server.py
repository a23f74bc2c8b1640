"""A provider's HTTP server: where it is, with which key it is asked, and what its failures are called."""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar, cast

from typing_extensions import override

from nis_backend.drivers.http.base import CONNECT, HttpError, Lost, NoAddress, Unreachable
from nis_backend.errors import InvalidRequest, NisError, Unavailable, UpstreamFailed, shorten

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nis_backend.drivers.http.base import Client, Response

RACE = 5.0
"""Seconds within which a kept connection shows that its server had closed it."""
LONGEST_ERROR, LONGEST_ANSWER = 16_384, 16 * 2**20
"""Bytes that are read of an error, and of an answer."""

REQUEST_AT_FAULT = frozenset({400, 413, 422})
"""Answered for a request that is refused for what it says."""
TOO_SLOW = frozenset({408, 504, 524})
"""What a server, or a proxy before it, answers for one that is silent for too long; the last is Cloudflare's own."""
MAYBE_DONE = TOO_SLOW | {502}
"""Answered by what stands before a server that may have gone on."""

MOST_REMEMBERED = 4096

K = TypeVar("K")
V = TypeVar("V")


class Remembered(dict[K, V]):
    """What was learnt of models, whose names are callers': of so many at most, then it is learnt anew."""

    @override
    def __setitem__(self, key: K, value: V) -> None:
        if len(self) >= MOST_REMEMBERED and key not in self:
            self.clear()
        super().__setitem__(key, value)


@dataclass(frozen=True, kw_only=True)
class Variables:
    """What remedies tell the operator to set."""

    url: str
    key: str
    model: str


class Server:
    """One server; what it raises says by `sent` whether it may have heard the request."""

    def __init__(  # noqa: PLR0913 - where it is, and how it is asked
        self,
        provider: str,
        url: str,
        key: str,
        http: Client,
        variables: Variables,
        *,
        needs_key: bool = True,
    ) -> None:
        self.provider = provider
        self.key = key
        self.variables = variables
        self._url = url.rstrip("/")
        # An address may hold credentials, which are then sent in place of the key; `where` is what messages name.
        credentials, _, self.where = url.rpartition("://")[2].partition("/")[0].rpartition("@")
        self.sends_key = bool(key) and not credentials
        self._http = http
        self._needs_key = needs_key

    @property
    def name(self) -> str:
        """The provider and where it is, for messages."""
        return f"{self.provider} at {self.where}"

    async def send(
        self, method: str, path: str, headers: Mapping[str, str], patience: float, data: bytes | None = None
    ) -> Response:
        """The response, of any status and unread. `patience` is the longest silence in seconds.

        What is posted is posted once: it may have been heard, and be billed.

        Raises:
            Unavailable: it cannot be reached.
            UpstreamFailed: it broke off; `dropped` where it did so at once.
        """
        begun = time.monotonic()
        try:
            return await self._http.request(method, f"{self._url}{path}", headers, data, silence=patience)
        except NoAddress:
            raise unsent(
                Unavailable(
                    f"{self.variables.url} is not an address: {shorten(self.where)}.",
                    remedy=f"Set {self.variables.url} to something like https://example.com/v1.",
                )
            ) from None
        except Unreachable as error:
            raise unsent(
                Unavailable(
                    f"{self.provider} cannot be reached at {self.where}: {_reason(error.__cause__)}.",
                    remedy=f"Start that server, or set {self.variables.url} to where it is.",
                )
            ) from error
        except HttpError as error:
            cut = self.cut(error, patience)
            cut.dropped = isinstance(error, Lost) and time.monotonic() - begun <= RACE
            raise cut from error

    async def read(self, response: Response, most: int) -> bytes:
        """The body, or a little more than `most` bytes of it."""
        body = bytearray()
        while len(body) <= most and (piece := await response.readany()):
            body += piece
        return bytes(body)

    async def read_error(self, response: Response) -> bytes:
        """What an error says, as far as it comes; the response is then closed."""
        try:
            return await self.read(response, LONGEST_ERROR)
        except HttpError:
            return b""
        finally:
            response.close()

    def check_key(self) -> None:
        """Refuse to ask without a key, or with what is none."""
        if not (self.key.isascii() and self.key.isprintable()):
            raise unsent(
                Unavailable(
                    f"{self.variables.key} holds characters that no key has.", remedy=f"Set {self.variables.key} again."
                )
            )
        if self._needs_key and not self.key:
            raise unsent(
                Unavailable(
                    f"{self.provider} needs a key.",
                    remedy=f"Set {self.variables.key}, or choose another provider.",
                )
            )

    def quote(self, text: str) -> str:
        """What a server said, as we may repeat it: short, and without the key."""
        return shorten(text.replace(self.key, "***") if self.key else text).rstrip(".")

    def strange(self, what: str, kind: str) -> UpstreamFailed:
        """The failure of a server that is of no such `kind`."""
        return UpstreamFailed(
            f"{self.name} sent {what}.", remedy=f"See whether {self.variables.url} is the address of {kind}."
        )

    def too_much(self, most: int = LONGEST_ANSWER) -> UpstreamFailed:
        """The failure of a server that does not come to an end."""
        return UpstreamFailed(f"{self.name} sent more than {most} bytes.")

    def cut(self, error: BaseException | None, patience: float) -> UpstreamFailed:
        """The failure of an answer that has no end."""
        silent = isinstance(error, TimeoutError)
        what = f"sent nothing for {patience:g} s" if silent else "broke off before its answer was whole"
        return UpstreamFailed(f"{self.name} {what}.", remedy="Try again, or choose another model.")


def unsent(error: NisError) -> NisError:
    """The failure of a request that nobody has heard."""
    error.sent = "no"
    return error


def prompt_too_long(model: str, said: str) -> InvalidRequest:
    """The refusal of a prompt that is longer than the model takes."""
    error = InvalidRequest(
        f"The prompt is longer than {shorten(model)} takes{said}.", remedy="Send less, or choose another model."
    )
    error.too_long = True
    return error


def object_in(data: bytes) -> dict[str, Any]:  # Any: JSON
    """The JSON object that a body is; empty where it is none: a proxy's page tells a caller nothing."""
    try:
        return members(json.loads(data))
    except (ValueError, RecursionError):
        return {}


def members(value: object) -> dict[str, Any]:  # Any: JSON
    """The members of what should be an object; none where it is something else."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def text_in(value: object) -> str:
    """What should be text; half a character becomes a question mark, and what is none is nothing."""
    if not isinstance(value, str):
        return ""
    return value if value.isascii() else value.encode(errors="replace").decode()


def _reason(error: BaseException | None) -> str:
    """Why there is no connection, without the address that the system puts into its message."""
    if isinstance(error, TimeoutError):
        return f"no connection within {CONNECT:g} s"
    # What a certificate lacks has a number, which is not the system's; and so has a name that cannot be resolved.
    told = getattr(error, "verify_message", None) or getattr(error, "reason", None)
    number = getattr(error, "errno", None) or 0
    if told is None and number > 0:
        return os.strerror(number)
    return shorten(told or getattr(error, "strerror", None) or type(error).__name__)
