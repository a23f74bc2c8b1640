"""What a session's streams have sent lately: a client of the older era whose connection broke reads on from there.

Runs need none of this, their log is kept; it is for what is said of a call while its client is away.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from mcp.server.streamable_http import EventMessage, EventStore
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from typing_extensions import override

if TYPE_CHECKING:
    from mcp.server.streamable_http import EventCallback, EventId, StreamId
    from mcp_types import JSONRPCMessage

MOST_BYTES = 262_144
"""Of one session; the oldest goes first."""
MOST_EVENTS = 1_000
RETRY_MILLISECONDS = 1_000
"""How long a client waits before it comes back."""


class Replays(EventStore):
    """The last messages of one session's streams."""

    def __init__(self) -> None:
        self._events: deque[tuple[int, StreamId, JSONRPCMessage | None, int]] = deque()
        self._bytes = 0
        self._last = 0

    @override
    async def store_event(self, stream_id: StreamId, message: JSONRPCMessage | None) -> EventId:
        self._last += 1
        size = 0 if message is None else len(message.model_dump_json(exclude_none=True))
        self._events.append((self._last, stream_id, message, size))
        self._bytes += size
        while self._bytes > MOST_BYTES or len(self._events) > MOST_EVENTS:
            self._bytes -= self._events.popleft()[3]
        return str(self._last)

    @override
    async def replay_events_after(self, last_event_id: EventId, send_callback: EventCallback) -> StreamId | None:
        """Send what came after it on its stream; nothing where it is not kept any more."""
        held = list(self._events)
        stream = next((of for number, of, _, _ in held if str(number) == last_event_id), None)
        for number, of, message, _ in held:
            if of == stream and message is not None and number > int(last_event_id):
                await send_callback(EventMessage(message, str(number)))
        return stream


class Manager(StreamableHTTPSessionManager):
    """The package's sessions, each with a store of its own: streams are named by what clients call their requests."""

    @property
    def event_store(self) -> EventStore:
        """A new one; the package asks once for each session."""
        return Replays()

    @event_store.setter
    def event_store(self, _given: EventStore | None) -> None:
        """What the package is given is for all sessions together."""
