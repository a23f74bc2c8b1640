"""The data folder has one holder; its lock file says who, and where it listens."""

from __future__ import annotations

import fcntl
import json
import os
from typing import TYPE_CHECKING, Self, cast

from nis_backend.errors import Conflict, Unavailable

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

NAME = "server.json"


class FolderLock:
    """Holds the data folder from `with` to its end; the kernel lets go when the process dies.

    Raises:
        Conflict: another process holds it; its pid and address are named.
        Unavailable: the folder cannot be written to.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME

    def __enter__(self) -> Self:
        """Take the lock."""
        try:
            # Its files are everybody's data: for the eyes of who serves them.
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._file = self._path.open("a+", encoding="utf-8")
        except OSError as error:
            raise Unavailable(
                f"The data folder cannot be used: {error.strerror}.",
                field="data",
                value=self._path.parent.name,
                remedy="Give --data a folder that this user may write to.",
            ) from None
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.close()
            holder = holder_of(self._path.parent) or {}
            raise Conflict(
                f"The data folder is held by process {holder.get('pid', '?')} at {holder.get('url') or 'no address'}.",
                field="data",
                value=self._path.parent.name,
                remedy="Use that server, stop it, or give another --data folder."
                if holder.get("url")
                else "It holds it alone: end it, and start `nis serve`, which everything else can share.",
            ) from None
        self._write({"pid": os.getpid(), "url": None})
        return self

    def listening(self, url: str) -> None:
        """Write down where this process listens."""
        self._write({"pid": os.getpid(), "url": url})

    def _write(self, content: dict[str, object] | None) -> None:
        self._file.seek(0)
        self._file.truncate()
        if content is not None:
            json.dump(content, self._file)
        self._file.flush()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Let go."""
        self._write(None)
        self._file.close()


def holder_of(folder: Path) -> dict[str, object] | None:
    """The `pid` and `url` of the process that holds the folder, or None when none does."""
    try:
        file = (folder / NAME).open("r", encoding="utf-8")
    except OSError:
        return None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            try:
                held = json.loads(file.read())
            except ValueError:
                # It is being written this moment: there is a holder, and it has no address yet.
                held = None
            return cast("dict[str, object]", held) if isinstance(held, dict) else {}
    return None


def address_of(folder: Path) -> str | None:
    """Where the process that holds the folder answers; None when none does, or does not yet."""
    holder = holder_of(folder) or {}
    return str(holder["url"]) if holder.get("url") else None
