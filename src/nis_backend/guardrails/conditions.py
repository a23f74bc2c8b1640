"""Conditions, ready: what each finds in a request, a result or words, and how that is masked."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from pydantic import TypeAdapter
from pydantic_core import SchemaError, SchemaValidator, ValidationError, core_schema

from nis_backend.conforming import Wrong
from nis_backend.errors import InvalidRequest, shorten
from nis_backend.guardrails.injected import masked, orders_in
from nis_backend.guardrails.paths import at, texts
from nis_backend.guardrails.seen import as_seen, readings
from nis_backend.identifying.identifiers import KINDS, Identifiers, found_in
from nis_backend.places import is_number, same

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from nis_backend.conforming import Held
    from nis_backend.guardrails.rules import Condition
    from nis_backend.operation import Operation

    Mask = Callable[[str], str]

MASKED = "[masked]"
LONGEST_PATTERN = 1000
OF_CALL = ("effect", "outward", "scope", "spent")
OF_TEXTS = ("contains", "matches", "personal", "instruction")
EFFECTS = ("reads", "writes", "destroys")
_ANY = TypeAdapter[Any](Any)


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is known of a call beside its request and its result."""

    operation: Operation[Any, Any]
    agents: Collection[str]
    """What the agents are called that it is made for: the one of this run, and those of the runs it was begun in."""
    models: Collection[str] = ()
    """What the model is called that the request means, where it leaves its provider out, or names none."""
    holds: Callable[[str], bool]
    """Whether the caller holds a scope."""
    spent: dict[int, float]
    """Dollars by the number of days that somebody asks for."""


@dataclass(kw_only=True)
class Found:
    """What a condition found: where, and how a text is masked that it was found in; None of what is compared alone."""

    where: dict[str, Mask | None] = field(default_factory=dict[str, "Mask | None"])


class Check:
    """A condition, ready."""

    def __init__(self, condition: Condition, place: str) -> None:
        self.condition = condition
        self.held: Held | None = None
        self._path = condition.field.split(".") if condition.field is not None else []
        self._pattern = _pattern(condition.value, place) if condition.test == "matches" else None
        _check_value(condition, place)

    def look(self, value: Any, facts: Facts) -> Found | None:  # Any: a request or a result
        """What it finds; None where it does not hold."""
        one = self.condition
        if one.test in OF_CALL:
            holds = self._of_call(facts)
            return Found() if holds != one.negated else None
        found = Found(where=dict(self._of_fields(value)))
        if one.negated:
            return None if found.where else Found()
        return found if found.where else None

    def look_at_words(self, text: str, facts: Facts) -> Found | None:
        """What it finds in words that a model says, whatever field they are for; None where it does not hold."""
        one = self.condition
        if one.test in OF_CALL:
            return self.look(None, facts)
        mask = self._in_text(text)
        if one.negated:
            return Found() if mask is None else None
        return None if mask is None else Found(where={"words": mask})

    def _of_call(self, facts: Facts) -> bool:
        one = self.condition
        match one.test:
            case "effect":
                return facts.operation.effect in cast("list[str]", one.value)
            case "outward":
                return facts.operation.outward is (one.value is not False)
            case "scope":
                return facts.holds(str(one.value))
            case _:
                return facts.spent.get(one.days, 0.0) >= float(one.value)

    def _of_fields(self, value: Any) -> Iterator[tuple[str, Mask | None]]:  # Any: see look
        one = self.condition
        given = at(value, self._path) if self._path else [("", value)]
        for where, member in given:
            if one.test in OF_TEXTS:
                # A field that is named is looked at whatever it is called.
                for place, text in [(where, member)] if isinstance(member, str) else texts(member, where):
                    mask = self._in_text(text)
                    if mask is not None:
                        yield place, mask
            elif self._of_value(member):
                yield where, None

    def _in_text(self, text: str) -> Mask | None:
        """What it finds in a text as it stands, or as it is seen: letters that look like others hide nothing."""
        wanted = self.condition.value
        mask = self._found(text, wanted)
        if self.condition.test == "instruction":
            # Orders are looked for as they are seen already.
            return mask
        looked = (as_seen(wanted) or wanted) if isinstance(wanted, str) else wanted

        def is_seen(one: str) -> bool:
            return any(self._found(each, looked) is not None for each in readings(one))

        if not is_seen(text):
            return mask

        def masked_as_seen(one: str) -> str:
            told = one if mask is None else mask(one)
            return MASKED if is_seen(told) else told

        return masked_as_seen

    def _found(self, text: str, wanted: Any) -> Mask | None:  # Any: as the test takes it
        match self.condition.test:
            case "contains":
                return _without(wanted) if wanted.casefold() in text.casefold() else None
            case "matches":
                assert self._pattern is not None
                return self._all_of_it if _fits(self._pattern, text) else None
            case "personal":
                kinds = cast("list[str]", wanted) if wanted else list(KINDS)
                return (lambda one: Identifiers([one], kinds=kinds).plain(one)) if found_in(text, kinds) else None
            case _:
                return masked if orders_in(text) else None

    def _all_of_it(self, text: str) -> str:
        """Masks a text that the pattern fits: names of several members have one place."""
        assert self._pattern is not None
        return MASKED if _fits(self._pattern, text) else text

    def _of_value(self, value: Any) -> bool:  # Any: see look
        one = self.condition
        if one.test == "present":
            return value is not None
        if one.test == "fits":
            assert self.held is not None
            try:
                self.held.read(json.dumps(_ANY.dump_python(value, mode="json")))
            except Wrong:
                return False
            return True
        return COMPARED[one.test](_ANY.dump_python(value, mode="json"), one.value)


COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "equals": same,
    "differs": lambda one, wanted: not same(one, wanted),
    "above": lambda one, wanted: is_number(one) and one > wanted,
    "at_least": lambda one, wanted: is_number(one) and one >= wanted,
    "below": lambda one, wanted: is_number(one) and one < wanted,
    "at_most": lambda one, wanted: is_number(one) and one <= wanted,
}


def _without(wanted: str) -> Mask:
    """Masks a text wherever it stands, in any case; where that changes the letters' number, all of it."""

    def mask(text: str) -> str:
        folded = text.casefold()
        if len(folded) != len(text):
            return MASKED
        pieces: list[str] = []
        begin = 0
        looked = wanted.casefold()
        while (place := folded.find(looked, begin)) >= 0:
            pieces += [text[begin:place], MASKED]
            begin = place + len(looked)
        return "".join([*pieces, text[begin:]])

    return mask


def _pattern(value: Any, place: str) -> SchemaValidator:  # Any: JSON
    """The pattern, matched in linear time: the engine knows no backtracking."""
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_PATTERN:
        raise _wrong(place, value, f"a pattern of 1 to {LONGEST_PATTERN} characters")
    try:
        return SchemaValidator(core_schema.str_schema(pattern=value, regex_engine="rust-regex"))
    except SchemaError:
        raise _wrong(place, value, "a pattern without looking ahead or back, or references to groups") from None


def _fits(pattern: SchemaValidator, text: str) -> bool:
    try:
        pattern.validate_python(text)
    except ValidationError:
        return False
    return True


def _check_value(one: Condition, place: str) -> None:
    """Refuse a value that the test cannot be made with.

    Raises:
        InvalidRequest: with the field and what it takes.
    """
    takes, wanted = TAKES.get(one.test, _ANYTHING)
    if not takes(one.value):
        raise _wrong(place, one.value, wanted)
    if one.test in {"fits", "present", *COMPARED} and one.field is None:
        raise InvalidRequest(
            f"{place}.field: {one.test} looks at one field.", field=f"{place}.field", remedy="Name the field."
        )
    if one.test in OF_CALL and one.field is not None:
        raise InvalidRequest(
            f"{place}.field: {one.test} is about the call.",
            field=f"{place}.field",
            value=one.field,
            remedy="Leave the field out.",
        )


def _among(value: Any, names: Sequence[str], *, empty: bool) -> bool:  # Any: JSON
    if value is None:
        return empty
    given = cast("list[Any]", value) if isinstance(value, list) else []
    return bool(given) and all(one in names for one in given)


def _text(value: Any) -> bool:  # Any: JSON
    return isinstance(value, str) and 0 < len(value) <= LONGEST_PATTERN


def _object(value: Any) -> bool:  # Any: JSON
    return isinstance(value, dict)


_ANYTHING: tuple[Callable[[Any], bool], str] = (lambda _: True, "")
_NUMBERS = (is_number, "a number")
TAKES: dict[str, tuple[Callable[[Any], bool], str]] = {
    **dict.fromkeys(("above", "at_least", "below", "at_most", "spent"), _NUMBERS),
    "contains": (_text, "a text"),
    "scope": (_text, "a scope, such as identity:admin"),
    "fits": (_object, "a JSON schema"),
    "personal": (lambda value: _among(value, KINDS, empty=True), f"a list of {', '.join(KINDS)}; or null for any"),
    "effect": (lambda value: _among(value, EFFECTS, empty=False), "a list of reads, writes, destroys"),
    "outward": (lambda value: value is None or isinstance(value, bool), "true or false"),
}
"""What each test is made with, and how that is called."""


def _wrong(place: str, value: Any, wanted: str) -> InvalidRequest:  # Any: JSON
    return InvalidRequest(
        f"{place}.value: {shorten(value)!r} is not {wanted}.",
        field=f"{place}.value",
        value=value,
        remedy=f"Give {wanted}.",
    )
