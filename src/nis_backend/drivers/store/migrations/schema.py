"""Which version of the schema this program knows, and the texts that make it from nothing."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from nis_backend.errors import InvalidRequest, Unavailable

if TYPE_CHECKING:
    from nis_backend.drivers.store.migrations.step import Kind, Step

VERSION = 14
"""The newest of `versions`."""


def steps() -> list[Step]:
    """Every step from nothing on."""
    package = f"{__package__}.versions"
    return [import_module(f"{package}.revision_{number:04d}").STEP for number in range(1, VERSION + 1)]


def whole(kind: Kind) -> str:
    """What makes an empty database one of this version, without Alembic: its import would spend the start's budget."""
    return "".join(step.upgrade(kind) for step in steps())


def newer(version: int) -> Unavailable:
    """The refusal of a database that a newer program has written."""
    return Unavailable(
        f"The database has schema version {version}; this nis knows version {VERSION}.",
        remedy=f"Use the nis that wrote it, or have that one take it back: nis database downgrade {VERSION}",
    )


def unknown_version(version: int) -> InvalidRequest:
    """The refusal of a version that there is not."""
    return InvalidRequest(
        f"There is no schema version {version}.", field="version", value=version, remedy=f"Give 1 to {VERSION}."
    )
