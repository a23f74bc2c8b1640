"""The uses of a package in what is no Python: Dockerfiles, shell, Makefiles, workflows, Procfiles, settings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from nis_backend.impact.project.files import Kind, SourceFile, read_text
from nis_backend.impact.project.opening import LOCKS, Project
from nis_backend.impact.project.requirements import is_requirements
from nis_backend.impact.proof.commands import commands
from nis_backend.impact.proof.naming import addressed, bare, dotted
from nis_backend.impact.proof.target import Target
from nis_backend.impact.report import Place, Use

Form = Literal["shell", "docker", "make", "yaml", "toml", "ini", "json", "lines"]
Way = Literal["named", "script"]

ENDINGS: dict[str, Form] = {
    **dict.fromkeys(("sh", "bash", "zsh", "fish", "ps1", "bat", "cmd"), "shell"),
    **dict.fromkeys(("yml", "yaml"), "yaml"),
    **dict.fromkeys(("ini", "cfg", "conf", "env", "properties", "service", "flake8", "coveragerc", "pylintrc"), "ini"),
    **dict.fromkeys(("mk", "mak"), "make"),
    **dict.fromkeys(("json", "json5"), "json"),
    **dict.fromkeys(("tf", "hcl", "j2", "tpl", "template"), "lines"),
    "dockerfile": "docker",
    "toml": "toml",
}
NAMES: dict[str, Form] = {
    **dict.fromkeys(("dockerfile", "containerfile"), "docker"),
    **dict.fromkeys(("makefile", "gnumakefile"), "make"),
    **dict.fromkeys(("procfile", "justfile", "jenkinsfile"), "lines"),
}
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
UNUSED_TABLES = re.compile(
    r"^(?:tool\.)?(?:isort|deptry|creosote|fawltydeps|importlinter|mypy-.*|mypy\.overrides|ruff.*isort)"
)
"""Tables of settings that name a package and use none of it."""
KEY = re.compile(r"""^\s*(?:-\s+)?["']?([\w.\-]+)["']?\s*(?:[:=])(?:\s|$|["'\[])""")
HEADER = re.compile(r"^\s*\[{1,2}\s*([^\]]+?)\s*\]{1,2}\s*$")
COMMENT: dict[Form, str] = {"json": "//"}
OPTION = re.compile(r"(?:\s-[pkP]|--worker-class|--plugin|--load-plugins|--pool)")
LONGEST_LINE = 4000
MOST_BYTES = 1_000_000


def mentions(project: Project, target: Target) -> Iterator[Use]:
    """All places of the project's other files that run, load or address the package."""
    declared = {(one.place.file, one.place.line) for one in project.declarations}
    for file in project.files:
        form = form_of(file)
        if form is None or file.bytes > MOST_BYTES:
            continue
        text = read_text(file.path)
        if text is None or not target.needles.search(text.encode("utf-8", "replace")):
            continue
        for line, how, what in _read(target, form, text):
            if (file.relative, line) not in declared:
                place = Place(file=file.relative, line=line, text=text.splitlines()[line - 1].strip()[:200])
                yield Use(how=how, what=what, where=_where(file, form), place=place)


def form_of(file: SourceFile) -> Form | None:
    """What a file is written in, where it may say what is run or loaded; locks, declarations and prose do not."""
    name = file.relative.rpartition("/")[2]
    plain = name.lower()
    if name in LOCKS or is_requirements(file.relative) or plain in {"package-lock.json", "pipfile", "environment.yml"}:
        return None
    if plain.startswith(("dockerfile", "containerfile")):
        return "docker"
    if plain.startswith(".env"):
        return "ini"
    found = NAMES.get(plain) or ENDINGS.get(plain.rpartition(".")[2])
    if found is None and "." not in name and file.bytes < MOST_BYTES:
        first = (read_text(file.path, 120) or "").partition("\n")[0]
        return "shell" if first.startswith("#!") and "python" not in first else None
    return found


def _where(file: SourceFile, form: Form) -> Kind:
    """Settings of a project's tools are tooling; what is served with is the application's."""
    name = file.relative.rpartition("/")[2].lower()
    tools = name in {"pyproject.toml", "setup.cfg", "pytest.ini", "mypy.ini", "package.json"} or name.startswith(
        "mkdocs"
    )
    return "tooling" if file.kind == "application" and (tools or form == "make") else file.kind


def _read(target: Target, form: Form, text: str) -> Iterator[tuple[int, Way, str]]:
    key, table = "", ""
    configured = False
    for number, whole in enumerate(text.splitlines(), 1):
        line = _bare_of_comment(form, whole[:LONGEST_LINE])
        header = HEADER.match(line) if form in {"toml", "ini"} else None
        if header:
            table, key = header[1].replace('"', ""), ""
            if not configured and _configures(target, table):
                configured = True
                yield number, "named", f"[{table}]"
            continue
        found = KEY.match(line)
        key = found[1] if found else key
        if target.needles.search(line.encode("utf-8", "replace")) and not UNUSED_TABLES.match(table):
            seen: set[str] = set()
            for how, what in _line(target, form, line, key):
                if what not in seen:
                    seen.add(what)
                    yield number, how, what


def _bare_of_comment(form: Form, line: str) -> str:
    sign = COMMENT.get(form, "#")
    return "" if line.lstrip().startswith((sign, ";") if form == "ini" else sign) else re.split(rf"\s{sign}\s", line)[0]


def _configures(target: Target, table: str) -> bool:
    """Whether a table of settings is the package's own: `[tool.black]`, `[flake8]`."""
    first = table.removeprefix("tool.").split(".")[0].partition(":")[0].strip().lower()
    named = {target.key, *target.scripts, *(one.lower() for one in target.public)}
    return first in named and not UNUSED_TABLES.match(table)


def _line(target: Target, form: Form, line: str, key: str) -> Iterator[tuple[Way, str]]:
    value = KEY.sub("", line, count=1) if form in {"yaml", "toml", "ini", "json"} else line
    if key not in NOT_COMMANDS:
        shell = form in {"shell", "docker", "make", "lines", "ini", "json"} or bool(key)
        for command in commands(target, line, shell=shell):
            yield "script", command
    for name in (*dotted(target, value), *addressed(target, line)):
        yield "named", name
    for word in re.findall(r"[\w.\-]+", value):
        if bare(target, word, key) or _option(target, word, line):
            yield "named", word


def _option(target: Target, word: str, line: str) -> bool:
    """Whether a word is the value of an option that loads a plug-in: `-p xdist`, `--worker-class gevent`."""
    if word.lower() not in target.words:
        return False
    return bool(re.search(rf"{OPTION.pattern}[\s=\",']+{re.escape(word)}\b", f" {line}"))
