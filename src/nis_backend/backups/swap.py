"""How what a backup brought takes the place of what a folder held.

    restoring/nis.db   restoring/blobs/…   restoring/ready

`ready` is written when all is there and checked. From then on whoever opens the folder finishes what was begun: a death
at any moment leaves the folder with its old data or with the backup's, whole.
"""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

DATABASE = "nis.db"
RESTORING = "restoring"
READY = "ready"


def finish(folder: Path) -> None:
    """Put in place what was brought back and checked, if there is any; may be cut anywhere and begun again."""
    work = folder / RESTORING
    if not (work / READY).exists():
        return
    if (work / DATABASE).exists():
        for ending in ("-wal", "-shm"):
            (folder / f"{DATABASE}{ending}").unlink(missing_ok=True)
        (work / DATABASE).replace(folder / DATABASE)
    if (work / "blobs").exists():
        shutil.rmtree(folder / "blobs", ignore_errors=True)
        (work / "blobs").replace(folder / "blobs")
    # At the very end: while it is there, all of this is done again.
    (work / READY).unlink()
    shutil.rmtree(work, ignore_errors=True)


def sync(path: Path) -> None:
    """Have a file, or the names in a folder, be on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
