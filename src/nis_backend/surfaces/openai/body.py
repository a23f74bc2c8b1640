"""A body as a JSON object, and the refusals that every request of this dialect shares."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any, cast

from nis_backend.errors import InvalidRequest, NotFound, NotSupported, shorten
from nis_backend.operation import Json
from nis_backend.refusal import few_wrong, invalid
from nis_backend.surfaces.openai.problem import param
from nis_backend.surfaces.rest.arguments import object_in

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydantic import BaseModel, ValidationError


HINTS = frozenset({"prompt_cache_key", "prompt_cache_retention", "prompt_cache_options", "prediction"})
"""Parameters that make an answer cheaper or sooner where a provider has such a thing, and are in no answer."""

Refusal = tuple[tuple[object, ...], str]
"""The values of a parameter that ask for nothing, and the remedy for any other."""

TIERS: Refusal = (
    (None, "auto", "default", "flex", "scale", "priority", "fast"),
    "Leave it out: there is one way of serving, and an answer says so.",
)
"""Of these the answer names the one that it was served by, as OpenAI's does."""
TIER = "default"
"""That one."""
UNPADDED: Refusal = (
    (None, {}, {"include_obfuscation": False}),
    "Leave it out: events are not padded against those who watch the line.",
)


def json_object(body: bytes) -> Json:
    """The body as a JSON object.

    Raises:
        Malformed: it is none.
        TooLarge: it holds too many values.
    """
    return object_in(body, "body", "Send one JSON object, in UTF-8.")


def refuse_unknown(body: Json, known: AbstractSet[str]) -> None:
    """Refuse a parameter that is not known: a typing error would else go unnoticed.

    Raises:
        InvalidRequest: naming it.
    """
    unknown = sorted(body.keys() - known)
    if unknown:
        name = shorten(unknown[0])
        raise InvalidRequest(f"There is no parameter {name!r}.", field=name, remedy="Leave it out.")


def refuse_unsupported(body: Json, refused: Mapping[str, tuple[Sequence[Any], str]]) -> None:
    """Refuse what this server cannot do; of each parameter: the values that ask for nothing, and the remedy.

    Raises:
        NotSupported: naming it.
    """
    for name, (neutral, remedy) in refused.items():
        if name in body and body[name] not in neutral:
            raise NotSupported(f"{name} is not supported here.", field=name, value=body[name], remedy=remedy)


def hinted(body: Json, hints: AbstractSet[str], scope: Mapping[str, Any]) -> None:
    """Say in the answer's `x-nis-ignored` which `hints` of the request nothing was made of."""
    if found := sorted(name for name in hints & body.keys() if body[name] not in (None, {})):
        scope["state"]["exchange"].marks["x-nis-ignored"] = ", ".join(found)


def model_of(body: Json) -> str:
    """The model's name.

    Raises:
        NotFound: none is named.
        InvalidRequest: it is no name.
    """
    model: object = body.get("model")
    if model is None or model == "":
        raise NotFound("The request names no model.", field="model", remedy="Name one as provider:name.")
    if not isinstance(model, str):
        raise InvalidRequest("model: a string names a model.", field="model", value=model, remedy="Give a model's id.")
    return model


def wrong(error: ValidationError, kind: type[BaseModel], given: Json) -> InvalidRequest:
    """Pydantic's refusal; the path leads as far as the body does, without the branches of our own types."""
    error = few_wrong(error, kind, given)
    found = invalid(error)
    first = error.errors(include_url=False, include_input=False)[0]
    path: list[str] = []
    at: Any = given
    for part in first["loc"]:
        inside = (isinstance(at, dict) and part in at) or (isinstance(at, list) and isinstance(part, int))
        if not inside and not (first["type"] == "missing" and part == first["loc"][-1]):
            continue
        path.append(str(part))
        at = cast("Any", at)[part] if inside else None
    name = ".".join(path)
    return InvalidRequest(
        f"{param(name) or 'the request'}: {first['msg']}.",
        field=name or None,
        value=found.value or None,
        remedy="See OpenAI's reference for what it may be.",
    )
