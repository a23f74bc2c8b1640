"""What it costs to look how a canary does."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from nis_backend import canary

ROW: dict[str, Any] = {
    "id": "evolution-1",
    "from_version": 1,
    "to_version": 2,
    "updated": 0.0,
    "state": "canary",
    "report": json.dumps({"canary": {"looks": 0, "runs": 8}}),
}


class Store:
    """Two runs of the new version that go on, and many of the old one that have ended."""

    def __init__(self) -> None:
        self.read: list[str] = []

    async def count(self, _table: str, where: dict[str, Any]) -> int:
        """As many as there are."""
        return len(self._ids(where))

    async def select(self, table: str, where: dict[str, Any], limit: int) -> list[dict[str, Any]]:
        """Theirs; nobody has rated any."""
        return [{"id": one} for one in self._ids(where)][:limit] if table == "canary_runs" else []

    async def get(self, _table: str, which: str) -> dict[str, Any]:
        """Its state."""
        self.read.append(which)
        return {"state": "running" if which.startswith("new") else "succeeded"}

    @staticmethod
    def _ids(where: dict[str, Any]) -> list[str]:
        return [f"new-{at}" for at in range(2)] if where["version"] == 2 else [f"old-{at}" for at in range(500)]


class Ctx:
    """A context that has no more than a store."""

    def __init__(self) -> None:
        self.store = Store()


def test_the_runs_of_the_old_version_are_not_read_for_nothing() -> None:
    """While too few of the new one have ended there is nothing to compare: no run that begins pays for the others."""
    ctx = Ctx()
    assert asyncio.run(canary.compare(ROW, ctx)) is None  # pyright: ignore[reportArgumentType] - all that it asks for
    assert ctx.store.read == ["new-0", "new-1"]
