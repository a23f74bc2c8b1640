"""The worker of a folder's model, without a model: what a call that is cancelled waits for."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, cast

from nis_backend.drivers.llm.transformers_answer import Answering
from nis_backend.drivers.llm.transformers_worker import TransformersWorker

if TYPE_CHECKING:
    from nis_backend.drivers.compute.base import Json

NOTHING: Any = None


class Computing:
    """An engine in the midst of a turn that does not end."""

    def __init__(self) -> None:
        self.added = asyncio.Event()
        self.row: Answering | None = None

    def add(self, row: Answering) -> None:
        """Keep it."""
        self.row = row
        self.added.set()


class Worker(TransformersWorker):
    """A worker of it."""

    def __init__(self, engine: Computing) -> None:
        self.engine = cast("Any", engine)

    def _begin(self, payload: Json) -> Answering:
        del payload
        nothing: Any = dict.fromkeys(("sampling", "reading", "bounds", "held", "calls"), NOTHING)
        return Answering([1], alone=False, called="It", **nothing)


def test_a_cancelled_call_waits_for_no_turn_of_the_engine() -> None:
    """Else a large model's slow turn has its process killed, and every other caller's answer with it."""

    async def test() -> None:
        engine = Computing()
        asking = asyncio.ensure_future(anext(Worker(engine).handle({"body": "{}", "schema": None}, NOTHING)))
        await asyncio.wait_for(engine.added.wait(), 20)
        asking.cancel()
        await asyncio.wait({asking}, timeout=20)
        assert asking.cancelled()
        assert engine.row is not None
        assert engine.row.stopped

    asyncio.run(test())
