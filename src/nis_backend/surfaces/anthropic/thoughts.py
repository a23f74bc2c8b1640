"""What a model thought, as this format has it: its provider and that one's proof are sealed into the signature.

A thought goes back to the provider that wrote it, whole, and to no other one. So what is told in another's name bears a
mark; a signature without one is a provider's own, whose bytes have passed.
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import TYPE_CHECKING, Any, cast

from pydantic import ValidationError
from pydantic_core import PydanticCustomError, from_json, to_json

from nis_backend.capabilities.models.completion import Thought

if TYPE_CHECKING:
    from nis_backend.operation import Json

MARK = "nis:"
BLOCKS = {"thinking": "signature", "redacted_thinking": "data"}
"""The blocks of thoughts, and where each bears the mark."""


def sealed(thought: Thought) -> str:
    """All of it, for a client that gives it back and does not look into it."""
    told = json.dumps(thought.model_dump(exclude_defaults=True))
    return MARK + base64.b64encode(told.encode()).decode("ascii")


def opened(seal: str) -> Thought | None:
    """What was sealed; None where it bears no mark.

    Raises:
        PydanticCustomError: the mark is ours, and the rest is not.
    """
    if not seal.startswith(MARK):
        return None
    try:
        given: Any = from_json(base64.b64decode(seal.removeprefix(MARK), validate=True))  # Any: JSON
        return Thought.model_validate(given)
    except (ValueError, binascii.Error, ValidationError):
        raise PydanticCustomError(
            "sealed", "the signature bears a mark of this server's, and is none of its own"
        ) from None


def whole(seal: str) -> str:
    """A seal that can be opened, if it is one."""
    opened(seal)
    return seal


def told(thought: Thought, model: str) -> Json:
    """A thought as a block."""
    origin = thought.origin or model.partition(":")[0]
    proof = thought.model_copy(update={"origin": origin})
    if not thought.text:
        return {"type": "redacted_thinking", "data": sealed(proof)}
    return {"type": "thinking", "thinking": thought.text, "signature": sealed(proof.model_copy(update={"text": ""}))}


def read(text: str, seal: str, origin: str, *, redacted: bool) -> Json:
    """A block's thought, in the operation's words; `origin` is whose it is where it bears no mark."""
    found = opened(seal)
    if found is None:
        return {"redacted": seal, "origin": origin} if redacted else {"text": text, "signature": seal, "origin": origin}
    return found.model_copy(update={} if redacted else {"text": text}).model_dump(exclude_defaults=True)


def unsealed(body: bytes, asked: Json, origin: str | None) -> tuple[Json, bytes]:
    """A request for a provider that speaks the format: its own thoughts as it wrote them, and no other's.

    Without an `origin` it is not known which one, and there are none.
    """
    if MARK.encode() not in body:
        return asked, body
    turns: Any = asked.get("messages")  # Any: JSON, which its provider reads
    if not isinstance(turns, list):
        return asked, body
    cleaned: list[Any] = []
    for turn in cast("list[Any]", turns):
        content: Any = cast("Json", turn).get("content") if isinstance(turn, dict) else None
        if not isinstance(content, list):
            cleaned.append(turn)
        elif blocks := [new for one in cast("list[Any]", content) if (new := _own(one, origin)) is not None]:
            cleaned.append({**turn, "content": blocks})
    given = {**asked, "messages": cleaned}
    return given, to_json(given)


def _own(block: Any, origin: str | None) -> Any:  # Any: JSON
    """The block as its provider wrote it; None where that was another one, or none that signs."""
    if not isinstance(block, dict):
        return block
    given = cast("Json", block)
    seal: Any = given.get(BLOCKS.get(str(given.get("type")), ""))
    if not isinstance(seal, str) or not seal.startswith(MARK):
        return given
    try:
        found = opened(seal)
    except PydanticCustomError:
        return given
    if found is None or found.origin != origin or not (found.signature or found.redacted):
        return None
    if found.redacted:
        return {"type": "redacted_thinking", "data": found.redacted}
    return {"type": "thinking", "thinking": given.get("thinking") or found.text, "signature": found.signature}
