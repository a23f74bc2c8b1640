"""Which caps hold for a call, and its reservation in all of them: nothing is sent that could cross one."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from collections import OrderedDict
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from nis_backend.caller import SERVER
from nis_backend.drivers.gateway.periods import DOLLAR, EACH, counted_as, period_of
from nis_backend.drivers.store.spending import Cap, opened
from nis_backend.errors import BudgetExceeded
from nis_backend.within import joined, of_row

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from nis_backend.drivers.gateway.base import Who
    from nis_backend.drivers.gateway.ledger import Ledger
    from nis_backend.drivers.gateway.rates import Rates
    from nis_backend.drivers.gateway.route import Target
    from nis_backend.drivers.store.base import Row
    from nis_backend.drivers.store.spending import Crossed, Over, Spending
    from nis_backend.within import Within

log = logging.getLogger("nis.gateway")

COMMON: tuple[Mapping[str, Any], ...] = (
    {"scope": "key"},
    {"scope": "user"},
    {"scope": "server"},
    {"scope": "run", "subject": EACH},
    {"scope": "conversation", "subject": EACH},
)
"""Budgets that are kept in memory, all of them; those of one run or conversation are read when it first asks."""
OWN = ("run", "conversation")
KEPT = 4096
"""Most runs and conversations whose own budgets are kept, and most sums."""
WAIT_SECONDS = 2.0
"""How long a call waits for others to end that may cost less than they have reserved."""
LOOK_SECONDS = 0.25
"""How often it looks meanwhile: the end of another process's calls is not heard here."""
NO_END = 2**31
"""More tokens than any answer has."""


class Budgets:
    """What may be spent; one for the process."""

    def __init__(  # noqa: PLR0913 - what it stands on, and how it waits and tells
        self,
        store: Spending,
        ledger: Ledger,
        *,
        clock: Callable[[], float] = time.time,
        patience: float = WAIT_SECONDS,
        shared: bool = True,
        warn: Callable[[str, str], None] = lambda _run_id, _message: None,
    ) -> None:
        self._store = store
        self._ledger = ledger
        self._clock = clock
        self._patience = patience
        self._common: dict[tuple[str, str], list[Row]] | None = None
        self._own: OrderedDict[str, list[Row]] = OrderedDict()
        self._branches: dict[str, Within] = {}
        self._known: dict[str, Row] = {}
        self._used: OrderedDict[tuple[str, str], int] = OrderedDict()
        self._settled = asyncio.Event()
        self._shared = shared
        """Whether other processes set budgets too, of which nothing is heard here."""
        self._narrow: bool | None = None
        """Whether there may be a budget of a single run or conversation; None where it is not known."""
        self._changed = 0
        """How often budgets were changed: what was read before is not kept."""
        self._warn = warn
        ledger.listen(self._hear)

    def forget(self) -> None:
        """Look budgets up anew: some were changed."""
        self._changed += 1
        self._common = None
        # What is expected may not be there yet: who looks now would not see it.
        self._narrow = self._narrow or None
        self._own.clear()
        self._used.clear()
        self._wake()

    def expect(self) -> None:
        """A run is about to be written down with a budget of its own: from now on they are looked for."""
        self._narrow = True

    async def applying(self, who: Who, target: Target, at: float) -> list[Cap]:
        """The caps that hold for a call of this model then."""
        common = self._common
        if common is None:
            common = await self._read_common()
        if self._narrow is None:
            await self._look()
        if self._narrow is False and not common:
            return []
        subjects = _subjects(who)
        if self._narrow is not False or ("conversation", EACH) in common:
            subjects += await self._branches_of([subject for scope, subject in subjects if scope == "conversation"])
        if self._narrow is not False:
            await self._read_own([subject for scope, subject in subjects if scope in OWN])
        caps: list[Cap] = []
        for scope, subject in dict.fromkeys(subjects):
            rows = [*common.get((scope, subject), ()), *common.get((scope, EACH), ())]
            rows += (row for row in self._own.get(subject, ()) if row["scope"] == scope)
            caps += [_cap(row, subject, who, at) for row in rows if _holds(row, who, target)]
        await self._learn([cap for cap in caps if (cap.budget_id, cap.period) not in self._used])
        return caps

    def affordable(self, caps: Sequence[Cap], rates: Rates, input_bound: int, *, writes_cache: bool = False) -> int:
        """The most output tokens for which the caps leave money, as far as is known here; negative for not even none.

        What is known here is right after a refusal, and may otherwise lag behind other processes.
        """
        left = [cap.limit - self._used.get((cap.budget_id, cap.period), 0) for cap in caps]
        most = [rates.affordable(money, input_bound, writes_cache=writes_cache) for money in left]
        return min((one for one in most if one is not None), default=NO_END)

    async def reserve(self, row: Row, caps: Sequence[Cap]) -> None:
        """Open a call's row, its `worst` counted in each of the caps.

        Where others hold back by what they have reserved, it waits a moment for their end.

        Raises:
            BudgetExceeded: one of them would be crossed; its `value` is the budget's id. Nothing is counted.
        """
        until = asyncio.get_running_loop().time() + self._patience
        try:
            settled = self._settled
            while over := await self._reserve(row, caps):
                left = until - asyncio.get_running_loop().time()
                if _final(over, row["worst"]) or left <= 0:
                    break
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(settled.wait(), min(left, LOOK_SECONDS))
                settled = self._settled
        except BaseException:
            # It may be counted all the same: its commit was under way.
            self._ledger.take_back(row)
            for cap in caps:
                self._used.pop((cap.budget_id, cap.period), None)
            raise
        if over:
            raise self._refusal((_final(over, row["worst"]) or over)[0], row["worst"])
        row.update(opened(row, caps))

    def goes_down(self, refusal: BudgetExceeded) -> bool:
        """Whether the budget that refused lets a route's cheaper ones be gone along instead."""
        return self._known.get(str(refusal.value), {}).get("action") == "ladder"

    # -- what holds ---------------------------------------------------------------------------------------------------

    async def _read_common(self) -> dict[tuple[str, str], list[Row]]:
        changed = self._changed
        found: dict[tuple[str, str], list[Row]] = {}
        for where in COMMON:
            for row in await self._store.configured("budgets", where):
                found.setdefault((row["scope"], row["subject"]), []).append(row)
        if changed == self._changed:
            self._common = found
            self._known = {row["id"]: row for rows in (*found.values(), *self._own.values()) for row in rows}
        return found

    async def _look(self) -> None:
        """Whether runs and conversations have to be looked at: not where none has ever had a budget."""
        changed = self._changed
        found = self._shared or await self._store.narrow()
        if changed == self._changed and self._narrow is None:
            self._narrow = found

    async def _read_own(self, subjects: Sequence[str]) -> None:
        """Look at the budgets of a run and a conversation, once for all its calls."""
        changed = self._changed
        if missing := [one for one in subjects if one not in self._own]:
            rows = await self._store.configured("budgets", {"subject": missing})
            if changed != self._changed:
                # They were changed meanwhile: what was read may be older.
                return await self._read_own(subjects)
            self._known |= {row["id"]: row for row in rows}
            for one in missing:
                self._own[one] = [row for row in rows if row["subject"] == one and row["scope"] in OWN]
        for one in subjects:
            self._own.move_to_end(one)
        while len(self._own) > KEPT:
            for row in self._own.popitem(last=False)[1]:
                self._known.pop(row["id"], None)
        return None

    async def _branches_of(self, conversations: Sequence[str]) -> Within:
        """What these are branches of, or were begun in; it never changes."""
        if missing := [one for one in conversations if one not in self._branches]:
            rows = await self._store.configured("conversations", {"id": missing})
            self._branches |= dict.fromkeys(missing, ()) | {row["id"]: of_row(row) for row in rows}
        found = joined(*(self._branches[one] for one in conversations))
        while len(self._branches) > KEPT:
            del self._branches[next(iter(self._branches))]
        return found

    # -- what is used -------------------------------------------------------------------------------------------------

    async def _learn(self, caps: Sequence[Cap]) -> None:
        keys = [(cap.budget_id, cap.period) for cap in caps]
        spent = await self._store.spent(keys) if keys else {}
        for key in keys:
            self._keep(key, spent.get(key, 0))

    def _keep(self, key: tuple[str, str], used: int) -> None:
        self._used[key] = used
        self._used.move_to_end(key)
        if len(self._used) > KEPT:
            self._used.popitem(last=False)

    async def _reserve(self, row: Row, caps: Sequence[Cap]) -> list[Over]:
        over = await self._store.reserve(row, caps)
        for cap in caps:
            key = cap.budget_id, cap.period
            if not over:
                self._keep(key, self._used.get(key, 0) + row["worst"])
            for one in over:
                if (one.budget_id, one.period) == key:
                    self._keep(key, one.used)
        return over

    def _hear(self, row: Row, crossed: Sequence[Crossed]) -> None:
        """A call has been settled: others may have waited for that."""
        for one in crossed:
            self._tell(row, one)
        for budget_id, period in json.loads(row["caps"] or "[]"):
            key = budget_id, period
            if key in self._used:
                self._keep(key, self._used[key] + row["cost"] - row["worst"])
        self._wake()

    def _wake(self) -> None:
        settled, self._settled = self._settled, asyncio.Event()
        settled.set()

    def _tell(self, row: Row, crossed: Crossed) -> None:
        """Say, once, that little is left: in the server's log, and in those of the runs that it is about."""
        budget = self._known.get(crossed.budget_id, {})
        what = f"The budget {budget.get('name') or crossed.budget_id}"
        said = f"{what} of {dollars(crossed.limit)} is used by {dollars(crossed.used)}."
        log.warning("%s", said)
        if budget.get("owner") == SERVER:
            said = f"{what} of this server is nearly used."
        about = [budget["subject"]] if budget.get("scope") == "run" and budget["subject"] != EACH else []
        for run_id in {row["run_id"], *about} - {None}:
            self._warn(str(run_id), said)

    def _refusal(self, over: Over, worst: int) -> BudgetExceeded:
        row = self._known.get(over.budget_id, {})
        what = f"The budget {row.get('name') or over.budget_id}"
        if row.get("owner") == SERVER:
            # What others spend is not this caller's to know.
            said = f"{what} of this server does not allow a call that may cost {dollars(worst)}."
        else:
            said = (
                f"{what} of {dollars(over.limit)} has {dollars(over.limit - over.used)} left,"
                f" and this call may cost {dollars(worst)}."
            )
        end = period_of(str(row.get("period")), self._clock()).end
        when = "" if end is None else f", wait until {time.strftime('%Y-%m-%d %H:%M UTC', time.gmtime(end))}"
        return BudgetExceeded(
            said,
            field="budget",
            value=over.budget_id,
            remedy=f"Ask for fewer tokens or a cheaper model{when}, or have the budget raised.",
        )


def _subjects(who: Who) -> list[tuple[str, str]]:
    """Whom a call's caps are about, from the narrowest."""
    own = (("run", who.run_id), ("conversation", who.conversation_id), *reversed(who.within))
    given = (*own, ("key", who.key), ("user", who.owner))
    return [*((scope, subject) for scope, subject in given if subject), ("server", "")]


def _holds(row: Row, who: Who, target: Target) -> bool:
    ours = row["owner"] in {who.owner, SERVER}
    # Some servers take a model's name in any case.
    meant = not row["model"] or fnmatchcase(target.id.casefold(), row["model"].casefold())
    return bool(ours and row["enabled"] and meant)


def _cap(row: Row, subject: str, who: Who, at: float) -> Cap:
    each = subject if row["subject"] == EACH else ""
    owner = SERVER if row["scope"] == "server" else who.owner
    return Cap(budget_id=row["id"], period=counted_as(row["period"], at, each), owner=owner, limit=row["cap"])


def _final(over: Sequence[Over], worst: int) -> list[Over]:
    """The caps that would be crossed also if what is reserved in them cost nothing."""
    return [one for one in over if one.used - one.reserved + worst > one.limit]


def dollars(nano: int) -> str:
    """A sum of money as people read it: to the cent, or as exact as it is where that would hide it."""
    text = f"{nano / DOLLAR:.9f}".rstrip("0")
    whole, _, cents = text.partition(".")
    return f"${whole}.{cents.ljust(2, '0')}"
