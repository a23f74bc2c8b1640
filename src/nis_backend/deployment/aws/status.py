"""How a deployment is: its stack, its services, what is served, what could be gone back to, which alarms ring."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.deployment.aws.rollout import newest, services
from nis_backend.deployment.report import Revision, ServiceStatus, Status

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.deployment.aws.account import Account, Answer
    from nis_backend.deployment.aws.history import Served
    from nis_backend.deployment.aws.stack import Found

MOST_REVISIONS = 20


def status(account: Account, name: str, found: Found, served: Sequence[Served]) -> Status:
    """How it is now."""
    there = services(account, found)
    return Status(
        name=name,
        target="aws",
        exists=True,
        address=found.outputs.get("Address", ""),
        state=found.state,
        services=[_service(account, one) for one in there] or _box(account, found),
        revisions=[*_rolling(account, there, found, served), *_before(found, served)][:MOST_REVISIONS],
        alarms=_ringing(account, name),
    )


def _service(account: Account, one: Answer) -> ServiceStatus:
    said = str(newest(one).get("rolloutState", ""))
    behind = one.get("loadBalancers")
    return ServiceStatus(
        service="worker" if not str(one["serviceName"]).endswith("-api") else "api",
        desired=one["desiredCount"],
        running=one["runningCount"],
        # Nothing calls a worker: what runs is all that is known.
        healthy=_healthy(account, behind[0]["targetGroupArn"]) if behind else one["runningCount"],
        rollout=said if len(one["deployments"]) == 1 else f"{said}, {len(one['deployments'])} deployments at once",
    )


def _healthy(account: Account, group: str) -> int:
    found = account.call("elasticloadbalancing:DescribeTargetHealth", TargetGroupArn=group)
    return sum(one["TargetHealth"]["State"] == "healthy" for one in found["TargetHealthDescriptions"])


def _box(account: Account, found: Found) -> list[ServiceStatus]:
    if "BoxGroupName" not in found.outputs:
        return []
    named = [found.outputs["BoxGroupName"]]
    groups = account.call("autoscaling:DescribeAutoScalingGroups", AutoScalingGroupNames=named)["AutoScalingGroups"]
    boxes = [box for group in groups for box in group["Instances"]]
    return [
        ServiceStatus(
            service="api",
            desired=1,
            running=sum(box["LifecycleState"] == "InService" for box in boxes),
            healthy=sum(box["HealthStatus"] == "Healthy" and box["LifecycleState"] == "InService" for box in boxes),
        )
    ]


def _rolling(account: Account, there: Sequence[Answer], found: Found, served: Sequence[Served]) -> list[Revision]:
    """What the services bring up or end right now, where that is not what was verified last."""
    rows = list[Revision]()
    verified = _current(found, served)
    for service in there[:1]:
        for one in service["deployments"]:
            state = one.get("rolloutState", "")
            if one["status"] == "PRIMARY" and state == "COMPLETED" and verified:
                continue
            definition = account.call("ecs:DescribeTaskDefinition", taskDefinition=one["taskDefinition"])
            rows.append(
                Revision(
                    id=str(one["taskDefinition"]).rpartition("/")[2],
                    image=definition["taskDefinition"]["containerDefinitions"][0]["image"],
                    created=one["createdAt"].timestamp(),
                    state="failed"
                    if state == "FAILED"
                    else "draining"
                    if one["status"] != "PRIMARY"
                    else "serving"
                    if state == "COMPLETED"
                    else "starting",
                )
            )
    return rows


def _before(found: Found, served: Sequence[Served]) -> list[Revision]:
    current = _current(found, served)
    return [
        Revision(
            id=str(one.number),
            image=one.image,
            created=one.since,
            state="serving" if one is current else "before",
        )
        for one in served
    ]


def _current(found: Found, served: Sequence[Served]) -> Served | None:
    """The last that was verified, where the stack still wants the same."""
    if not served or found.state.endswith("_FAILED") or found.busy:
        return None
    same = all(found.parameters.get(key) == value for key, value in served[0].what.items())
    return served[0] if same else None


def _ringing(account: Account, name: str) -> list[str]:
    pages = account.pages("cloudwatch:DescribeAlarms", AlarmNamePrefix=f"{name}-", StateValue="ALARM")
    return [str(one["AlarmName"]) for page in pages for one in page.get("MetricAlarms", ())]
