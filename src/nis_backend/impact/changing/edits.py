"""A declaration taken out of a file, changed or added, with all around it left as it stands.

Each function takes a file's text and gives the new one, or None where no rule tells how.
"""

from __future__ import annotations

import re

from nis_backend.impact.project.toml import HEADER


def without_line(text: str, line: int) -> str:
    """Without a line, and those that continue it: a requirement with its hashes."""
    lines = text.splitlines(keepends=True)
    return "".join([*lines[: line - 1], *lines[_end(lines, line) :]])


def with_line(text: str, line: int, old: str, new: str) -> str | None:
    """With another requirement on a line; its comment stays, hashes of the old one go."""
    lines = text.splitlines(keepends=True)
    end = _end(lines, line)
    whole = "".join(lines[line - 1 : end])
    asked = re.sub(r"\s*\\\s*$", "", old.partition(" --hash")[0]).strip()
    if asked not in whole:
        return None
    before, _, after = whole.partition(asked)
    rest = re.sub(r"\s+--hash[=\s]\S+", "", after.replace("\\\n", " ").replace("\\\r\n", " "))
    kept = re.sub(r"\s+$", "", rest)
    ending = re.search(r"\r?\n?$", whole)
    return "".join([*lines[: line - 1], before, new, kept, ending[0] if ending else "", *lines[end:]])


def _end(lines: list[str], line: int) -> int:
    """The number of the last line that continues a line."""
    while line < len(lines) and lines[line - 1].rstrip("\r\n").endswith("\\"):
        line += 1
    return line


def without_element(text: str, line: int, value: str) -> str | None:
    """Without a quoted element of a list; a line that held it alone goes whole, its comment with it."""
    lines = text.splitlines(keepends=True)
    found = _quoted(lines[line - 1], value) if line <= len(lines) else None
    if found is None:
        return None
    start, end = found
    here = lines[line - 1]
    before, after = here[:start], here[end:]
    comma = re.match(r"\s*,[ \t]?", after)
    if not before.strip() and re.fullmatch(r"\s*,?\s*(?:#.*)?\s*", after):
        lines[line - 1] = ""
    elif comma:
        lines[line - 1] = before + after[comma.end() :]
    else:
        lines[line - 1] = re.sub(r"\s*,\s*$", "", before) + after
    return "".join(lines)


def with_element(text: str, line: int, value: str, new: str) -> str | None:
    """With another quoted element in its place."""
    lines = text.splitlines(keepends=True)
    found = _quoted(lines[line - 1], value) if line <= len(lines) else None
    if found is None:
        return None
    start, end = found
    lines[line - 1] = lines[line - 1][:start] + quoted(new, lines[line - 1][start]) + lines[line - 1][end:]
    return "".join(lines)


def quoted(value: str, sign: str = '"') -> str:
    """A text in quotation marks, in others where it holds those."""
    if sign in value:
        sign = "'" if sign == '"' else '"'
    return f"{sign}{value}{sign}"


def _quoted(line: str, value: str) -> tuple[int, int] | None:
    for form in (f'"{value}"', f"'{value}'", '"' + value.replace('"', '\\"') + '"'):
        start = line.find(form)
        if start >= 0:
            return start, start + len(form)
    return None


def without_key(text: str, line: int) -> str:
    """Without a key of a TOML table, all lines of its value; without the table where the line is its header."""
    lines = text.splitlines(keepends=True)
    end = line
    if HEADER.match(lines[line - 1]):
        while end < len(lines) and not HEADER.match(lines[end]):
            end += 1
    else:
        depth = _depth(lines[line - 1])
        while depth > 0 and end < len(lines):
            depth += _depth(lines[end])
            end += 1
    return "".join([*lines[: line - 1], *lines[end:]])


def _depth(line: str) -> int:
    bare = re.sub(r""""[^"]*"|'[^']*'|#.*$""", "", line)
    return bare.count("[") + bare.count("{") - bare.count("]") - bare.count("}")


def added_element(text: str, line: int, new: str) -> str | None:
    """With another element at the end of the list that begins on a line."""
    lines = text.splitlines(keepends=True)
    depth, last = _depth(lines[line - 1]), line - 1
    if depth == 0:  # all on one line
        here = lines[last]
        close = here.rfind("]")
        inside = here[here.find("[") + 1 : close].strip().rstrip(",")
        lines[last] = f"{here[: here.find('[') + 1]}{inside}{', ' if inside else ''}{quoted(new)}{here[close:]}"
        return "".join(lines) if close >= 0 else None
    while depth > 0 and last + 1 < len(lines):
        last += 1
        depth += _depth(lines[last])
    if not lines[last].lstrip().startswith("]"):
        return None
    before = next((number for number in range(last - 1, line - 1, -1) if _value(lines[number])), None)
    indent = "    "
    if before is not None:
        indent = lines[before][: len(lines[before]) - len(lines[before].lstrip())]
        lines[before] = _with_comma(lines[before])
    lines.insert(last, f"{indent}{quoted(new)},\n")
    return "".join(lines)


def _value(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _with_comma(line: str) -> str:
    found = re.match(r"""^(\s*(?:"[^"]*"|'[^']*'))(\s*)(?!,)((?:#.*)?\s*)$""", line)
    return f"{found[1]},{found[2]}{found[3]}" if found else line
