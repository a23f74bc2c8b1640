"""What a backup is: a gzipped tar with the database, each blob, and at its end the manifest that seals them.

nis.db   blobs/blob-0192…   blobs/blob-0193…   manifest.json
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import TYPE_CHECKING, BinaryIO, Literal

from pydantic import BaseModel, ConfigDict, Field

from nis_backend.errors import Malformed, Unavailable

if TYPE_CHECKING:
    from nis_backend.settings import Settings

BLOBS = "blobs/"
MANIFEST = "manifest.json"

PIECE = 1024 * 1024
"""Bytes that are held at once."""

LONGEST_MANIFEST = 16 * 1024 * 1024
"""Bytes; it grows with the blobs that were amiss alone."""

Tell = Callable[[str, int, int], None]
"""Hears how far it is: of what, how many bytes, of how many."""


class Sealed(BaseModel):
    """The database as it lies in the archive."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    size: int
    sha256: str


class SealedBlobs(BaseModel):
    """All blobs together: `sha256` is of the lines `ID SHA256` in the archive's order."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    count: int
    size: int
    sha256: str
    gone: list[str] = Field(description="Removed by their owners while the backup was taken: their rows go as well.")
    damaged: list[str] = Field(description="Bytes that were not as their rows say when the backup was taken.")


class Manifest(BaseModel):
    """What the archive holds, and who wrote it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal[1] = 1
    nis: str = Field(description="Version of nis.")
    database_schema: int = Field(description="Version of the database's schema.")
    created: float = Field(description="Seconds since 1970, UTC: when the database was copied.")
    database: Sealed
    blobs: SealedBlobs


class Hashed:
    """A file that is read from its beginning to its end, and what it held."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._digest = hashlib.sha256()
        self.size = 0

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        piece = self._file.read(size)
        self._digest.update(piece)
        self.size += len(piece)
        return piece

    @property
    def sha256(self) -> str:
        """The fingerprint of what was read."""
        return self._digest.hexdigest()


def in_files(settings: Settings) -> None:
    """Refuse data that are not in the folder.

    Raises:
        Unavailable: they are in PostgreSQL.
    """
    if settings.database_url is not None:
        raise Unavailable(
            "The data are in PostgreSQL, which has its own backups.",
            field="NIS_DATABASE_URL",
            remedy="Use pg_dump and pg_restore, or unset it for the data folder's own.",
        )


def damaged(why: str) -> Malformed:
    """The refusal of an archive that is not whole."""
    return Malformed(
        f"The backup is damaged: {why}.",
        field="file",
        remedy="Take another one: nothing of this was brought back.",
    )
