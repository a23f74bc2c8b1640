"""What is told of a deployment: its plan, its price, how it is, what was done, and what is wrong with a definition."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from nis_backend.annotations import Unit
from nis_backend.operation import Model

Seconds = Annotated[float, Unit("s")]
Dollars = Annotated[float, Unit("USD")]
Service = Literal["api", "worker"]
Severity = Literal["error", "warning", "note"]


class Resource(Model):
    """Something that a deployment has, or is to have."""

    id: str = Field(description="Its name within the deployment: a template's logical id.")
    kind: str = Field(description="What it is, as its target calls it: AWS::ECS::Service.")
    change: Literal["add", "change", "replace", "remove", "keep", "unknown"] = Field(
        description="What the plan does to it; unknown where nobody was asked what is there."
    )
    told: str = Field(default="", description="What changes, in words.")


class PriceLine(Model):
    """One line of a bill."""

    resource: str = Field(description="The resource that it is for.")
    what: str = Field(description="What is paid for.")
    quantity: Annotated[float, Unit("")] = Field(description="How much of it in a month.")
    unit: str = Field(description="In which unit: vCPU-hour, GB-month.")
    price: Dollars = Field(description="Price of one, US dollars.")
    month: Dollars = Field(description="Quantity times price.")
    dated: str = Field(description="The day of the price.")
    source: str = Field(description="Where the price stands.")


class Price(Model):
    """What a month costs."""

    region: str
    lines: list[PriceLine]
    month: Dollars = Field(description="The sum of the lines, to the cent.")
    assumed: list[str] = Field(description="What was assumed of the traffic, the logs and the hours.")
    left_out: list[str] = Field(description="What is not in the sum, and why.")


class Span(Model):
    """A part of a time that was added up."""

    what: str
    seconds: Seconds
    told: str = Field(default="", description="Where the figure comes from.")


class Arithmetic(Model):
    """A time as the sum of its parts."""

    what: str
    seconds: Seconds
    parts: list[Span]
    holds: bool = Field(default=True, description="Whether what must hold of it does.")
    told: str = Field(default="", description="What must hold, and what to do where it does not.")


class Plan(Model):
    """What applying would do, what that costs, and how long its ways take."""

    name: str
    target: str
    profile: str
    region: str = Field(default="", description="AWS region; empty on this machine.")
    resources: list[Resource]
    price: Price | None = Field(default=None, description="Nothing where nothing is paid for.")
    times: list[Arithmetic] = Field(description="Drain, rollback and start, as sums.")
    warnings: list[str] = Field(default_factory=list[str])
    refused: str = Field(default="", description="Why applying this would be refused; empty where it would not.")


class Finding(Model):
    """What is wrong, or doubtful, in a task definition, a template or a script."""

    rule: str = Field(description="The rule's name.")
    severity: Severity
    place: str = Field(description="Where: a path in the document, such as containerDefinitions[0].stopTimeout.")
    line: int | None = Field(default=None, description="The line, where it is known.")
    said: str = Field(description="What is there, and why it is wrong.")
    remedy: str = Field(description="What to do.")
    source: str = Field(default="", description="Where the rule stands.")


class Findings(Model):
    """What a definition was found to be, and all that was found in it."""

    kind: str = Field(description="task definition, template, script or Dockerfile.")
    findings: list[Finding]
    checked: list[str] = Field(description="Names of the rules that were looked at.")


class Difference(Model):
    """One thing that differs between two revisions."""

    place: str
    before: str = Field(description="Empty where it was not there. Secrets' values are never shown.")
    after: str
    told: str = Field(default="", description="What it means for those who are served.")


class Comparison(Model):
    """Two revisions side by side."""

    before: str
    after: str
    differences: list[Difference]


class Layer(Model):
    """A layer of an image."""

    digest: str
    told: str = Field(default="", description="What is in it: the base, the packages, the model files, nis.")
    compressed: Annotated[int, Unit("byte")] = Field(description="As it is pulled; 0 where it was not measured.")
    unpacked: Annotated[int, Unit("byte")] = Field(description="On a disk; 0 where it was not measured.")


class Image(Model):
    """An image that was built, or pushed."""

    name: str = Field(description="What it is called; by its digest once it was pushed.")
    digest: str = Field(description="sha256:… of its manifest.")
    target: str = Field(default="", description="core, local or full.")
    platform: str = Field(default="", description="linux/amd64.")
    layers: list[Layer] = Field(default_factory=list[Layer], description="The lowest first.")
    told: str = ""


class Revision(Model):
    """What is, or was, served: an image and its definition, as one thing to go back to."""

    id: str = Field(description="What names it at its target: a task definition's ARN, a number.")
    image: str = Field(description="The image, by digest where the target has digests.")
    created: float = Field(description="Seconds since 1970.")
    state: Literal["serving", "starting", "draining", "before", "failed"]


class ServiceStatus(Model):
    """One service."""

    service: Service
    desired: int
    running: int
    healthy: int
    rollout: str = Field(default="", description="How the last deployment went, as the target says.")


class Status(Model):
    """How a deployment is."""

    name: str
    target: str
    exists: bool
    address: str = Field(default="", description="Where it answers.")
    state: str = Field(default="", description="As the target says: UPDATE_COMPLETE, serving.")
    services: list[ServiceStatus] = Field(default_factory=list[ServiceStatus])
    revisions: list[Revision] = Field(default_factory=list[Revision], description="The newest first.")
    alarms: list[str] = Field(default_factory=list[str], description="Alarms that ring.")


class LogLine(Model):
    """A line that a service wrote."""

    time: float = Field(description="Seconds since 1970.")
    service: Service
    task: str
    text: str


class LogLines(Model):
    """Lines, the oldest first."""

    lines: list[LogLine]


class Step(Model):
    """Something that was done."""

    what: str
    ok: bool
    seconds: Seconds
    told: str = ""


class Outcome(Model):
    """How something that was asked of a deployment ended."""

    ended: Literal["done", "rolled_back", "failed"]
    revision: str = Field(default="", description="What is served now.")
    steps: list[Step]
    seconds: Seconds
    told: str = Field(default="", description="Why it ended so, and what to do.")
