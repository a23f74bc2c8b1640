"""The uses of a package in what is no Python: Dockerfiles, shell, Makefiles, workflows, Procfiles, settings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from nis_backend.impact.project.files import Kind, SourceFile
from nis_backend.impact.project.opening import Project
from nis_backend.impact.proof.commands import commands
from nis_backend.impact.proof.naming import addressed, bare, dotted
from nis_backend.impact.proof.outlines import KEY, Form, Line, Outline
from nis_backend.impact.proof.target import Target
from nis_backend.impact.proof.texts import Texts
from nis_backend.impact.report import Place, Use

Way = Literal["named", "script"]

NOT_COMMANDS = frozenset(
    {
        *(
            "depends_on",
            "links",
            "networks",
            "volumes",
            "needs",
            "branches",
            "tags",
            "services",
            "paths",
            "name",
            "image",
        ),
        *("dependencies", "additional_dependencies", "channels", "packages", "id", "repo", "uses", "labels", "topics"),
        *("ecosystem", "package-ecosystem", "dependency-name", "ignore", "description", "title", "key", "keywords"),
    }
)
"""Keys whose values are names, and no commands."""
NOT_USES = frozenset(
    {
        *("qualname", "logger", "known_third_party", "extension-pkg-whitelist", "extension-pkg-allow-list"),
        *("ignored-modules", "ignore-words-list", "omit", "exclude", "description", "filterwarnings"),
    }
)
"""Keys whose values name a package and use none of it."""
UNUSED_TABLES = re.compile(
    r"^(?:tool\.)?(?:isort|deptry|creosote|fawltydeps|importlinter|mypy-.*|mypy\.overrides|ruff.*isort)"
)
"""Tables of settings that name a package and use none of it."""
OPTION = re.compile(r"(?:\s-[pkP]|--worker-class|--plugin|--load-plugins|--pool)")
CODE = re.compile(r"\b(?:import|from)\s+([A-Za-z_][\w.]*)")
"""What is imported by `python -c "import …"`."""
SHELL = frozenset({"shell", "docker", "make", "lines", "ini", "json"})
KEYED = frozenset({"yaml", "toml", "ini", "json"})


def mentions(project: Project, target: Target, texts: Texts) -> Iterator[Use]:
    """All places of the project's other files that run, load or address the package."""
    declared = {(one.place.file, one.place.line) for one in project.declarations}
    for file in texts.others:
        outline = texts.outline(file) if texts.may_name(file, target) else None
        if outline is None:
            continue
        for line, how, what in _read(target, outline, texts.data(file)):
            if (file.relative, line) not in declared:
                place = Place(file=file.relative, line=line, text=outline.raw[line - 1].strip()[:200])
                yield Use(how=how, what=what, where=_where(file, outline.form), place=place)


def _where(file: SourceFile, form: Form) -> Kind:
    """Settings of a project's tools are tooling; what is served with is the application's."""
    name = file.relative.rpartition("/")[2].lower()
    tools = name in {"pyproject.toml", "setup.cfg", "pytest.ini", "mypy.ini", "package.json"} or name.startswith(
        "mkdocs"
    )
    return "tooling" if file.kind == "application" and (tools or form == "make") else file.kind


def _read(target: Target, outline: Outline, data: bytes) -> Iterator[tuple[int, Way, str]]:
    configured = False
    for line in outline.at([found.start() for found in target.needles.finditer(data)]):
        if UNUSED_TABLES.match(line.table) or line.key in NOT_USES:
            continue
        if line.header:
            if not configured and _configures(target, line.table):
                configured = True
                yield line.number, "named", f"[{line.table}]"
            continue
        for how, what in dict.fromkeys(_line(target, outline.form, line)):
            yield line.number, how, what


def _configures(target: Target, table: str) -> bool:
    """Whether a table of settings is the package's own: `[tool.black]`, `[flake8]`."""
    first = table.removeprefix("tool.").split(".")[0].partition(":")[0].strip().lower()
    return first in {target.key, *target.scripts, *(one.lower() for one in target.public)}


def _line(target: Target, form: Form, line: Line) -> Iterator[tuple[Way, str]]:
    value = KEY.sub("", line.text, count=1) if form in KEYED else line.text
    if line.key not in NOT_COMMANDS:
        for command in commands(target, line.text, shell=form in SHELL or bool(line.key)):
            yield "script", command
    for name in dotted(target, value):
        if form != "json" or f'"{name}"' in line.text:  # a description is no setting
            yield "named", name
    for scheme in addressed(target, line.text):
        yield "named", scheme
    for module in CODE.findall(line.text) if " -c" in line.text else ():
        if target.has(module):
            yield "named", module
    for word in re.findall(r"[\w.\-]+", value):
        if bare(target, word, line.key) or _option(target, word, line.text):
            yield "named", word


def _option(target: Target, word: str, line: str) -> bool:
    """Whether a word is the value of an option that loads a plug-in: `-p xdist`, `--worker-class gevent`."""
    if word.lower() not in target.words:
        return False
    return bool(re.search(rf"{OPTION.pattern}[\s=\",']+{re.escape(word)}\b", f" {line}"))
