"""An environment without a package, made in a moment: links to whole folders of the one that it is like."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from nis_backend.impact.changing.copies import copy_scripts, files_of, skeleton, source_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nis_backend.impact.changing.copies import Copy
    from nis_backend.impact.project.environment import Environment

CACHE = "__pycache__"


def shadow(environment: Environment, folder: Path, without: Sequence[str]) -> Copy:
    """The environment again in `folder`, without the files of the distributions of these keys.

    Some hundred symbolic links, where `copy_environment` makes a link for each file: for a look, not for measuring. Who
    follows links from its own file, as few packages do, finds the environment that it was made from.
    """
    gone = files_of(environment, without)
    # Of a folder with something in it that is gone, what is in it is linked one by one.
    open_ = {str(parent) for path in gone for parent in Path(path).parents}
    copy = skeleton(environment, folder)
    for site in dict.fromkeys(environment.site):
        _link(site, copy.site, gone, open_)
    copy_scripts(environment, copy, gone)
    if environment.prefix != environment.base_prefix:
        for name in ("share", "etc"):
            if environment.prefix.joinpath(name).is_dir():
                _link(environment.prefix / name, folder / name, gone, open_)
    return copy


def _link(source: Path, target: Path, gone: set[str], open_: set[str]) -> None:
    for path in _leaves(str(source), gone, open_):
        there = target / Path(path).relative_to(source)
        # Only now: a folder that nothing is left in would be importable as a namespace.
        there.parent.mkdir(parents=True, exist_ok=True)
        if not there.is_symlink():
            there.symlink_to(path)


def _leaves(folder: str, gone: set[str], open_: set[str]) -> Iterator[str]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.path in gone or (entry.name.endswith(".pyc") and source_of(entry.path) in gone):
                continue
            inside = entry.path in open_ or (entry.name == CACHE and folder in open_)
            if inside and entry.is_dir(follow_symlinks=False):
                yield from _leaves(entry.path, gone, open_)
            else:
                yield entry.path
