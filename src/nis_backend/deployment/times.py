"""How long things take, as sums whose parts stand in the resolved template, in settings, or with their source."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nis_backend.deployment.report import Arithmetic, Span
from nis_backend.deployment.stack import environment, listed, mapping, number
from nis_backend.settings import Settings

if TYPE_CHECKING:
    from nis_backend.deployment.stack import Stack

PULLED_MB, PULLED_SECONDS = 413, 57
"""An image that was pulled on Fargate, MB, and the mean of ten times from a task's creation to its start, 53 to 62 s.

https://elasticscale.com/reduce-aws-fargate-pull-times-with-soci/, 2024-04-10, without SOCI. No smaller image is claimed
to be quicker: to place a task takes its time too.
"""
STOP = 30
"""Seconds from SIGTERM to SIGKILL where a task definition says nothing; 120 at most on Fargate.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html
"""
EXIT = 10
"""Seconds that runs, stores and the process get after the drain."""
FAILED = 3
"""Failed tasks after which ECS's circuit breaker takes a deployment back, of services with up to six tasks.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html
"""
IDLE = 60
DELAY = 300
"""Seconds of an application load balancer where nothing is said: of quiet connections, and of deregistration.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html
"""
STOPS = re.compile(r"docker stop --time (\d+)")
SETS = re.compile(r"(NIS_[A-Z_]+_SECONDS)=(\d+)")
MINUTES = re.compile(r"PT(\d+)M")
"""Of what an instance does when it starts, and of how CloudFormation writes a time."""
MEASURED = "mean of 10 starts of a 413 MB image on Fargate, 2024-04-10, elasticscale.com; placing the task is in it"


@dataclass(frozen=True, kw_only=True)
class _Task:
    """What a service's task definition says of its times, seconds."""

    service: str
    served: bool
    stop: float
    start: float
    settings: Mapping[str, float]
    killer: str = "ECS kills (stopTimeout)"
    remedy: str = "raise StopTimeout (120 at most)"


def drains(environment: Mapping[str, str]) -> Arithmetic:
    """How one process stops that has these settings and is killed by nobody."""
    said = _settings(environment)
    parts = [_span(said, "NIS_LINGER_SECONDS"), _span(said, "NIS_DRAIN_SECONDS")]
    told = (
        "Requests are served in the first part; streams and callers may finish in the second, and are told at its end."
    )
    return Arithmetic(what="Drain", seconds=_sum(parts), parts=parts, told=told)


def times(stack: Stack, *, image_mb: float, start: float | None = None) -> list[Arithmetic]:
    """Drain, quiet sockets, deploy and rollback of the services of a template.

    `image_mb` is the image's compressed size; `start` the seconds from a process's start to its first healthy answer,
    where that was measured, else the template's start period, which is the most that ECS grants.
    """
    tasks = list(_tasks(stack))
    found = [_drain(task, stack) for task in tasks]
    served = [task for task in tasks if task.served]
    found += [_sockets(task, stack) for task in served]
    for task in served:
        found += _turns(task, stack, _pull(image_mb), start)
    return [*found, *_boxes(stack)]


def _tasks(stack: Stack) -> Iterator[_Task]:
    for name, said in stack.of_kind("AWS::ECS::Service"):
        definition = stack.referred(said.get("TaskDefinition"))
        if definition is not None:
            task = stack.properties(definition)
            container = mapping(next(iter(listed(task.get("ContainerDefinitions"))), None))
            yield _Task(
                service=name,
                served=bool(listed(said.get("LoadBalancers"))),
                stop=_seconds(container.get("StopTimeout"), STOP),
                start=_seconds(mapping(container.get("HealthCheck")).get("StartPeriod"), 0),
                settings=_settings(environment(task)),
            )


def _drain(task: _Task, stack: Stack) -> Arithmetic:
    """From SIGTERM to the end, against the time after which ECS kills."""
    parts = [_span(task.settings, "NIS_DRAIN_SECONDS"), Span(what="runs, stores, exit", seconds=EXIT, told="granted")]
    if task.served:
        parts.insert(0, _span(task.settings, "NIS_LINGER_SECONDS"))
    total, before = _sum(parts), _attribute(stack, "TargetGroup", "deregistration_delay.timeout_seconds", DELAY)
    waits = f" Before SIGTERM, ECS lets the load balancer finish for at most {before:g} s." if task.served else ""
    if total < task.stop:
        told = f"{total:g} s are less than the {task.stop:g} s after which {task.killer}.{waits}"
    else:
        told = f"After {task.stop:g} s {task.killer}: {task.remedy}, or lower NIS_DRAIN_SECONDS."
    return Arithmetic(what=f"Drain of {task.service}", seconds=total, parts=parts, holds=total < task.stop, told=told)


def _sockets(task: _Task, stack: Stack) -> Arithmetic:
    """That a quiet WebSocket lives, and that the load balancer never sends into a connection that is being closed."""
    ping, kept = task.settings["NIS_PING_SECONDS"], task.settings["NIS_KEEP_ALIVE_SECONDS"]
    idle = _attribute(stack, "LoadBalancer", "idle_timeout.timeout_seconds", IDLE)
    order = f"pings every {ping:g} s, the load balancer's idle time-out of {idle:g} s, keep-alive of {kept:g} s"
    holds = ping < idle < kept
    told = f"In this order, as they must be: {order}." if holds else f"Must ascend, and do not: {order}."
    parts = [_span(task.settings, "NIS_PING_SECONDS")]
    return Arithmetic(what=f"Quiet WebSockets of {task.service}", seconds=ping, parts=parts, holds=holds, told=told)


def _turns(task: _Task, stack: Stack, pull: Span, start: float | None) -> Iterator[Arithmetic]:
    """Deploy, the way back, and the way back that ECS takes by itself."""
    begins = Span(
        what="start",
        seconds=task.start if start is None else start,
        told="the task definition's start period, the most that is granted" if start is None else "measured",
    )
    groups = stack.of_kind("AWS::ElasticLoadBalancingV2::TargetGroup")
    group = groups[0][1] if groups else mapping(None)
    count = _seconds(group.get("HealthyThresholdCount"), 5)
    every = _seconds(group.get("HealthCheckIntervalSeconds"), 30)
    health = Span(what="health", seconds=count * every, told=f"{count:g} checks, one every {every:g} s")
    delay = _attribute(stack, "TargetGroup", "deregistration_delay.timeout_seconds", DELAY)
    drain = Span(
        what="drain",
        seconds=delay + task.stop,
        told=f"at most {delay:g} s of deregistration and {task.stop:g} s of stopTimeout, for what is still open",
    )
    before = _sum([pull, begins, health])
    turn = [pull, begins, health, drain]
    migrates = any("Migrat" in name for name, _ in stack.of_kind("AWS::ECS::TaskDefinition"))
    first = [
        Span(
            what="migrations",
            seconds=_sum([pull, begins]),
            told="a task of its own, pull and start; what they do is not in it",
        )
    ]
    parts = [*(first if migrates else []), *turn]
    serves = _sum(parts) - drain.seconds
    told = f"The new version serves from {serves:g} s on, the old one until then. Nobody measured it on AWS."
    yield Arithmetic(what=f"Deploy of {task.service} on ECS", seconds=_sum(parts), parts=parts, told=told)
    told = f"The version before serves again from {before:g} s on. No smaller figure is claimed, and none was measured."
    yield Arithmetic(what=f"Rollback of {task.service} on ECS", seconds=_sum(turn), parts=turn, told=told)
    tries = [
        Span(what=f"task {index + 1} fails", seconds=_sum([pull, begins]), told="pull and start")
        for index in range(FAILED)
    ]
    told = "The version that serves is not stopped before another is healthy, and serves all the while."
    what = f"A build of {task.service} that does not start, taken back by ECS"
    yield Arithmetic(what=what, seconds=_sum(tries), parts=tries, told=told)


def _boxes(stack: Stack) -> Iterator[Arithmetic]:
    """Drain and deploy of an instance that runs the image itself: by what it is told to do when it starts."""
    for name, said in stack.of_kind("AWS::AutoScaling::AutoScalingGroup"):
        template = stack.referred(mapping(said.get("LaunchTemplate")).get("LaunchTemplateId"))
        data = mapping(stack.properties(template).get("LaunchTemplateData")) if template else mapping(None)
        does = str(data.get("UserData"))
        stop = STOPS.search(does)
        if stop is None:
            continue
        task = _Task(
            service=name,
            served=False,
            stop=float(stop[1]),
            start=0,
            settings=_settings(dict(SETS.findall(does))),
            killer="docker kills",
            remedy="raise the time of docker stop",
        )
        drain = _drain(task, stack)
        yield drain
        pause = MINUTES.fullmatch(str(mapping(stack.policy(name).get("AutoScalingRollingUpdate")).get("PauseTime")))
        if pause is not None:
            parts = [
                Span(what="drain", seconds=drain.seconds, told="as above, at most"),
                Span(
                    what="another is well",
                    seconds=60 * float(pause[1]),
                    told="PauseTime, at most; then it is taken back",
                ),
            ]
            told = "Nobody is served meanwhile, since the disk has one reader. The way back takes as long."
            yield Arithmetic(what=f"Deploy of {name}", seconds=_sum(parts), parts=parts, told=told)


def _pull(image_mb: float) -> Span:
    seconds = PULLED_SECONDS * max(1.0, image_mb / PULLED_MB)
    return Span(what="pull", seconds=round(seconds, 1), told=f"{image_mb:g} MB; {MEASURED}")


def _settings(given: Mapping[str, str]) -> dict[str, float]:
    """Settings of seconds, as they are given or by default."""
    defaults = {str(one.alias): one.default for one in Settings.model_fields.values()}
    names = ("NIS_LINGER_SECONDS", "NIS_DRAIN_SECONDS", "NIS_KEEP_ALIVE_SECONDS", "NIS_PING_SECONDS")
    return {name: _seconds(given.get(name), float(defaults[name])) for name in names}


def _span(settings: Mapping[str, float], name: str) -> Span:
    return Span(
        what=name.removeprefix("NIS_").removesuffix("_SECONDS").lower().replace("_", "-"),
        seconds=settings[name],
        told=name,
    )


def _attribute(stack: Stack, kind: str, key: str, otherwise: float) -> float:
    """An attribute of the load balancer or of its target group."""
    for _, said in stack.of_kind(f"AWS::ElasticLoadBalancingV2::{kind}"):
        for pair in map(mapping, listed(said.get(f"{kind}Attributes"))):
            if pair.get("Key") == key:
                return _seconds(pair.get("Value"), otherwise)
    return otherwise


def _seconds(value: object, otherwise: float) -> float:
    found = number(value)
    return otherwise if found is None else float(found)


def _sum(parts: list[Span]) -> float:
    return round(sum(one.seconds for one in parts), 1)
