"""Whose a module is that was seen to import: the project's, another distribution's, the package's own."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from nis_backend.impact.report import Importing, Place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nis_backend.impact.project.opening import Project
    from nis_backend.impact.proof.target import Target
    from nis_backend.impact.report import PhaseName
    from nis_backend.impact.running.traces import Began, Trace

MOST_CHAIN = 30
MAIN = ("__main__", "__mp_main__")
By = Literal["application", "third_party", "hook", "itself"]


class Whose:
    """Tells modules apart, for one project and one package."""

    def __init__(self, project: Project, sought: Target) -> None:
        self.project, self.sought = project, sought

    def relative(self, file: str) -> str:
        """The path of one of the project's own files from its folder; empty for others."""
        path, environment = Path(file), self.project.environment
        if not file or not path.is_absolute():
            path = self.project.root / file
            return file if file and path.is_file() else ""
        installed = (environment.prefix, *environment.site)
        if any(path.is_relative_to(one) for one in installed) and environment.prefix != self.project.root:
            return ""
        return str(path.relative_to(self.project.root)) if path.is_relative_to(self.project.root) else ""

    def importing(self, trace: Trace, began: Began, phase: PhaseName, *, failed: bool) -> Importing:
        """An import of the package, told."""
        by, distribution = self.by(trace, began)
        relative = self.relative(began.file)
        return Importing(
            module=began.module,
            importer="__main__" if began.importer in MAIN else began.importer,
            by=by,
            distribution=distribution,
            place=self.place(relative, began.line) if relative else None,
            phase=phase,
            failed=failed,
            chain=self.chain(trace, began),
        )

    def by(self, trace: Trace, began: Began) -> tuple[By, str]:
        """Who imports; of what the standard library imports for others, they."""
        for _ in range(MOST_CHAIN):
            if began.importer == "hook":
                return "hook", self.hooked(began.module)
            if self.relative(began.file):
                return "application", ""
            if self.sought.has(began.importer):
                return "itself", self.sought.key
            if began.importer in MAIN:
                return "third_party", self.files.get(began.file, "")
            if owners := self.project.environment.owner(began.importer):
                return "third_party", owners[0]
            if began.importer not in trace.imports:
                break
            began = trace.imports[began.importer]
        return "third_party", ""

    def chain(self, trace: Trace, began: Began) -> list[str]:
        """From the nearest of the project's own modules to the package's."""
        found = [began.module, began.importer]
        while not self.relative(began.file) and began.importer in trace.imports and len(found) < MOST_CHAIN:
            began = trace.imports[began.importer]
            if began.importer in found:
                break
            found.append(began.importer)
        return ["__main__" if one in MAIN else one for one in reversed(found)]

    def hooked(self, module: str) -> str:
        """The distribution whose `.pth` file names a module that was loaded at start; of several the first."""
        names = {module, module.partition(".")[0]}
        for key, one in self.project.environment.distributions.items():
            for path in one.pth:
                try:
                    text = path.read_text("utf-8", "replace")[:100_000]
                except OSError:
                    continue
                if any(name in text for name in names):
                    return key
        return ""

    def own_modules(self, trace: Trace) -> Iterator[str]:
        """The project's own modules that a process imported, or was started with."""
        known = self.project.layout.modules
        yield from known & (trace.imports.keys() - trace.failed.keys())
        files = {began.file for began in trace.imports.values() if began.importer in MAIN}
        for file in {*files, *(one for one in trace.arguments if one.endswith(".py"))}:
            dotted = self.relative(file).removesuffix(".py").removeprefix("./").replace("/", ".").removeprefix("src.")
            if dotted in known:
                yield dotted

    def place(self, relative: str, number: int) -> Place:
        """A line of one of the project's files; 0 where it is not known."""
        try:
            text = (self.project.root / relative).read_text("utf-8", "replace")[:2_000_000]
        except OSError:
            text = ""
        line = text.splitlines()[number - 1 : number] if number else []
        return Place(file=relative, line=number or None, text=line[0].strip()[:200] if line else "")

    @cached_property
    def files(self) -> dict[str, str]:
        """Each installed file, and its distribution."""
        every = self.project.environment.distributions.items()
        return {file.path: key for key, one in every for file in one.files}
