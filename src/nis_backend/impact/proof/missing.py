"""Imports of what a project does not declare, or declares for other work only."""

from __future__ import annotations

from collections.abc import Iterator

from nis_backend.impact.project.opening import Project
from nis_backend.impact.proof.facts import Imported
from nis_backend.impact.proof.requirers import Asked
from nis_backend.impact.proof.target import guessed
from nis_backend.impact.proof.texts import Text, Texts
from nis_backend.impact.report import Place

PASSED_OVER = frozenset({"documents"})
COMES = frozenset({"__future__", "__main__", "_typeshed", "setuptools", "pkg_resources", "distutils"})
"""What is there, or was until Python 3.12, without being asked for."""
ALWAYS = frozenset({"main", "extra"})


class Declared:
    """What the project may import: by distribution, and by the modules of those that are not installed."""

    def __init__(self, project: Project) -> None:
        self.project = project
        asked = [one for one in project.declarations if one.section != "constraint"]
        self.keys = {one.key for one in asked} | {*project.own}
        self.always = {one.key for one in asked if one.section in ALWAYS} | {*project.own}
        here = project.environment.distributions
        self.modules = {module for key in self.keys if key not in here for module in guessed(key)}

    def why_not(self, one: Imported, kind: str) -> str | None:
        """Why an import is of what is not declared; None where it is, or needs not be."""
        top = one.module.partition(".")[0]
        if top in self.project.environment.standard or top in COMES or top in self.project.layout.possible:
            return None
        owners = self._owners(one)
        if {*owners} & self.always or any(self._known(name) for name in self._names(one)):
            return None
        if {*owners} & self.keys:
            return f"{owners[0]} is declared for development only" if kind == "application" else None
        if owners:
            return owners[0]
        return None if one.how in {"guarded_import", "dynamic_import", "typing_import"} else "not installed"

    def _owners(self, one: Imported) -> tuple[str, ...]:
        return next(filter(None, (self.project.environment.owner(name) for name in self._names(one))), ())

    def _known(self, name: str) -> bool:
        return any(name == module or name.startswith(f"{module}.") for module in self.modules)

    @staticmethod
    def _names(one: Imported) -> tuple[str, ...]:
        return (*(f"{one.module}.{name}" for name in one.names), one.module)


def missing(project: Project, texts: Texts, asked: Asked) -> Iterator[Place]:
    """The first place of each module that is imported, and is of a distribution that is not declared."""
    declared = Declared(project)
    seen: set[tuple[str, str]] = set()
    for file in texts.files:
        if file.kind in PASSED_OVER:
            continue
        text = texts.text(file)
        for one, why in _wrong(text, declared):
            top = one.module.partition(".")[0]
            if (top, why) not in seen:
                seen.add((top, why))
                chain = asked.chains.get(why, ())
                brought = f", which {chain[-2]} brings" if len(chain) > 1 else ""
                place = text.place(one.line)
                yield Place(file=place.file, line=place.line, text=f"{one.module} ({why}{brought})"[:200])


def _wrong(text: Text, declared: Declared) -> Iterator[tuple[Imported, str]]:
    for one in text.facts.imports:
        why = declared.why_not(one, text.file.kind)
        if why is not None:
            yield one, why
