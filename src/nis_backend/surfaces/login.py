"""Who calls: the first key, which the setting names, stored keys, and nobody in particular on this machine alone."""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from nis_backend.caller import LOCAL, Caller
from nis_backend.errors import Unauthenticated, Unavailable
from nis_backend.keys import is_ours

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from nis_backend.keys import Keys
    from nis_backend.settings import Settings

ANYONE = Caller(owner="anyone", scopes=frozenset())
"""Who calls without a key, where that is allowed."""

STILL_SECONDS = 5.0
"""Time between two looks whether the key behind something long open still counts."""

_BEARER = re.compile(r"bearer +(\S.*)", re.IGNORECASE)


# Callers come under few names, again and again; few are kept, since each may be as long as headers may.
@lru_cache(maxsize=64)
def is_loopback(host: str) -> bool:
    """Whether an address to listen on, or a host name asked for, is this machine alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        # A name, and any name may lead anywhere: `127.0.0.1.example.com` too.
        return False


def wants_key(settings: Settings) -> bool:
    """Whether a caller must send a key: not on this machine alone, unless a first key is set."""
    return settings.api_key is not None or not is_loopback(settings.host)


async def caller_of(settings: Settings, keys: Keys, headers: Mapping[str, str], *, always: bool = False) -> Caller:
    """Who sends these headers.

    The key is a bearer token, or where there is none what stands in `x-api-key`, as Anthropic's clients send it.
    Where no key is wanted, what is not one of ours counts as none: clients of other protocols must send something.
    With `always` a key is wanted on this machine alone too: the message may come from anywhere.

    Raises:
        Unauthenticated: a key is wanted and none was sent, or a wrong one, or one that counts no more.
        Unavailable: the database cannot be asked whose it is.
    """
    header = headers.get("authorization", "")
    given = _BEARER.fullmatch(header.strip())
    key = given[1] if given else "" if header else headers.get("x-api-key", "").strip()
    first = settings.api_key
    is_first = first is not None and hmac.compare_digest(key.encode(), first.get_secret_value().encode())
    if is_ours(key):
        # A stored key is its holder's also where the server was started with it, as from the shell of a caller.
        return await keys.caller(key, LOCAL if is_first else None)
    if is_first:
        return LOCAL
    if not (always or wants_key(settings)):
        return LOCAL
    raise _refusal(header or key, key)


def _refusal(header: str, key: str) -> Unauthenticated:
    send = "Send the header Authorization: Bearer KEY; the command line takes it from NIS_API_KEY."
    if not header:
        return Unauthenticated("This server wants a key and the request has none.", remedy=send)
    if not key:
        wrong = "The header Authorization is not of the form Bearer KEY."
        return Unauthenticated(wrong, field="Authorization", remedy=send)
    return Unauthenticated(
        "This server wants a key and the request has another one.",
        field="Authorization",
        remedy="Send a key of this server: its NIS_API_KEY, or one that `nis keys create` made.",
    )


class Watch:
    """Whether the key behind something that stays open still counts, looked at every few seconds while it is used."""

    def __init__(self, ask: Callable[[], Awaitable[Caller]]) -> None:
        self._ask = ask
        self._clock = asyncio.get_running_loop().time
        self._next = self._clock() + STILL_SECONDS

    async def holds(self) -> bool:
        """False once the key was revoked, replaced, or has expired."""
        if self._clock() < self._next:
            return True
        try:
            await self._ask()
        except Unauthenticated:
            return False
        except Unavailable:
            # Nobody can be asked at the moment: what was admitted goes on.
            pass
        self._next = self._clock() + STILL_SECONDS
        return True
