"""What the commands of `nis impact` answer: as JSON, as views, and as files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nis_backend.impact.forms.files import views_of, written
from nis_backend.impact.question import RUNS, Question
from nis_backend.impact.report import Audit, Change, Ranking, Report
from nis_backend.impact.running.phases import Commands
from nis_backend.impact.stated import stated

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nis_backend.impact.changing.patch import Applied
    from nis_backend.impact.question import Tell
    from nis_backend.operation import Json
    from nis_backend.view import View

LIMIT = 120.0
"""Seconds that a start is given whose imports are timed."""
COMMANDS = ("start", "ready", "smoke", "test")
"""Options that win over what a project states of itself."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A report, a ranking or an audit."""

    found: Report | Ranking | Audit

    @property
    def word(self) -> str:
        """The verdict; empty where there is none."""
        return self.found.verdict.word if isinstance(self.found, Report) else ""

    @property
    def result(self) -> Json:
        """As JSON."""
        return self.found.model_dump(mode="json")

    def views(self, *, charts: bool) -> Sequence[View]:
        """As views; a terminal wants no charts."""
        return views_of(self.found, charts=charts)

    def written(self, form: str) -> str:
        """As a document: `markdown` or `html`."""
        return written(self.found, form)


def assess(change: Mapping[str, str], options: Mapping[str, Any], tell: Tell) -> Answer:  # Any: click's
    """A change of a project's dependencies."""
    from nis_backend.impact.assess import assess  # noqa: PLC0415 - the most of it all

    root = Path(options["project"])
    said = stated(root)
    given = {**said.commands, "ready": said.ready, **{name: options[name] for name in COMMANDS if options.get(name)}}
    question = Question(
        root=root,
        change=Change.model_validate(change),
        commands=Commands(**given),
        python=_python(root, options),
        runs=options.get("runs") or RUNS,
        installs=not options.get("no_install"),
        measures=not options.get("no_measure"),
        region=options.get("region") or said.region or "us-east-1",
    )
    return Answer(found=assess(question, tell))


def scan(options: Mapping[str, Any], tell: Tell) -> Answer:  # Any: click's
    """All dependencies of a project; nothing of it is run unless its start is given."""
    from nis_backend.impact.project.opening import open_project  # noqa: PLC0415 - as above
    from nis_backend.impact.scanning import scan  # noqa: PLC0415 - as above

    tell(0.0, "reading the project")
    root = Path(options["project"])
    project, imports = open_project(root, _python(root, options)), None
    if options.get("start"):
        from nis_backend.impact.measuring.imports import import_times  # noqa: PLC0415 - as above
        from nis_backend.impact.running.scratch import scratch  # noqa: PLC0415 - as above

        tell(0.1, "timing its imports")
        start = Commands(start=options["start"], ready=options.get("ready") or stated(root).ready)
        with scratch():
            imports = import_times(project, start, limit=LIMIT)
    tell(0.6, "reading its texts")
    return Answer(found=scan(project, imports))


def apply(change: Mapping[str, str], options: Mapping[str, Any]) -> list[str]:  # Any: click's
    """Make a change in the project's files."""
    from nis_backend.impact.changing.patch import apply  # noqa: PLC0415 - as above
    from nis_backend.impact.project.opening import open_project  # noqa: PLC0415 - as above

    project = open_project(Path(options["project"]), _python(Path(options["project"]), options))
    return _written(apply(project, Change.model_validate(change)))


def undo(options: Mapping[str, Any]) -> list[str]:  # Any: click's
    """Take the last change back."""
    from nis_backend.impact.changing.patch import undo  # noqa: PLC0415 - as above

    return _written(undo(Path(options["project"])))


def _python(root: Path, options: Mapping[str, Any]) -> Path | None:  # Any: click's
    """Its interpreter, where it is named: by an option, or by the project from its own folder."""
    given, said = options.get("python"), stated(root).python
    return given or (root / said if said else None)


def _written(applied: Applied) -> list[str]:
    return [*(f"Written: {file}" for file in applied.files), *(f"Then: {command}" for command in applied.then)]


def audit(text: str) -> Answer:
    """A note."""
    from nis_backend.impact.audit.auditing import audit  # noqa: PLC0415 - as above

    return Answer(found=audit(text))
