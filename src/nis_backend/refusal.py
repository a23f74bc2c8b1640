"""How a wrong request is told: which field, with which value, and what to do; briefly, however long what is refused."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from pydantic import ValidationError
from pydantic_core import from_json

from nis_backend.errors import FieldError, InvalidRequest, Malformed, shorten

if TYPE_CHECKING:
    from pydantic import BaseModel

    from nis_backend.operation import Json


def mistaken(
    given: Any, read: Any, where: str = ""
) -> Iterator[tuple[str, str, Any]]:  # Any: JSON, what was read of it
    """Where a truth value was read as a number or a number as a truth value, as Python does and JSON does not."""
    if isinstance(given, _NUMBERS):
        if isinstance(given, bool) != isinstance(read, bool) and isinstance(read, _NUMBERS):
            yield where, "a number" if isinstance(given, bool) else "true or false", given
    elif isinstance(given, (dict, Mapping)):
        named = cast("Mapping[str, Any]", read).get if isinstance(read, dict) else partial(getattr, read)
        for name, value in cast("Mapping[str, Any]", given).items():
            if value is not None and not isinstance(value, str):
                yield from mistaken(value, named(name, None), f"{where}.{name}" if where else name)
    elif isinstance(given, list) and isinstance(read, list | tuple):
        pairs = list(zip(cast("list[Any]", given), cast("Sequence[Any]", read), strict=False))
        # Long lists of numbers are the common case: one look at their types is enough.
        if {(type(one), type(other)) for one, other in pairs} - _ALIKE:
            for place, pair in enumerate(pairs):
                yield from mistaken(*pair, f"{where}.{place}")


MANY_WRONG = 200
"""Wrong values beyond which they are not counted: to name a million of them takes seconds."""

_NUMBERS = (bool, int, float)
_ALIKE = {(int, int), (float, float), (int, float), (str, str)}


def few_wrong(error: ValidationError, kind: type[BaseModel], given: Any) -> ValidationError:  # Any: JSON
    """The refusal of `given`. Of lists with very many wrong items only their beginnings are told, which is quick."""
    if error.error_count() > MANY_WRONG:
        try:
            kind.model_validate(_first_items(from_json(given) if isinstance(given, (bytes, str)) else given))
        except ValidationError as shorter:
            return shorter
    return error


def _first_items(given: Any) -> Any:  # Any: JSON
    if isinstance(given, Mapping):
        return {name: _first_items(one) for name, one in cast("Mapping[str, Any]", given).items()}
    if isinstance(given, list):
        return [_first_items(one) for one in cast("list[Any]", given)[:MANY_WRONG]]
    return given


def invalid(error: ValidationError) -> InvalidRequest:
    """Pydantic's refusal in our words: which field, which value, what to do."""
    wrong = error.errors(include_url=False, include_context=True)
    if any(one["type"] == "json_invalid" for one in wrong):
        return Malformed(
            f"The body is not JSON: {wrong[0].get('ctx', {}).get('error', wrong[0]['msg'])}.",
            remedy="Send one JSON object, UTF-8, with Content-Type: application/json.",
        )
    fields = [_field_error(cast("Json", one)) for one in wrong[:20]]
    first = fields[0]
    more = f" ({len(wrong) - 1} more)" if len(wrong) > 1 else ""
    return InvalidRequest(
        f"{first.field or 'request'}: {first.message}{more}.",
        remedy=first.remedy,
        field=first.field,
        value=first.value,
        fields=fields,
    )


_SHOULD = re.compile(r"\w+ should (?P<rule>.+?)(?: after validation)?(?:, (?:unable to|got|not) .*)?")
"""How pydantic says what a value is held to, and what it was instead."""


def _rule(path: str, message: str) -> str:
    """What a field has to be."""
    told = _SHOULD.fullmatch(message)
    return f"{path} has to {told['rule']}." if told else f"Mend {path}: {message.removesuffix('.')}."


_FORM = re.compile(r"[a-z-]+\[.*\]|constrained-\w+", re.DOTALL)
"""How pydantic names, within a path, which of several forms of a value it tried: no field that a caller knows."""
_SCALARS = {"str", "int", "float", "bool"}


def _path(places: Sequence[int | str]) -> str:
    known = [one for one in places if isinstance(one, int) or not _FORM.fullmatch(one)]
    if len(known) > 1 and known[-1] in _SCALARS:
        known.pop()
    return shorten(".".join(shorten(one, 80) for one in known), 200)


def _field_error(one: Json) -> FieldError:
    path = _path(one["loc"])
    kind, message = str(one["type"]), str(one["msg"]).removeprefix("Value error, ")
    remedy = {
        "missing": f"Give {path}.",
        "extra_forbidden": f"Leave out {path}: there is no such field.",
        "finite_number": f"Give {path} as a finite number.",
    }.get(kind) or _rule(path or "The request", message)
    value = "" if kind == "missing" else shorten(one.get("input", ""))
    if kind in {"union_tag_not_found", "union_tag_invalid"}:
        return _untagged(path, value, cast("Json", one.get("ctx", {})))
    return FieldError(field=path, value=value, message=message, remedy=remedy)


def _untagged(path: str, value: str, told: Json) -> FieldError:
    """Which of several forms a value has is said by one of its fields: that one is missing, or says none of them."""
    path = ".".join(part for part in (path, str(told.get("discriminator", "")).strip("'")) if part)
    if "tag" not in told:
        return FieldError(field=path, value=value, message="Field required", remedy=f"Give {path}.")
    forms = str(told.get("expected_tags", ""))
    return FieldError(
        field=path,
        value=shorten(told["tag"]),
        message=f"Input should be one of {forms}",
        remedy=f"{path} has to be one of {forms}.",
    )
