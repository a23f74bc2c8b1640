"""What tools answered is data: marked as such to the model, looked at for orders, and remembered as read."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from nis_backend.blob import blob_fields
from nis_backend.event import Warned
from nis_backend.guardrails.injected import orders_in
from nis_backend.guardrails.marking import marked, new_mark
from nis_backend.guardrails.paths import texts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nis_backend.context import Context
    from nis_backend.entry import Entry
    from nis_backend.operation import Json

COMPUTES = frozenset({"science"})
"""Pools that compute from what the model itself has written, and read nothing else."""
ANY_OF = frozenset({"type", "$ref", "anyOf", "allOf", "oneOf", "enum", "const", "properties"})
"""Members of which a schema has one that says what it takes."""
MOST_TOLD = 5
"""Operations that a person is told of that were read before."""


def from_outside(entry: Entry | None, *, failed: bool = False) -> bool:
    """Whether what it answers may hold words that somebody else has written; None is a tool of another server.

    What an operation that only uses this server refuses is said by this server.
    """
    if entry is None or entry.outward or failed:
        return entry is None or entry.outward
    return _reads_words(entry)


@lru_cache(maxsize=2048)
def _reads_words(entry: Entry) -> bool:
    """Whether it answers words, and not only such as are computed from what the model itself has written."""
    computes = entry.pool in COMPUTES and not blob_fields(entry.request_schema)
    return not computes and (entry.shape == "run" or _has_words(entry.result_schema))


def _has_words(schema: Json) -> bool:
    """Whether something in it may be any text: a number, a choice and a truth are none."""
    waiting: list[Any] = [schema]
    while waiting:
        one = waiting.pop()
        if isinstance(one, list):
            waiting += cast("list[Any]", one)
        elif isinstance(one, dict):
            given = cast("Json", one)
            if not given.keys() & ANY_OF or (given.get("type") == "string" and not given.keys() & {"enum", "const"}):
                return True
            waiting += [given[name] for name in ("items", "prefixItems", "anyOf", "allOf", "oneOf") if name in given]
            waiting += [part for name in ("properties", "$defs") for part in given.get(name, {}).values()]
            extra = given.get("additionalProperties")
            waiting += [extra] if isinstance(extra, dict) else []
    return False


class Quarantine:
    """What a part of a conversation has read from outside."""

    def __init__(self, ctx: Context, *, wary: bool, read: Iterable[str] = ()) -> None:
        self._ctx = ctx
        self._wary = wary
        self._mark = ""
        self._read = dict.fromkeys(read)

    def asks(self, name: str, entry: Entry | None) -> str:
        """Why a person decides before a call of what sends out or changes something; empty where nobody has to."""
        if not (self._wary and self._read) or (entry is not None and entry.effect == "reads" and not entry.outward):
            return ""
        does = "reaches out" if entry is None or entry.outward else entry.effect
        read = ", ".join(list(self._read)[:MOST_TOLD])
        return f"{name} {does}, and what {read} has answered was read before: somebody else may have asked for it."

    def have_read(self, names: Iterable[str]) -> None:
        """What a step has read; calls of the same step were chosen before."""
        self._read.update(dict.fromkeys(names))

    @property
    def read(self) -> list[str]:
        """What was read up to here."""
        return list(self._read)

    def told(self, text: str) -> str:
        """As the model is told it."""
        self._mark = self._mark or new_mark(self._ctx)
        return marked(text, self._mark)

    async def look(self, name: str, told: Any) -> None:  # Any: JSON
        """Warn of what reads like an order to a model, in what it is told: all of a long result would take seconds."""
        kinds = sorted({kind for _, text in texts(told) for kind in orders_in(text)})
        if kinds:
            await self._ctx.run.write(
                Warned(
                    message=f"What {name} has answered reads like an order to a model ({', '.join(kinds)}): it is told "
                    "as data, and nothing is done because it says so."
                )
            )
