"""A template under its parameters: which resources there are, and what their properties come to.

What only AWS knows, such as another resource's address, stays as the function that asks for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from nis_backend.deployment.template.functions import Functions
from nis_backend.deployment.template.parameters import Given, read_parameters
from nis_backend.errors import Malformed

if TYPE_CHECKING:
    from nis_backend.deployment.template.reading import Template

Section = dict[str, Any]
"""A part of a template. Any: its values differ in type."""


@dataclass(frozen=True, kw_only=True)
class Resolved:
    """What a template comes to."""

    region: str
    parameters: Mapping[str, Given]
    """All of them, with defaults: numbers as numbers, lists as lists."""
    conditions: Mapping[str, bool]
    resources: Mapping[str, Section]
    """Those there are, by logical id, as the template has them: Type, Properties, DeletionPolicy."""
    outputs: Mapping[str, Any]  # Any: an output may be a function that only AWS resolves
    refused: tuple[str, ...]
    """What the template's own rules say against these parameters."""

    def kinds(self, kind: str) -> dict[str, Section]:
        """Properties of the resources of a type, by logical id."""
        return {
            name: cast("Section", resource.get("Properties") or {})
            for name, resource in self.resources.items()
            if resource["Type"] == kind
        }


def resolve(template: Template, parameters: Mapping[str, str], region: str, *, name: str = "nis-backend") -> Resolved:
    """What there is of a template in a region, under these parameters and its defaults.

    `name` is the stack's.

    Raises:
        InvalidRequest: a parameter is not the template's, is missing, or is none of what it may be.
        Malformed: the template contradicts itself: a reference to nothing, conditions that name each other.
    """
    document = template.document
    given = read_parameters(_section(document, "Parameters"), parameters)
    functions = Functions(
        parameters=given,
        resources=frozenset(_section(document, "Resources")),
        mappings=_section(document, "Mappings"),
        conditions=_section(document, "Conditions"),
        region=region,
        name=name,
    )
    there = {
        id_: cast("Section", resource)
        for id_, resource in _section(document, "Resources").items()
        if isinstance(resource, dict) and functions.holds_named(cast("Section", resource).get("Condition"))
    }
    for id_, resource in there.items():
        if not isinstance(resource.get("Type"), str):
            raise Malformed(f"The resource {id_} has no Type.", field=f"Resources.{id_}.Type")
    return Resolved(
        region=region,
        parameters=given,
        conditions={condition: functions.holds_named(condition) for condition in _section(document, "Conditions")},
        resources={id_: _without(functions.resolve(resource, f"Resources.{id_}")) for id_, resource in there.items()},
        outputs={
            id_: functions.resolve(output.get("Value"), f"Outputs.{id_}")
            for id_, output in _section(document, "Outputs").items()
            if functions.holds_named(output.get("Condition"))
        },
        refused=tuple(_refused(_section(document, "Rules"), functions)),
    )


def narrowed(template: Template, parameters: Mapping[str, str], region: str) -> Section:
    """The template with what is not there under these parameters left out, and conditions decided.

    Rules are left out too: who sends it has asked `resolve` what they say. All parameters stay, without descriptions,
    so that the stack remembers them. Written as JSON it has less than the 51,200 bytes that CloudFormation takes
    without a bucket, which the whole template has not.
    """
    document = template.document
    given = read_parameters(_section(document, "Parameters"), parameters)
    functions = Functions(
        parameters=given,
        resources=frozenset(_section(document, "Resources")),
        mappings={},
        conditions=_section(document, "Conditions"),
        region=region,
        name="",
        decides_only=True,
    )

    def left(section: str) -> Section:
        return {
            id_: _without(functions.resolve(one, f"{section}.{id_}"), "Metadata")
            for id_, one in _section(document, section).items()
            if functions.holds_named(one.get("Condition"))
        }

    plain = {
        name: {key: value for key, value in parameter.items() if key not in {"Description", "ConstraintDescription"}}
        for name, parameter in _section(document, "Parameters").items()
    }
    kept = {key: document[key] for key in ("AWSTemplateFormatVersion", "Description", "Mappings") if key in document}
    return {**kept, "Parameters": plain, "Resources": left("Resources"), "Outputs": left("Outputs")}


def _refused(rules: Section, functions: Functions) -> list[str]:
    said: list[str] = []
    for name, rule in rules.items():
        when = rule.get("RuleCondition")
        if when is not None and not functions.holds(when, f"Rules.{name}"):
            continue
        said += [
            str(assertion.get("AssertDescription") or f"The rule {name} does not hold.")
            for assertion in rule.get("Assertions", [])
            if not functions.holds(assertion.get("Assert"), f"Rules.{name}")
        ]
    return said


def _section(document: Section, name: str) -> Section:
    found = document.get(name)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise Malformed(f"{name} is no mapping.", field=name)
    section = cast("Section", found)
    for key, value in section.items():
        if not isinstance(value, dict):
            raise Malformed(f"{name}.{key} is no mapping.", field=f"{name}.{key}")
    return section


def _without(resource: Section, *more: str) -> Section:
    """A resource that is there has no condition any more."""
    return {key: value for key, value in resource.items() if key not in {"Condition", *more}}
