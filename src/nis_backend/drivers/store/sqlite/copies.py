"""A copy of a SQLite file beside it, whole though others write."""

from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def keep_copy(path: Path, version: int) -> Path:
    """Copy the file to one named after its schema version, in place of an earlier copy of that version."""
    copy = path.with_name(f"{path.stem}-version-{version}{path.suffix}")
    part = copy.with_suffix(".part")
    part.unlink(missing_ok=True)
    with (
        contextlib.closing(sqlite3.connect(path)) as source,
        contextlib.closing(sqlite3.connect(part)) as target,
    ):
        source.backup(target)
    part.replace(copy)
    return copy
