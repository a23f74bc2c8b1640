"""The contract of the store's part that keeps values under keys: versions that are compared, and times to live.

An entry whose time is over is not there for anyone who asks, whether or not somebody has tidied yet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from nis_backend.errors import Conflict
from nis_backend.record import record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nis_backend.drivers.store.base import Row


@record
class Place:
    """Where an entry is: its owner's namespace, and its key there."""

    owner: str
    namespace: str
    key: str

    @property
    def given(self) -> tuple[str, str, str]:
        """What stands for the marks of `AT`."""
        return self.owner, self.namespace, self.key


class Entries(Protocol):
    """Values under keys. `only_if` is the version that an entry must have: 0, that there is none."""

    async def entry(self, at: Place) -> Row | None:
        """The entry there, or None."""
        ...

    async def entries(self, owner: str, namespace: str, prefix: str, after: str, limit: int) -> list[Row]:
        """Those of a namespace whose keys begin so and come after one, in the order of their keys' code points."""
        ...

    async def put_entry(
        self, at: Place, row: Mapping[str, Any], only_if: int | None, once: str | None = None
    ) -> Row:  # Any: see Row
        """Keep `id, value, expires, created, updated` there; answers the entry. One that stays has its next version.

        Under a key `once` that was used before, nothing happens, and it answers as it did then.

        Raises:
            Conflict: `only_if` does not hold; it names the version there is.
        """
        ...

    async def drop_entry(self, at: Place, only_if: int | None, once: str | None = None) -> bool:
        """Remove the entry there; False when there is none. `once` as in `put_entry`.

        Raises:
            Conflict: as `put_entry` does.
        """
        ...

    async def expire_entries(self) -> bool:
        """Remove a few of every owner's entries whose time is over; False when none is left. For the process alone."""
        ...


def refused_version(at: Place, only_if: int, there: int) -> Conflict:
    """Why a version that was compared was not the one; 0 is none."""
    if not there:
        wrong = f"is not there; version {only_if} was expected"
    else:
        wrong = f"has version {there}, not {only_if}" if only_if else f"is there already, with version {there}"
    return Conflict(
        f"The entry {at.key!r} of {at.namespace!r} {wrong}.",
        field="only_if_version",
        value=there,
        remedy=f"Read it, decide anew, and give {there}.",
    )


def version_of(rows: Sequence[Row]) -> int:
    """The version of the entry that was found, 0 where none was."""
    return int(rows[0]["version"]) if rows else 0


def put_before(at: Place, row: Mapping[str, Any], there: Sequence[Row]) -> Row:  # Any: see Row
    """The entry that is there; one that was put under a key that was used, and went since, as it was given."""
    return there[0] if there else {"namespace": at.namespace, "key": at.key, "version": 1, **row}
