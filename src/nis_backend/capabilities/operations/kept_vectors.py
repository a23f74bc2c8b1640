"""Vectors of the catalog's own texts, kept in the data folder: what a message was compared with is not computed again.

One file, of one model: a line of JSON that says which, then for each text 16 bytes of its hash and its numbers as
float32. What another model, version or text made is not read, and a file that is torn is none.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import sys
import tempfile
from array import array
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

log = logging.getLogger("nis.operations")

FORM = 1
"""Counted up when what lies in the file changes, or how texts are made into vectors."""
DIGEST, NUMBER = 16, 4
"""Bytes of a text's hash, and of a number."""
LONGEST_HEAD = 4096
FILE = "catalog.vectors"
MOST_KEPT = 8192
"""Texts of the file, 12 MB: four times the catalog's. Beyond, texts of earlier releases fill it, and it begins anew."""


def place(data: Path) -> Path:
    """Where the file is."""
    return data / "embedded" / FILE


def load(path: Path, version: str, texts: Iterable[str]) -> dict[str, array[float]]:
    """The vectors that are kept of these texts; none where the file is of another version, torn, or not there."""
    kept = _read(path, version)
    found = ((text, kept.get(_digest(text))) for text in texts)
    return {text: _numbers(numbers) for text, numbers in found if numbers is not None}


def save(path: Path, version: str, vectors: Mapping[str, array[float]]) -> None:
    """Keep these beside what is kept; a folder that cannot be written to costs the next start their time.

    The file is written beside its place, and put there whole.
    """
    new = {_digest(text): _bytes(vector) for text, vector in vectors.items()}
    kept = _read(path, version) | new
    if len(kept) > MOST_KEPT:
        kept = new
    body = b"".join(digest + numbers for digest, numbers in kept.items())
    head = {
        "form": FORM,
        "version": version,
        "texts": len(kept),
        "numbers": len(next(iter(vectors.values()), ())),
        "sha256": hashlib.sha256(body).hexdigest(),
    }
    part: str | None = None
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", suffix=".part", delete=False) as file:
            part = file.name
            file.write(json.dumps(head).encode() + b"\n" + body)
            file.flush()
            os.fsync(file.fileno())
        Path(part).replace(path)
    except OSError as error:
        log.warning("vectors of the catalog's texts are not kept for the next start: %s", error)
        if part is not None:
            with contextlib.suppress(OSError):
                Path(part).unlink(missing_ok=True)


def _read(path: Path, version: str) -> dict[bytes, bytes]:
    """What is kept under this version: the numbers by the text's hash."""
    try:
        with path.open("rb") as file:
            head: Any = json.loads(file.readline(LONGEST_HEAD))  # Any: JSON
            body = file.read()
        size = DIGEST + NUMBER * int(head["numbers"])
        said = (head["form"], head["version"], head["texts"] * size, head["sha256"])
        if said != (FORM, version, len(body), hashlib.sha256(body).hexdigest()):
            return {}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, KeyError) as error:
        log.warning("vectors of the catalog's texts are computed anew: %s cannot be read: %s", path, error)
        return {}
    starts = range(0, len(body), size)
    return {body[start : start + DIGEST]: body[start + DIGEST : start + size] for start in starts}


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:DIGEST]


def _bytes(vector: array[float]) -> bytes:
    """The lowest byte of each number first, whatever the machine does."""
    return _turned(array("f", vector)).tobytes()


def _numbers(data: bytes) -> array[float]:
    return _turned(array("f", data))


def _turned(numbers: array[float]) -> array[float]:
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers
