"""Who uses a package, from texts and metadata alone: nothing of the project is run."""

from __future__ import annotations

from collections.abc import Iterator

from nis_backend.impact.project.declared import Declaration
from nis_backend.impact.project.files import Kind
from nis_backend.impact.project.opening import Project
from nis_backend.impact.proof.imports import python_uses
from nis_backend.impact.proof.mentions import mentions
from nis_backend.impact.proof.requirers import Asked, requirers
from nis_backend.impact.proof.target import Target, target
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
    uses = [*found.uses, *mentions(project, sought, read), *plugged(project, sought)]
    order = ("application", "tests", "tooling", "documents")
    uses.sort(key=lambda one: (order.index(one.where), one.place.file, one.place.line or 0))
    return StaticProof(
        modules=list(sought.public),
        scripts=list(sought.scripts),
        plugins=list(sought.installed.groups) if sought.installed else [],
        declared=[_place(one) for one in project.declared(package)],
        uses=uses[:MOST_USES],
        required_by=requirers(project, package, asked),
        files=len(read.files),
        unread=found.unread,
        open=found.open,
    )


def _place(one: Declaration) -> Place:
    return one.place


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
