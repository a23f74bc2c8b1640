"""The blobs of one owner: put down, found, read, removed, and resolved in what a call is given and answers."""

from __future__ import annotations

import asyncio
import io
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TypeVar

from nis_backend.blob import NAME_LENGTH, Blob, blobs_in, replaced
from nis_backend.errors import InvalidRequest, NotFound
from nis_backend.media import media_type_of

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row
    from nis_backend.operation import Model

M = TypeVar("M", bound="Model")

OF_CALL = "of a call"
"""What a blob is for that is there for one call alone: no word that a caller may give."""
CALL_SECONDS = 3600.0
"""How long such a blob stays at most, where the process dies that would have removed it; no call takes longer."""

USED_SECONDS = 3600.0
"""A blob's row says when it was used last, to within this."""


class Shelf:
    """What `ctx.blobs` is: every query has the caller's owner, and another owner's blob is not there."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._contents = ctx.drivers.contents

    async def put(  # noqa: PLR0913 - what is said of the bytes
        self,
        data: bytes | BinaryIO,
        most: int | None = None,
        /,
        *,
        media_type: str = "",
        name: str = "",
        of_call: bool = False,
        purpose: str = "",
    ) -> Blob:
        """Put bytes down, for good or for one call alone; a file is read from its current place on.

        Raises:
            TooLarge: there are more than `most`, else than `NIS_MAX_BLOB`.
            InvalidRequest: the name cannot be stored.
        """
        ctx = self._ctx
        blob_id, now = ctx.new_id("blob"), ctx.now()
        written = await self._contents.put(blob_id, data, most or ctx.settings.max_blob)
        row: Row = {
            "id": blob_id,
            "sha256": written.sha256,
            "media_type": media_type_of(written.head, media_type),
            "size": written.size,
            "name": name[:NAME_LENGTH],
            "created": now,
            "updated": now,
            **({"purpose": OF_CALL, "expires": now + CALL_SECONDS} if of_call else {"purpose": purpose}),
        }
        # A death between the two leaves bytes that nobody can reach, never a row without its bytes.
        try:
            await ctx.store.insert("blobs", row)
        except InvalidRequest:
            await self._contents.delete(blob_id)
            raise
        return _blob(row)

    async def get(self, blob_id: str, field: str = "id") -> Blob:
        """The blob of this id; see `find`."""
        return (await self.find(blob_id, field))[1]

    async def find(self, blob_id: str, field: str = "id") -> tuple[Row, Blob]:
        """The blob of this id, and its row; it counts as used.

        Raises:
            NotFound: the caller has none, or it has expired; `field` named it.
        """
        row = await self._ctx.store.get("blobs", blob_id)
        now = self._ctx.now()
        if row is None or expired(row, now):
            raise _unknown(blob_id, field)
        if now - row["updated"] > USED_SECONDS:
            await self._ctx.store.update("blobs", blob_id, {"updated": now})
        return row, _blob(row)

    def stream(self, blob: Blob, start: int = 0, end: int | None = None) -> AsyncGenerator[bytes]:
        """The bytes of a blob that `get` has answered, in pieces."""
        return self._contents.read(blob.id, start, end)

    async def begun(self, blob: Blob, start: int = 0, end: int | None = None) -> AsyncGenerator[bytes]:
        """As `stream`, after its first piece is there: what cannot be read is refused before an answer is begun.

        Raises:
            NotFound: the bytes are gone.
            Unavailable: whoever keeps them does not answer.
        """
        pieces = self.stream(blob, start, end)
        first = await anext(pieces, b"")

        async def all_of() -> AsyncGenerator[bytes]:
            async with aclosing(pieces):
                yield first
                async for piece in pieces:
                    yield piece

        return all_of()

    async def read(self, blob_id: str) -> bytes:
        """All bytes at once, for what is known to be small.

        Raises:
            NotFound: the caller has no such blob.
        """
        blob = await self.get(blob_id)
        return b"".join([piece async for piece in self.stream(blob)])

    async def delete(self, blob_id: str) -> None:
        """Remove a blob.

        Raises:
            NotFound: the caller has none of this id.
        """
        if not await self._ctx.store.delete("blobs", blob_id):
            raise _unknown(blob_id, "id")
        await self._contents.delete(blob_id)

    async def resolve(self, request: M, put: list[str], *, of_call: bool = False) -> M:
        """A request whose blobs are all there, with their files; ids of those that came with it go to `put`.

        With `of_call` these are there for one call alone, until `drop` or `settle` has them stay.

        Raises:
            NotFound: the caller has none of an id; the field is named.
            TooLarge: one is too large, or decoded would be.
            WrongMedia: a field does not take what one is.
            InvalidRequest: one is empty or broken, where that can be told.
        """
        found: dict[int, Blob] = {}
        limits = self._ctx.settings.limits
        for field, blob in blobs_in(request):
            if blob.content is None:
                one = await self.get(blob.id, field)
                path = await self._contents.local(one.id)
                await self._check(blob, path, one.media_type, field)
            else:
                await self._check(blob, blob.content, blob.media_type, field)
                one = await self.put(blob.content, media_type=blob.media_type, name=blob.name, of_call=of_call)
                put.append(one.id)
                path = await self._contents.local(one.id)
            found[id(blob)] = one.taken_as(blob.taken).at(path, limits)
        return replaced(request, lambda blob: found[id(blob)]) if found else request

    async def _check(self, blob: Blob, content: bytes | BinaryIO | Path, media_type: str, field: str) -> None:
        """Refuse what the field of a blob does not take: before it is put down, and before any worker hears of it."""
        taken, limits = blob.taken, self._ctx.settings.limits
        if taken is None:
            return

        def check() -> None:
            if isinstance(content, Path):
                with content.open("rb") as file:
                    taken.check(file, media_type, field, limits)
            else:
                file = io.BytesIO(content) if isinstance(content, bytes) else content
                taken.check(file, media_type, field, limits)

        await asyncio.to_thread(check)

    async def keep(self, result: M) -> M:
        """A result whose new blobs are put down; for a caller who removes them, for this call alone."""
        new = [(blob, blob.content) for _, blob in blobs_in(result) if blob.content is not None]
        try:
            kept = {
                id(blob): await self.put(content, media_type=blob.media_type, name=blob.name, of_call=self._ctx.passing)
                for blob, content in new
            }
        finally:
            for _, content in new:
                if not isinstance(content, bytes):
                    content.close()
        return replaced(result, lambda blob: kept.get(id(blob), blob)) if kept else result

    async def drop(self, ids: Sequence[str], result: Model | None) -> None:
        """Remove what came with a call, unless its result names it: nobody else knows of it."""
        if not ids:
            return
        named = "" if result is None else result.model_dump_json()
        for blob_id in ids:
            if blob_id not in named:
                await self.delete(blob_id)
            else:
                await self.settle(blob_id, {})

    async def settle(self, blob_id: str, changes: Row) -> None:
        """Change a blob's row; one that was there for one call alone stays, unless the changes say for how long.

        Raises:
            NotFound: the caller has none of this id.
        """
        row, _ = await self.find(blob_id)
        if row["purpose"] == OF_CALL:
            changes = {"purpose": "", "expires": None, **changes}
        if changes:
            await self._ctx.store.update("blobs", blob_id, changes)


def expired(row: Row, now: float) -> bool:
    """Whether a blob is there no more, though its row is until somebody tidies."""
    return row["expires"] is not None and row["expires"] <= now


def _blob(row: Row) -> Blob:
    return Blob.model_validate({name: row[name] for name in Blob.model_fields})


def _unknown(blob_id: str, field: str) -> NotFound:
    return NotFound(
        f"There is no blob {blob_id!r}.",
        field=field,
        value=blob_id,
        remedy="List the blobs to see what there is, or send the bytes.",
    )
