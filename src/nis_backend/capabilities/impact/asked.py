"""What is asked of a project, a note and a bill, and the small answers."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from nis_backend.annotations import Names, Reads, Unit
from nis_backend.impact.report import Kind, PhaseName
from nis_backend.operation import Model

LONGEST_NOTE = 200_000
LARGEST = 2**50
Depth = Literal["texts", "runs", "installs", "measures"]

ProjectName = Annotated[
    str, Field(min_length=1, max_length=100, description="A project's name, as impact.list_projects answers it.")
]
Bytes = Annotated[int, Unit("byte")]


class AuditNote(Model):
    """A note to be checked."""

    text: Annotated[str, Reads("quote"), Names("note")] = Field(
        min_length=1, max_length=LONGEST_NOTE, description="The note, as Markdown."
    )


class PriceMemory(Model):
    """Memory before and after, and where it is paid for."""

    peak_before: Bytes = Field(gt=0, le=LARGEST, description="Peak memory of one task before the change, bytes.")
    peak_after: Bytes = Field(gt=0, le=LARGEST, description="Peak memory of one task after it, bytes.")
    image_before: Bytes | None = Field(
        default=None, ge=0, le=LARGEST, description="Bytes of the image's compressed layers before; unset: not priced."
    )
    image_after: Bytes | None = Field(
        default=None, ge=0, le=LARGEST, description="Bytes of the image's compressed layers after."
    )
    region: str = Field(default="us-east-1", min_length=1, max_length=40, description="AWS region of the prices.")
    headroom: Annotated[float, Unit("")] = Field(
        default=0.3, ge=0, le=4, description="Share of the peak that is kept free beside it: 0.3 is 30 %."
    )


class ListProjects(Model):
    """Nothing is asked."""


class ProjectLine(Model):
    """A project that may be looked at."""

    name: str = Field(description="Its name here.")
    commands: list[PhaseName] = Field(
        description="Its own commands that are stated in its pyproject.toml, and may be run: start, smoke, test."
    )
    told: str = Field(default="", description="What is wrong with what it states.")


class ProjectList(Model):
    """The projects of NIS_IMPACT_PROJECTS."""

    projects: list[ProjectLine]


class ScanProject(Model):
    """Which project."""

    project: ProjectName


class AssessChange(Model):
    """Which change of which project, and how much trouble is taken."""

    project: ProjectName
    kind: Kind = Field(description="drop, add, swap or upgrade.")
    package: str = Field(
        min_length=1,
        max_length=200,
        description="The distribution by its installed name: opencv-python, not cv2. To add one, a requirement.",
    )
    to: str = Field(
        default="",
        max_length=200,
        description="Of a swap, what takes its place; of an upgrade, the version; unset: the newest.",
    )
    depth: Depth = Field(
        default="installs",
        description="texts: what its files tell, in a second. runs: also its own commands, with the package hidden. "
        "installs: also resolved, and in an environment as it would be. measures: also starts and memory, in minutes.",
    )


class WriteReport(Model):
    """A report, and as what it is wanted."""

    report: dict[str, Any] = Field(  # Any: JSON; as its model it would be most of every list of tools
        description="A report: what impact.assess_change answered, whole."
    )
    form: Literal["markdown", "html"] = Field(
        default="html", description="html: one page with charts; markdown: for a pull request."
    )
