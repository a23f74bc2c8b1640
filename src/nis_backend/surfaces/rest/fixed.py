"""The paths fixed by earlier callers: the one place where a derived surface names operations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.surfaces.rest.derive import RestRoute

if TYPE_CHECKING:
    from nis_backend.entry import Entry

CHAT = RestRoute(method="POST", path="/chat", operation="chat.send_message")

FIXED = (
    RestRoute(method="GET", path="/health", operation="system.check_health"),
    RestRoute(method="GET", path="/health/live", operation="system.check_live"),
    RestRoute(method="GET", path="/health/ready", operation="system.check_ready"),
    CHAT,
)

CONTENT = RestRoute(method="GET", path="/blobs/{id}/content", operation="blobs.read_content")
"""Where the bytes of a blob are, for links to them."""

START = RestRoute(method="POST", path="/runs/start-run", operation="runs.start_run")
"""Where the command line begins a run of an operation that only a GET answers."""

PUBLIC = frozenset({"/health", "/health/live", "/health/ready", "/.well-known/agent-card.json"})
"""Paths that answer without a key."""


def may_be_run(route: RestRoute, entry: Entry) -> bool:
    """Whether `Prefer: respond-async` is met here; RFC 7240 has it passed over where it is not.

    A GET is safe, and sent again by whatever it passes: it leaves nothing behind. Of a stream nothing is kept, and no
    log keeps a secret.
    """
    return route.method != "GET" and entry.shape != "stream" and not entry.secret


COMMANDS = {"doctor": "system.run_doctor", "chat": "chat.send_message", "operations": "operations.list_operations"}
"""Short commands of the command line."""

VERDICTS = {"system.run_doctor": "ok"}
"""Results that are a verdict, and the field that gives it: where it is false, the command line's exit code says so."""

WATCHED = {"runs.stream_events": "watch"}
"""Streams of a run's events that the command line also draws live, and the name of the command that does."""

LOOKUP = "operations.get_operation"
"""How the command line learns of an operation that only the running server has."""

GET_AGENT, CREATE_AGENT, UPDATE_AGENT = "agents.get_agent", "agents.create_agent", "agents.update_agent"
"""What `nis agents apply` brings to what a file says."""
