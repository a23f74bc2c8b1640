"""The agent card: who answers here, at which address, and what it can do."""

from __future__ import annotations

import hashlib
import json
import re
import time
from email.utils import formatdate, parsedate_to_datetime
from itertools import groupby
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from starlette.responses import Response

from nis_backend import __version__
from nis_backend.surfaces.a2a.http import base_of
from nis_backend.surfaces.a2a.wire import A2UI, A2UI_MEDIA_TYPE, BINDING, REPLAY, VERSION
from nis_backend.surfaces.a2ui import BASIC, CATALOG
from nis_backend.surfaces.login import wants_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from starlette.requests import Request

    from nis_backend.entry import Entry
    from nis_backend.operation import Json
    from nis_backend.settings import Settings
    from nis_backend.surfaces.base import Process

PATH = "/.well-known/agent-card.json"
MAX_AGE = 300
"""Seconds a client may keep the card: it changes only with a restart."""
MODES = ["text/plain", "application/json", A2UI_MEDIA_TYPE]
EXAMPLES = 5
"""Questions a skill shows at most."""


def agent_card(settings: Settings, entries: Iterable[Entry], base: str) -> Json:
    """The card of a server whose public address is `base`, as http or https."""
    card: Json = {
        "name": "nis",
        "description": (
            "A self-hosted agent whose numbers are computed by typed operations and checked. It reads words, and data "
            'parts {"operation": "family.action", "arguments": {…}}, whose result is the artifact `result`.'
        ),
        "version": __version__,
        "supportedInterfaces": [
            {"url": _url(base), "protocolBinding": "JSONRPC", "protocolVersion": VERSION},
            {"url": _url(base, "/rest"), "protocolBinding": "HTTP+JSON", "protocolVersion": VERSION},
            {"url": _socket_url(base), "protocolBinding": BINDING, "protocolVersion": VERSION},
        ],
        "capabilities": {
            "streaming": True,
            "pushNotifications": False,
            "extendedAgentCard": False,
            "extensions": [
                {
                    "uri": A2UI,
                    "description": "Answers carry A2UI v0.9 messages; actions come back as data parts.",
                    "required": False,
                    "params": {"supportedCatalogIds": [CATALOG, BASIC], "acceptsInlineCatalogs": False},
                },
                {
                    "uri": REPLAY,
                    "description": (
                        "Each streamed response has `seq`, the task's event number, beside `result`. "
                        "SubscribeToTask takes `lastSeq`: the task as it was then, and every event after it, "
                        "also of a task that has ended."
                    ),
                    "required": False,
                },
            ],
        },
        "defaultInputModes": MODES,
        "defaultOutputModes": MODES,
        "skills": [_skill(family, [*some]) for family, some in groupby(_by_name(entries), lambda entry: entry.family)],
    }
    if wants_key(settings):
        card["securitySchemes"] = {
            "bearer": {"httpAuthSecurityScheme": {"scheme": "bearer", "description": "A key of this server."}}
        }
        card["securityRequirements"] = [{"schemes": {"bearer": {"list": []}}}]
    return card


def _by_name(entries: Iterable[Entry]) -> list[Entry]:
    return sorted(entries, key=lambda entry: entry.name)


def _skill(family: str, entries: Sequence[Entry]) -> Json:
    questions = [example["question"] for entry in entries for example in entry.examples if example.get("question")]
    skill: Json = {
        "id": family,
        "name": family.replace("_", " ").capitalize(),
        "description": "\n".join(f"{entry.action}: {entry.summary}" for entry in entries),
        "tags": [family, *(entry.action for entry in entries)],
    }
    if questions:
        skill["examples"] = questions[:EXAMPLES]
    return skill


def _url(base: str, below: str = "") -> str:
    scheme, host, path, _, _ = urlsplit(base)
    return urlunsplit((scheme, host, f"{path.rstrip('/')}/a2a{below}", "", ""))


def _socket_url(base: str) -> str:
    # http makes ws, https wss.
    return _url(base).replace("http", "ws", 1)


class CardEndpoint:
    """Answers the card, with the validators that let a client keep it."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._made = time.time()

    async def answer(self, request: Request) -> Response:
        """The card, or 304 when the client has it."""
        settings = self._process.settings
        base = base_of(self._process, request)
        card = agent_card(settings, self._process.operations.entries(), base)
        body = json.dumps(card, ensure_ascii=False, separators=(",", ":")).encode()
        etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        headers = {
            "etag": etag,
            "last-modified": formatdate(self._made, usegmt=True),
            "cache-control": f"public, max-age={MAX_AGE}",
            "vary": "A2A-Version, Host",
        }
        if _is_kept(request, etag, self._made):
            return Response(status_code=304, headers=headers)
        return Response(body, media_type="application/json", headers=headers)


def _is_kept(request: Request, etag: str, changed: float) -> bool:
    """RFC 9110, 13.2.2: `If-None-Match` decides alone when it is sent."""
    known = request.headers.get("if-none-match")
    if known is not None:
        return known.strip() == "*" or etag in re.findall(r'"[^"]*"', known)
    since = request.headers.get("if-modified-since")
    if since is None:
        return False
    try:
        return int(changed) <= parsedate_to_datetime(since).timestamp()
    except ValueError:
        return False
