"""What the parts of one assessment share: the question, the project, what was left out, the time for installing."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from nis_backend.errors import NisError, NotFound
from nis_backend.impact.changing.installers import find_installer
from nis_backend.impact.proof.static import prove
from nis_backend.impact.report import StaticProof
from nis_backend.impact.running.surroundings import surroundings

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from nis_backend.impact.changing.installers import Installer
    from nis_backend.impact.project.opening import Project
    from nis_backend.impact.question import Question, Tell
    from nis_backend.impact.report import Change


@dataclass(kw_only=True)
class Work:
    """One assessment on its way; what could not be looked at is said in `left_out`."""

    question: Question
    tell: Tell
    folder: Path
    """For what is made; gone with the assessment."""
    project: Project
    left_out: list[str] = field(default_factory=list[str])
    installing: float = 0.0

    @property
    def change(self) -> Change:
        """What is asked about."""
        return self.question.change

    @property
    def has_commands(self) -> bool:
        """Whether there is anything to run."""
        given = self.question.commands
        return bool(given.start or given.smoke or given.test)

    @cached_property
    def static(self) -> StaticProof:
        """Who uses the package; of one that is to be added, nobody yet."""
        try:
            return prove(self.project, self.change.package)
        except NotFound:
            if self.change.kind != "add":
                raise
            return StaticProof(modules=[], files=len(self.project.files))

    def leave_out(self, words: str, error: NisError | None = None) -> None:
        """Say what was not looked at, why, and how to have it."""
        self.left_out.append(f"{words}: {error.message} {error.remedy}".strip() if error else words)

    def installer(self) -> Installer:
        """What resolves and installs."""
        return find_installer(surroundings(), self.project.environment.python)

    @contextmanager
    def counted(self) -> Generator[None]:
        """Time that is spent on installing and fetching."""
        begun = time.monotonic()
        try:
            yield
        finally:
            self.installing += time.monotonic() - begun
