"""Services of ECS: whether what was brought there came up, and why it did not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nis_backend.deployment.aws import logs
from nis_backend.deployment.aws.account import Answer
from nis_backend.deployment.aws.failures import cleaned

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nis_backend.deployment.aws.account import Account
    from nis_backend.deployment.aws.stack import Found
    from nis_backend.deployment.target import Tell

SETTLING = 15 * 60.0
SERVICES = {"ApiServiceName": "api", "WorkerServiceName": "worker", "GpuServiceName": "gpu"}
"""Outputs of the stack, and what its services write their log as."""
CONTAINER = "nis-backend"
LAST_LINES, MOST_TASKS = 5, 3


def services(account: Account, found: Found) -> Sequence[Answer]:
    """The services as ECS tells them; none where there are none, as on a box."""
    names = [found.outputs[key] for key in SERVICES if key in found.outputs]
    if not names:
        return []
    return account.call("ecs:DescribeServices", cluster=found.outputs["ClusterName"], services=names)["services"]


def settle(account: Account, found: Found, tell: Tell) -> str:
    """Wait until every service's rollout has ended; why one failed, else nothing."""

    def look() -> Answer | None:
        there = services(account, found)
        states = {str(one["serviceName"]): newest(one) for one in there}
        for name, state in states.items():
            tell(0.0, f"{name}: {state.get('runningCount', 0)} of {state.get('desiredCount', 0)} tasks run")
        failed = [name for name, state in states.items() if state.get("rolloutState") == "FAILED"]
        if failed:
            said = cleaned(str(states[failed[0]].get("rolloutStateReason", "")))
            return {"why": f"{failed[0]} did not come up: {said}"}
        done = all(state.get("rolloutState", "COMPLETED") == "COMPLETED" for state in states.values())
        return {"why": ""} if done else None

    return str(account.until(look, within=SETTLING, what="The rollout of its services")["why"])


def why(account: Account, found: Found) -> list[str]:
    """Why tasks of a deployment that was taken back stopped: ECS's reasons, exit codes, and their last lines.

    ECS tells of stopped tasks for about an hour.
    """
    told = list[str]()
    for service in services(account, found):
        serving = {one["taskDefinition"] for one in service["deployments"] if one.get("rolloutState") != "FAILED"}
        for task in _stopped(account, found, str(service["serviceName"])):
            if task["taskDefinitionArn"] in serving:
                continue
            told.append(_reason(account, found, service, task))
        told.extend(cleaned(str(one["message"])) for one in service.get("events", ())[:5] if _bad(one["message"]))
    return list(dict.fromkeys(told))[:MOST_TASKS]


def exits(task: Mapping[str, Any]) -> str:
    """Why a task stopped, with the exit codes of its containers."""
    said = [cleaned(str(task.get("stoppedReason", "no reason is given")))]
    for one in task.get("containers", ()):
        code, reason = one.get("exitCode"), cleaned(str(one.get("reason", "")))
        if code or reason:
            said.append(f"exit code {code}" + (f" ({reason})" if reason else "") if code is not None else reason)
    return "; ".join(said)


def _reason(account: Account, found: Found, service: Answer, task: Answer) -> str:
    number = str(task["taskArn"]).rpartition("/")[2]
    kind = next(kind for key, kind in SERVICES.items() if found.outputs.get(key) == service["serviceName"])
    wrote = logs.last(account, found.outputs["LogGroupName"], f"{kind}/{CONTAINER}/{number}", LAST_LINES)
    return f"Task {number[:8]} of {service['serviceName']}: {exits(task)}" + (
        f"\n{chr(10).join(wrote)}" if wrote else ""
    )


def _stopped(account: Account, found: Found, service: str) -> list[Answer]:
    cluster = found.outputs["ClusterName"]
    pages = account.pages("ecs:ListTasks", cluster=cluster, serviceName=service, desiredStatus="STOPPED")
    arns = [arn for page in pages for arn in page["taskArns"]][:100]
    if not arns:
        return []
    tasks = account.call("ecs:DescribeTasks", cluster=cluster, tasks=arns)["tasks"]
    # What scaling or a deployment ended of itself tells nothing.
    ours = [one for one in tasks if one.get("stopCode") != "ServiceSchedulerInitiated" or _ill(one)]
    return sorted(ours, key=lambda one: one.get("stoppedAt", one.get("stoppingAt", 0)), reverse=True)


def _ill(task: Answer) -> bool:
    return "health check" in str(task.get("stoppedReason", "")).lower()


def _bad(message: str) -> bool:
    return any(word in message for word in ("unable to", "failed", "was unable"))


def newest(service: Answer) -> Answer:
    """The deployment that is to serve."""
    return next((one for one in service["deployments"] if one["status"] == "PRIMARY"), Answer())
