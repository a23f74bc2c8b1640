"""What `setup.cfg` and `setup.py` ask for; the latter is read as a text, never run."""

from __future__ import annotations

import ast
import configparser
from collections.abc import Iterator

from nis_backend.impact.project.declared import Declaration, Section, declaration
from nis_backend.impact.project.files import line_of
from nis_backend.impact.report import Place

KEYS: dict[str, Section] = {"install_requires": "main", "setup_requires": "build", "tests_require": "group"}


def read_setup_cfg(relative: str, text: str) -> Iterator[Declaration]:
    """All that a `setup.cfg` asks for."""
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(text)
    except configparser.Error:
        return
    if not parser.has_section("options"):
        return
    numbers = {line.strip(): number for number, line in enumerate(text.splitlines(), 1)}
    for key, section in KEYS.items():
        yield from _listed(relative, numbers, parser.get("options", key, fallback=""), section, "")
    if parser.has_section("options.extras_require"):
        for extra, some in parser.items("options.extras_require"):
            yield from _listed(relative, numbers, some, "extra", extra)


def _listed(relative: str, numbers: dict[str, int], some: str, section: Section, name: str) -> Iterator[Declaration]:
    for line in some.splitlines():
        asked = line.partition(" #")[0].strip()
        place = Place(file=relative, line=numbers.get(line.strip()), text=line.strip()[:200])
        found = declaration(asked, place, section, name) if asked else None
        if found is not None:
            yield found


def read_setup_py(relative: str, text: str) -> Iterator[Declaration]:
    """All that a `setup.py` asks for in so many words: lists in the call, or in names it is given."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return
    values = {
        target.id: node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("setup"):
            for word in node.keywords:
                yield from _keyword(relative, text, values, word)


def _keyword(relative: str, text: str, values: dict[str, ast.expr], word: ast.keyword) -> Iterator[Declaration]:
    value = _followed(word.value, values)
    if word.arg in KEYS:
        yield from _constants(relative, text, value, KEYS[word.arg], "")
    elif word.arg == "extras_require" and isinstance(value, ast.Dict):
        for key, some in zip(value.keys, value.values, strict=True):
            name = str(key.value) if isinstance(key, ast.Constant) else ""
            yield from _constants(relative, text, _followed(some, values), "extra", name)


def _followed(value: ast.expr, values: dict[str, ast.expr]) -> ast.expr:
    return values.get(value.id, value) if isinstance(value, ast.Name) else value


def _constants(relative: str, text: str, value: ast.expr, section: Section, name: str) -> Iterator[Declaration]:
    for node in ast.walk(value):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            for asked in node.value.splitlines():
                place = Place(file=relative, line=node.lineno, text=line_of(text, node.lineno))
                found = declaration(asked, place, section, name) if asked.strip() else None
                if found is not None:
                    yield found
