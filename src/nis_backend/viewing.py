"""What a reader may see of runs: rules on the operations that read them hold in whichever way a log is read.

Every protocol is a view of the log, and so are operations that tell of a run. All of them read by `RunLog`, and a log
that is read for somebody outside has one of these: a run is held against rules on `runs.get_run`, its events against
those on `runs.stream_events`, and a list against those on `runs.list_runs`. The code of a run reads what is there.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from nis_backend.calling import guarded
from nis_backend.errors import Forbidden, NotFound

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from nis_backend.context import Context
    from nis_backend.event import Event
    from nis_backend.guardrails.compiled import Compiled
    from nis_backend.operation import Json
    from nis_backend.run import Run

GET, LIST, FOLLOW = "runs.get_run", "runs.list_runs", "runs.stream_events"
READS = frozenset({GET, LIST, FOLLOW})
"""Operations whose own calls are held against the rules on them."""
LINE = ("id", "operation", "state", "attempt", "last_seq", "conversation_id", "parent", "created", "updated")
"""What a list has of a run."""
FILTERS = frozenset({"state", "conversation_id", "operation", "parent"})
"""What a list may ask for."""


def looks_after(policies: Sequence[Compiled]) -> bool:
    """Whether one of the policies has a rule about results."""
    return any(one.rule.when == "after" for policy in policies for one in policy.rules)


class Viewing:
    """One reader's view. Who begins a run hears it as the answer to that call: rules before a look-up are no matter."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._admitted: set[tuple[str, str]] = set()
        """Operations and runs that this reader was let in for: to look on is no other call."""
        self.masked = False
        """Whether something was shown otherwise than it is."""

    async def looks(self) -> bool:
        """Whether a rule looks at runs that are got."""
        return bool(await self._policies(GET))

    async def run(self, run: Run) -> Run:
        """The run as `runs.get_run` would answer it.

        Raises:
            NisError: a rule refuses it, or a person decides first.
        """
        policies = await self._policies(GET)
        if not policies:
            return run
        await self._let_in(GET, policies, {"id": run.id}, run.id)
        return await self._shown(policies, run)

    async def runs(self, runs: Sequence[Run], where: Mapping[str, str]) -> list[Run]:
        """The runs of a list; of one that may not be got there is what `runs.list_runs` has of it.

        Raises:
            NisError: a rule refuses the list, or a person decides first.
        """
        policies = await self._policies(LIST)
        if policies:
            asked = {name: value for name, value in where.items() if name in FILTERS}
            await self._let_in(LIST, policies, asked)
            lines = [run.model_dump(include={*LINE}) for run in runs]
            await self._let_out(LIST, policies, asked, {"runs": lines, "next_cursor": None})
        of_one = await self._policies(GET)
        return [await self._listed(of_one, run) for run in runs] if of_one else [*runs]

    async def _listed(self, policies: Sequence[Compiled], run: Run) -> Run:
        from nis_backend.guardrails import gate  # noqa: PLC0415 - few owners have policies
        from nis_backend.run import BARE  # noqa: PLC0415 - as above

        target = self._ctx.operations.find(GET)
        asked = target.validate({"id": run.id})
        looked = await gate.look(self._ctx, target, policies, "before", asked)
        if looked and looked[0][0].then in {"refuse", "review"} and run.id not in self._ctx.begun:
            return run.model_copy(update=BARE)
        try:
            return await self._shown(policies, run)
        except Forbidden:
            return run.model_copy(update=BARE)

    async def _shown(self, policies: Sequence[Compiled], run: Run) -> Run:
        shown = await self._let_out(GET, policies, {"id": run.id}, run)
        # A view goes by it, and it is one of seven words.
        return shown if shown.state == run.state else shown.model_copy(update={"state": run.state})

    async def wholly(self) -> bool:
        """Whether a rule looks at events, and so at all words of a step as one."""
        return looks_after(await self._policies(FOLLOW))

    async def follow(self, run_id: str) -> None:
        """Let a reader in who would read a run's events.

        Raises:
            NisError: a rule refuses it, or a person decides first.
        """
        policies = await self._policies(FOLLOW)
        if policies:
            await self._let_in(FOLLOW, policies, {"id": run_id}, run_id)

    async def events(self, run_id: str, events: Iterable[Event]) -> list[Event]:
        """The events as `runs.stream_events` would answer them.

        Raises:
            Forbidden: a rule refuses one of them.
        """
        policies = await self._policies(FOLLOW)
        if not policies:
            return [*events]
        return [await self._let_out(FOLLOW, policies, {"id": run_id}, one) for one in events]

    async def _policies(self, operation: str) -> Sequence[Compiled]:
        with suppress(NotFound):
            return await guarded(self._ctx.operations.entry(operation), self._ctx)
        # Nor is there an operation that would read it.
        return ()

    async def _let_in(self, operation: str, policies: Sequence[Compiled], asked: Json, run_id: str = "") -> None:
        if run_id in self._ctx.begun or (operation, run_id) in self._admitted:
            return
        from nis_backend.guardrails import gate  # noqa: PLC0415 - as above

        target = self._ctx.operations.find(operation)
        await gate.let_in(self._ctx, target, policies, target.validate(asked))
        if run_id:
            self._admitted.add((operation, run_id))

    async def _let_out(
        self, operation: str, policies: Sequence[Compiled], asked: Json, value: Any
    ) -> Any:  # Any: as read
        from nis_backend.guardrails import gate  # noqa: PLC0415 - as above

        target = self._ctx.operations.find(operation)
        if isinstance(value, dict):
            value = target.result.model_validate(value)
        shown = await gate.let_out(self._ctx, target, policies, target.validate(asked), value)
        self.masked = self.masked or shown is not value
        return shown
