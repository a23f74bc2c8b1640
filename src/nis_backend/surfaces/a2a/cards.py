"""Answers agents' cards, with the validators that let a client keep them, and signed where there is a key."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import time
from email.utils import formatdate, parsedate_to_datetime
from importlib import import_module
from typing import TYPE_CHECKING

from starlette.responses import Response

from nis_backend.record import record
from nis_backend.surfaces.a2a import wire
from nis_backend.surfaces.a2a.agents import everybodys, named
from nis_backend.surfaces.a2a.card import Shown, agent_card
from nis_backend.surfaces.a2a.http import base_of, parameters_of

if TYPE_CHECKING:
    from starlette.requests import Request

    from nis_backend.operation import Json
    from nis_backend.surfaces.a2a.agents import Agent
    from nis_backend.surfaces.base import Process

PATH = "/.well-known/agent-card.json"
KEYS = "/.well-known/agent-card-keys.json"
"""Where the public key is that signatures are checked with: a JSON Web Key Set (RFC 7517)."""
MAX_AGE = 300
"""Seconds a client may keep a card of everybody's: it changes only with a restart."""
KEPT = 32
"""Cards that are kept at most: their addresses are those that callers know the server under, which may be any."""


@record
class Made:
    """A card as it goes out."""

    body: bytes
    etag: str


class CardEndpoint:
    """Answers the cards, and the key that they are signed with."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._began = time.time()
        self._made: dict[Shown, Made] = {}

    async def answer(self, request: Request) -> Response:
        """The card, or 304 when the client has it.

        Who is not known to speak 1.0 gets the members of 0.3 too, unless the settings say that nobody does.
        """
        name = request.path_params.get("agent", "")
        agent = everybodys(name)
        if agent is None:
            # Whose card it is says who asks, which nobody else is told: the guard lets every card be asked for.
            caller = await self._process.authenticate(request.headers)
            agent = await named(name, self._process.context(caller))
        spoken = parameters_of(request)[wire.VERSION_PARAMETER].strip()
        older = self._process.settings.card == "compatible" and not spoken.startswith(wire.VERSION)
        made = await self._card(Shown(agent=agent, base=base_of(self._process, request), older=older))
        headers = {"etag": made.etag, **self._freshness(agent)}
        if _is_kept(request, made.etag, None if agent.kept else self._began):
            return Response(status_code=304, headers=headers)
        return Response(made.body, media_type="application/json", headers=headers)

    def _freshness(self, agent: Agent) -> dict[str, str]:
        """How long a card may be kept, and by whom: its owner changes a kept agent at any time."""
        if agent.kept is not None:
            return {"cache-control": "private, no-cache", "vary": "A2A-Version, Host, Authorization, X-Api-Key"}
        return {
            "last-modified": formatdate(self._began, usegmt=True),
            "cache-control": f"public, max-age={MAX_AGE}",
            "vary": "A2A-Version, Host",
        }

    async def keys(self, request: Request) -> Response:
        """The public keys: none, where cards are not signed."""
        del request
        path = self._process.settings.card_key
        keys: list[Json] = []
        if path is not None:
            signing = await asyncio.to_thread(import_module, "nis_backend.surfaces.a2a.signing")
            keys = [await asyncio.to_thread(signing.public_key, path)]
        return Response(json.dumps({"keys": keys}), media_type="application/jwk-set+json")

    async def _card(self, shown: Shown) -> Made:
        made = self._made.get(shown)
        if made is None:
            settings = self._process.settings
            card = agent_card(settings, self._process.operations.entries(), shown)
            if settings.card_key is not None:
                # Kept, because a signature has chance in it: the validator would change with each request.
                signing = await asyncio.to_thread(import_module, "nis_backend.surfaces.a2a.signing")
                keys = f"{shown.base.rstrip('/')}{KEYS}"
                card["signatures"] = await asyncio.to_thread(signing.signatures, card, settings.card_key, keys)
            body = json.dumps(card, ensure_ascii=False, separators=(",", ":")).encode()
            made = Made(body=body, etag=f'"{hashlib.sha256(body).hexdigest()[:32]}"')
            if len(self._made) >= KEPT:
                self._made.clear()
            self._made[shown] = made
        return made


def _is_kept(request: Request, etag: str, changed: float | None) -> bool:
    """RFC 9110, 13.2.2: `If-None-Match` decides alone when it is sent; when it was `changed` may not be known."""
    known = request.headers.get("if-none-match")
    if known is not None:
        return known.strip() == "*" or etag in re.findall(r'"[^"]*"', known)
    since = request.headers.get("if-modified-since")
    if since is None or changed is None:
        return False
    try:
        return int(changed) <= parsedate_to_datetime(since).timestamp()
    except (ValueError, OverflowError):
        return False
