"""A folder of ours for a while: gone afterwards, and by the next that is made where we were killed meanwhile."""

from __future__ import annotations

import contextlib
import fcntl
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator

PREFIX = "nis-impact-held-"
LOCK = "lock"


@contextlib.contextmanager
def scratch() -> Generator[Path]:
    """An empty folder. Whoever makes one removes those whose makers have ended: nobody holds their lock any more."""
    _sweep(Path(tempfile.gettempdir()))
    with tempfile.TemporaryDirectory(prefix=PREFIX, ignore_cleanup_errors=True) as made:
        folder = Path(made).resolve()
        with (folder / LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            inside = folder / "in"
            inside.mkdir()
            yield inside


def _sweep(parent: Path) -> None:
    for folder in parent.glob(f"{PREFIX}*"):
        # One without a lock is being made, or is not ours; one that cannot be locked is in use.
        with contextlib.suppress(OSError), (folder / LOCK).open("r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if (folder / "in").is_dir():
                shutil.rmtree(folder, ignore_errors=True)
