"""What a run was started in: runs and conversations, whose budgets hold for it too, and agents, whose policies do."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from nis_backend.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

Within = tuple[tuple[str, str], ...]
"""Pairs of `(run or conversation, its id)` and `(agent, its name)`, each once, from the outermost; JSON in rows. What a
schedule begins that a run has made has `(schedule, its id)` too."""

MOST = 64
"""Runs that started each other, and conversations that they were turns of: a chain longer than this is a loop."""


def joined(*chains: Within) -> Within:
    """One chain of several."""
    return tuple(dict.fromkeys(pair for one in chains for pair in one))


def place(run_id: str, conversation_id: str | None) -> Within:
    """A run, in the conversation of which it is a turn."""
    of: Within = () if conversation_id is None else (("conversation", conversation_id),)
    return (*of, ("run", run_id))


def tree(chain: Within) -> list[str]:
    """The runs of it of which what is begun now is a part: those since the last schedule."""
    kinds = [kind for kind, _ in chain]
    since = len(kinds) - kinds[::-1].index("schedule") if "schedule" in kinds else 0
    return [one for kind, one in chain[since:] if kind == "run"]


def of_row(row: Mapping[str, Any]) -> Within:  # Any: a cell of a row
    """The chain that a run, a conversation or a schedule was made in."""
    text = row.get("within")
    return () if text is None else tuple((scope, subject) for scope, subject in json.loads(text))


def written(chain: Within) -> str | None:
    """It as a row has it.

    Raises:
        InvalidRequest: it is too long.
    """
    if len(chain) > MOST:
        raise InvalidRequest(
            f"Runs were started in each other more than {MOST} deep.",
            remedy="Break the loop, or start what is meant in the end directly.",
        )
    return json.dumps(chain) if chain else None
