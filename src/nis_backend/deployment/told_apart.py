"""What a difference between two revisions means for those who are served, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nis_backend.deployment.validate.containers import FARGATE_STOP, RUNS_SECONDS, drains
from nis_backend.deployment.validate.noted import listed, number, text, values
from nis_backend.deployment.validate.sizes import is_pair, mebibytes, units
from nis_backend.settings import misspelt

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from nis_backend.deployment.validate.noted import Path, Values

    Tells = Callable[[Path, Any, Any, Values], str]


def told(path: Path, was: Any, is_: Any, after: Values) -> str:  # Any: values differ in type
    """In words; empty where a difference says nothing beyond itself. `after` is the whole that is to be."""
    keys = [str(key) for key in path]
    for place, key in enumerate(keys):
        named = place > 0 and keys[place - 1] in NAMES
        tell = None if named else TELLS.get(key[:1].lower() + key[1:])
        if tell is not None:
            return tell(tuple(keys[place:]), was, is_, after)
    return ""


def _image(_path: Path, was: Any, is_: Any, _after: Values) -> str:  # Any: as above
    one, other = text(was) or "", text(is_) or ""
    if not other:
        return "What runs is not named any more."
    if "@" not in other:
        return "Another image, by a tag: what it is can change without a deploy. Name it by digest."
    same = one.partition("@")[0].partition(":")[0] == other.partition("@")[0].partition(":")[0]
    return (
        "Another build of the same image: every task is replaced." if same else "Another image: every task is replaced."
    )


def _memory(path: Path, was: Any, is_: Any, after: Values) -> str:  # Any: as above
    if len(path) > 1:
        return ""
    one, other = mebibytes(text(was)), mebibytes(text(is_))
    if one is None or other is None:
        return ""
    how = "half of the memory" if 2 * other == one else f"{other / one:.0%} of the memory"
    if other < one:
        return (
            f"{how.capitalize()}: what needs more than {other} MiB is killed, runs and streams with it.{_fits(after)}"
        )
    return f"{other / one:.3g} times the memory, which is paid for.{_fits(after)}"


def _cpu(path: Path, was: Any, is_: Any, after: Values) -> str:  # Any: as above
    if len(path) > 1:
        return ""
    one, other = units(text(was)), units(text(is_))
    if one is None or other is None:
        return ""
    if other < one:
        said = f"{other / one:.0%} of the processor: starts and answers take longer; mind the start period."
        return f"{said}{_fits(after)}"
    return f"{other / one:.3g} times the processor, which is paid for.{_fits(after)}"


def _fits(after: Values) -> str:
    cpu, memory = units(text(after.get("cpu"))), mebibytes(text(after.get("memory")))
    fargate = "FARGATE" in listed(after.get("requiresCompatibilities"))
    if cpu is None or memory is None or not fargate or is_pair(cpu, memory):
        return ""
    return f" {cpu} with {memory} is no pair of Fargate's: it will be refused."


def _check(path: Path, was: Any, is_: Any, _after: Values) -> str:  # Any: as above
    if is_ is None and len(path) == 1:
        return "No health check: a task that hangs is not replaced by ECS."
    key = path[-1]
    one, other = number(was), number(is_)
    if key in {"interval", "retries", "timeout"} and one is not None and other is not None:
        slower = other > one
        return f"A task that hangs is replaced {'later' if slower else 'sooner'}" + (
            "." if slower else ", and one that is only slow may be as well."
        )
    if key == "startPeriod" and one is not None and other is not None and other < one:
        return "Less time to start: a slow start is killed. Hold it against the measured one."
    return (
        "What is asked whether a task is well: one that answers it wrong is never served." if key == "command" else ""
    )


def _checked_group(path: Path, was: Any, is_: Any, _after: Values) -> str:  # Any: as above
    one, other = number(was), number(is_)
    if one is None or other is None or len(path) > 1:
        return ""
    how = "longer" if other > one else "shorter"
    return f"Until a new task is served, and until a broken one is not, it takes {how}: deploys and rollbacks with it."


def _ports(path: Path, was: Any, is_: Any, _after: Values) -> str:  # Any: as above
    del path, was
    if is_ is None:
        return "A port that is mapped no more: a service that names it for its load balancer is refused."
    return "Another port: the service's load balancer, the target group and the security group must follow."


def _environment(path: Path, was: Any, is_: Any, _after: Values) -> str:  # Any: as above
    if len(path) < 2:  # noqa: PLR2004 - the list itself
        return ""
    name = str(path[1])
    unknown = misspelt({name: ""})
    if unknown and is_ is not None:
        return unknown[0]
    if name in {"NIS_DRAIN_SECONDS", "NIS_LINGER_SECONDS"}:
        return "How long a stop takes: stopTimeout and the deregistration delay must follow."
    if name == "NIS_DATABASE_URL":
        return "Another database: what the one before holds is not there."
    if is_ is None:
        return f"{name} is set no more: its default counts."
    return f"{name} is new." if was is None else ""


def _secrets(path: Path, was: Any, is_: Any, _after: Values) -> str:  # Any: as above
    if len(path) < 2:  # noqa: PLR2004 - the list itself
        return ""
    if is_ is None:
        return f"{path[1]} is given no more: what needs it is unavailable."
    if was is None:
        return f"{path[1]} is new: the execution role must be allowed to read it, or no task starts."
    return f"{path[1]} comes from elsewhere: the execution role must be allowed to read that."


def _stop(path: Path, was: Any, is_: Any, after: Values) -> str:  # Any: as above
    del path, was
    other = number(is_) if is_ is not None else 30.0
    if other is None:
        return ""
    if other > FARGATE_STOP:
        return f"Fargate kills after {FARGATE_STOP:g} s at the latest: it will be refused there."
    longest = (
        max((drains(values(one)) for one in listed(after.get("containerDefinitions"))), default=0.0) + RUNS_SECONDS
    )
    return f"The drain of nis, up to {longest:g} s, is cut after {other:g} s." if longest >= other else ""


def _role(path: Path, was: Any, is_: Any, _after: Values) -> str:  # Any: as above
    del was
    if is_ is None:
        return "No role: what it allowed is refused."
    return (
        "What the program may do changes."
        if path[0] == "taskRoleArn"
        else "Image, log and secrets are read by another role."
    )


def _user(_path: Path, _was: Any, is_: Any, _after: Values) -> str:  # Any: as above
    root = is_ is None or (text(is_) or "").partition(":")[0] in {"root", "0"}
    return "It may run as root." if root else "Another user: what lies in its volumes belongs to the one before."


def _says(told_of: str) -> Tells:
    def tell(_path: Path, _was: Any, _is: Any, _after: Values) -> str:  # Any: as above
        return told_of

    return tell


def _counts(_path: Path, was: Any, is_: Any, _after: Values) -> str:  # Any: as above
    one, other = number(was), number(is_)
    if one is None or other is None:
        return ""
    return f"{other:g} tasks where there were {one:g}" + (", each paid for." if other > one else ": the others stop.")


NAMES = frozenset({"containerDefinitions", "ContainerDefinitions", "Resources", "Parameters", "Outputs", "Conditions"})
"""After these comes a name that somebody chose."""
TELLS: Mapping[str, Tells] = {
    "image": _image,
    "memory": _memory,
    "cpu": _cpu,
    "healthCheck": _check,
    "healthCheckIntervalSeconds": _checked_group,
    "healthCheckTimeoutSeconds": _checked_group,
    "healthyThresholdCount": _checked_group,
    "unhealthyThresholdCount": _checked_group,
    "healthCheckPath": _says("Another path: a target that does not answer 200 there is served to nobody."),
    "portMappings": _ports,
    "environment": _environment,
    "secrets": _secrets,
    "stopTimeout": _stop,
    "taskRoleArn": _role,
    "executionRoleArn": _role,
    "user": _user,
    "command": _says("Another command: what each task does is another thing."),
    "entryPoint": _says("Another program is started."),
    "networkMode": _says("Other addresses: the service must be made anew."),
    "requiresCompatibilities": _says("Where it may run changes."),
    "runtimePlatform": _says("Another processor: the image must have been built for it."),
    "logConfiguration": _says("Where its log goes changes: alarms and searches must follow."),
    "volumes": _says("What a task finds on its disks changes."),
    "mountPoints": _says("What a task finds on its disks changes."),
    "desiredCount": _counts,
    "deploymentCircuitBreaker": _says("Whether a broken build is taken back by itself changes."),
    "minimumHealthyPercent": _says("How many tasks stay up while a deployment rolls changes."),
    "maximumPercent": _says("How many tasks may be up while a deployment rolls changes."),
    "retentionInDays": _says("Lines older than that are gone."),
    "dBInstanceClass": _says("The database is restarted, and costs another sum."),
    "publiclyAccessible": _says("Whether the Internet reaches the database changes."),
}
"""By the key, spelt as the API does; of a path the last that has one."""
