"""What a turn of the chat can be told beyond a protocol: an object `nis`, where each protocol lets a caller put one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from nis_backend.errors import InvalidRequest

if TYPE_CHECKING:
    from nis_backend.operation import Json

NAME = "nis"


class TurnOptions(BaseModel):
    """Fields of the chat's request by their own names; `userId` is `user_id` too."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, populate_by_name=True)

    user_id: str = Field(default="anonymous", max_length=128, alias="userId")
    memory: bool = False
    operations: bool = True
    budget: float | None = Field(default=None, ge=0, le=1e9)

    def asked(self) -> Json:
        """What was given of it, for the chat's request."""
        return self.model_dump(include={*TURN}, exclude_unset=True)


TURN = frozenset(TurnOptions.model_fields)


def read_options(given: Any, where: str) -> Json:  # Any: JSON
    """The options that a caller has given, for the chat's request; none of None.

    Raises:
        InvalidRequest: naming the field by where it stands.
    """
    try:
        return {} if given is None else TurnOptions.model_validate(given).asked()
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        field = ".".join([where, *(str(one) for one in first["loc"])])
        raise InvalidRequest(
            f"{field}: {first['msg']}.",
            field=field,
            value=first["input"] if isinstance(first["input"], str | int | float | bool) else "",
            remedy=f"It takes {', '.join(sorted(TURN))}.",
        ) from None
