"""Requirements files, as pip reads them: `-r`, `-c`, continued lines, comments, options."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from nis_backend.impact.project.declared import Declaration, Section, declaration
from nis_backend.impact.project.files import read_text
from nis_backend.impact.report import Place

NAMES = re.compile(r"(?:.*[-_.])?(?:requirements?|constraints?)(?:[-_.].*)?\.(?:txt|in|pip)$", re.IGNORECASE)
DEVELOPMENT = re.compile(
    r"(?:^|[-_./])(dev|develop|development|test|tests|testing|lint|docs?|ci|local|build)(?:[-_./]|$)"
)
INCLUDES = re.compile(r"^(?:-r|--requirement|-c|--constraint)(?:\s+|=)?(\S+)")
EDITABLE = re.compile(r"^(?:-e|--editable)(?:\s+|=)")
OPTIONS = re.compile(r"\s+--(?:hash|config-settings?|global-option|install-option)[=\s].*$")


def is_requirements(relative: str) -> bool:
    """Whether a file is one by its name, or by its folder: `requirements/prod.txt`."""
    *folders, name = relative.split("/")
    return bool(NAMES.match(name)) or (
        bool(folders) and folders[-1] == "requirements" and name.endswith((".txt", ".in"))
    )


def read_requirements(root: Path, relative: str, seen: set[str], *, bounds: bool = False) -> Iterator[Declaration]:
    """What a requirements file asks for, and those that it names; each file once. `bounds`: it was named by `-c`."""
    text = None if relative in seen else read_text(root / relative)
    seen.add(relative)
    if text is None:
        return
    yield from read_lines(relative, text, bounds=bounds)
    for _, line in logical_lines(text):
        included = INCLUDES.match(line)
        path = ((root / relative).parent / included[1]).resolve() if included else root
        if path.is_file() and path.is_relative_to(root):
            constrains = bounds or line.startswith(("-c", "--constraint"))
            yield from read_requirements(root, path.relative_to(root).as_posix(), seen, bounds=constrains)


def read_lines(relative: str, text: str, *, bounds: bool = False) -> Iterator[Declaration]:
    """What the lines of a requirements file ask for themselves."""
    section, name = ("constraint", "") if bounds else _section(relative)
    for number, line in logical_lines(text):
        asked = OPTIONS.sub("", EDITABLE.sub("", line))
        if not asked.startswith(("-", ".", "/")):
            found = declaration(asked, Place(file=relative, line=number, text=line[:200]), section, name)
            if found is not None:
                yield found


def logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Each line that says something, continued ones joined, without its comment; with the number of its first."""
    began, held = 0, ""
    for number, line in enumerate(text.splitlines(), 1):
        began = began if held else number
        if line.endswith("\\"):
            held += line[:-1] + " "
            continue
        whole = re.sub(r"(?:^|\s)#.*$", "", held + line).strip()
        held = ""
        if whole:
            yield began, whole


def _section(relative: str) -> tuple[Section, str]:
    stem = relative.rpartition(".")[0].lower()
    if "constraint" in stem.rpartition("/")[2]:
        return "constraint", ""
    group = DEVELOPMENT.search(stem)
    return ("group", group[1]) if group else ("main", "")
