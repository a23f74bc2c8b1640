"""The schema is brought forward by one task of the new image, before anything is switched to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from nis_backend.deployment.aws import logs
from nis_backend.deployment.aws.failures import cleaned
from nis_backend.deployment.aws.rollout import CONTAINER, exits
from nis_backend.errors import Conflict, UpstreamFailed

if TYPE_CHECKING:
    from nis_backend.deployment.aws.account import Account, Answer
    from nis_backend.deployment.aws.stack import Found
    from nis_backend.deployment.target import Tell

LONGEST = 30 * 60.0


def migrate(account: Account, found: Found, who: str, tell: Tell) -> str:
    """Run the stack's migration task and wait for it; what it wrote last.

    Raises:
        Conflict: it did not end with 0; nothing was switched.
        UpstreamFailed: ECS did not start it.
    """
    cluster = found.outputs["ClusterName"]
    answer = account.call(
        "ecs:RunTask",
        cluster=cluster,
        taskDefinition=found.outputs["MigrationTaskArn"],
        launchType="FARGATE",
        count=1,
        startedBy=f"nis-deploy-{who}"[:36],
        clientToken=uuid4().hex,
        networkConfiguration={
            "awsvpcConfiguration": {
                "subnets": found.outputs["TaskSubnets"].split(","),
                "securityGroups": [found.outputs["TaskGroup"]],
                "assignPublicIp": found.outputs["TaskPublicAddress"],
            }
        },
        propagateTags="TASK_DEFINITION",
    )
    if not answer["tasks"]:
        said = "; ".join(cleaned(f"{one.get('reason')} {one.get('detail', '')}") for one in answer.get("failures", ()))
        raise UpstreamFailed(f"ECS did not start the migration: {said}.", remedy="Try again; nothing was switched.")
    arn = str(answer["tasks"][0]["taskArn"])
    task = account.until(lambda: _ended(account, cluster, arn, tell), within=LONGEST, what="The migration")
    stream = f"migration/{CONTAINER}/{arn.rpartition('/')[2]}"
    wrote = logs.last(account, found.outputs["LogGroupName"], stream, 5)
    if not _well(task):
        raise Conflict(
            f"The migration failed: {exits(task)}. {' '.join(wrote)}".strip(),
            remedy="Nothing was switched; what served still does. Look at what it wrote, and apply again.",
        )
    return wrote[-1] if wrote else ""


def _ended(account: Account, cluster: str, arn: str, tell: Tell) -> Answer | None:
    found = account.call("ecs:DescribeTasks", cluster=cluster, tasks=[arn])["tasks"]
    # For a moment after its start ECS may not know it.
    if not found:
        return None
    tell(0.0, f"the migration is {found[0]['lastStatus'].lower()}")
    return found[0] if found[0]["lastStatus"] == "STOPPED" else None


def _well(task: dict[str, Any]) -> bool:
    return all(one.get("exitCode") == 0 for one in task["containers"])
