"""A definition with some of its fields changed, as callers give them by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import Field, ValidationError

from nis_backend.calling import under
from nis_backend.errors import InvalidRequest
from nis_backend.operation import Model
from nis_backend.refusal import invalid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.operation import Json

Kind = TypeVar("Kind", bound=Model)


class Changing(Model):
    """What changes of a definition that is kept in versions."""

    change: dict[str, Any] = Field(  # Any: fields of a definition
        min_length=1,
        max_length=20,
        description="Fields of the definition with their new values; null takes a field back to its default.",
    )
    after: int | None = Field(
        default=None, ge=1, description="The version that is changed: refused where it is not the latest."
    )


def with_changes(kind: type[Kind], before: Model, change: Json, thing: str, names: Sequence[str] = ()) -> Kind:
    """The fields `names` of what was before, all of the kind's when none are, with the change.

    Null takes one back to its default; `thing` is what it is called in a refusal, as "An agent".

    Raises:
        InvalidRequest: a field is none of these, or its value is wrong.
    """
    names = names or list(kind.model_fields)
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
        raise under("change", invalid(error)) from None
