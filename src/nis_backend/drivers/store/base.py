"""The contract of the store: rows that belong to owners, and the runs' logs.

Every method takes the owner and adds it to its query: another owner's row is as absent as one that never was.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, Protocol

from nis_backend.drivers.store.entries import Entries
from nis_backend.drivers.store.forgetting import Forgetting
from nis_backend.drivers.store.items import Items
from nis_backend.drivers.store.spending import Spending
from nis_backend.errors import InvalidRequest
from nis_backend.record import record

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Table = Literal[
    "runs",
    "conversations",
    "feedback",
    "blobs",
    "replies",
    "schedules",
    "keys",
    "providers",
    "routes",
    "prices",
    "changes",
    "budgets",
    "ledger",
    "prompts",
    "push_configs",
    "mcp_servers",
    "remote_agents",
    "robots",
    "robot_stops",
    "robot_motions",
    "collections",
    "documents",
    "entries",
    "datasets",
    "dataset_versions",
    "example_sources",
    "consents",
    "trainings",
    "trained_models",
    "model_names",
    "evaluations",
    "agents",
    "teams",
    "plans",
    "assessments",
    "calibrations",
    "policies",
    "policy_decisions",
    "reviews",
    "evolutions",
    "canary_runs",
    "proposals",
    "expectations",
    "attention",
    "skills",
    "skill_ratings",
]
Order = Literal["created", "updated"]
Age = Literal["updated", "expires"]
"""The time by which a row goes; a row without one stays."""
OPEN = ("queued", "running", "paused", "waiting")
"""The states of a run that has not ended."""
EFFECT_SECONDS = 86_400.0
"""How long the keys of a run's writes are known at least, also once it has ended: a holder that was lost may stir."""
FOUND = ("\x02", "\x03")
"""Around a word that a search has found: control characters, which nobody writes."""
NOTHING: Mapping[str, Any] = MappingProxyType({})  # Any: see Row
# Any: a cell is text, a number, bytes or None; its table says which.
Row = dict[str, Any]


def cursor_of(at: float, id: str) -> str:  # noqa: A002 - the column's name
    """Where a page ended, for the caller to send back: the time and the id of its last row."""
    return f"{at!r}_{id}"


def place_of(cursor: str) -> tuple[float, str]:
    """What `cursor_of` was made of: the `before` of the next page.

    Raises:
        InvalidRequest: it is no cursor.
    """
    at, _, id_ = cursor.partition("_")
    try:
        return float(at), id_
    except ValueError:
        raise InvalidRequest(
            "The cursor is not one of this list.",
            field="cursor",
            value=cursor,
            remedy="Give next_cursor as it was answered.",
        ) from None


@record
class NewEvent:
    """An event before it has its number: its type and its body as JSON."""

    type: str
    body: str
    time: float | None = None
    """When it happened; a store that processes share has one clock, and tells when it was committed."""


@record
class Append:
    """Events for one run, committed together or not at all.

    `attempt` is the holder's; None marks a command, which anyone may append to a run that has not ended.
    `changes` are columns of the run's row that change in the same transaction; `only_in` are the states it must be in.
    """

    owner: str
    run_id: str
    attempt: int | None
    events: Sequence[NewEvent]
    changes: Mapping[str, Any]  # Any: see Row
    only_in: Sequence[str] = OPEN

    @property
    def command(self) -> str | None:
        """What is commanded, where anyone may append it."""
        return self.events[-1].type if self.attempt is None and self.events else None


ANY_RUN = "*"
"""The run of a growth that was not heard: it may have been any."""


@record
class Growth:
    """A run's log has grown: up to which number, and by which command, where it was one."""

    run_id: str
    last_seq: int
    command: str | None = None


@record
class Measures:
    """What the newest runs of a time come to, as rows; see `Store.measure`."""

    counts: list[Row]
    """`operation, state, runs`."""
    durations: list[Row]
    """`operation, runs, p50, p95`: seconds from the creation to the end, by the nearest rank, of runs that ended."""
    tokens: list[Row]
    """`provider, model, calls, unstated, input_tokens, output_tokens`; `unstated` calls name no count of tokens."""
    times: list[Row]
    """`part, seconds`: what runs were doing between two events of theirs: `queued, waiting, model, tools, own`."""


@record
class Taken:
    """Runs that were taken, and when the next of these queues is due if nothing happens until then."""

    rows: Sequence[Row]
    next_at: float | None


LINES = "batch_lines"
"""What a blob is for that holds the lines of a batch, whose run is its name: it goes with that run."""


class Store(Spending, Items, Entries, Forgetting, Protocol):
    """Durable rows. A write has happened when its call returns."""

    async def insert(  # noqa: PLR0913, PLR0917 - the row, and what is written with it
        self,
        table: Table,
        owner: str,
        row: Row,
        once: str | None = None,
        beside: Sequence[tuple[Table, Row]] = (),
        first: Append | None = None,
    ) -> None:
        """Add a row, before it those `beside`, and the `first` events of a run, together or not at all.

        Under a key `once` that was used before, nothing happens.

        Raises:
            Conflict: its id is taken.
            InvalidRequest: a cell cannot be stored: NUL, half a surrogate pair, more than 64 bits.
        """
        ...

    async def get(self, table: Table, owner: str, id: str) -> Row | None:  # noqa: A002 - the column's name
        """The row with this id, or None."""
        ...

    async def select(  # noqa: PLR0913 - one argument a clause
        self,
        table: Table,
        owner: str,
        *,
        where: Mapping[str, Any] | None = None,  # Any: see Row
        before: tuple[float, str] | None = None,
        limit: int = 50,
        descending: bool = True,
        order: Order = "created",
        since: float | None = None,
    ) -> list[Row]:
        """Rows in order of `(order, id)`; `before` is the last one seen, for paging in the same order.

        `since` leaves out those whose `order` is less.
        """
        ...

    async def count(
        self,
        table: Table,
        owner: str,
        *,
        where: Mapping[str, Any] | None = None,  # Any: see Row
        order: Order = "created",
        since: float | None = None,
    ) -> int:
        """How many rows `select` would answer without a limit."""
        ...

    async def update(  # noqa: PLR0913, PLR0917 - what is changed, and what comes with it
        self,
        table: Table,
        owner: str,
        id: str,  # noqa: A002
        changes: Mapping[str, Any],  # Any: see Row
        once: str | None = None,
        beside: Sequence[tuple[Table, Row]] = (),
        only_if: Mapping[str, Any] = NOTHING,  # Any: as above
    ) -> bool:
        """Change columns of one row, and add those `beside`, together or not at all; False when there is none.

        With `only_if`, a row whose columns have other values is none.

        Under a key `once` that was used before, nothing happens, and it answers as it did then.
        """
        ...

    async def delete(
        self,
        table: Table,
        owner: str,
        id: str,  # noqa: A002
        once: str | None = None,
        beside: Sequence[tuple[Table, Row]] = (),
    ) -> bool:
        """Remove one row; False when there is none. `once` and `beside` as in `update`."""
        ...

    async def search(self, owner: str, words: Sequence[str], limit: int, after: int = 0) -> list[Row]:
        """What was said in conversations, and their titles, where each word begins a word of it; the best first.

        `conversation_id, title, run_id` (None for a title), `created`, and `text` with its found words between the
        marks `FOUND`. `words` hold letters and digits only; `after` leaves out as many of the first.
        """
        ...

    async def forget(self, owner: str, conversation_id: str) -> bool:
        """Remove a conversation, its runs with their logs, and what was said about them; False when there is none.

        Raises:
            Conflict: a run of it has not ended.
        """
        ...

    async def forget_run(self, owner: str, run_id: str) -> bool:
        """Remove a run, its log, and what was said about it; False when there is none.

        Raises:
            Conflict: it has not ended.
        """
        ...

    async def measure(self, owner: str, since: float, until: float, most: int) -> Measures:
        """Measure the runs created within a time, the newest `most` of them."""
        ...

    async def branch(self, owner: str, conversation: Row, runs: Mapping[str, str]) -> None:
        """Add a conversation with copies of runs that have ended, logs included, each under its new id."""
        ...

    async def fork(self, owner: str, row: Row, upto: int, first: Append) -> None:
        """Add a run with copies of its `parent`'s events up to this number and its own `first`, together.

        Raises:
            NotFound: the owner has no such parent.
            Conflict: its id is taken.
            TooLarge: as `append` does.
        """
        ...

    async def keys(
        self,
        where: Mapping[str, Any],  # Any: see Row
        *,
        before: tuple[float, str] | None = None,
        limit: int = 50,
    ) -> list[Row]:
        """Every owner's keys, the newest first; a column that `where` says is None is unset.

        For authentication, which learns the owner from it, and for callers who administer every owner's keys.
        """
        ...

    async def expire(self, table: Table, before: float, column: Age = "updated") -> list[Row]:
        """Remove every owner's rows that were last `updated`, or `expires`, before this time, and answer them.

        For the process alone: a call sees its own owner's rows.
        """
        ...

    async def expire_unheld(self, purpose: str) -> list[Row]:
        """Remove a few blobs that are for this and whose name is a run's that is gone, and answer them.

        For the process alone: a call sees its own owner's rows.
        """
        ...

    async def known(self, table: Table, ids: Sequence[str]) -> set[str]:
        """Those of the ids that some owner has a row of.

        For the process alone: a call sees its own owner's rows.
        """
        ...

    async def tidy(self, before: float | None) -> bool:
        """Remove a little of what is no longer kept, so that no write waits long; False when nothing is left to do.

        That is every owner's runs that ended before this time, their logs, and conversations that this empties; None
        keeps them all. The keys `once` of runs that have ended or are gone go after a day, and space that was freed
        goes back to the disk. For the process alone.
        """
        ...

    async def append(self, append: Append) -> tuple[int, float]:
        """Add events to a run's log; answers the last number and the time of the commit.

        Raises:
            NotFound: the owner has no such run.
            Fenced: another attempt holds the run.
            Conflict: the run has ended, or is not in a state of `only_in`.
            TooLarge: an event is, or the log would be.
        """
        ...

    async def events(self, owner: str, run_id: str, after: int, limit: int = 500) -> list[Row]:
        """A run's events with numbers above `after`, in order: `seq, attempt, time, type, body`."""
        ...

    async def take(self, room: Mapping[str, int], holder: str, now: float, only: Sequence[str] | None = None) -> Taken:
        """Make runs of every owner `running`, under this holder and a new attempt; `wanted` stays.

        They were queued and due, as many as each queue has room for: the highest priority first, then who is due the
        longest. Runs of these queues whose deadline has passed are taken too, without room and while they rest as well:
        to be ended. `only` names the runs that are looked at. For the dispatcher alone, as is what follows.
        """
        ...

    async def waiting(self, queue: str, most: int) -> int:
        """How many runs of every owner are queued there, counted up to `most`."""
        ...

    async def due(self, now: float, limit: int) -> list[Row]:
        """Every owner's schedules that are enabled and due, the longest first. For the process alone."""
        ...

    async def move(self, schedule_id: str, due: float, next_at: float) -> bool:
        """Have a schedule be due next at another time; False when it is not due at this one any more."""
        ...

    async def beat(self, holder: str, stall: float) -> list[Row]:
        """Say that this holder lives, and will say so again within `stall` seconds.

        The runs it holds: `id, owner, attempt, wanted`.
        """
        ...

    async def recover(self, holder: str) -> list[str]:
        """Queue again what is held by others that have not said in time that they live; the runs' ids.

        Also what rests although it was told to be cancelled: its process died in between.

        A data folder has one process: there every other holder is dead.
        """
        ...

    async def unsent(self, limit: int, size: int) -> list[Row]:
        """The oldest events that the bus has not acknowledged, in their order in each run.

        `id` in the outbox, `owner, run_id, seq`, and `attempt, time, type, body`, which are None of an event that was
        deleted since. At most `limit`, and as many as begin within the first `size` characters. Only a store that was
        opened with an outbox has any. For the process alone.
        """
        ...

    async def sent(self, ids: Sequence[int]) -> None:
        """Forget these of the outbox: they were acknowledged."""
        ...

    async def count_unsent(self, limit: int) -> int:
        """How many events wait in the outbox, counted up to `limit`."""
        ...

    async def leads(self, role: str) -> bool:
        """Whether this process is the one that plays a role, among those that share the database; asked each time anew.

        Once it does, it does until it ends or loses the database.
        """
        ...

    @property
    def closed(self) -> bool:
        """Whether it was closed: it never answers again."""
        ...

    def now(self) -> float:
        """The time by the store's clock, seconds since 1970, UTC: what is due, and when, is judged by no other.

        Of a database that processes share it is the database's: their hosts differ in theirs.
        """
        ...

    def listen(self, heard: Callable[[Growth], None]) -> None:
        """Have `heard` called on the event loop after each commit that appended."""
        ...

    async def check(self) -> str:
        """Ask the database for an answer, and say which database it is.

        Raises:
            Unavailable: it gives none.
        """
        ...

    async def close(self) -> None:
        """Finish what is queued and let go of the database."""
        ...
