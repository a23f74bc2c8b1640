"""A request's body as it goes out: the bytes that came in, with as little changed as can be.

What money was reserved for is what we wrote ourselves: where the gateway sets how long an answer may be, the whole body
is written anew from what was read of it. A member that stands there twice, or whose name is written in another way,
could else mean one thing here and another at the provider.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pydantic_core import from_json, to_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nis_backend.drivers.gateway.base import Inbound

LONGEST = "max_tokens"
"""The member that says how long an answer may be,"""
LONGEST_TOO = "max_completion_tokens"
"""and what OpenAI calls it for its newer models, which refuse the older name."""
OPTIONS = "stream_options"
BESIDE_USAGE = b'{"stream_options":{"include_usage":true},'

_MODEL = re.compile(rb'"model"\s*:\s*("(?:[^"\\]|\\.)*")')


def counts_added(inbound: Inbound) -> bool:
    """Whether a stream's count of tokens has to be asked for, its caller not having done so."""
    if inbound.kind != "chat" or not inbound.streamed:
        return False
    options: Any = inbound.asked.get(OPTIONS)  # Any: JSON
    return not (isinstance(options, dict) and options.get("include_usage") is True)  # pyright: ignore[reportUnknownMemberType] - JSON


def body_for(inbound: Inbound, model: str, most: int | None, *, counts: bool, longest: str = LONGEST) -> bytes:
    """The body for this model.

    `most` is how long each answer may be, where the gateway says so, under the name `longest` if the caller has used
    none; with `counts` the tokens of a stream are asked for.
    """
    asked, body = inbound.asked, inbound.body
    renamed = asked["model"] != model
    if most is None and not renamed and not counts:
        return body
    if most is None and b"\\u" not in body and not (counts and OPTIONS in asked):
        if renamed:
            body = _renamed(body, asked["model"], model)
        if body and counts:
            body = BESIDE_USAGE + body.lstrip()[1:]
        if body:
            return body
    return to_json(_changed(asked, model, most, counts=counts, longest=longest))


def _renamed(body: bytes, name: str, model: str) -> bytes:
    """The body with another model's name in it; empty when it cannot be told where the name stands."""
    found = _MODEL.search(body)
    if body.count(b'"model"') != 1 or found is None or from_json(found[1]) != name:
        return b""
    return body[: found.start(1)] + to_json(model) + body[found.end(1) :]


def _changed(
    asked: Mapping[str, Any],  # Any: JSON
    model: str,
    most: int | None,
    *,
    counts: bool,
    longest: str,
) -> dict[str, Any]:  # Any: as above
    changed = {**asked, "model": model}
    if counts:
        given = asked.get(OPTIONS)
        changed[OPTIONS] = {**(given if isinstance(given, dict) else {}), "include_usage": True}
    if most is not None:
        names = [name for name in (LONGEST, LONGEST_TOO) if asked.get(name) is not None]
        changed |= dict.fromkeys(names or [longest], most)
    return changed
