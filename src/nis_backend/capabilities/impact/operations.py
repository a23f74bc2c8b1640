"""What a dependency costs, as operations: notes checked, memory priced, projects ranked, changes assessed, reports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ValidationError

from nis_backend.blob import Blob
from nis_backend.caller import PROJECTS
from nis_backend.capabilities.impact.asked import (
    AssessChange,
    AuditNote,
    ListProjects,
    PriceMemory,
    ProjectLine,
    ProjectList,
    ScanProject,
    WriteReport,
)
from nis_backend.errors import InvalidRequest, NisError
from nis_backend.impact.report import Audit, Price, Ranking, Report
from nis_backend.operation import Example, Json, operation
from nis_backend.written import named_folders

if TYPE_CHECKING:
    from pathlib import Path

    from nis_backend.context import Context
    from nis_backend.drivers.compute.base import ComputingContext
    from nis_backend.view import View

__all__ = ["OPERATIONS"]

SCOPES = (PROJECTS,)
"""Of what reads the operator's disk and runs projects' own commands; notes and bills want `impact:read` alone."""
LONGEST = 1800.0
"""Seconds: the tests of a project may be run, before and after."""
NOTE = """# Dropping tensorflow

The image shrinks from 2,000 MB to 500 MB, which is 60 % less.
A task of 0.25 vCPU and 1 GB costs $10.63 a month in us-east-1.
"""
REPORT: Json = {
    "project": "orders",
    "change": {"kind": "drop", "package": "heavy"},
    "version": "2.15.1",
    "made": "2026-01-31 12:00 UTC",
    "python": "3.11.9",
    "verdict": {
        "word": "SAFE",
        "reasons": [{"speaks": "for", "text": "start: the same without it (hidden)."}],
    },
    "static": {"modules": ["heavy"], "files": 34},
    "seconds": 12.5,
}


def _draw_audit(_request: AuditNote, found: Audit) -> list[View]:
    from nis_backend.impact.forms.views import of_audit  # noqa: PLC0415 - loads with the first that is drawn

    return of_audit(found)


def _draw_price(_request: PriceMemory, found: Price) -> list[View]:
    from nis_backend.impact.forms.views import of_price  # noqa: PLC0415 - as above

    return of_price(found)


def _draw_projects(_request: ListProjects, found: ProjectList) -> list[View]:
    from nis_backend.view import Table  # noqa: PLC0415 - as above

    rows: list[list[str | float]] = [[one.name, ", ".join(one.commands) or "none", one.told] for one in found.projects]
    return [Table(title="Projects", columns=["name", "its own commands", "what is wrong"], rows=rows)]


def _draw_ranking(_request: ScanProject, found: Ranking) -> list[View]:
    from nis_backend.impact.forms.views import of_ranking  # noqa: PLC0415 - as above

    return of_ranking(found)


def _draw_report(_request: AssessChange, found: Report) -> list[View]:
    from nis_backend.impact.forms.views import of_report  # noqa: PLC0415 - as above

    return of_report(found)


@operation(
    "impact.audit_note",
    effect="reads",
    pool="impact",
    view=_draw_audit,
    examples=(
        Example(
            title="A note with a wrong percentage",
            request={"text": NOTE},
            question='Audit this migration note: "The image shrinks from 2,000 MB to 500 MB, which is 60 % less."',
            also=("Check the claims of this impact note.", "Is what this note says about costs and percentages right?"),
        ),
    ),
)
def audit_note(request: AuditNote, ctx: ComputingContext) -> Audit:
    """Check a migration or impact note: its arithmetic, AWS sizes and prices, contradictions, commands and rollbacks.

    Each finding has the line, the rule, what is right and where that stands; rules are data with a source each. What
    cannot be known from the note and the lists is not called wrong.
    """
    from nis_backend.impact.audit import audit  # noqa: PLC0415 - loads in the worker only

    return audit(request.text)


@operation(
    "impact.price_memory",
    effect="reads",
    pool="impact",
    view=_draw_price,
    examples=(
        Example(
            title="A third of the memory",
            request={"peak_before": 1_500_000_000, "peak_after": 500_000_000},
            question="What would a lower peak memory save on the AWS bill?",
            also=("What does this peak memory cost on Fargate and EC2, before and after?",),
        ),
        Example(
            title="The same size holds both",
            request={"peak_before": 390_000_000, "peak_after": 300_000_000, "region": "eu-central-1"},
        ),
    ),
)
def price_memory(request: PriceMemory, ctx: ComputingContext) -> Price:
    """Price a task's peak memory before and after a change: the smallest Fargate and EC2 sizes that hold it, and ECR.

    No saving is said where the same size holds both. On demand, Linux on x86, always on, 730 hours; the price list's
    date and source are in the answer.
    """
    from nis_backend.impact.pricing import price  # noqa: PLC0415 - loads in the worker only

    images = (request.image_before or 0, request.image_after or 0)
    peaks = (request.peak_before, request.peak_after)
    found = price(peaks, images, headroom=request.headroom, region=request.region)
    if request.image_before is None or request.image_after is None:
        return found.model_copy(update={"image_before": None, "image_after": None})
    return found


@operation(
    "impact.list_projects",
    effect="reads",
    scopes=SCOPES,
    view=_draw_projects,
    examples=(Example(title="All", request={}),),
)
def list_projects(request: ListProjects, ctx: Context) -> ProjectList:
    """List the Python projects whose dependencies may be assessed here, and which of their own commands they state."""
    return ProjectList(
        projects=[_line(name, root) for name, root in sorted(named_folders(ctx.settings.impact_projects).items())]
    )


def _line(name: str, root: Path) -> ProjectLine:
    from nis_backend.impact.stated import stated  # noqa: PLC0415 - loads with the first project

    if not root.is_dir():
        return ProjectLine(name=name, commands=[], told="Its folder is not there.")
    try:
        return ProjectLine(name=name, commands=list(stated(root).commands))
    except NisError as error:
        return ProjectLine(name=name, commands=[], told=error.message)


@operation(
    "impact.scan_project",
    effect="reads",
    pool="impact",
    scopes=SCOPES,
    view=_draw_ranking,
    time_limit=300.0,
    examples=(Example(title="A small project", request={"project": "orders"}),),
)
def scan_project(request: ScanProject, ctx: ComputingContext) -> Ranking:
    """Rank all dependencies of a Python project by cost against use; nothing of it is run."""
    from nis_backend.capabilities.impact.projects import (  # noqa: PLC0415 - loads in the worker only
        find_project,
        telling,
        without_paths,
    )
    from nis_backend.impact.project.opening import open_project  # noqa: PLC0415 - as above
    from nis_backend.impact.scanning import scan  # noqa: PLC0415 - as above
    from nis_backend.impact.stated import stated  # noqa: PLC0415 - as above

    root = find_project(str(ctx.options["impact_projects"]), request.project)
    with telling(root, request.project):
        python = stated(root).python
        ranking = scan(open_project(root, root / python if python else None), None)
    return Ranking.model_validate(without_paths(ranking.model_dump(mode="json"), root, request.project))


@operation(
    "impact.assess_change",
    effect="writes",
    pool="impact",
    scopes=SCOPES,
    view=_draw_report,
    time_limit=LONGEST,
    examples=(
        Example(
            title="Can it go, by the texts alone?",
            request={"project": "orders", "kind": "drop", "package": "heavy", "depth": "texts"},
        ),
    ),
)
def assess_change(request: AssessChange, ctx: ComputingContext) -> Report:
    """Find out whether a Python project can drop, add, swap or upgrade a dependency, and what that costs or saves.

    SAFE, UNSAFE or UNPROVEN, with evidence: who uses it, what fails without it, bytes, start, memory and price. The
    project's own commands may be run, in copies of its environment; nothing of it is changed, nothing is left running.
    """
    from nis_backend.capabilities.impact.assessing import assess_named  # noqa: PLC0415 - loads in the worker only

    return assess_named(request, str(ctx.options["impact_projects"]), ctx.progress)


@operation(
    "impact.write_report",
    effect="reads",
    pool="impact",
    examples=(Example(title="As Markdown", request={"report": REPORT, "form": "markdown"}),),
)
def write_report(request: WriteReport, ctx: ComputingContext) -> Blob:
    """Write an assessment's report as one HTML page with charts, or as Markdown for a pull request."""
    from nis_backend.impact.forms.files import written  # noqa: PLC0415 - loads in the worker only

    try:
        report = Report.model_validate(request.report)
    except ValidationError as error:
        wrong = error.errors()[0]
        raise _no_report(f"The report's {'.'.join(map(str, wrong['loc']))} is wrong: {wrong['msg']}.") from None
    try:
        text = written(report, request.form)
    except (ValueError, OverflowError):  # the model bounds no figure, and pairs no bills
        raise _no_report("The report's figures are too large to be drawn, or do not fit together.") from None
    kind = "text/html" if request.form == "html" else "text/markdown"
    ending = "html" if request.form == "html" else "md"
    name = f"impact-{report.change.kind}-{report.change.package}"[:80]
    return Blob.of(text.encode(), media_type=kind, name=f"{name}.{ending}")


def _no_report(message: str) -> InvalidRequest:
    return InvalidRequest(message, field="report", remedy="Give what impact.assess_change answered, whole.")


OPERATIONS = (audit_note, price_memory, list_projects, scan_project, assess_change, write_report)
