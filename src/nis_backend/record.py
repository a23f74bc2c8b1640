"""`@record`: a frozen dataclass by keywords alone, declared in a tenth of the time that `dataclasses` takes.

`dataclass(frozen=True)` writes six methods of each class as text and compiles them, a third of a millisecond, whether
one of them is ever called or not; a start declares some seventy such classes and makes instances of a third. Here only
what makes an instance is compiled, with the first one, and the other methods are the same for all records. Fields,
defaults, `replace`, and the equality, hash and text of instances are those of a dataclass.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, FrozenInstanceError, dataclass, field, fields
from functools import cache
from operator import attrgetter
from reprlib import recursive_repr
from typing import Any, TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(field,))
def record(cls: type[T]) -> type[T]:
    """Make a class of annotated fields a record. What derives from a record is one too, and says so."""

    def first(self: T, /, **given: Any) -> None:  # Any: fields are of all types
        # Two threads that come at once compile the same.
        making = _compile(cls)
        setattr(cls, "__init__", making)  # noqa: B010 - type checkers know no method that is exchanged
        making(self, **given)

    dataclass(init=False, repr=False, eq=False, kw_only=True)(cls)
    for name, method in {**METHODS, "__init__": first}.items():
        if vars(cls).get(name) is None:  # a class has no hash, None, where it says what is equal
            setattr(cls, name, method)
    return cls


def _compile(cls: type[Any]) -> Callable[..., None]:
    """What makes an instance, as `dataclasses` would write it."""
    names: dict[str, Any] = {"_set": object.__setattr__, "_MADE": MISSING}
    parameters: list[str] = []
    lines: list[str] = []
    for one in fields(cls):
        name, default, made = one.name, f"_default_{one.name}", f"_make_{one.name}"
        value = name
        if one.default_factory is not MISSING:
            names[made] = one.default_factory
            parameters.append(f"{name}=_MADE")
            value = f"{made}() if {name} is _MADE else {name}"
        elif one.default is not MISSING:
            names[default] = one.default
            parameters.append(f"{name}={default}")
        else:
            parameters.append(name)
        lines.append(f"    _set(self, {name!r}, {value})\n")
    star = ", *, " if parameters else ""
    text = f"def __init__(self{star}{', '.join(parameters)}):\n{''.join(lines) or '    pass'}"
    exec(text, names)  # noqa: S102 - the names of a class's own fields, as in dataclasses
    made = names["__init__"]
    made.__qualname__ = f"{cls.__qualname__}.__init__"
    return made


@cache
def _compared(cls: type[Any]) -> Callable[[Any], tuple[Any, ...]]:
    names = [one.name for one in fields(cls) if one.compare]
    if len(names) > 1:
        return attrgetter(*names)
    return lambda one: tuple(getattr(one, name) for name in names)


def _equals(self: Any, other: object) -> bool:
    if other.__class__ is not self.__class__:
        return NotImplemented
    values = _compared(self.__class__)
    return values(self) == values(other)


def _hashed(self: Any) -> int:
    return hash(_compared(self.__class__)(self))


@recursive_repr()
def _told(self: Any) -> str:
    given = ", ".join(f"{one.name}={getattr(self, one.name)!r}" for one in fields(self) if one.repr)
    return f"{self.__class__.__qualname__}({given})"


def _refuse_to_set(_self: object, name: str, _value: object) -> None:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_to_delete(_self: object, name: str) -> None:
    raise FrozenInstanceError(f"cannot delete field {name!r}")


METHODS: dict[str, Callable[..., Any]] = {
    "__eq__": _equals,
    "__hash__": _hashed,
    "__repr__": _told,
    "__setattr__": _refuse_to_set,
    "__delattr__": _refuse_to_delete,
}
"""What every record has that does not say it itself."""
