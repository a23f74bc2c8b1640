"""How an index is asked: one request, a bounded answer, and failures in the project's words."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import dataclass, field
from html import unescape
from typing import TYPE_CHECKING, Any, Literal, cast
from urllib.parse import urlencode

from nis_backend.drivers.http.base import HttpError, Unreachable, retry_after
from nis_backend.errors import Busy, InvalidRequest, Unavailable, UpstreamFailed, shorten

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nis_backend.drivers.http.base import Client, Response

SECONDS = 20.0
"""Longest time of one answer."""
MOST = 4 * 2**20
"""Bytes of an answer: twenty pages' lines are a few tens of kB."""
LONGEST_TITLE, LONGEST_SNIPPET, LONGEST_URL = 500, 2000, 2048
OK, WRONG, FORBIDDEN, LATER, DOWN = 200, (400, 414, 422), (401, 403), 429, 503
UNPAID = (402, 432, 433)
"""HTTP's, and Tavily's for a plan that is used up and a limit of what is paid for as one goes."""
_REFUSED = re.compile(r"\bsubscription token\b|\binvalid api key\b", re.IGNORECASE)
"""How a key is refused by what answers as if the query were wrong: Brave does, with 422."""
_SPENT = re.compile(r"\bnot enough credits\b", re.IGNORECASE)
"""The same of an account that is empty: Serper does, with 400."""
_TAG = re.compile(r"</?(?:strong|em|b|i|mark|span|br)\b[^<>]*>", re.IGNORECASE)
"""What indexes mark words with."""
_ANY_TAG = re.compile(r"<(?:script|style)\b.*?</(?:script|style)>|<[^<>]*>", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class Index:
    """An index, and what is said where it refuses."""

    name: str
    client: Client
    url: str
    refused: str
    """The remedy where it does not let us in."""
    key: str = field(default="", repr=False)

    async def json(
        self,
        method: Literal["GET", "POST"],
        path: str,
        query: Mapping[str, str | int],
        headers: Mapping[str, str] | None = None,
        body: Mapping[str, object] | None = None,
    ) -> dict[str, Any]:  # Any: JSON
        """The object that it answers."""
        said = await self.text(method, path, query, {"accept": "application/json", **(headers or {})}, body)
        try:
            value = json.loads(said)
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict):
            raise self.strange("what is no JSON object")
        return cast("dict[str, Any]", value)

    async def text(
        self,
        method: Literal["GET", "POST"],
        path: str,
        query: Mapping[str, str | int],
        headers: Mapping[str, str],
        body: Mapping[str, object] | None = None,
    ) -> str:
        """What it answers, as UTF-8.

        Raises:
            NisError: see `base.WebSearch.search`.
        """
        url = f"{self.url.rstrip('/')}{path}{f'?{urlencode(query)}' if query else ''}"
        data = None if body is None else json.dumps(body).encode()
        sent = {"user-agent": "nis", "accept-encoding": "identity", **headers}
        if data is not None:
            sent["content-type"] = "application/json"
        try:
            async with asyncio.timeout(SECONDS):
                answer = await self.client.request(method, url, sent, data, silence=SECONDS)
                try:
                    came = await self._body(answer)
                finally:
                    answer.close()
        except TimeoutError as error:
            raise UpstreamFailed(f"{self.name} did not answer within {SECONDS:g} s.", remedy="Try again.") from error
        except HttpError as error:
            # Nobody has heard a request without a connection: a network is missing, as a package may be.
            kind = Unavailable if isinstance(error, Unreachable) else UpstreamFailed
            raise kind(
                f"{self.name} cannot be reached: {shorten(error.__cause__ or error)}.",
                remedy="See whether this machine reaches the network, and whether the address in its setting is right.",
            ) from error
        if answer.status != OK:
            raise self._refusal(answer, came)
        return came.decode("utf-8", "replace")

    async def _body(self, answer: Response) -> bytes:
        pieces: list[bytes] = []
        size = 0
        async for piece in answer.iter_any():
            size += len(piece)
            if size > MOST:
                raise self.strange(f"more than {MOST} bytes")
            pieces.append(piece)
        if answer.headers.get("content-encoding", "identity").strip().lower() not in {"", "identity"}:
            raise self.strange("a compressed body that nobody asked for")
        return b"".join(pieces)

    def _refusal(self, answer: Response, came: bytes) -> Exception:
        said = _reason(came)
        # Some tell the key that they refuse.
        said = shorten(said.replace(self.key, "…") if self.key else said, 300)
        status, wait = answer.status, _wait(answer)
        wrong = status in WRONG
        if status in UNPAID or (wrong and _SPENT.search(said)):
            return Unavailable(f"{self.name} wants to be paid: {status} {said}", remedy="Look at its account.")
        if status in FORBIDDEN or (wrong and _REFUSED.search(said)):
            return Unavailable(f"{self.name} refuses to be asked: {status} {said}", remedy=self.refused)
        if status == LATER or (status == DOWN and wait is not None):
            return Busy(f"{self.name} is asked too often.", remedy="Ask again later.", retry_after=wait)
        if wrong:
            return InvalidRequest(
                f"{self.name} does not take the query: {said}", field="query", remedy="Put it in other words."
            )
        remedy = "Try again." if status >= 500 else "See whether the address in its setting is right."  # noqa: PLR2004 - HTTP's
        return UpstreamFailed(f"{self.name} answered {status}: {said}", remedy=remedy)

    def strange(self, what: str) -> UpstreamFailed:
        """That it answers otherwise than it documents."""
        return UpstreamFailed(
            f"{self.name} answered {what}.", remedy="See whether the address in its setting is right."
        )


def _wait(answer: Response) -> float | None:
    """Seconds after which it may be asked again, as far as it says."""
    if (after := retry_after(answer.headers)) is not None:
        return after
    # Brave's, of several limits: those of which nothing is left.
    left, resets = (
        [one.strip() for one in answer.headers.get(f"x-ratelimit-{name}", "").split(",")]
        for name in ("remaining", "reset")
    )
    waits = [float(reset) for many, reset in zip(left, resets, strict=False) if many == "0" and reset.isdecimal()]
    return max(waits, default=None)


def _reason(came: bytes) -> str:
    """What an index says of a refusal: a member of its JSON that is a sentence, else all of it without its tags."""
    text = " ".join(unescape(_ANY_TAG.sub(" ", came[:4000].decode("utf-8", "replace"))).split())
    try:
        value: Any = json.loads(came)
    except (ValueError, RecursionError):
        return text
    for _ in range(2):
        for name in ("detail", "message", "error"):
            part = inner(value, name)
            if isinstance(part, str) and part.strip():
                return part
            if isinstance(part, dict):
                value = cast("dict[str, Any]", part)
                break
    return text


def listed(value: Any) -> list[dict[str, Any]]:  # Any: JSON
    """The objects of what should be a list of them."""
    some = cast("list[Any]", value) if isinstance(value, list) else []
    return [cast("dict[str, Any]", one) for one in some if isinstance(one, dict)]


def inner(value: Any, name: str) -> Any:  # Any: JSON
    """A member of what should be an object."""
    return cast("dict[str, Any]", value).get(name) if isinstance(value, dict) else None


def line(value: Any, longest: int) -> str:  # Any: JSON
    """A text of an index on one line, without its marks; nothing for what is no text."""
    return " ".join(_plain(value).split())[:longest] if isinstance(value, str) else ""


def address(value: Any) -> str:  # Any: JSON
    """An address of a page; nothing for what is none."""
    text = value.strip() if isinstance(value, str) else ""
    good = re.fullmatch(r"https?://[^\s<>\"\\]+", text) and len(text) <= LONGEST_URL
    return text if good else ""


def _plain(text: str) -> str:
    return unescape(_TAG.sub("", text))
