"""The project's commands with a package and without: nothing is installed, and nothing of the project is changed.

Without: in an environment of links to its own that lacks the package's files, and so its modules, metadata, entry
points, commands and `.pth` files. What requires it stays, and may fail: that is what is asked.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from nis_backend.errors import NotFound
from nis_backend.impact.running.comparing import compared
from nis_backend.impact.running.phases import Commands, Place, run_commands
from nis_backend.impact.running.scratch import scratch
from nis_backend.impact.running.shadow import shadow
from nis_backend.impact.running.surroundings import placed, surroundings

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nis_backend.impact.changing.copies import Copy
    from nis_backend.impact.project.environment import Distribution
    from nis_backend.impact.project.opening import Project
    from nis_backend.impact.report import Hidden
    from nis_backend.impact.running.phases import Ran


def hide(
    project: Project, package: str, commands: Commands, *, limit: float, ran: Sequence[Ran] | None = None
) -> list[Hidden]:
    """Run the commands with the package and without it, and compare: outcome, exit code, and the lines written.

    `ran`: how they ran with it, where that is known. Where there is a difference they are run with it once more, which
    shows what differs by itself.

    Raises:
        NotFound: the package is not installed.
    """
    hidden = project.environment.find(package)
    if hidden is None:
        raise NotFound(
            f"{package} is not installed in the project's environment.",
            field="package",
            value=package,
            remedy="install the project, or name its interpreter: --python PATH",
        )
    own = _place(project, limit)
    with_it = list(ran) if ran is not None else run_commands(commands, own)
    with scratch() as folder:
        copy = shadow(project.environment, folder / "env", [hidden.key])
        without = run_commands(led(commands, project.root, copy.root), _place_without(project, copy, hidden, limit))
    roots = [str(copy.root), str(project.environment.prefix)]
    found = compared(with_it, [], without, roots=roots)
    return (
        found
        if all(one.same for one in found)
        else compared(with_it, run_commands(commands, own), without, roots=roots)
    )


def _place(project: Project, limit: float) -> Place:
    return Place(folder=project.root, environment=surroundings(project.environment.prefix), limit=limit)


def _place_without(project: Project, copy: Copy, hidden: Distribution, limit: float) -> Place:
    environment = surroundings(copy.root, without=project.environment.bin)
    hide_scripts(copy, hidden.scripts)
    return Place(folder=project.root, environment=environment, limit=limit)


def hide_scripts(copy: Copy, scripts: Iterable[str]) -> None:
    """Let commands that an environment lacks not be found in another folder of the path, which has to stay."""
    path = surroundings(copy.root)["PATH"]
    for name in scripts:
        if not (copy.bin / name).exists() and shutil.which(name, path=path):
            (copy.bin / name).write_text(f"#!/bin/sh\necho '{name}: not found' >&2\nexit 127\n", "utf-8")
            (copy.bin / name).chmod(0o755)


def led(commands: Commands, folder: Path, environment: Path) -> Commands:
    """The commands with each path into an environment's `bin` led to that of `environment`."""
    return replace(
        commands,
        start=placed(commands.start, folder, environment),
        smoke=placed(commands.smoke, folder, environment),
        test=placed(commands.test, folder, environment),
    )
