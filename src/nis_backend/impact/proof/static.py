"""Who uses a package, from texts and metadata alone: nothing of the project is run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from nis_backend.impact.project.declared import Declaration
from nis_backend.impact.project.files import Kind
from nis_backend.impact.project.opening import Project
from nis_backend.impact.proof.imports import python_uses
from nis_backend.impact.proof.mentions import mentions
from nis_backend.impact.proof.requirers import Asked, requirers
from nis_backend.impact.proof.target import Target, guessed, target
from nis_backend.impact.proof.texts import Texts
from nis_backend.impact.report import Place, StaticProof, Use

MOST_USES = 500
TESTING = frozenset({"pytest", "hypothesis", "nose2", "robotframework", "behave"})
TOOLS = frozenset(
    {
        *(
            "flake8",
            "pylint",
            "mypy",
            "black",
            "ruff",
            "isort",
            "setuptools",
            "hatchling",
            "poetry",
            "tox",
            "nox",
            "pdm",
        ),
        *("sphinx", "mkdocs", "mkdocs-material", "babel", "twine", "build", "pyinstaller", "coverage", "virtualenv"),
        *("distutils", "pre-commit", "bandit", "towncrier", "bumpversion", "jupyter", "ipython", "nbconvert"),
    }
)
HOSTS = {"distutils": "setuptools", "egg_info": "setuptools", "pyinstaller40": "pyinstaller", "pytest11": "pytest"}
"""Hosts of groups whose name does not begin with the host's module."""


def prove(project: Project, package: str, texts: Texts | None = None, asked: Asked | None = None) -> StaticProof:
    """All places of a project that use a package, or may; `texts` and `asked` are handed on by who proves many.

    Raises:
        NotFound: it is neither installed nor declared.
    """
    sought = target(project, package)
    read = Texts(project) if texts is None else texts
    found = python_uses(project, sought, read)
    uses = [*found.uses, *mentions(project, sought, read), *plugged(project, sought), *stubs(project, sought, read)]
    order = ("application", "tests", "tooling", "documents")
    uses.sort(key=lambda one: (order.index(one.where), one.place.file, one.place.line or 0))
    return StaticProof(
        modules=list(sought.public),
        scripts=list(sought.scripts),
        plugins=list(sought.installed.groups) if sought.installed else [],
        shared_with=_shared(project, sought),
        declared=[_place(one) for one in project.declared(package)],
        uses=uses[:MOST_USES],
        required_by=requirers(project, package, asked),
        files=len(read.files),
        unread=found.unread,
        open=found.open,
    )


def _place(one: Declaration) -> Place:
    return one.place


def _shared(project: Project, sought: Target) -> list[str]:
    """Whoever else brings its modules: `opencv-python` beside `opencv-python-headless`."""
    if sought.installed is None:
        return []
    files = {one.path for one in sought.installed.files if one.path.endswith((".py", ".so", ".pyd"))}
    owners = {key for module in sought.public for key in project.environment.owners.get(module, ())} - {sought.key}
    there = project.environment.distributions
    return sorted(there[key].name for key in owners if any(one.path in files for one in there[key].files))


def stubs(project: Project, sought: Target, texts: Texts) -> Iterator[Use]:
    """That a package of type stubs is read by a type checker, where the project imports what it describes."""
    named = sought.key.removeprefix("types-").removesuffix("-stubs")
    if named == sought.key or sought.modules not in {(), guessed(sought.key)}:
        return
    files = sought.installed.files if sought.installed else ()
    folders = {part for one in files for part in one.path.split("/") if part.endswith("-stubs")}
    tops = tuple(sorted(one.removesuffix("-stubs") for one in folders)) or guessed(named)
    described = replace(sought, modules=tops)
    used = next((one for one in python_uses(project, described, texts).uses if one.how != "named"), None)
    if used is not None:
        what = f"type stubs of {used.what}, which {used.place.file} imports"
        declared = project.declared(sought.key)
        yield Use(how="typing_import", what=what, where="tooling", place=declared[0].place if declared else used.place)


def plugged(project: Project, sought: Target) -> Iterator[Use]:
    """The plug-ins of a package that another, installed one loads by itself."""
    declared = project.declared(sought.key)
    seen: set[str] = set()
    for point in sought.plugins:
        host = host_of(project, point.group)
        if host is None or host == sought.key or point.group in seen:
            continue
        seen.add(point.group)
        names = ", ".join(one.name for one in sought.plugins if one.group == point.group)
        place = declared[0].place if declared else Place(file="", text=f"{point.group}: {names}"[:200])
        yield Use(
            how="entry_point", what=f"{host} loads {names[:100]} (group {point.group})", where=_where(host), place=place
        )


def host_of(project: Project, group: str) -> str | None:
    """The installed distribution that reads a group of entry points: by its name, or the module that it begins with."""
    first = group.partition(".")[0].partition("_")[0] if group not in HOSTS else group
    named = HOSTS.get(group) or HOSTS.get(group.partition(".")[0]) or first
    environment = project.environment
    if environment.find(named):
        return named
    owners = environment.owner(group.partition(".")[0]) or environment.owner(first)
    return owners[0] if owners else None


def _where(host: str) -> Kind:
    return "tests" if host in TESTING else "tooling" if host in TOOLS else "application"
