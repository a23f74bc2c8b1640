"""What a kept policy is, and how a row holds it."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, StringConstraints

from nis_backend import found
from nis_backend.errors import InvalidRequest
from nis_backend.guardrails.rules import Policy

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row

A_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
Name = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=A_NAME)]


class KeptPolicy(Policy):
    """A policy, and whether it is in force."""

    id: str
    name: str
    enabled: bool = Field(description="Whether calls are looked at by it.")
    created: float = Field(description="Seconds since 1970, UTC.")
    updated: float = Field(description="As above.")


def policy_of(row: Row) -> KeptPolicy:
    """The policy that a row holds."""
    return KeptPolicy(
        id=row["id"],
        name=row["name"],
        enabled=bool(row["enabled"]),
        created=row["created"],
        updated=row["updated"],
        **json.loads(row["definition"]),
    )


LONGEST = 100_000
"""Characters of a policy as JSON: it is held in memory for as long as it is in force."""


def written(policy: Policy) -> str:
    """A definition as a row holds it."""
    return json.dumps(policy.model_dump(mode="json", include=set(Policy.model_fields), exclude_defaults=True))


find = partial(found.by_name, "policies", "policy")
"""The row of a policy, by its id or its name."""


async def check(policy: Policy, ctx: Context) -> None:
    """Refuse what could never hold: rules that cannot be looked at, operations that there are not.

    Raises:
        InvalidRequest: with the field.
    """
    from nis_backend.guardrails.compiled import compiled  # noqa: PLC0415 - loads with the first policy

    size = len(written(policy))
    if size > LONGEST:
        raise InvalidRequest(
            f"The policy has {size} characters as JSON; {LONGEST} are allowed.",
            field="rules",
            value=size,
            remedy="Give shorter values, or more than one policy.",
        )
    ready = await compiled("", "", policy)
    entries = ctx.operations.entries()
    for pattern in policy.applies_to.operations:
        one = ready.only(pattern)
        if not any(one.applies(entry.name) for entry in entries):
            raise InvalidRequest(
                f"No operation is called {pattern!r}.",
                field="applies_to.operations",
                value=pattern,
                remedy="operations.list_operations has their names.",
            )
