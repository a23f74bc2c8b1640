"""An agent's card as JSON: who answers, at which address, and what it can do."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from nis_backend import __version__
from nis_backend.limits import PICTURES, SOUNDS
from nis_backend.record import record
from nis_backend.surfaces.a2a.agents import AGENTS
from nis_backend.surfaces.a2a.wire import A2UI, A2UI_MEDIA_TYPE, BINDING, OLDER, REPLAY, VERSION
from nis_backend.surfaces.a2ui import BASIC, CATALOG
from nis_backend.surfaces.login import wants_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nis_backend.entry import Entry
    from nis_backend.operation import Json
    from nis_backend.settings import Settings
    from nis_backend.surfaces.a2a.agents import Agent

MODES = ["text/plain", "application/json", A2UI_MEDIA_TYPE]
EXAMPLES = 5
"""Questions a skill shows at most."""
OLDER_VERSION = "0.3.0"
"""How a card of 0.3 writes its version."""


@record
class Shown:
    """Which of an agent's cards."""

    agent: Agent
    base: str
    """This server's public address, as http or https."""
    older: bool = False
    """Whether clients of 0.3 may read it: they need its own members beside those of 1.0."""
    extended: bool = False
    """Whether each operation is a skill, and not each family of them."""


def agent_card(settings: Settings, entries: Iterable[Entry], shown: Shown) -> Json:
    """The card."""
    own, base = shown.agent, shown.base
    if own.kept is not None and own.kept.card is not None:
        able = {*own.kept.card.operations}
        entries = [entry for entry in entries if entry.name in able]
    rpc, rest = address(base, own), _url(base, "/rest" if _is_first(own) else f"/rest/{own.name}")
    socket = rpc.replace("http", "ws", 1)
    skills = _operations if shown.extended else _families
    card: Json = {
        "name": own.title,
        "description": own.description,
        "version": own.version or __version__,
        "supportedInterfaces": [
            {"url": rpc, "protocolBinding": "JSONRPC", "protocolVersion": VERSION},
            {"url": rest, "protocolBinding": "HTTP+JSON", "protocolVersion": VERSION},
            {"url": socket, "protocolBinding": BINDING, "protocolVersion": VERSION},
        ],
        "capabilities": {
            "streaming": True,
            "pushNotifications": True,
            "extendedAgentCard": True,
            "extensions": EXTENSIONS,
        },
        "defaultInputModes": [*MODES, *(PICTURES if own.files else ()), *(SOUNDS if own.files else ())],
        "defaultOutputModes": MODES,
        "skills": [*_own(own), *skills(sorted(entries, key=lambda entry: entry.name))],
    }
    if wants_key(settings):
        scheme: Json = {"scheme": "bearer", "description": "A key of this server."}
        card["securitySchemes"] = {"bearer": {"httpAuthSecurityScheme": scheme}}
        card["securityRequirements"] = [{"schemes": {"bearer": {"list": []}}}]
    if shown.older:
        _add_older(card, rpc)
    return card


EXTENSIONS: list[Json] = [
    {
        "uri": A2UI,
        "description": "Answers carry A2UI v0.9 messages; actions come back as data parts.",
        "required": False,
        "params": {"supportedCatalogIds": [CATALOG, BASIC], "acceptsInlineCatalogs": False},
    },
    {
        "uri": REPLAY,
        "description": (
            "Each streamed response has the task's event number: `seq` beside `result` on the socket, the event's id "
            "over HTTP. SubscribeToTask takes `lastSeq`, or Last-Event-ID: the task as it was then, and every event "
            "after it, also of a task that has ended."
        ),
        "required": False,
    },
]


def _add_older(card: Json, rpc: str) -> None:
    """What a client of 0.3 looks for, beside what it does not know."""
    interface = {"url": rpc, "protocolBinding": "JSONRPC", "protocolVersion": OLDER}
    card["supportedInterfaces"] = [*card["supportedInterfaces"], interface]
    card["url"] = rpc
    card["protocolVersion"] = OLDER_VERSION
    card["preferredTransport"] = "JSONRPC"
    card["additionalInterfaces"] = [{"url": rpc, "transport": "JSONRPC"}]
    card["supportsAuthenticatedExtendedCard"] = True
    if "securitySchemes" in card:
        both = card["securitySchemes"]["bearer"]
        both.update({"type": "http", **both["httpAuthSecurityScheme"]})
        card["security"] = [{"bearer": []}]


def _own(agent: Agent) -> list[Json]:
    """What a kept agent is for, which is a skill by itself: it may use no operation at all."""
    return [] if agent.kept is None else [_skill(agent.name, agent.title, agent.description, ["agent"], ())]


def _families(entries: Sequence[Entry]) -> list[Json]:
    return [_family(family, [*some]) for family, some in groupby(entries, lambda entry: entry.family)]


def _family(family: str, entries: Sequence[Entry]) -> Json:
    name = family.replace("_", " ").capitalize()
    description = "\n".join(f"{entry.action}: {entry.summary}" for entry in entries)
    return _skill(family, name, description, [family, *(entry.action for entry in entries)], entries)


def _operations(entries: Sequence[Entry]) -> list[Json]:
    return [
        _skill(entry.name, entry.action.replace("_", " ").capitalize(), entry.description, [entry.family], [entry])
        for entry in entries
    ]


def _skill(id: str, name: str, description: str, tags: list[str], entries: Sequence[Entry]) -> Json:  # noqa: A002 - the member's name
    questions = [example["question"] for entry in entries for example in entry.examples if example.get("question")]
    skill: Json = {"id": id, "name": name, "description": description, "tags": tags}
    return {**skill, "examples": questions[:EXAMPLES]} if questions else skill


def _is_first(agent: Agent) -> bool:
    return agent.name == next(iter(AGENTS))


def address(base: str, agent: Agent) -> str:
    """Where an agent takes calls; the first has the shortest address."""
    return _url(base, "" if _is_first(agent) else f"/agents/{agent.name}")


def _url(base: str, below: str) -> str:
    scheme, host, path, _, _ = urlsplit(base)
    return urlunsplit((scheme, host, f"{path.rstrip('/')}/a2a{below}", "", ""))
