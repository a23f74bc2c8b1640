"""A prompt as it is told, and as its rows have it.

A prompt has one row of its own, its latest version, and one beside it for each version before: `prompt_id` is the id
of the first, and `latest` tells them apart.
"""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, StringConstraints

from nis_backend import versioned
from nis_backend.capabilities.prompts.template import NAME, variables_of
from nis_backend.errors import InvalidRequest
from nis_backend.operation import Model

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nis_backend.drivers.store.base import Row

LONGEST_VALUE = 200_000
"""Characters of a variable's value."""
MOST_VARIABLES = 64

VariableName = Annotated[str, StringConstraints(pattern=f"^{NAME}$")]
Value = Annotated[str, StringConstraints(max_length=LONGEST_VALUE)]


class Variable(Model):
    """What a template leaves open."""

    description: str = Field(default="", max_length=1000, description="What is to be put there.")
    default: Value | None = Field(default=None, description="What is put there unasked; unset, it must be given.")


Variables = dict[VariableName, Variable]


class Prompt(Model):
    """A version of a prompt."""

    id: str
    name: str = Field(description="Takes the id's place wherever a prompt is named.")
    version: int
    latest: bool = Field(description="Whether it is the newest version.")
    template: str
    variables: dict[str, Variable]
    model: str | None = Field(description="The model it is meant for, as provider:name.")
    created: float = Field(description="Seconds since 1970, UTC: when the prompt was made, or this earlier version.")
    updated: float = Field(description="Seconds since 1970, UTC: when this version was written.")


def prompt_of(row: Row) -> Prompt:
    """A row as it is told."""
    given = {name: row[name] for name in Prompt.model_fields if name in row}
    given |= {"id": row["prompt_id"], "latest": bool(row["latest"]), "variables": json.loads(row["variables"])}
    return Prompt.model_validate(given)


def described(template: str, given: Mapping[str, Variable]) -> dict[str, Variable]:
    """The template's variables in its order; those that nobody describes have to be given when it is rendered.

    Raises:
        InvalidRequest: what is described is no variable of it.
    """
    names = variables_of(template)
    if len(names) > MOST_VARIABLES:
        raise InvalidRequest(
            f"The template has {len(names)} variables; {MOST_VARIABLES} are allowed.",
            field="template",
            value=len(names),
            remedy="Put several into one.",
        )
    for name in given:
        if name not in names:
            raise InvalidRequest(
                f"The template has no variable {name!r}.",
                field=f"variables.{name}",
                value=name,
                remedy=f"Write {{{{{name}}}}} into it, or leave the description out.",
            )
    return {name: given.get(name, Variable()) for name in names}


def written(variables: Mapping[str, Variable]) -> str:
    """Variables as a row keeps them."""
    return json.dumps({name: one.model_dump(exclude_defaults=True) for name, one in variables.items()})


find = partial(versioned.find, "prompts", "prompt")
"""The row of a version, the latest when None, of the prompt of this id or name."""
