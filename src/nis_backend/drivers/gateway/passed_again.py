"""A response that was passed on, passed back again: a chat completion in either of its forms, the rest as it came."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

from pydantic_core import to_json
from typing_extensions import override

from nis_backend.drivers.gateway.base import Passed
from nis_backend.drivers.gateway.bounds import output_bound
from nis_backend.drivers.gateway.forms import completion_in, is_cut, is_whole, joined, split
from nis_backend.drivers.gateway.headers import header, whole_headers
from nis_backend.drivers.gateway.outgoing import OPTIONS, counts_added
from nis_backend.drivers.gateway.wanted import Hit, Wanted

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from nis_backend.drivers.gateway.base import Inbound, Json, Who
    from nis_backend.drivers.gateway.caching import Answers
    from nis_backend.drivers.gateway.flight import Joined
    from nis_backend.drivers.gateway.kept import Kept
    from nis_backend.drivers.gateway.passing import Answer
    from nis_backend.drivers.gateway.route import Route
    from nis_backend.drivers.gateway.until import Until

MEANINGLESS = frozenset({"model", "stream", OPTIONS, "user", "metadata", "safety_identifier", "store"})
"""Members of a request that do not change what its answer says."""
LARGE = 2**18
"""Bytes of a body from which on it is read in a thread."""
_ENDED = re.compile(rb'"stop_reason"\s*:\s*"(?:end_turn|tool_use|max_tokens|stop_sequence)"')
"""How a message ends that is whole."""
_CALLS = re.compile(rb'"(?:tool_calls|function_call|tool_use)"')
"""What stands in an answer that wants functions called."""


class WantedPassed(Wanted["Answer", bytes]):
    """A request in a provider's own format."""

    def __init__(self, who: Who, route: Route, inbound: Inbound, ask: Callable[[Until], Awaitable[Answer]]) -> None:
        super().__init__(who, route)
        self.kind = inbound.kind
        self.streamed = inbound.streamed
        self.large = len(inbound.body) >= LARGE
        # What is to be stored at the provider would not be.
        self.kept = inbound.asked.get("store") is not True
        self._inbound = inbound
        self._ask = ask

    @override
    def said(self) -> list[Any]:
        return [*self._about(), self._meaning()]

    @override
    def question(self) -> tuple[str, list[Any]] | None:
        asked = self._meaning()
        messages: Any = asked.get("messages")  # Any: JSON
        if not isinstance(messages, list) or not messages:
            return None
        turns = cast("list[Any]", messages)
        last = cast("Json", turns[-1]) if isinstance(turns[-1], dict) else {}
        words = last.get("content")
        if last.get("role") != "user" or not isinstance(words, str):
            return None
        rest = {name: value for name, value in last.items() if name != "content"}
        return words, [*self._about(), {**asked, "messages": [*turns[:-1], rest]}]

    @override
    def flights(self) -> list[str]:
        # Who asks for the count of a stream's tokens gets other bytes than who does not.
        return [f"{self.streamed} {counts_added(self._inbound)}"]

    @override
    async def ask(self, until: Until) -> Answer:
        return await self._ask(until)

    @override
    def weigh(self, piece: bytes) -> int:
        return len(piece)

    @override
    def write(self, answer: Answer, pieces: Sequence[bytes]) -> tuple[str, bytes] | None:
        body = b"".join(pieces)
        if self.kind == "chat":
            made = joined(body, answer.stated()) if answer.streams else completion_in(body)
            if made is None or not is_whole(made) or (is_cut(made) and output_bound(self._inbound.asked) is None):
                return None
            return ("application/json", to_json(made)) if answer.streams else (answer.media_type, body)
        # A message has a most in every case.
        whole = self.kind == "embeddings" or _ENDED.search(body) is not None
        return (answer.media_type, body) if whole else None

    @override
    def read(self, kept: Kept) -> list[bytes] | None:
        if self.kind != "chat" or not self.streamed:
            return [kept.body]
        completion = completion_in(kept.body)
        return None if completion is None else [split(completion, counts=not counts_added(self._inbound))]

    @override
    def comparable(self, pieces: Sequence[bytes]) -> bool:
        # A call's arguments are taken from the words.
        return _CALLS.search(b"".join(pieces)) is None

    def _about(self) -> list[Any]:
        # A stream of chunks can be made of a whole completion; of other formats the stream is kept as it is.
        form = self.kind != "chat" and self.streamed
        return ["passed", form, sorted(self._inbound.headers.items())]

    def _meaning(self) -> Json:
        return {name: value for name, value in self._inbound.asked.items() if name not in MEANINGLESS}


async def passed_again(answers: Answers, wanted: WantedPassed) -> Passed:
    """The response, and in its headers where it is from."""
    given = await answers.given(wanted)
    return _kept(wanted, given) if isinstance(given, Hit) else await _joined(given)


async def _joined(given: Joined[Answer, bytes]) -> Passed:
    answer = given.answer
    headers = [*answer.headers, (b"x-nis-cache", given.how.encode())]
    if answer.streams:
        return Passed(status=answer.status, headers=headers, items=given)
    whole = b"".join([piece async for piece in given])
    cost = answer.cost if given.how == "miss" else 0
    return Passed(status=answer.status, headers=[*headers, *whole_headers(whole, cost)], whole=whole)


def _kept(wanted: WantedPassed, hit: Hit[bytes]) -> Passed:
    kept, body = hit.kept, b"".join(hit.pieces)
    streamed = wanted.kind == "chat" and wanted.streamed
    told = [
        ("content-type", "text/event-stream; charset=utf-8" if streamed else kept.media_type),
        ("x-nis-model", kept.target.id),
        ("x-nis-cache", "hit"),
        ("age", str(hit.age)),
        *([("x-nis-route", wanted.route.name)] if wanted.route.name != kept.target.id else []),
    ]
    headers = [(name.encode(), header(value)) for name, value in told]
    return Passed(status=200, headers=[*headers, *whole_headers(body, 0)], whole=body)
