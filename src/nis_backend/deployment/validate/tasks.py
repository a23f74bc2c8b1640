"""What is looked at in a task definition: its size, its roles, where it runs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nis_backend.deployment.validate.containers import Asked, check_container
from nis_backend.deployment.validate.noted import listed, number, text, values
from nis_backend.deployment.validate.sizes import is_pair, mebibytes, nearest, units

if TYPE_CHECKING:
    from nis_backend.deployment.validate.noted import Notes, Path, Values

KEYS = frozenset(
    {
        *("family", "taskRoleArn", "executionRoleArn", "networkMode", "containerDefinitions", "volumes"),
        *("placementConstraints", "requiresCompatibilities", "cpu", "memory", "tags", "pidMode", "ipcMode"),
        *("proxyConfiguration", "inferenceAccelerators", "ephemeralStorage", "runtimePlatform"),
        *("enableFaultInjection", "taskDefinitionArn", "revision", "status", "requiresAttributes"),
        *("compatibilities", "registeredAt", "registeredBy", "deregisteredAt", "deleteRequestedAt"),
    }
)
"""Of RegisterTaskDefinition, and what DescribeTaskDefinition adds."""
ARCHITECTURES = {"X86_64": ("amd64", "x86_64", "x86-64"), "ARM64": ("arm64", "aarch64")}


@dataclass(frozen=True, kw_only=True)
class Task:
    """A task definition, in the API's spelling, and where it stands."""

    value: Values
    path: Path
    fargate: bool | None
    """Whether it is for Fargate; nothing where nobody says."""

    @property
    def containers(self) -> list[Values]:
        """Its containers."""
        return [values(one) for one in listed(self.value.get("containerDefinitions"))]


def task_of(value: Values, path: Path, fargate: bool | None) -> Task:
    """A task definition as it is looked at."""
    asked = [text(one) for one in listed(value.get("requiresCompatibilities"))]
    if fargate is None and asked:
        fargate = "FARGATE" in asked
    return Task(value=value, path=path, fargate=fargate)


def check_task(task: Task, notes: Notes, measured_start: float | None, *, whole: bool = True) -> None:
    """Note what is wrong with it. `whole`: it stands alone, so that CloudFormation names nothing for it."""
    value, path, containers = task.value, task.path, task.containers
    for key in sorted(value.keys() - KEYS):
        notes.add("unknown-key", (*path, key), f"A task definition has no {key[:60]!r}.")
    if whole and not text(value.get("family")):
        notes.add("no-family", (*path, "family"), "It has no family, which names its revisions.")
    if not containers and not values(value.get("containerDefinitions")):
        notes.add("no-containers", (*path, "containerDefinitions"), "It has no container.")
    elif containers and all(text(one.get("essential", True)) == "false" for one in containers):
        notes.add("no-containers", (*path, "containerDefinitions"), "None of its containers is essential.")
    _size(task, notes)
    _network(task, notes)
    _roles(task, notes)
    _platform(task, notes)
    _names(task, notes)
    asked = Asked(fargate=task.fargate, network=text(value.get("networkMode")) or "", measured_start=measured_start)
    for place, container in enumerate(containers):
        check_container(container, (*path, "containerDefinitions", place), notes, asked)


def _size(task: Task, notes: Notes) -> None:
    value, path = task.value, task.path
    cpu, memory = units(text(value.get("cpu"))), mebibytes(text(value.get("memory")))
    unknown = any(isinstance(value.get(key), dict) for key in ("cpu", "memory"))
    if unknown:
        return
    if task.fargate and (cpu is None or memory is None):
        notes.add("fargate-size", (*path, "cpu"), "Fargate wants cpu and memory of the task, and one is missing.")
    elif cpu is not None and memory is not None:
        fits, told = is_pair(cpu, memory), f"cpu {cpu} with memory {memory}"
        if task.fargate and not fits:
            notes.add("fargate-size", (*path, "cpu"), f"{told} is no pair of Fargate's; {nearest(cpu, memory)}.")
        elif task.fargate is None and not fits:
            said = f"No launch type is stated. {told} is legal on EC2 only; {nearest(cpu, memory)}."
            notes.add("size-ec2-only", (*path, "cpu"), said)
        elif task.fargate is None:
            said = f"No launch type is stated. {told} is legal on EC2 and on Fargate."
            notes.add("launch-type-unstated", (*path, "requiresCompatibilities"), said)
    elif task.fargate is None:
        said = "No launch type is stated, and no size of the task: that is legal on EC2 only."
        notes.add("size-ec2-only", (*path, "cpu"), said)
    _sums(task, cpu, memory, notes)


def _sums(task: Task, cpu: int | None, memory: int | None, notes: Notes) -> None:
    for place, container in enumerate(task.containers):
        # Of Fargate it was said already that the task has none.
        if (
            memory is None
            and not task.fargate
            and container.get("memory") is None
            and container.get("memoryReservation") is None
        ):
            said = "Neither the task nor this container states memory."
            notes.add("memory-sum", (*task.path, "containerDefinitions", place), said)
    for key, most, unit in (("cpu", cpu, "CPU units"), ("memory", memory, "MiB")):
        given = [
            number(one.get(key)) or number(one.get("memoryReservation" if key == "memory" else ""))
            for one in task.containers
        ]
        wanted = sum(one or 0 for one in given)
        if most and wanted > most:
            said = f"Its containers want {wanted:g} {unit}, and the task has {most}."
            notes.add("memory-sum", (*task.path, key), said)


def _network(task: Task, notes: Notes) -> None:
    value, path = task.value, task.path
    mode = text(value.get("networkMode"))
    if task.fargate and mode != "awsvpc" and not values(value.get("networkMode")):
        said = f"The network mode is {mode!r}." if mode else "No network mode is set, which is bridge."
        notes.add("fargate-network", (*path, "networkMode"), said)
    for place, volume in enumerate(listed(value.get("volumes"))):
        host = values(values(volume).get("host"))
        if task.fargate and host.get("sourcePath"):
            said = "A task on Fargate has no host whose folder it could mount."
            notes.add("fargate-refuses", (*path, "volumes", place, "host"), said)


def _roles(task: Task, notes: Notes) -> None:
    value, path = task.value, task.path
    own, starting = value.get("taskRoleArn"), value.get("executionRoleArn")
    if own is not None and own == starting:
        notes.add("same-role", (*path, "taskRoleArn"), "It is the execution role as well.")
    if starting is not None:
        return
    for place, container in enumerate(task.containers):
        why = _needs_role(container, task.fargate)
        if why:
            notes.add("no-execution-role", (*path, "executionRoleArn"), f"containerDefinitions[{place}] {why}.")
            return


def _needs_role(container: Values, fargate: bool | None) -> str:
    if listed(container.get("secrets")):
        return "has secrets"
    if not fargate:
        return ""
    if ".dkr.ecr." in (text(container.get("image")) or ""):
        return "has an image of ECR"
    return "writes to awslogs" if values(container.get("logConfiguration")).get("logDriver") == "awslogs" else ""


def _platform(task: Task, notes: Notes) -> None:
    place = (*task.path, "runtimePlatform", "cpuArchitecture")
    stated = values(task.value.get("runtimePlatform")).get("cpuArchitecture")
    known = text(stated)
    if known is not None and known not in ARCHITECTURES:
        notes.add("architecture", place, f"There is no architecture {known[:40]!r}.")
        return
    if stated is not None and known is None:
        return
    runs = known or "X86_64"
    for container in task.containers:
        tag = (text(container.get("image")) or "").rpartition("/")[2].partition("@")[0].lower()
        for other, words in ARCHITECTURES.items():
            if other != runs and any(re.search(rf"(^|[^a-z0-9]){re.escape(word)}($|[^a-z0-9])", tag) for word in words):
                taken = "" if known else ", which is taken where none is stated"
                notes.add("architecture", place, f"The image's name says {other}, and the task is {runs}{taken}.")


def _names(task: Task, notes: Notes) -> None:
    """Names of containers, and what they name."""
    path, containers = task.path, task.containers
    names = [text(one.get("name")) for one in containers]
    volumes = {text(values(one).get("name")) for one in listed(task.value.get("volumes"))}
    seen: set[str] = set()
    for place, (name, container) in enumerate(zip(names, containers, strict=True)):
        at = (*path, "containerDefinitions", place)
        if not values(container.get("name")) and (not name or name in seen):
            notes.add("container-name", (*at, "name"), f"The name {name[:60]!r} stands twice." if name else "No name.")
        seen.add(name or "")
        for key, named, there in (("mountPoints", "sourceVolume", volumes), ("dependsOn", "containerName", set(names))):
            for spot, one in enumerate(listed(container.get(key))):
                wanted: Any = text(values(one).get(named))  # Any: as text has it
                if wanted and wanted not in there:
                    notes.add("names-nothing", (*at, key, spot, named), f"There is no {wanted[:60]!r}.")
