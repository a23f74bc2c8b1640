"""A definition with some of its fields changed, as callers give them by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from pydantic import ValidationError

from nis_backend.errors import InvalidRequest
from nis_backend.operation import Model

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.operation import Json

Kind = TypeVar("Kind", bound=Model)


def with_changes(kind: type[Kind], before: Model, change: Json, thing: str, names: Sequence[str]) -> Kind:
    """The fields `names` of what was before, with the change; null takes one back to its default.

    `thing` is what it is called in a refusal, as "An agent".

    Raises:
        InvalidRequest: a field is none of these, or its value is wrong.
    """
    for name in change:
        if name not in names:
            raise InvalidRequest(
                f"{thing} has no field {name!r}.",
                field=f"change.{name}",
                value=name,
                remedy=f"Its fields are: {', '.join(names)}.",
            )
    given = {**before.model_dump(include=set(names)), **change}
    try:
        return kind.model_validate({name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        wrong = error.errors()[0]
        field = ".".join(map(str, wrong["loc"]))
        raise InvalidRequest(
            f"change.{field}: {wrong['msg']}.",
            field=f"change.{field}",
            value=wrong.get("input"),
            remedy="Give what the field takes.",
        ) from None
