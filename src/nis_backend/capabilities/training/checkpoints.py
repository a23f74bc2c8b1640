"""Checkpoints of a training: each a folder with tensors, a state and their digests, there whole or not at all.

checkpoints/step-0000000120/tensors.safetensors  state.json  digests.json
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import shutil
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any

from nis_backend.errors import NisError, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from nis_backend.drivers.compute.base import Json

TENSORS, STATE, DIGESTS = "tensors.safetensors", "state.json", "digests.json"
KEPT = 2
"""Checkpoints that stay: the newest, and the one before, for the case that it cannot be read."""
PART = ".part"
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""What the system says where there is no room."""


@dataclass(frozen=True, kw_only=True)
class Saved:
    """A checkpoint that was read, every digest right."""

    step: int
    tensors: dict[str, Any]  # Any: torch's tensors, which this project reads without types
    state: Json
    passed_over: list[str] = field(default_factory=list[str])
    """What was wrong with newer ones."""


def save(folder: Path, step: int, tensors: Mapping[str, Any], state: Json, *, keep: int = KEPT) -> Path:
    """Write a checkpoint of this step and remove those before the last `keep`.

    Raises:
        Unavailable: it cannot be written, the disk being full say; what was there before stays.
    """
    target = _place(folder, step)
    part = target.with_suffix(PART)
    try:
        for cut in folder.glob(f"*{PART}"):
            shutil.rmtree(cut, ignore_errors=True)
        part.mkdir(parents=True)
        torch_file: Any = import_module("safetensors.torch")  # Any: read without types
        torch_file.save_file({name: one.detach().contiguous() for name, one in tensors.items()}, part / TENSORS)
        (part / STATE).write_text(json.dumps({"step": step, **state}))
        digests = {name: _digest(part / name) for name in (TENSORS, STATE)}
        (part / DIGESTS).write_text(json.dumps(digests))
        for name in (TENSORS, STATE, DIGESTS, ""):
            _sync(part / name)
        shutil.rmtree(target, ignore_errors=True)
        part.rename(target)
        _sync(folder)
    except Exception as error:
        shutil.rmtree(part, ignore_errors=True)
        refused = refusal(error)
        if refused is None:
            raise
        raise cannot_write(refused) from None
    # Newer ones could not be read, or this would not be the step: they take no good one's place.
    newer = [one for one in _newest_first(folder) if _step(one) > step]
    for old in [*newer, *_newest_first(folder)[len(newer) + keep :]]:
        shutil.rmtree(old, ignore_errors=True)
    return target


def latest(folder: Path) -> Saved | None:
    """The newest checkpoint that is right in every byte; None where there is none at all.

    Raises:
        Unavailable: there are some, and none of them is right.
    """
    wrong: list[str] = []
    for place in _newest_first(folder):
        try:
            return _read(place, wrong)
        except (OSError, ValueError, KeyError, TypeError) as error:
            wrong.append(f"{place.name}: {_why(error)}")
    if wrong:
        raise Unavailable(
            f"No checkpoint of this training can be read: {'; '.join(wrong)}.",
            remedy="Start it anew; look at the disk that it lies on.",
        )
    return None


def listed(folder: Path) -> list[tuple[int, int]]:
    """The checkpoints that are there: step and bytes, the newest first."""
    return [
        (_step(place), sum(one.stat().st_size for one in place.iterdir() if one.is_file()))
        for place in _newest_first(folder)
    ]


def refusal(error: Exception) -> OSError | None:
    """What the system refused, where it did: safetensors has a class of its own for that."""
    if isinstance(error, OSError):
        return error
    if type(error).__name__ != "SafetensorError":
        return None
    code = re.search(r"os error (\d+)", str(error))
    number = int(code[1]) if code else errno.EIO
    return OSError(number, os.strerror(number))


def cannot_write(error: OSError) -> NisError:
    """What is said where the disk takes no more."""
    what = "the disk is full" if error.errno in FULL else (error.strerror or "the disk refuses it")
    return Unavailable(
        f"What was learned cannot be written down: {what}.",
        remedy="Free some space in the folder of trainings (NIS_TRAINING, else the data folder) and call "
        "training.resume_training: it goes on from the last checkpoint.",
    )


def _read(place: Path, wrong: list[str]) -> Saved:
    digests: dict[str, str] = json.loads((place / DIGESTS).read_text())
    for name in (TENSORS, STATE):
        if _digest(place / name) != digests[name]:
            msg = f"{name} is not what was written"
            raise ValueError(msg)
    state: Json = json.loads((place / STATE).read_text())
    tensors: dict[str, Any] = import_module("safetensors.torch").load_file(place / TENSORS)
    return Saved(step=int(state["step"]), tensors=tensors, state=state, passed_over=wrong)


def _why(error: Exception) -> str:
    if isinstance(error, OSError):
        return error.strerror or "unreadable"
    return str(error) if type(error) is ValueError else f"{DIGESTS} is not what was written"


def _place(folder: Path, step: int) -> Path:
    return folder / f"step-{step:010d}"


def _step(place: Path) -> int:
    return int(place.name.removeprefix("step-"))


def _newest_first(folder: Path) -> list[Path]:
    return sorted(folder.glob("step-" + 10 * "[0-9]"), reverse=True)


def _digest(path: Path) -> str:
    said = hashlib.sha256()
    for piece in _pieces(path):
        said.update(piece)
    return said.hexdigest()


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(2**20):
            yield piece


def _sync(path: Path) -> None:
    """Have what was written be on the disk, a folder's names too."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
