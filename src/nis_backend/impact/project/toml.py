"""A TOML file: its tables, and the lines on which values stand, which the standard library's reader does not tell."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

from nis_backend.impact.project.files import read_text
from nis_backend.impact.report import Place

Table = Mapping[str, Any]  # Any: TOML's values differ in type
HEADER = re.compile(r"^\s*\[{1,2}([^\[\]]+)\]{1,2}\s*(?:#.*)?$")


def read_toml(path: Path) -> tuple[Table, str] | str:
    """A TOML file's tables and text, or what is wrong with it."""
    text = read_text(path)
    if text is None:
        return "it cannot be read"
    try:
        return tomllib.loads(text), text
    except (tomllib.TOMLDecodeError, RecursionError) as failure:
        return f"no TOML: {failure}"


def table_of(data: object, *keys: str) -> Table:
    """The table under keys, one inside the other; empty where there is none."""
    for key in keys:
        data = cast("Table", data).get(key) if isinstance(data, dict) else None
    return cast("Table", data) if isinstance(data, dict) else {}


def list_of(value: object) -> list[Any]:  # Any: TOML
    """A list; of one text, it alone; of anything else, nothing."""
    if isinstance(value, list):
        return cast("list[Any]", value)
    return [value] if isinstance(value, str) else []


class Lines:
    """Where in a TOML file values stand."""

    def __init__(self, relative: str, text: str) -> None:
        self.relative = relative
        self.lines: list[tuple[str, str]] = []
        table = ""
        for line in text.splitlines():
            header = HEADER.match(line)
            table = re.sub(r"[\s\"']", "", header[1]) if header else table
            self.lines.append((table, line))

    def quoted(self, table: str, key: str, value: str) -> Place:
        """The line on which a text is quoted in the list of a key."""
        forms = (f'"{value}"', f"'{value}'", '"' + value.replace('"', '\\"') + '"')
        first = self.key(table, key).line or 1
        return self._place(table, lambda line: any(form in line for form in forms), first)

    def key(self, table: str, key: str) -> Place:
        """The line of a table that begins with a key, or the header of the table of that key."""
        begins = re.compile(rf"""^\s*["']?{re.escape(key)}["']?\s*[=.]""")
        found = self._place(table, lambda line: bool(begins.match(line)))
        return found if found.line else self._place(f"{table}.{key}", lambda line: bool(HEADER.match(line)))

    def _place(self, table: str, fits: Callable[[str], bool], first: int = 1) -> Place:
        for number, (inside, line) in enumerate(self.lines[first - 1 :], first):
            near = inside == table or inside.startswith(f"{table}.") or table.startswith(f"{inside}.")
            if near and fits(line):
                return Place(file=self.relative, line=number, text=line.strip()[:200])
        return Place(file=self.relative)
