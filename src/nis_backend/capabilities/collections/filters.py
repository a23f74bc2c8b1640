"""Which items: conditions on metadata as callers write them, and as the store takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import (
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    StringConstraints,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic_core import PydanticCustomError

from nis_backend.annotations import Plain
from nis_backend.drivers.store.items import Condition, Which
from nis_backend.errors import InvalidRequest
from nis_backend.operation import Model

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nis_backend.drivers.store.items import Scalar

MOST_CONDITIONS, MOST_VALUES, MOST_MEMBERS, LONGEST_VALUE = 16, 100, 64, 2000

LARGEST = 2**63 - 1
"""The largest whole number that both databases compare as such."""


def _one_value(given: object, read: ValidatorFunctionWrapHandler) -> object:
    """Refuse in one sentence what is none of the kinds, and a number that would be another one in the database."""
    told = "Input should be a text of at most {most} characters without NUL, a finite number, true or false"
    try:
        value = read(given)
    except ValidationError:
        raise PydanticCustomError("value", told, {"most": LONGEST_VALUE}) from None
    if isinstance(given, int) and not -LARGEST <= given <= LARGEST:
        told = "Input should be a whole number of at most 64 bits, or a text: a larger number is another one here"
        raise PydanticCustomError("number", told)
    return value


MemberName = Annotated[str, StringConstraints(pattern=r'^[^\x00-\x1f\x7f"\\]{1,64}$')]
"""Whatever a JSON path takes in quotes: a table's columns have spaces and accents in their names."""
Value = Annotated[
    StrictBool | StrictInt | StrictFloat | Annotated[str, StringConstraints(max_length=LONGEST_VALUE), Plain],
    WrapValidator(_one_value),
]
Bound = Annotated[StrictInt | StrictFloat | Annotated[str, Plain], WrapValidator(_one_value)]
Values = Annotated[list[Value], Field(min_length=1, max_length=MOST_VALUES)]
Metadata = dict[MemberName, Value]


class Bounds(Model):
    """What a member has to be, other than one value."""

    at_least: Bound | None = Field(default=None, description="As much, or more; texts by their letters.")
    at_most: Bound | None = Field(default=None, description="As much, or less.")
    other_than: Value | Values | None = Field(default=None, description="Anything but this, or but these.")


def _one_of_them(given: object, read: ValidatorFunctionWrapHandler) -> object:
    """Refuse in one sentence what is none of the forms, not in one for each of them."""
    try:
        return read(given)
    except ValidationError:
        told = (
            "Input should be a value, a list of 1 to {most} values, or bounds: at_least, at_most, other_than; "
            "whole numbers of at most 64 bits, texts without NUL"
        )
        raise PydanticCustomError("condition", told, {"most": MOST_VALUES}) from None


Where = dict[MemberName, Annotated[Bounds | Values | Value, WrapValidator(_one_of_them)]]

WHERE = (
    'What members of the metadata have to be, all of it: {"lang": "en"} one value, ["a", "b"] one of several, '
    '{"at_least": 2020, "at_most": 2024} within bounds, {"other_than": true} anything else.'
)


def which_items(where: Where | None = None, document_id: str | None = None, ids: Sequence[str] | None = None) -> Which:
    """What callers wrote, as the store takes it."""
    conditions = [one for key, wanted in (where or {}).items() for one in _conditions(key, wanted)]
    return Which(ids=ids, document_id=document_id, where=conditions)


def _conditions(key: str, wanted: Bounds | list[Value] | Value) -> Iterator[Condition]:
    if not isinstance(wanted, Bounds):
        yield Condition(key=key, comparison="in", values=_several(wanted))
        return
    if wanted.at_least is None and wanted.at_most is None and wanted.other_than is None:
        raise InvalidRequest(
            f"where.{key} says nothing.", field=f"where.{key}", value={}, remedy="Give at_least, at_most or other_than."
        )
    if wanted.at_least is not None:
        yield Condition(key=key, comparison="at_least", values=[wanted.at_least])
    if wanted.at_most is not None:
        yield Condition(key=key, comparison="at_most", values=[wanted.at_most])
    if wanted.other_than is not None:
        yield Condition(key=key, comparison="not", values=_several(wanted.other_than))


def _several(given: list[Value] | Value) -> Sequence[Scalar]:
    return given if isinstance(given, list) else [given]
