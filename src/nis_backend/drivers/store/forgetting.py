"""The contract of the store's part that finds all that is about one user of an owner's, and shows that it is gone.

A user is a label that was given when a thing was written: `user_id` of a message, `user` of a memory or of any other
call that became a run, `user` in the metadata of an item or a document, and the namespace `user:<label>`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Protocol

from nis_backend.record import record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nis_backend.drivers.store.base import Row

AN_ID = re.compile(r"[a-z]+-[0-9a-f]{24}")
"""How ids are made here; a caller's own ids are looked for as they are."""


def namespace_of(user: str) -> str:
    """The namespace of entries that are about a user; those that begin with it and a slash are too."""
    return f"user:{user}"


@record
class AboutUser:
    """All that is about one user: rows with what is needed to remove them."""

    entries: Sequence[Row]
    """`id, namespace, key, text`."""
    items: Sequence[Row]
    """`id, number, collection_id, kind, text, metadata`: their collection's kind; parts of documents are among them."""
    documents: Sequence[Row]
    """`id, collection_id, blob_id, run_id`."""
    runs: Sequence[Row]
    """`id, conversation_id, state, text`; what they started, and all turns of `conversations`, are among them."""
    conversations: Sequence[str]
    """Those in which the user has spoken."""
    schedules: Sequence[str]
    calls: Sequence[str]
    """Rows of the ledger that name the user as who asked."""
    replies: Sequence[str]
    """What is kept for callers that repeat a write, and names the user."""
    examples: Sequence[str] = ()
    """Where rows of datasets are from that were collected from the user."""
    consents: Sequence[str] = ()

    @property
    def ids(self) -> list[str]:
        """All ids that go."""
        rows = (*self.entries, *self.items, *self.documents, *self.runs)
        return [*(str(row["id"]) for row in rows), *self.conversations, *self.schedules, *self.examples, *self.consents]


Mentions = dict[str, dict[str, list[str]]]
"""The rows by tables, and by the ids that are in them: an event by its run, another row by its own id if it has one."""


class Forgetting(Protocol):
    """What is about a user. For one owner, as everywhere."""

    async def about_user(self, owner: str, user: str) -> AboutUser:
        """All that is about the user now."""
        ...

    async def mentions(self, owner: str, ids: Sequence[str]) -> Mentions:
        """In which rows of each of the owner's tables each of these ids is; those in none are left out."""
        ...

    async def indexed(self, owner: str, numbers: Mapping[str, Sequence[int]]) -> int:
        """How many of these items, by collections, an index of words still has."""
        ...

    async def scrub(self, owner: str, collections: Sequence[str]) -> list[str]:
        """Have what was deleted, also of these collections, be gone from the files; what cannot be, in words."""
        ...

    async def in_files(self, pieces: Sequence[bytes]) -> list[bool] | None:
        """Which of these ids, made here, are in the database's files; None where this process may not read those."""
        ...
