"""Lists as this dialect pages them: after the id of the last, up to a limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.errors import InvalidRequest, shorten

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nis_backend.operation import Json


def limit_of(query: Mapping[str, str], usual: int = 20, most: int = 100) -> int:
    """How many are wanted.

    Raises:
        InvalidRequest: it is no such number.
    """
    given = query.get("limit", str(usual))
    if given.isdecimal() and 1 <= int(given[:9]) <= most:
        return int(given)
    raise InvalidRequest(
        f"limit is a number from 1 to {most}.", field="limit", value=shorten(given), remedy=f"Give at most {most}."
    )


def page_of(found: Sequence[Json], after: str | None, limit: int) -> Json:
    """A page of a list, after the one of this id.

    Raises:
        InvalidRequest: none has it.
    """
    start = 0
    if after is not None:
        ids = [one["id"] for one in found]
        if after not in ids:
            raise InvalidRequest(
                f"after: {shorten(after)!r} is none of this list.",
                field="after",
                value=shorten(after),
                remedy="Give the id of the last.",
            )
        start = ids.index(after) + 1
    data = list(found[start : start + limit])
    ends = {"first_id": data[0]["id"] if data else None, "last_id": data[-1]["id"] if data else None}
    return {"object": "list", "data": data, **ends, "has_more": start + limit < len(found)}
