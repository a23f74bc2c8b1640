"""The turns of a conversation, read back from its runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.run import Run


@dataclass(frozen=True, kw_only=True)
class Turn:
    """A message and its answers: the run that answered first, and those that answered again."""

    runs: Sequence[Run]
    """Oldest first."""

    @property
    def current(self) -> Run:
        """The answer that counts: the newest that succeeded; the newest where none did."""
        return next((run for run in reversed(self.runs) if run.state == "succeeded"), self.runs[-1])

    @property
    def key(self) -> str:
        """What its runs have in common."""
        return key_of(self.runs[0])

    def holds(self, run_id: str) -> bool:
        """Whether the run is one of its answers."""
        return any(run.id == run_id for run in self.runs)


def key_of(run: Run) -> str:
    """The first run of the turn that this run answers; one that answers again names it."""
    return str(run.input.get("run_id", run.id))


def begun_by(run_id: str) -> str:
    """The conversation that a run begins, where it goes on with none."""
    return f"conversation-{run_id.partition('-')[2]}"


async def read_turns(
    ctx: Context, conversation_id: str, limit: int, before: tuple[float, str] | None = None
) -> tuple[list[Turn], tuple[float, str] | None]:
    """The last turns before a place, oldest first, and where earlier ones follow; None when there are none.

    Only the last turn of a conversation is answered again, so the runs of a turn follow each other.
    """
    found: dict[str, list[Run]] = {}
    while True:
        page = await ctx.runs.list(where={"conversation_id": conversation_id}, before=before, limit=limit + 1)
        for run in page:
            if "message" in run.input:
                if key_of(run) not in found and len(found) == limit:
                    return _ordered(found), before
                found.setdefault(key_of(run), []).append(run)
            before = (run.created, run.id)
        if len(page) <= limit:
            return _ordered(found), None


def _ordered(found: dict[str, list[Run]]) -> list[Turn]:
    return [Turn(runs=runs[::-1]) for runs in reversed(found.values())]
