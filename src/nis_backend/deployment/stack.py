"""A template's resources after its parameters and conditions: what refers to what, and numbers as numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from nis_backend.operation import Json

Properties = Mapping[str, "object"]


class Stack:
    """Resources by their logical ids, each with Type and Properties."""

    def __init__(self, resources: Mapping[str, Json]) -> None:
        self._resources = resources

    def __iter__(self) -> Iterator[tuple[str, str, Properties]]:
        """Each resource: its id, its kind, its properties."""
        for name in self._resources:
            yield name, self.kind(name), self.properties(name)

    def kind(self, name: str) -> str:
        """What CloudFormation calls it: AWS::ECS::Service."""
        return str(self._resources[name].get("Type", ""))

    def properties(self, name: str) -> Properties:
        """What is said of a resource."""
        return mapping(self._resources[name].get("Properties"))

    def policy(self, name: str) -> Properties:
        """How a resource is updated, where that is said beside its properties."""
        return mapping(self._resources[name].get("UpdatePolicy"))

    def of_kind(self, *kinds: str) -> list[tuple[str, Properties]]:
        """Resources of these kinds."""
        return [(name, said) for name, kind, said in self if kind in kinds]

    def referred(self, value: object) -> str | None:
        """The resource that a property names, where it is one of this stack."""
        said = mapping(value)
        found = said.get("Ref", said.get("Fn::GetAtt", value))
        if isinstance(found, list | tuple):
            found = next(iter(cast("Sequence[object]", found)), None)
        name = found.split(".")[0] if isinstance(found, str) else None
        return name if name in self._resources else None


def mapping(value: object) -> Properties:
    """A value as a mapping: empty where it is none."""
    return cast("Properties", value) if isinstance(value, Mapping) else {}


def listed(value: object) -> list[object]:
    """A value as a list: a list's items, the parts of a text with commas, itself where it is one thing."""
    if value is None:
        return []
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return list(cast("Sequence[object]", value)) if isinstance(value, list | tuple) else [value]


def number(value: object, otherwise: int | str | None = None) -> Decimal | None:
    """A value as a number; `otherwise` where nothing is said, None where it is no number."""
    said = otherwise if value is None else value
    if said is None or isinstance(said, bool) or not isinstance(said, int | float | str | Decimal):
        return None
    try:
        found = Decimal(str(said))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def holds(value: object) -> bool:
    """Whether a property that is true or false, or written so, is true."""
    return str(value).lower() == "true"


def environment(task: Properties) -> dict[str, str]:
    """Settings that a task definition's containers are given by value, of those that can be read."""
    return {
        str(mapping(pair).get("Name")): str(mapping(pair).get("Value"))
        for container in listed(task.get("ContainerDefinitions"))
        for pair in listed(mapping(container).get("Environment"))
        if isinstance(mapping(pair).get("Value"), str | int | float)
    }
