"""What is looked at in a CloudFormation template: each resource, and those that belong together."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

from nis_backend.deployment.validate import services
from nis_backend.deployment.validate.noted import listed, lowered, number, text, values
from nis_backend.deployment.validate.surroundings import SURROUNDINGS, check_parameters
from nis_backend.deployment.validate.tasks import Task, check_task, task_of

if TYPE_CHECKING:
    from nis_backend.deployment.validate.noted import Notes, Path, Values

NOTHING = object()
"""What `Ref: AWS::NoValue` comes to."""


def check_template(document: Values, plain: Notes, spelt: Notes, fargate: bool | None, measured: float | None) -> None:
    """Note what is wrong. `spelt` notes what the API spells with small letters, in the template's own spelling."""
    parameters = values(document.get("Parameters"))
    check_parameters(parameters, plain)
    defaults = {name: values(given).get("Default") for name, given in parameters.items()}
    resources: dict[str, tuple[str, Values]] = {}
    for name, given in values(document.get("Resources")).items():
        kind = text(values(given).get("Type")) or ""
        resources[name] = (kind, values(_known(values(given).get("Properties"), defaults)))
    for name, (kind, given) in resources.items():
        look = SURROUNDINGS.get(kind)
        if look is not None:
            look(given, ("Resources", name, "Properties"), plain)
    _Stack(resources, spelt, fargate, measured).check()


def _known(found: Any, defaults: Values) -> Any:  # Any: a template's values differ in type
    """A value with parameters as their defaults, and of a choice in a list both; other functions stay as they are."""
    if isinstance(found, list):
        made: list[Any] = []  # Any: as above
        for one in cast("list[Any]", found):
            choice = values(one).get("Fn::If")
            ways = listed(choice)[1:] if choice is not None else [one]
            each = [_known(way, defaults) for way in ways]
            made += [way for way in each if way is not NOTHING]
        return made
    if not isinstance(found, dict):
        return found
    given = cast("Values", found)
    if given.keys() == {"Ref"}:
        if given["Ref"] == "AWS::NoValue":
            return NOTHING
        default = defaults.get(str(given["Ref"]))
        # An empty default is filled in before it is used.
        return given if default in {None, ""} or isinstance(default, list | dict) else default
    if given.keys() == {"Fn::Sub"} and isinstance(given["Fn::Sub"], str):
        return given if re.search(r"\$\{[^!]", given["Fn::Sub"]) else given["Fn::Sub"]
    made_of = {key: _known(value, defaults) for key, value in given.items()}
    return {key: value for key, value in made_of.items() if value is not NOTHING}


class _Stack:
    """Tasks, services and what leads to them."""

    def __init__(
        self, resources: dict[str, tuple[str, Values]], notes: Notes, fargate: bool | None, measured: float | None
    ) -> None:
        self._resources = resources
        self._notes = notes
        self._measured = measured
        self._tasks = {
            name: task_of(lowered(given), self._at(name), fargate)
            for name, given in self._of("AWS::ECS::TaskDefinition").items()
        }
        self._behind: dict[str, Values] = {}
        """The container behind each target group."""

    def _of(self, kind: str) -> dict[str, Values]:
        return {name: given for name, (found, given) in self._resources.items() if found == kind}

    @staticmethod
    def _at(name: str) -> Path:
        return ("Resources", name, "Properties")

    def check(self) -> None:
        """All of it."""
        for task in self._tasks.values():
            check_task(task, self._notes, self._measured, whole=False)
        for name, given in self._of("AWS::ECS::Service").items():
            self._service(name, lowered(given))
        for name, given in self._of("AWS::ElasticLoadBalancingV2::TargetGroup").items():
            served = self._behind.get(name)
            ports = listed((served or {}).get("portMappings"))
            port = number(values(ports[0]).get("containerPort")) if len(ports) == 1 else None
            services.check_target_group(lowered(given), self._at(name), self._notes, served, port)
        served = next(iter(self._behind.values()), None)
        for name, given in self._of("AWS::ElasticLoadBalancingV2::LoadBalancer").items():
            services.check_balancer(lowered(given), self._at(name), self._notes, served)
        for name, given in self._of("AWS::ElasticLoadBalancingV2::Listener").items():
            services.check_listener(lowered(given), self._at(name), self._notes)
        for name, given in self._of("AWS::ApplicationAutoScaling::ScalableTarget").items():
            services.check_scaling(lowered(given), self._at(name), self._notes)

    def _service(self, name: str, service: Values) -> None:
        task = self._tasks.get(_named(service.get("taskDefinition")))
        services.check_service(service, self._at(name), self._notes, task, self._measured)
        for given in listed(service.get("loadBalancers")):
            group = _named(values(given).get("targetGroupArn"))
            found = self._resources.get(group, ("", {}))[1]
            if task is None or not found:
                continue
            self._behind[group] = _container(task, text(values(given).get("containerName")))
            if text(task.value.get("networkMode")) == "awsvpc" and services.is_of_instances(lowered(found)):
                said = f"The service {name} has tasks with addresses of their own."
                self._notes.add("target-type", (*self._at(group), "targetType"), said)


def _container(task: Task, name: str | None) -> Values:
    for one in task.containers:
        if text(one.get("name")) == name:
            return one
    return {}


def _named(found: object) -> str:
    """The resource that a function asks for, whose keys may have been lowered."""
    given = values(found)
    for key in ("Ref", "ref"):
        if isinstance(given.get(key), str):
            return str(given[key])
    for key in ("Fn::GetAtt", "fn::GetAtt"):
        parts = listed(given.get(key))
        if parts:
            return str(parts[0])
    return ""
