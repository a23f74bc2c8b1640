"""The contract of what compares the vectors of collections, where the database has no index of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.drivers.store.base import Row
    from nis_backend.drivers.store.items import Found


class NearVectors(Protocol):
    """Vectors of this process's store, compared one by one."""

    async def nearest(
        self, owner: str, collection: Row, vector: bytes, limit: int, among: Sequence[int] | None = None
    ) -> list[Found]:
        """The items whose vectors have the greatest cosine to this one, the best first; `among` these numbers alone.

        `collection` is its row as it is now: what was committed before that is found. Exact: every vector is looked at.
        Of all items more than `limit` are answered where some may be gone since.

        Raises:
            Unavailable: the package that computes is not installed.
        """
        ...

    def forget(self, collection_id: str) -> None:
        """Remove what is held of a collection."""
        ...

    def close(self) -> None:
        """Remove all that is held."""
        ...
