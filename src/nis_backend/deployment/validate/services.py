"""What is looked at where a task is served: the service, its load balancer, and how their times add up."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from nis_backend.deployment.validate.containers import drains, is_nis, seconds_of
from nis_backend.deployment.validate.noted import listed, number, text, values

if TYPE_CHECKING:
    from nis_backend.deployment.validate.noted import Notes, Path, Values
    from nis_backend.deployment.validate.tasks import Task

USUAL_IDLE = 60.0
USUAL_PING = 20.0
USUAL_KEEP_ALIVE = 75.0


def check_service(service: Values, path: Path, notes: Notes, task: Task | None, measured_start: float | None) -> None:
    """Note what is wrong with a service of a task."""
    called = bool(listed(service.get("loadBalancers")))
    controller = text(values(service.get("deploymentController")).get("type")) or "ECS"
    if controller == "ECS" and not values(service.get("deploymentController")).get("Ref"):
        _breaker(service, path, notes)
        _rolls(service, path, notes, called=called)
    fargate = text(service.get("launchType")) == "FARGATE" or bool(task and task.fargate)
    if fargate and not values(service.get("networkConfiguration")):
        notes.add("service-network", (*path, "networkConfiguration"), "Nothing says in which subnets its tasks are.")
    if called:
        grace = number(service.get("healthCheckGracePeriodSeconds"))
        if service.get("healthCheckGracePeriodSeconds") is None:
            said = "A task that is slow to start is killed by the load balancer's checks."
            notes.add("grace-period", (*path, "healthCheckGracePeriodSeconds"), said)
        elif grace is not None and measured_start is not None and measured_start > grace:
            said = f"It was up after {measured_start:g} s, and failures count from {grace:g} s on."
            notes.add("grace-period", (*path, "healthCheckGracePeriodSeconds"), said)
    if task is not None:
        _ports(service, path, notes, task)


def _breaker(service: Values, path: Path, notes: Notes) -> None:
    place = (*path, "deploymentConfiguration", "deploymentCircuitBreaker")
    breaker = values(values(service.get("deploymentConfiguration")).get("deploymentCircuitBreaker"))
    if not breaker or text(breaker.get("enable")) == "false":
        notes.add("no-circuit-breaker", place, "A deployment that fails is tried again without an end.")
    elif text(breaker.get("rollback", False)) == "false":
        notes.add("no-circuit-breaker", (*place, "rollback"), "A deployment that fails is stopped, and not taken back.")


def _rolls(service: Values, path: Path, notes: Notes, *, called: bool) -> None:
    place = (*path, "deploymentConfiguration")
    given = values(service.get("deploymentConfiguration"))
    least, most = number(given.get("minimumHealthyPercent", 100)), number(given.get("maximumPercent", 200))
    desired = number(service.get("desiredCount", 1))
    if least is None or most is None or desired is None or desired < 1:
        return
    up, down = math.floor(desired * most / 100), math.ceil(desired * least / 100)
    if up <= desired and down >= desired:
        said = f"Of {desired:g} tasks {down} must be up and {up} may be: none can be replaced."
        notes.add("cannot-roll", place, said)
    elif called and down < 1 and up <= desired:
        notes.add("rolls-by-outage", place, f"Of {desired:g} tasks none has to be up, and no more may be started.")


def _ports(service: Values, path: Path, notes: Notes, task: Task) -> None:
    names = [text(one.get("name")) for one in task.containers]
    for place, given in enumerate(listed(service.get("loadBalancers"))):
        at = (*path, "loadBalancers", place)
        name, port = text(values(given).get("containerName")), number(values(given).get("containerPort"))
        if name is None or None in names:
            continue
        found = next((one for one in task.containers if text(one.get("name")) == name), None)
        if found is None:
            notes.add("service-port", (*at, "containerName"), f"The task has no container {name[:60]!r}.")
            continue
        ports = [number(values(one).get("containerPort")) for one in listed(found.get("portMappings"))]
        if port is not None and None not in ports and port not in ports:
            notes.add("service-port", (*at, "containerPort"), f"{name[:60]} maps no port {port:g}.")


def attributes_of(resource: Values, key: str) -> dict[str, object]:
    """A target group's or a load balancer's attributes."""
    return {text(values(one).get("key")) or "": values(one).get("value") for one in listed(resource.get(key))}


def check_target_group(group: Values, path: Path, notes: Notes, served: Values | None, port: float | None) -> None:
    """Note what is wrong with a target group; `served` is the container behind it, if that is known."""
    given, at = attributes_of(group, "targetGroupAttributes"), (*path, "targetGroupAttributes")
    stated = given.get("deregistration_delay.timeout_seconds")
    delay = number(stated)
    if stated is None:
        notes.add("deregistration-default", at, "Each task that goes is waited for, 300 s, where streams are open.")
    elif delay is not None and not 0 <= delay <= 3600:  # noqa: PLR2004 - as the rule has it
        notes.add("deregistration-delay", at, f"The deregistration delay is {delay:g} s.")
    elif delay is not None and served is not None and is_nis(served) and delay < drains(served):
        said = f"The load balancer waits {delay:g} s for a task that serves on and drains for {drains(served):g} s."
        notes.add("deregistration-short", at, said)
    if "stickiness.enabled" not in given or text(given["stickiness.enabled"]) == "false":
        notes.add("no-stickiness", at, "Stickiness is off.")
    own = number(group.get("port"))
    if own is not None and port is not None and own != port:
        notes.add("target-port", (*path, "port"), f"The target group has port {own:g}, and the container {port:g}.")
    _checks(group, path, notes)


def _checks(group: Values, path: Path, notes: Notes) -> None:
    every, limit = number(group.get("healthCheckIntervalSeconds")), number(group.get("healthCheckTimeoutSeconds"))
    bounds = {
        "healthCheckIntervalSeconds": (5, 300),
        "healthCheckTimeoutSeconds": (2, 120),
        "healthyThresholdCount": (2, 10),
        "unhealthyThresholdCount": (2, 10),
    }
    for key, (least, most) in bounds.items():
        found = number(group.get(key))
        if found is not None and not least <= found <= most:
            notes.add("target-health", (*path, key), f"{key} is {found:g}; it may be {least} to {most}.")
    if every is not None and limit is not None and limit >= every:
        said = f"A check may take {limit:g} s, and the next comes after {every:g} s."
        notes.add("target-health", (*path, "healthCheckTimeoutSeconds"), said)


def check_balancer(balancer: Values, path: Path, notes: Notes, served: Values | None) -> None:
    """Note what is wrong with an application load balancer's idle time-out."""
    if text(balancer.get("type") or "application") != "application":
        return
    at = (*path, "loadBalancerAttributes")
    stated = attributes_of(balancer, "loadBalancerAttributes").get("idle_timeout.timeout_seconds", USUAL_IDLE)
    idle = number(stated)
    if idle is None:
        return
    if not 1 <= idle <= 4000:  # noqa: PLR2004 - as the rule has it
        notes.add("idle-timeout", at, f"The idle time-out is {idle:g} s.")
        return
    if served is None or not is_nis(served):
        return
    ping = seconds_of(served, "NIS_PING_SECONDS", USUAL_PING)
    alive = seconds_of(served, "NIS_KEEP_ALIVE_SECONDS", USUAL_KEEP_ALIVE)
    if idle <= ping:
        notes.add("idle-under-ping", at, f"What is quiet is cut after {idle:g} s, and pinged every {ping:g} s.")
    if idle >= alive:
        said = f"The load balancer reuses a connection for {idle:g} s, and nis closes it after {alive:g} s."
        notes.add("idle-over-keep-alive", at, said)


def check_listener(listener: Values, path: Path, notes: Notes) -> None:
    """Note a listener that serves plain HTTP."""
    actions = [values(one) for one in listed(listener.get("defaultActions"))]
    kinds = {text(one.get("type")) for one in actions}
    if text(listener.get("protocol")) == "HTTP" and "forward" in kinds and "redirect" not in kinds:
        notes.add("plain-http", (*path, "protocol"), "What it serves is not encrypted.")


def check_scaling(target: Values, path: Path, notes: Notes) -> None:
    """Note a range that is none."""
    least, most = number(target.get("minCapacity")), number(target.get("maxCapacity"))
    if least is not None and most is not None and least > most:
        notes.add("scaling-range", (*path, "minCapacity"), f"At least {least:g}, and at most {most:g}.")


def is_of_instances(group: Values) -> bool:
    """Whether a target group's targets are instances."""
    return text(group.get("targetType") or "instance") == "instance"
