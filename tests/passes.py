"""Requests that are passed on through a gateway under test, and what comes back."""

from __future__ import annotations

import json
from typing import Any

from gated import WHO, Gated

from nis_backend.drivers.gateway.base import Inbound, Passed, Who

ASKED: dict[str, Any] = {"messages": [{"role": "user", "content": "Hello?"}]}


def inbound(model: str, *, stream: bool = False, **given: Any) -> Inbound:
    """A request of a chat, written as nobody here would."""
    asked = {**ASKED, "model": model, "stream": stream, **given}
    return Inbound(kind="chat", asked=asked, body=json.dumps(asked, indent=1).encode(), headers={}, streamed=stream)


async def passed(gate: Gated, one: Inbound, who: Who = WHO) -> Passed:
    """What is passed back."""
    route = await gate.gateway.passes(who, one)
    assert route is not None
    return await gate.gateway.pass_on(who, one, route)


async def items_of(found: Passed) -> bytes:
    """All of its bytes."""
    if found.items is None:
        return found.whole
    try:
        return b"".join([item async for item in found.items])
    finally:
        await found.items.aclose()


async def read(gate: Gated, one: Inbound, who: Who = WHO) -> bytes:
    """All of what is passed back."""
    return await items_of(await passed(gate, one, who))


def headers(found: Passed) -> dict[str, str]:
    """By name."""
    return {name.decode(): value.decode() for name, value in found.headers}
