"""What a store says no to, in the same words whichever database stands behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nis_backend.drivers.store.base import OPEN
from nis_backend.errors import Conflict, Fenced, InvalidRequest, NisError
from nis_backend.run import unknown_run

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nis_backend.drivers.store.base import Append, Row
    from nis_backend.drivers.store.limits import Limits

LARGEST = 2**63 - 1
"""The largest whole number of a cell."""
UNCHECKED = frozenset({type(None), float, bool})


def check_cells(cells: Mapping[str, Any]) -> None:  # Any: see Row
    """Let only what both databases can keep pass: SQLite takes NUL characters, PostgreSQL none.

    Raises:
        InvalidRequest: naming the column.
    """
    for column, cell in cells.items():
        # A turn has a hundred cells: most are passed by their type alone.
        if type(cell) in UNCHECKED:
            continue
        if isinstance(cell, str):
            if "\0" in cell or not cell.isascii():
                _check_text(column, cell)
        elif isinstance(cell, int) and not -LARGEST <= cell <= LARGEST:
            raise InvalidRequest(
                f"{column} is a whole number of more than 64 bits.",
                field=column,
                value=cell,
                remedy="Give a smaller one.",
            )


def check_events(append: Append) -> None:
    """See `check_cells`."""
    check_cells(append.changes)
    for event in append.events:
        _check_text(event.type, event.body)


def _check_text(column: str, text: str) -> None:
    if "\0" in text:
        wrong = "the character NUL"
    elif text.isascii() or _is_unicode(text):
        return
    else:
        wrong = "half of a surrogate pair"
    raise InvalidRequest(
        f"{column} holds {wrong}, which cannot be stored.",
        field=column,
        value=text.encode("utf-8", "replace").replace(b"\0", b"?").decode(),
        remedy="Leave that character out.",
    )


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def taken(table: str, row: Row) -> Conflict:
    """The refusal of a row whose id, or another column that holds a value once, is taken."""
    return Conflict(f"{table} already has {row['id']!r}.", field="id", value=row["id"], remedy="Give another id.")


def clash(table: str, id: str) -> Conflict:  # noqa: A002 - the column's name
    """The refusal of a change after which two rows had what only one may have."""
    return Conflict(
        f"Another row has what {id!r} of {table} would have.", field="id", value=id, remedy="Give it something else."
    )


def under_way(run_id: str, conversation_id: str) -> Conflict:
    """The refusal to forget a conversation under a run."""
    return Conflict(
        f"Run {run_id} of conversation {conversation_id} has not ended.",
        field="id",
        value=conversation_id,
        remedy="Cancel the run, or wait for its end.",
    )


def still_open(run_id: str, state: str) -> Conflict:
    """The refusal to forget a run that has not ended."""
    return Conflict(
        f"Run {run_id} has not ended: {state}.", field="id", value=run_id, remedy="Cancel it, or wait for its end."
    )


def gone(run_id: str) -> Conflict:
    """The refusal to branch from a run that is not there."""
    return Conflict(f"Run {run_id} is gone.", field="run_id", value=run_id, remedy="Branch from another turn.")


def refused_append(append: Append, run: Row | None, limits: Limits) -> NisError:
    """Why the run's row did not let events be appended; None is a run that the owner has not."""
    if run is None:
        return unknown_run(append.run_id)
    if append.attempt is not None and run["attempt"] != append.attempt:
        return Fenced(
            f"Run {append.run_id} is held by attempt {run['attempt']}, not {append.attempt}.",
            field="id",
            value=append.run_id,
            remedy="Stop: it goes on elsewhere.",
        )
    if run["state"] not in OPEN:
        return Conflict(
            f"Run {append.run_id} has ended: {run['state']}.",
            field="id",
            value=append.run_id,
            remedy="Start it again if you need another result.",
        )
    if run["state"] in append.only_in and (crossed := limits.crossed(append, run["last_seq"], run["log_bytes"])):
        return crossed
    return Conflict(
        f"Run {append.run_id} is {run['state']}.",
        field="id",
        value=append.run_id,
        remedy=f"This goes while it is {' or '.join(append.only_in)}.",
    )
