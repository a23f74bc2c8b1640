"""A change of a project that is named: its folder and its own commands are found, and the folder is not told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.capabilities.impact.projects import find_project, telling, without_paths
from nis_backend.errors import InvalidRequest
from nis_backend.impact.assess import assess
from nis_backend.impact.question import Question
from nis_backend.impact.report import Change, Report
from nis_backend.impact.running.phases import Commands
from nis_backend.impact.stated import stated

if TYPE_CHECKING:
    from collections.abc import Callable

    from nis_backend.capabilities.impact.asked import AssessChange

DEPTHS = ("texts", "runs", "installs", "measures")
"""Each does what those before it do."""


def assess_named(request: AssessChange, folders: str, tell: Callable[[float, str], None]) -> Report:
    """The report, without where the project is.

    Raises:
        NotFound: no project is named so, or it has no such package.
        InvalidRequest: what it states in its pyproject.toml is wrong, or what is asked is.
    """
    _refuse_address("package", request.package)
    _refuse_address("to", request.to)
    root, depth = find_project(folders, request.project), DEPTHS.index(request.depth)
    with telling(root, request.project):
        said = stated(root)
        question = Question(
            root=root,
            change=Change(kind=request.kind, package=request.package, to=request.to),
            commands=Commands(**said.commands, ready=said.ready) if depth else Commands(),
            python=root / said.python if said.python else None,
            region=said.region or "us-east-1",
            resolves=depth >= DEPTHS.index("installs"),
            installs=depth >= DEPTHS.index("installs"),
            measures=depth >= DEPTHS.index("measures"),
        )
        report = assess(question, tell)
    return Report.model_validate(without_paths(report.model_dump(mode="json"), root, request.project))


def _refuse_address(field: str, text: str) -> None:
    """`rich @ git+https://…` would have a caller's own code built and run, or a host asked that the caller cannot."""
    if "@" in text:
        raise InvalidRequest(
            "Nothing is fetched from an address, or a folder, that a caller names.",
            field=field,
            value=text,
            remedy="Name a distribution of the server's own index: rich, or 'rich>=15'.",
        )
