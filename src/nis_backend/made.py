"""Files in which workers hand over what they have made: opened here, and gone from their folder at once."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, BinaryIO

from nis_backend.errors import InternalError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

MADE = "made"
"""The folder of them, in the data folder."""

_SHA256 = re.compile("[0-9a-f]{64}")


def opened_of(made: Path, written: Iterable[object]) -> dict[str, BinaryIO]:
    """The files that a worker says it has written, by their SHA-256; whoever reads one closes it.

    A worker that has read hostile input is not trusted: its word leads to nothing but files of this call.

    Raises:
        InternalError: there is no such file.
    """
    found: dict[str, BinaryIO] = {}
    for name in written:
        if not (isinstance(name, str) and _SHA256.fullmatch(name)):
            raise _untrue()
        try:
            found[name] = os.fdopen(os.open(f"{made}.{name}", os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb")
        except OSError:
            raise _untrue() from None
    return found


def remove_made(made: Path) -> None:
    """Remove what a call's worker has written; what is open stays until it is closed."""
    for file in made.parent.glob(f"{made.name}.*"):
        file.unlink(missing_ok=True)


def _untrue() -> InternalError:
    return InternalError("A worker's answer names a file that it has not written.", remedy="Report it.")
