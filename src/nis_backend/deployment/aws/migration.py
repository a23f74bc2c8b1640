"""The schema is brought forward by one task of the new image, before anything is switched to it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from nis_backend.deployment.aws import logs
from nis_backend.deployment.aws.account import BETWEEN_LOOKS
from nis_backend.deployment.aws.failures import cleaned
from nis_backend.deployment.aws.rollout import CONTAINER, exits
from nis_backend.errors import Conflict, UpstreamFailed

if TYPE_CHECKING:
    from nis_backend.deployment.aws.account import Account, Answer
    from nis_backend.deployment.aws.stack import Found
    from nis_backend.deployment.target import Tell

LONGEST = 30 * 60.0
WRITING = 60.0
"""Seconds within which the last lines of a task that has ended come to its log."""
COMMAND = ("sh", "-c", "nis database current; nis database upgrade")
"""Says the version of the schema before and after; its exit code is the second's."""
_VERSION = re.compile(r"schema version (\d+)")


@dataclass(frozen=True, kw_only=True)
class Moved:
    """What a migration did."""

    before: int
    after: int
    """Versions of the schema; both 0 where its log did not tell."""

    @property
    def told(self) -> str:
        """The same in words."""
        if self.before == self.after:
            return f"schema version {self.after} as it was" if self.after else "it ended well"
        return f"from schema version {self.before} to {self.after}"

    @property
    def warning(self) -> str:
        """What is to be known where the image that needed it was taken back."""
        if self.before in {0, self.after}:
            return ""
        return (
            f"The schema went {self.told} before, and stays there: tasks that run go on, those of the earlier image "
            "that start anew refuse it. Apply a mended image, or take the schema back (docs/deploying.md)."
        )


def migrate(account: Account, found: Found, who: str, tell: Tell) -> Moved:
    """Run the stack's migration task and wait for it.

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
        overrides={"containerOverrides": [{"name": CONTAINER, "command": [*COMMAND]}]},
        # ECS takes no other characters, and names of people have them.
        startedBy=re.sub(r"[^A-Za-z0-9_/-]+", "-", f"nis-deploy-{who}")[:128],
        clientToken=uuid4().hex,
        networkConfiguration={
            "awsvpcConfiguration": {
                "subnets": found.outputs["TaskSubnets"].split(","),
                "securityGroups": [found.outputs["TaskGroup"]],
                "assignPublicIp": found.outputs["TaskPublicAddress"],
            }
        },
    )
    if not answer["tasks"]:
        said = "; ".join(cleaned(f"{one.get('reason')} {one.get('detail', '')}") for one in answer.get("failures", ()))
        raise UpstreamFailed(f"ECS did not start the migration: {said}.", remedy="Try again; nothing was switched.")
    arn = str(answer["tasks"][0]["taskArn"])
    task = account.until(lambda: _ended(account, cluster, arn, tell), within=LONGEST, what="The migration")
    stream = f"migration/{CONTAINER}/{arn.rpartition('/')[2]}"
    wrote = _wrote(account, found.outputs["LogGroupName"], stream)
    if not _well(task):
        raise Conflict(
            f"The migration failed: {exits(task)}. {' '.join(wrote)}".strip(),
            remedy="Nothing was switched; what served still does. Look at what it wrote, and apply again.",
        )
    versions = [int(number) for number in _VERSION.findall("\n".join(wrote))]
    return Moved(before=versions[0], after=versions[-1]) if len(versions) > 1 else Moved(before=0, after=0)


def _wrote(account: Account, group: str, stream: str) -> list[str]:
    """Its last lines, which may come a while after its end."""
    end = account.clock() + WRITING
    while not (found := logs.last(account, group, stream, 5)) and account.clock() < end:
        account.pause(BETWEEN_LOOKS)
    return found


def _ended(account: Account, cluster: str, arn: str, tell: Tell) -> Answer | None:
    found = account.call("ecs:DescribeTasks", cluster=cluster, tasks=[arn])["tasks"]
    # For a moment after its start ECS may not know it.
    if not found:
        return None
    tell(0.0, f"the migration is {found[0]['lastStatus'].lower()}")
    return found[0] if found[0]["lastStatus"] == "STOPPED" else None


def _well(task: dict[str, Any]) -> bool:
    return all(one.get("exitCode") == 0 for one in task["containers"])
