"""What `pyproject.toml` and `Pipfile` ask for: the standard's tables, and those of poetry, pdm, uv and hatch."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nis_backend.impact.project.declared import Declaration, Section, declaration
from nis_backend.impact.project.toml import Lines, Table, list_of, table_of


def read_pyproject(relative: str, data: Table, text: str) -> Iterator[Declaration]:
    """All that a `pyproject.toml` asks for."""
    lines = Lines(relative, text)
    project, tool = table_of(data, "project"), table_of(data, "tool")
    yield from _strings(lines, "project", "dependencies", project, "main")
    yield from _grouped(lines, "project.optional-dependencies", table_of(project, "optional-dependencies"), "extra")
    yield from _grouped(lines, "dependency-groups", table_of(data, "dependency-groups"), "group")
    pdm = table_of(tool, "pdm", "dev-dependencies")
    yield from _grouped(lines, "tool.pdm.dev-dependencies", pdm, "group")
    uv = table_of(tool, "uv")
    yield from _strings(lines, "tool.uv", "dev-dependencies", uv, "group", "dev")
    yield from _strings(lines, "tool.uv", "constraint-dependencies", uv, "constraint")
    environments = table_of(tool, "hatch", "envs")
    for name in environments:
        one = table_of(environments, name)
        for key in ("dependencies", "extra-dependencies"):
            yield from _strings(lines, f"tool.hatch.envs.{name}", key, one, "group", name)
    yield from _poetry(lines, table_of(tool, "poetry"))
    yield from _strings(lines, "build-system", "requires", table_of(data, "build-system"), "build")


def _poetry(lines: Lines, poetry: Table) -> Iterator[Declaration]:
    extras = {str(one).lower(): extra for extra, some in table_of(poetry, "extras").items() for one in list_of(some)}
    for name, value in table_of(poetry, "dependencies").items():
        if name.lower() != "python":
            extra = extras.get(name.lower(), "")
            yield from _named(lines, "tool.poetry.dependencies", name, value, "extra" if extra else "main", extra)
    for name, value in table_of(poetry, "dev-dependencies").items():
        yield from _named(lines, "tool.poetry.dev-dependencies", name, value, "group", "dev")
    groups = table_of(poetry, "group")
    for group in groups:
        for name, value in table_of(groups, group, "dependencies").items():
            yield from _named(lines, f"tool.poetry.group.{group}.dependencies", name, value, "group", group)


def read_pipfile(relative: str, data: Table, text: str) -> Iterator[Declaration]:
    """All that a `Pipfile` asks for."""
    lines = Lines(relative, text)
    for name, value in table_of(data, "packages").items():
        yield from _named(lines, "packages", name, value, "main")
    for name, value in table_of(data, "dev-packages").items():
        yield from _named(lines, "dev-packages", name, value, "group", "dev")


def _grouped(lines: Lines, table: str, groups: Table, section: Section) -> Iterator[Declaration]:
    for name in groups:
        yield from _strings(lines, table, name, groups, section, name)


def _strings(  # noqa: PLR0913, PLR0917 - where it stands, and what for
    lines: Lines, table: str, key: str, data: Table, section: Section, name: str = ""
) -> Iterator[Declaration]:
    for one in list_of(data.get(key)):
        if isinstance(one, str):  # a group may include another, by a table
            found = declaration(one, lines.quoted(table, key, one), section, name)
            if found is not None:
                yield found


def _named(  # noqa: PLR0913, PLR0917 - where it stands, and what for
    lines: Lines, table: str, name: str, value: object, section: Section, group: str = ""
) -> Iterator[Declaration]:
    """A requirement written as `name = "^1.2"` or `name = {version = …, extras = […], markers = …}`."""
    one = list_of(value)[0] if list_of(value) else value
    parts = table_of(one) or {"version": one}
    extras = list_of(parts.get("extras"))
    asked = f"[{','.join(map(str, extras))}]" if extras else ""
    markers = f" ; {parts['markers']}" if isinstance(parts.get("markers"), str) else ""
    text = f"{name}{asked}{bounds(str(parts.get('version') or '*'))}{markers}"
    place = lines.key(table, name)
    found = declaration(text, place, section, group) or declaration(name, place, section, group)
    if found is not None:
        yield found


def bounds(version: str) -> str:
    """Poetry's `^1.2` and `~1.2` as the standard's bounds; what is no version bounds nothing."""
    if version.strip() in {"", "*", "latest"}:
        return ""
    return ",".join(filter(None, (_bound(part.strip()) for part in version.split(","))))


def _bound(part: str) -> str:
    if re.match(r"^\d", part):
        return f"=={part}"
    numbers = re.match(r"^([\^~])\s*(\d+(?:\.\d+)*)", part)
    if not numbers:
        return part
    parts = [int(one) for one in numbers[2].split(".")]
    if numbers[1] == "~":
        kept = min(len(parts), 2)
    else:
        kept = next((place for place, one in enumerate(parts, 1) if one), len(parts))
    upper = [*parts[: kept - 1], parts[kept - 1] + 1]
    return f">={numbers[2]},<{'.'.join(map(str, upper))}"
