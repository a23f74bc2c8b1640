"""What is asked of a deployment, and of a definition."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from nis_backend.annotations import Names, Reads, Unit
from nis_backend.deployment.report import Service
from nis_backend.deployment.target import DIGEST
from nis_backend.operation import Model

LONGEST_TEXT = 500_000

Deployment = Annotated[
    str,
    Field(min_length=1, max_length=64, description="A deployment's name, one of those that NIS_DEPLOYMENTS sets down."),
]
Definition = Annotated[str, Reads("quote"), Names("definition")]
Image = Annotated[
    str,
    Field(
        default="",
        max_length=71,
        pattern=rf"^$|^{DIGEST}$",
        description="The image by its digest, sha256:…, from where the deployment has its images; empty: the one that "
        "is set down.",
    ),
]
Ephemeral = Annotated[
    bool,
    Field(
        default=False, description="Whether it is accepted that what tasks keep on their own disks is lost with them."
    ),
]


class PriceProfile(Model):
    """How large, and where."""

    profile: str = Field(
        default="small",
        max_length=40,
        description="small: one task, a load balancer, no database. small-rds: with the smallest database. box: one "
        "EC2 machine. production: two zones, database, cache, workers. gpu: production with a GPU worker.",
    )
    region: str = Field(default="us-east-1", min_length=1, max_length=40, description="AWS region of the prices.")
    parameters: dict[str, str] = Field(
        default_factory=dict[str, str],
        max_length=100,
        description="Parameters of the template that differ from the profile's.",
    )


class PlanDeployment(Model):
    """Which deployment, with which image."""

    deployment: Deployment
    image: Image
    ephemeral: Ephemeral


class ValidateDefinition(Model):
    """A definition to be checked."""

    text: Definition = Field(
        min_length=1,
        max_length=LONGEST_TEXT,
        description="An ECS task definition, a CloudFormation template, a script of aws commands or a Dockerfile.",
    )
    kind: Literal["task definition", "template", "script", "Dockerfile"] | None = Field(
        default=None, description="What it is; unset: found out."
    )
    fargate: bool | None = Field(
        default=None, description="Whether it is for Fargate; unset: as it says itself, and told where it says nothing."
    )
    measured_start: Annotated[float, Unit("s")] | None = Field(
        default=None, ge=0, le=3600, description="Seconds in which it was measured to be healthy after its start."
    )


class CompareRevisions(Model):
    """Two definitions."""

    before: Definition = Field(
        min_length=1, max_length=LONGEST_TEXT, description="The task definition or template that was."
    )
    after: Annotated[str, Reads("quote"), Names("after")] = Field(
        min_length=1, max_length=LONGEST_TEXT, description="The one that is to be."
    )


class GetStatus(Model):
    """Which deployment."""

    deployment: Deployment


class ListLogs(Model):
    """Which lines of which deployment."""

    deployment: Deployment
    service: Service | None = Field(default=None, description="api or worker; unset: both.")
    minutes: Annotated[float, Unit("min")] = Field(default=60, gt=0, le=10_080, description="How far back.")
    limit: int = Field(default=100, ge=1, le=1000, description="Most lines, the newest.")
    words: str = Field(default="", max_length=200, description="Only lines that have this text.")


class ApplyDeployment(PlanDeployment):
    """Which deployment, with which image."""


class ScaleDeployment(Model):
    """How many tasks of which service."""

    deployment: Deployment
    service: Service = Field(default="api", description="api or worker.")
    count: int = Field(ge=0, le=50, description="Tasks.")


class RollBackDeployment(Model):
    """Which deployment, to which revision."""

    deployment: Deployment
    revision: str = Field(
        default="", max_length=300, description="As deployment.get_status names it; empty: the one that served before."
    )
