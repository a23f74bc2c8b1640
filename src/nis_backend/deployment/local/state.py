"""What outlives the controller: revisions, wanted counts, and which processes are its tasks."""

from __future__ import annotations

import json
import os
import secrets
from typing import TYPE_CHECKING, Literal, cast

from pydantic import BaseModel, ConfigDict, Field

from nis_backend.deployment.local.rules import Rules
from nis_backend.deployment.report import Service
from nis_backend.errors import Unavailable

if TYPE_CHECKING:
    from pathlib import Path

NAME = "state.json"


class Kept(BaseModel):
    """The base of what is kept: what a later version wrote is refused, not guessed at."""

    model_config = ConfigDict(extra="forbid")


class RevisionKept(Kept):
    """An image and its settings."""

    number: int
    image: str
    environment: dict[str, str]
    created: float
    state: Literal["new", "completed", "failed"] = "new"
    tried: bool = False
    """Whether a task of it was verified."""


class TaskKept(Kept):
    """A process that is, or is about to be, a task."""

    id: str
    service: Service
    revision: int
    port: int
    created: float
    pid: int = 0
    born: str = ""
    """When the kernel says that it began: a number that is used again belongs to somebody else."""
    proven: bool = False
    """Whether it was healthy once."""


class RolloutKept(Kept):
    """The deployment that is under way, or was the last."""

    revision: int
    state: Literal["in_progress", "proving", "completed", "failed"] = "in_progress"
    back: bool = False
    """Whether it takes back another one."""
    failures: dict[str, int] = Field(default_factory=dict[str, int])
    why: str = ""


class Everything(Kept):
    """The whole."""

    format: Literal[1] = 1
    name: str = "nis-backend"
    profile: str = ""
    port: int = 0
    revisions: list[RevisionKept] = Field(default_factory=list[RevisionKept])
    primary: int = 0
    """The revision that is wanted; 0: none."""
    served: list[int] = Field(default_factory=list[int])
    """Revisions in the order in which they came to serve: the last one does."""
    desired: dict[str, int] = Field(default_factory=dict[str, int])
    tasks: list[TaskKept] = Field(default_factory=list[TaskKept])
    rollout: RolloutKept | None = None
    migration: TaskKept | None = None
    rules: Rules = Field(default_factory=Rules)

    def revision(self, number: int) -> RevisionKept | None:
        """A revision by its number."""
        return next((one for one in self.revisions if one.number == number), None)

    @property
    def current(self) -> RevisionKept | None:
        """The one that is wanted."""
        return self.revision(self.primary)


def read(folder: Path) -> Everything | None:
    """What is kept in the folder; None where nothing is.

    Raises:
        Unavailable: it cannot be read.
    """
    try:
        text = (folder / NAME).read_bytes()
        return Everything.model_validate_json(text)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise Unavailable(
            f"What the deployment has kept cannot be read: {type(error).__name__}.",
            remedy=f"A newer nis may have written {NAME}: use that one.",
        ) from None


def write(folder: Path, kept: Everything) -> None:
    """Keep it: whoever reads it, after a power cut too, finds this or what was before, whole."""
    write_file(folder / NAME, kept.model_dump_json(indent=1).encode())


def write_file(path: Path, content: bytes) -> None:
    """Put a file for its owner's eyes in the place of another, at once."""
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def address_file(folder: Path) -> dict[str, object]:
    """What a running controller says of itself: pid, port, token, address; empty where none has."""
    try:
        found = json.loads((folder / "controller.json").read_bytes())
    except (OSError, ValueError):
        return {}
    return cast("dict[str, object]", found) if isinstance(found, dict) else {}
