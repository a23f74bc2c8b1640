"""An operation's declaration as data, which the index holds: all that is known of it before its module is imported."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property
from typing import TYPE_CHECKING

from nis_backend.fields import lean

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nis_backend.operation import Effect, Json, Shape


# Compared by identity, so that what is derived from a declaration can be kept by it.
@dataclass(frozen=True, kw_only=True, eq=False)
class Entry:
    """An operation's declaration as data: all a surface needs until the first call."""

    name: str
    summary: str
    description: str
    effect: Effect
    shape: Shape
    module: str
    request_schema: Json
    result_schema: Json
    scopes: tuple[str, ...]
    pool: str | None = None
    resource: str | None = None
    on: str | None = None
    time_limit: float = 60.0
    essential: bool = False
    routes: tuple[str, ...] = ()
    """Where it answers over HTTP; the index has them from the surface."""
    outward: bool = False
    apart: bool = False
    secret: bool = False
    repeatable: bool = False
    urgent: bool = False
    examples: tuple[Json, ...] = field(default_factory=tuple)

    @property
    def family(self) -> str:
        """`physics` of `physics.solve_heat`."""
        return self.name.partition(".")[0]

    @property
    def action(self) -> str:
        """`solve_heat` of `physics.solve_heat`."""
        return self.name.partition(".")[2]

    def fits(self, patterns: Iterable[str]) -> bool:
        """Whether it is among those that the patterns name: `physics.solve_heat`, `physics.*`, `physics`, `*`."""
        return any(pattern == self.family or fnmatchcase(self.name, pattern) for pattern in patterns)

    @property
    def collection(self) -> str:
        """What its routes and commands are under: its family, or in a subject's family the things it is about.

        `runs` of `runs.get_run`, `keys` of `identity.get_key`, whose resource is the key.
        """
        thing = self.resource or self.on
        if thing is None or self.family.endswith((thing, f"{thing}s", f"{thing}es", f"{thing[:-1]}ies")):
            return self.family
        return f"{thing[:-1]}ies" if re.search("[^aeiou]y$", thing) else f"{thing}s"

    @cached_property
    def is_blob(self) -> bool:
        """Whether it answers with a blob."""
        return bool(self.result_schema.get("blob"))

    @cached_property
    def parameters(self) -> Json:
        """The request's schema as models read it, who pay for each word."""
        return lean(self.request_schema)

    @cached_property
    def routable(self) -> bool:
        """Whether words alone may lead to it: it declares how people ask for it, and changes nothing or is a run.

        A run that changes something is not begun by words: they fill in its form, which a person sends.
        """
        asked = any(example.get("question") for example in self.examples)
        return asked and (self.by_words or (self.shape == "run" and self.effect == "writes"))

    @property
    def by_words(self) -> bool:
        """Whether words alone may call it, or begin it."""
        return self.effect == "reads" and self.shape != "stream"
