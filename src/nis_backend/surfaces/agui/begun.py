"""A run that was begun or goes on, as its client knows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nis_backend.surfaces.agui.events import OURS, Asked
from nis_backend.surfaces.agui.thread import UNSAID

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.operation import Json
    from nis_backend.run import Reader
    from nis_backend.surfaces.agui.request import RunInput


@dataclass(frozen=True, kw_only=True)
class Begun:
    """A run, and from where on the client's run is told."""

    asked: Asked
    start: int = 0
    """The entry of the log that begins the client's run."""
    reader: Reader | None = None
    """Holds the place of one who is about to follow."""


def asked_of(given: RunInput, run_id: str, conversation: str | None, before: Sequence[Json]) -> Asked:
    """Whose events they are, of a run that the client has named."""
    return Asked(
        thread=given.thread_id,
        run=given.run_id,
        run_id=run_id,
        conversation=conversation,
        parent=given.parent_run_id,
        state={name: value for name, value in (given.state or {}).items() if name != OURS},
        before=[one for one in before if one.get("role") not in UNSAID],
    )
