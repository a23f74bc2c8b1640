"""The calls of a study, a few at once: what came of each is noted in the run's log, and is not found out again."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from nis_backend.alongside import each
from nis_backend.calling import told_under
from nis_backend.capabilities.physics.studies.paths import describe, put, take
from nis_backend.capabilities.physics.studies.study import Column, Point
from nis_backend.capabilities.physics.studies.targets import admit
from nis_backend.errors import Busy, NisError
from nis_backend.event import Progressed
from nis_backend.owned import Scope

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.capabilities.physics.studies.study import Measure
    from nis_backend.context import Context
    from nis_backend.operation import Json

AT_ONCE = 3
"""Calls under way together: a pool's two processes are kept busy, and others' calls wait for one of ours at most."""
TELLS = 50
"""How often the run says how far it is."""
MOST_TRIES = 5


@dataclass(frozen=True, kw_only=True)
class Design:
    """What is called for each point, and what is read from its result."""

    operation: str
    base: Json
    paths: tuple[str, ...]
    measures: tuple[Measure, ...]
    parameters: tuple[Column, ...]
    columns: tuple[Column, ...]
    whole: frozenset[str]

    def arguments(self, inputs: Sequence[float]) -> Json:
        """The request of one point."""
        return put(self.base, dict(zip(self.paths, inputs, strict=True)), self.whole)


def design(  # noqa: PLR0913, PLR0917 - the parts of a study
    operation: str, base: Json, paths: Sequence[str], measures: Sequence[Measure], first: Sequence[float], ctx: Context
) -> Design:
    """The study, checked: the operation can be studied, the paths are there, and the first point is a request.

    Raises:
        NisError: with the field at fault.
    """
    entry = admit(operation, ctx)
    places = [describe(entry.request_schema, path, "vary") for path in paths]
    results = [describe(entry.result_schema, one.path, "measure") for one in measures]
    made = Design(
        operation=operation,
        base=base,
        paths=tuple(paths),
        measures=tuple(measures),
        parameters=tuple(Column(name=path, unit=one.unit) for path, one in zip(paths, places, strict=True)),
        columns=tuple(Column(name=one.name, unit=of.unit) for one, of in zip(measures, results, strict=True)),
        whole=frozenset(path for path, one in zip(paths, places, strict=True) if one.kind == "integer"),
    )
    with told_under("request"):
        ctx.operations.find(operation).validate(made.arguments(first))
    return made


@dataclass(kw_only=True)
class Points:
    """The calls of one run."""

    ctx: Context
    design: Design
    total: int
    done: int = 0

    async def make(self, inputs: Sequence[Sequence[float]]) -> list[Point]:
        """Make each call, or have its outcome from the log; a call that fails is a point with its problem."""
        return await each(self._point, enumerate(inputs), AT_ONCE)

    async def _point(self, numbered: tuple[int, Sequence[float]]) -> Point:
        number, inputs = numbered
        made: list[Json] = []

        async def make() -> Json:
            made.append(await self._outcome(number, inputs))
            return made[0]

        noted: Json = await self.ctx.note(f"point {number + 1}", make)
        self.done += 1
        if made:
            await self._tell()
            # Committed before the next one is called: what is known is not computed again.
            await self.ctx.run.flush()
        return Point(inputs=list(inputs), **noted)

    async def _tell(self) -> None:
        if self.done * TELLS // self.total > (self.done - 1) * TELLS // self.total:
            await self.ctx.run.write(
                Progressed(fraction=self.done / self.total, message=f"{self.done} of {self.total} points")
            )

    async def _outcome(self, number: int, inputs: Sequence[float]) -> Json:
        try:
            result = await self._called(number, inputs)
            values = [take(result, one) for one in self.design.measures]
        except NisError as error:
            return {"values": [None] * len(self.design.measures), "met": None, "problem": error.message}
        receipt: Json = result.get("receipt") or {}
        return {"values": values, "met": receipt.get("met"), "problem": ""}

    async def _called(self, number: int, inputs: Sequence[float]) -> Json:
        call = f"point {number + 1}"
        scope = Scope(key=f"{self.ctx.run.run_id}:{call}", call=call, reads=True)
        # How far one point is does not say how far the run is.
        within = replace(self.ctx, scope=scope, quiet=True)
        for attempt in range(1, MOST_TRIES + 1):
            try:
                result: Any = await within.call_named(self.design.operation, self.design.arguments(inputs))
            except Busy as busy:
                if attempt == MOST_TRIES:
                    raise
                await asyncio.sleep(busy.retry_after or attempt)
            else:
                return result.model_dump(mode="json")
        raise AssertionError
