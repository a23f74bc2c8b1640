"""Items of collections on PostgreSQL, as the store offers them."""

from __future__ import annotations

from nis_backend.drivers.store.items import Items


class KeepingItems(Items):
    """Items over a database that processes share."""
