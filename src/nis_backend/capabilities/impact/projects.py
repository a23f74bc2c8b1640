"""Projects that the operator has named: found by name, and told of without where they are."""

from __future__ import annotations

import re
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from nis_backend.errors import NisError, NotFound, Unavailable
from nis_backend.written import named_folders

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from nis_backend.operation import Json

ABSOLUTE = re.compile(r"(?<![\w.:/~…-])/(?:[\w.@+ -]+/)+(?=[\w.@+<-])")
"""The folders of a path from the root of the disk; an address has a host before it."""
OWN_WORDS = {"patch", "command", "apply", "undo", "rollback", "explanation", "requirement"}
"""Fields that hold a project's own text, or a command: a path in it is the project's."""


def find_project(folders: str, name: str) -> Path:
    """The folder of a project.

    Raises:
        NotFound: none is named so.
        Unavailable: its folder is not there.
    """
    known = named_folders(folders)
    if name not in known:
        names = ", ".join(sorted(known)[:20])
        raise NotFound(
            f"No project is named {name!r} here.",
            field="project",
            value=name,
            remedy=f"Choose one: {names}."
            if names
            else "The operator names folders of projects in NIS_IMPACT_PROJECTS.",
        )
    if not known[name].is_dir():
        raise Unavailable(
            f"The folder of {name!r} is not there.",
            field="project",
            value=name,
            remedy="The operator puts it back, or sets NIS_IMPACT_PROJECTS anew.",
        )
    return known[name]


@contextmanager
def telling(root: Path, name: str) -> Generator[None]:
    """Failures within are told without where the project is."""
    try:
        yield
    except NisError as error:
        raise error.retold(_Clean(root, name).text) from None


def without_paths(found: Json, root: Path, name: str) -> Json:
    """A report as JSON, without where the project, its interpreter and our own folders are."""
    return _Clean(root, name).all(found)


class _Clean:
    def __init__(self, root: Path, name: str) -> None:
        ours = (tempfile.gettempdir(), str(Path.home()), sys.prefix, sys.base_prefix)
        roots = dict.fromkeys(str(one) for one in (root, root.resolve()))
        # The longest first: a project may be in the home folder.
        self._known = [(f"{one}/", "") for one in roots] + [(one, name) for one in roots]
        self._known += [(f"{one}/", "…/") for one in sorted(ours, key=len, reverse=True) if len(one) > 1]

    def all(self, value: Any) -> Any:  # Any: JSON
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.all(one) for one in cast("list[Any]", value)]
        return dict(self._fields(cast("Json", value))) if isinstance(value, dict) else value

    def _fields(self, value: Json) -> Iterator[tuple[str, Any]]:
        for key, one in value.items():
            own = key in OWN_WORDS or (key == "text" and "file" in value)
            yield key, self._own(one) if own else self.all(one)

    def _own(self, value: Any) -> Any:  # Any: JSON
        if isinstance(value, list):
            return [self._own(one) for one in cast("list[Any]", value)]
        return self._known_only(value) if isinstance(value, str) else value

    def text(self, text: str) -> str:
        return ABSOLUTE.sub("…/", self._known_only(text))

    def _known_only(self, text: str) -> str:
        for path, words in self._known:
            text = text.replace(path, words)
        return text
