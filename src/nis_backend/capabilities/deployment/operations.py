"""Deployments, as operations: planned and priced, applied, scaled, taken back; definitions checked and compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.caller import OPERATE
from nis_backend.capabilities.deployment.asked import (
    ApplyDeployment,
    CompareRevisions,
    GetStatus,
    ListLogs,
    PlanDeployment,
    PriceProfile,
    RollBackDeployment,
    ScaleDeployment,
    ValidateDefinition,
)
from nis_backend.deployment.report import Comparison, Findings, LogLines, Outcome, Plan, Status
from nis_backend.operation import Before, Example, operation

if TYPE_CHECKING:
    from nis_backend.capabilities.deployment.callers import Telling
    from nis_backend.deployment.known import Known
    from nis_backend.deployment.target import Wanted
    from nis_backend.drivers.compute.base import ComputingContext
    from nis_backend.operation import Model
    from nis_backend.view import View

__all__ = ["OPERATIONS"]

SCOPES = (OPERATE,)
"""Of what reaches a deployment; what is only computed wants `deployment:read` alone."""
POOL = "aws"
LONGEST = 3600.0
"""Seconds: a stack with a database takes half an hour to come up."""


TASK = """{
  // sizes of the earlier system
  "family": "nis-backend",
  "requiresCompatibilities": ["FARGATE"],
  "networkMode": "awsvpc",
  "cpu": "1536",
  "memory": "3072",
  "containerDefinitions": [
    {"name": "nis-backend", "image": "nis-protocol-v3-backend:latest", "essential": true, "stopTimeout": 300,
     "healthCheck": {"command": ["CMD-SHELL", "curl -f http://localhost:8000/health || exit 1"]}}
  ]
}"""

APPLIED = Before(
    operation="deployment.apply_deployment", request={"deployment": "rehearsal", "ephemeral": True}, name="applied"
)


def _draw(_request: Model, found: Plan | Status | Findings | Comparison | Outcome | LogLines) -> list[View]:
    from nis_backend.deployment.views import views_of  # noqa: PLC0415 - loads with the first that is drawn

    return [*views_of(found, whole=False)]


def _find(name: str, ctx: ComputingContext) -> tuple[Known, Telling]:
    """The deployment of that name, and how a caller is told of it."""
    from nis_backend.capabilities.deployment.callers import Telling  # noqa: PLC0415 - loads in the worker only
    from nis_backend.deployment.known import find  # noqa: PLC0415 - as above

    there = find(str(ctx.options["deployments"]), name)
    return there, Telling(there.folder, name)


def _wanted(request: PlanDeployment, there: Known) -> Wanted:
    from nis_backend.capabilities.deployment.callers import image_of  # noqa: PLC0415 - as above

    return there.wanted(image_of(there, request.image), ephemeral=request.ephemeral)


@operation(
    "deployment.price_profile",
    effect="reads",
    pool=POOL,
    view=_draw,
    examples=(
        Example(
            title="The smallest on Fargate",
            request={"profile": "small"},
            question="What does it cost to run nis on AWS?",
            also=("Plan a deployment to AWS with its monthly price.", "How much a month is the smallest deployment?"),
        ),
        Example(title="One machine, in Frankfurt", request={"profile": "box", "region": "eu-central-1"}),
    ),
)
def price_profile(request: PriceProfile, ctx: ComputingContext) -> Plan:
    """Plan a deployment of nis on AWS and price its month to the cent: every resource, the drain and rollback times.

    From the template's own resources and a dated price list, whose source each line names. No account is asked.
    """
    from nis_backend.deployment.plan import plan  # noqa: PLC0415 - as above
    from nis_backend.deployment.target import Wanted  # noqa: PLC0415 - as above

    return plan(Wanted(profile=request.profile, parameters=request.parameters), region=request.region)


@operation(
    "deployment.validate_definition",
    effect="reads",
    pool=POOL,
    view=_draw,
    examples=(
        Example(
            title="A task definition of the earlier system",
            request={"text": TASK},
            question='Validate this Dockerfile: "FROM python:latest"',
            also=("Is this ECS task definition valid for Fargate?", "Check my CloudFormation template for mistakes."),
        ),
    ),
)
def validate_definition(request: ValidateDefinition, ctx: ComputingContext) -> Findings:
    """Check an ECS task definition, a CloudFormation template, a script of aws commands or a Dockerfile.

    Each finding has its place, why it is wrong and what to do: Fargate sizes, stop time-outs, mutable tags, health
    checks, roles, secrets. Values that look like keys are never repeated.
    """
    from nis_backend.deployment.validate import findings  # noqa: PLC0415 - as above

    return findings(request.text, kind=request.kind, fargate=request.fargate, measured_start=request.measured_start)


@operation(
    "deployment.compare_revisions",
    effect="reads",
    pool=POOL,
    view=_draw,
    examples=(
        Example(
            title="Half the memory",
            request={
                "before": '{"family": "nis-backend", "cpu": "512", "memory": "2048", "containerDefinitions": []}',
                "after": '{"family": "nis-backend", "cpu": "512", "memory": "1024", "containerDefinitions": []}',
            },
        ),
    ),
)
def compare_revisions(request: CompareRevisions, ctx: ComputingContext) -> Comparison:
    """Compare two task definitions or templates: what differs, and what that means for those who are served."""
    from nis_backend.deployment.compare import compare  # noqa: PLC0415 - as above

    return compare(request.before, request.after)


@operation(
    "deployment.plan_deployment",
    effect="reads",
    scopes=SCOPES,
    pool=POOL,
    view=_draw,
    time_limit=600.0,
    examples=(Example(title="What applying would do", request={"deployment": "rehearsal", "ephemeral": True}),),
)
def plan_deployment(request: PlanDeployment, ctx: ComputingContext) -> Plan:
    """Plan what applying would change in a deployment: every resource against what is there, price and times."""
    from nis_backend.deployment.plan import plan  # noqa: PLC0415 - as above

    there, telling = _find(request.deployment, ctx)
    return telling.asked(lambda: plan(_wanted(request, there), region=there.region, target=there.target(), to=there.to))


@operation(
    "deployment.get_status",
    effect="reads",
    scopes=SCOPES,
    pool=POOL,
    view=_draw,
    time_limit=120.0,
    examples=(Example(title="How it is", request={"deployment": "rehearsal"}),),
)
def get_status(request: GetStatus, ctx: ComputingContext) -> Status:
    """Tell how a deployment is: its services, what is served, what could be gone back to, which alarms ring."""
    there, telling = _find(request.deployment, ctx)
    return telling.asked(lambda: there.target().status())


@operation(
    "deployment.list_logs",
    effect="reads",
    scopes=SCOPES,
    pool=POOL,
    view=_draw,
    time_limit=120.0,
    examples=(
        Example(title="The last ten lines", request={"deployment": "rehearsal", "limit": 10}, before=(APPLIED,)),
    ),
)
def list_logs(request: ListLogs, ctx: ComputingContext) -> LogLines:
    """List what a deployment's tasks wrote, the oldest line first."""
    from nis_backend.deployment.known import recent  # noqa: PLC0415 - as above

    there, telling = _find(request.deployment, ctx)
    with telling.failures():
        # Lines stay as they were written: who may operate a deployment may read what it says.
        return recent(
            there.target(), request.service, minutes=request.minutes, limit=request.limit, words=request.words
        )


@operation(
    "deployment.apply_deployment",
    effect="writes",
    scopes=SCOPES,
    pool=POOL,
    view=_draw,
    time_limit=LONGEST,
    examples=(Example(title="As it is set down", request={"deployment": "rehearsal", "ephemeral": True}),),
)
def apply_deployment(request: ApplyDeployment, ctx: ComputingContext) -> Outcome:
    """Bring a deployment to an image, wait and verify; a build that does not come up is taken back by itself.

    Health, a chat and a WebSocket are tried at the end. Refused where what tasks keep would be lost, unless that is
    accepted.
    """
    there, telling = _find(request.deployment, ctx)
    return telling.asked(lambda: there.target().apply(_wanted(request, there), telling.tell(ctx.progress)))


@operation(
    "deployment.scale_deployment",
    effect="writes",
    scopes=SCOPES,
    pool=POOL,
    view=_draw,
    time_limit=LONGEST,
    examples=(
        Example(
            title="Two tasks",
            request={"deployment": "rehearsal", "service": "api", "count": 2},
            before=(APPLIED,),
        ),
    ),
)
def scale_deployment(request: ScaleDeployment, ctx: ComputingContext) -> Outcome:
    """Have so many tasks of a service of a deployment; those that go are drained first."""
    there, telling = _find(request.deployment, ctx)
    return telling.asked(lambda: there.target().scale(request.service, request.count, telling.tell(ctx.progress)))


@operation(
    "deployment.roll_back_deployment",
    effect="writes",
    scopes=SCOPES,
    pool=POOL,
    view=_draw,
    time_limit=LONGEST,
    examples=(
        Example(
            title="By its name",
            request={"deployment": "rehearsal", "revision": "{applied.revision}"},
            before=(APPLIED,),
        ),
    ),
)
def roll_back_deployment(request: RollBackDeployment, ctx: ComputingContext) -> Outcome:
    """Serve an earlier revision of a deployment again: the one before, or one that is named."""
    there, telling = _find(request.deployment, ctx)
    return telling.asked(lambda: there.target().roll_back(request.revision, telling.tell(ctx.progress)))


OPERATIONS = (
    price_profile,
    validate_definition,
    compare_revisions,
    plan_deployment,
    get_status,
    list_logs,
    apply_deployment,
    scale_deployment,
    roll_back_deployment,
)
