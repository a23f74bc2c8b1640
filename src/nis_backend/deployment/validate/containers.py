"""What is looked at in a container of a task definition."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nis_backend.deployment.validate.noted import is_true, listed, number, text, values
from nis_backend.deployment.validate.secrets import looks_secret
from nis_backend.settings import misspelt

if TYPE_CHECKING:
    from nis_backend.deployment.validate.noted import Notes, Path, Values

KEYS = frozenset(
    {
        *("name", "image", "repositoryCredentials", "cpu", "memory", "memoryReservation", "links"),
        *("portMappings", "essential", "restartPolicy", "entryPoint", "command", "environment"),
        *("environmentFiles", "mountPoints", "volumesFrom", "linuxParameters", "secrets", "dependsOn"),
        *("startTimeout", "stopTimeout", "versionConsistency", "hostname", "user", "workingDirectory"),
        *("disableNetworking", "privileged", "readonlyRootFilesystem", "dnsServers", "dnsSearchDomains"),
        *("extraHosts", "dockerSecurityOptions", "interactive", "pseudoTerminal", "dockerLabels", "ulimits"),
        *("logConfiguration", "healthCheck", "systemControls", "resourceRequirements"),
        *("firelensConfiguration", "credentialSpecs"),
    }
)
"""Of ContainerDefinition."""
BOUNDS = {"interval": (5, 300), "timeout": (2, 60), "retries": (1, 10), "startPeriod": (0, 300)}
FARGATE_STOP = 120.0
USUAL_STOP = 30.0
USUAL_DRAIN = 3.0
RUNS_SECONDS = 3.0
"""What runs of nis get after the drain."""
BARE = re.compile(r"slim|distroless|scratch|chiseled", re.IGNORECASE)
"""What a tag says of an image that has neither curl nor wget."""
TOOL = re.compile(r"(^|[\s;&|(/])(curl|wget)(\s|$)")


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What is known of the task around a container."""

    fargate: bool | None
    network: str
    measured_start: float | None


def environment_of(container: Values) -> dict[str, str | None]:
    """Its variables; nothing where a value is known only when it is deployed."""
    found: dict[str, str | None] = {}
    for one in listed(container.get("environment")):
        name = text(values(one).get("name"))
        if name:
            found[name] = text(values(one).get("value"))
    return found


def is_nis(container: Values) -> bool:
    """Whether it runs nis, as far as it can be seen."""
    command = [text(one) for one in listed(container.get("command"))]
    return command[:1] == ["nis"] or any(name.startswith("NIS_") for name in environment_of(container))


def seconds_of(container: Values, name: str, usual: float) -> float:
    """A setting of nis in seconds."""
    found = number(environment_of(container).get(name))
    return usual if found is None else found


def drains(container: Values) -> float:
    """Seconds in which nis serves on and drains."""
    return seconds_of(container, "NIS_LINGER_SECONDS", 0.0) + seconds_of(container, "NIS_DRAIN_SECONDS", USUAL_DRAIN)


def check_container(container: Values, path: Path, notes: Notes, asked: Asked) -> None:
    """Note what is wrong with it."""
    for key in sorted(container.keys() - KEYS):
        notes.add("unknown-key", (*path, key), f"A container has no {key[:60]!r}.")
    check_image(text(container.get("image")), (*path, "image"), notes)
    _stops(container, path, notes, asked)
    _health(container, path, notes, asked)
    _logs(container, path, notes, asked)
    _environment(container, path, notes)
    _powers(container, path, notes, asked)
    for place, port in enumerate(listed(container.get("portMappings"))):
        host, inside = number(values(port).get("hostPort")), number(values(port).get("containerPort"))
        if asked.network in {"awsvpc", "host"} and host not in {None, 0.0, inside}:
            said = f"hostPort {host:g} is not containerPort {inside or 0:g}, under {asked.network}."
            notes.add("host-port", (*path, "portMappings", place, "hostPort"), said)


def check_image(image: str | None, path: Path, notes: Notes) -> None:
    """Note a name that can come to mean something else."""
    if image is None or "@sha256:" in image or not image or "${" in image:
        return
    tag = image.rpartition("/")[2].partition(":")[2]
    if not tag:
        notes.add("image-mutable", path, "The image has no tag: it is whatever latest is.")
    elif tag == "latest":
        notes.add("image-mutable", path, "The tag latest is moved by every push.")
    else:
        notes.add("image-mutable", path, f"The tag {tag[:60]!r} can be moved; a digest cannot.")


def _stops(container: Values, path: Path, notes: Notes, asked: Asked) -> None:
    stated = container.get("stopTimeout")
    given = number(stated)
    if given is not None and asked.fargate is not False and given > FARGATE_STOP:
        where = "" if asked.fargate else ", where it runs there"
        said = f"stopTimeout {given:g} is beyond Fargate's {FARGATE_STOP:g} s{where}."
        notes.add("stop-timeout", (*path, "stopTimeout"), said)
    if is_nis(container) and (stated is None or given is not None):
        stop, whole = USUAL_STOP if given is None else given, drains(container) + RUNS_SECONDS
        if whole >= stop:
            said = f"nis stops in up to {whole:g} s, and is killed after {stop:g} s."
            notes.add("drain-over-stop", (*path, "stopTimeout"), said)


def _health(container: Values, path: Path, notes: Notes, asked: Asked) -> None:
    check = values(container.get("healthCheck"))
    if not check:
        return
    place = (*path, "healthCheck")
    command = [text(one) or "" for one in listed(check.get("command"))]
    if "command" in check and not isinstance(check["command"], dict):
        if command[:1] not in (["CMD"], ["CMD-SHELL"], ["NONE"]):
            begins = command[0][:40] if command else ""
            notes.add("health-check-form", (*place, "command"), f"The command begins with {begins!r}.")
        found = TOOL.search(" ".join(command[1:]))
        if found:
            image = (text(container.get("image")) or "").lower()
            rule = "health-check-tool" if BARE.search(image) else "health-check-tool-unsure"
            notes.add(rule, (*place, "command"), f"It calls {found[2]}, which the image has to bring.")
    for key, (least, most) in BOUNDS.items():
        given = number(check.get(key))
        if given is not None and not least <= given <= most:
            said = f"{key} is {given:g}; it may be {least} to {most}."
            notes.add("health-check-bounds", (*place, key), said)
    _start(check, place, notes, asked.measured_start)


def _start(check: Values, place: Path, notes: Notes, measured: float | None) -> None:
    period = number(check.get("startPeriod", 0))
    if measured is None or period is None or measured <= period:
        return
    killed = period + (number(check.get("interval")) or 30) * (number(check.get("retries")) or 3)
    if measured >= killed:
        said = f"It was up after {measured:g} s, and is killed after {killed:g} s."
        notes.add("start-killed", (*place, "startPeriod"), said)
    else:
        said = f"It was up after {measured:g} s, and failures count from {period:g} s on."
        notes.add("start-period", (*place, "startPeriod"), said)


def _logs(container: Values, path: Path, notes: Notes, asked: Asked) -> None:
    logs = container.get("logConfiguration")
    if logs is None:
        notes.add("no-logs", (*path, "logConfiguration"), "What it writes is on its host's disk, if anywhere.")
        return
    given = values(logs)
    options = values(given.get("options"))
    if text(given.get("logDriver")) != "awslogs":
        return
    wanted = ["awslogs-group", "awslogs-region", *(["awslogs-stream-prefix"] if asked.fargate else [])]
    for name in wanted:
        if name not in options:
            notes.add("log-options", (*path, "logConfiguration", "options"), f"awslogs has no {name}.")
    if is_true(options.get("awslogs-create-group")):
        said = "The group that awslogs-create-group makes keeps lines without an end."
        notes.add("log-retention", (*path, "logConfiguration", "options", "awslogs-create-group"), said)


def _environment(container: Values, path: Path, notes: Notes) -> None:
    variables = environment_of(container)
    for place, one in enumerate(listed(container.get("environment"))):
        name, value = text(values(one).get("name")) or "", text(values(one).get("value"))
        why = looks_secret(name, value) if value else ""
        if why:
            notes.add("secret-in-plain", (*path, "environment", place), f"{name[:80]}: {why}.")
        said = misspelt({name: ""})
        if said:
            notes.add("no-setting", (*path, "environment", place), said[0][:200])
    for place, one in enumerate(listed(container.get("command"))):
        told: Any = text(one)  # Any: as text has it
        if told and told not in variables and looks_secret("", told):
            notes.add("secret-in-plain", (*path, "command", place), "A part of the command has the form of a key.")


def _powers(container: Values, path: Path, notes: Notes, asked: Asked) -> None:
    if is_true(container.get("privileged")):
        rule = "fargate-refuses" if asked.fargate else "privileged"
        notes.add(rule, (*path, "privileged"), "The container is privileged.")
    if asked.fargate and listed(container.get("links")):
        notes.add("fargate-refuses", (*path, "links"), "There are no links under awsvpc.")
    user = text(container.get("user"))
    if container.get("user") is None:
        notes.add("user-unstated", (*path, "user"), "No user is stated.")
    elif user is not None and re.split(r"[:]", user)[0] in {"0", "root", ""}:
        notes.add("root-user", (*path, "user"), f"The user is {user[:40]!r}.")
    if container.get("readonlyRootFilesystem") is None or text(container.get("readonlyRootFilesystem")) == "false":
        notes.add("writable-root", (*path, "readonlyRootFilesystem"), "The root file system can be written.")
