"""Which operations can be studied, and where their declarations are."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, cast

from nis_backend.calling import authorise, refuse_secret
from nis_backend.errors import NotFound, NotSupported
from nis_backend.operation import Operation

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.entry import Entry

_PHYSICS = "nis_backend.capabilities.physics"
_MATHEMATICS = "nis_backend.capabilities.mathematics"
DECLARED = {
    "physics": (
        f"{_PHYSICS}.operations",
        *(f"{_PHYSICS}.{room}.operations" for room in ("dynamics", "orbits", "quantum", "fields", "nonlinear")),
    ),
    "mathematics": tuple(f"{_MATHEMATICS}.{room}.operations" for room in ("symbolic", "signals", "matrices", "data")),
    "robotics": ("nis_backend.capabilities.robotics.operations",),
}
"""The modules that declare what computes in the pool `science`, by family.

A worker's process has no catalog; it looks where the catalog would. Claims and studies call others themselves.
"""
POOL = "science"


def admit(name: str, ctx: Context) -> Entry:
    """The declaration of an operation that can be studied by this caller.

    Raises:
        NotFound: there is none of this name.
        NotSupported: it does not compute numbers from numbers.
        Forbidden: the caller may not call it.
    """
    entry = ctx.operations.entry(name)
    known = entry.module in DECLARED.get(entry.family, ())
    if not known or entry.effect != "reads" or entry.shape != "model" or entry.pool != POOL:
        raise NotSupported(
            f"{name} is not an operation that computes a number from numbers: it cannot be studied.",
            field="operation",
            value=name,
            remedy="Name one of physics., mathematics. or robotics. that computes, such as physics.simulate_pendulum.",
        )
    authorise(entry, ctx)
    refuse_secret(entry)
    return entry


def declared(name: str) -> Operation[Any, Any]:
    """The operation of this name, in a process that has no catalog.

    Raises:
        NotFound: none is declared.
    """
    for module in DECLARED.get(name.partition(".")[0], ()):
        for one in vars(importlib.import_module(module)).values():
            if isinstance(one, Operation) and one.name == name:  # pyright: ignore[reportUnknownMemberType] - any types
                return cast("Operation[Any, Any]", one)
    raise NotFound(f"There is no operation {name!r} to study.", field="operation", value=name)
