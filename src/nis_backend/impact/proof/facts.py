"""What one Python text says of modules: the imports, and the strings by which it may name one, a driver, a command.

Every package is looked for in the same facts: they know none.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Moment = Literal["import", "lazy_import", "guarded_import", "typing_import", "dynamic_import"]


@dataclass(frozen=True, kw_only=True)
class Imported:
    """A module that is imported, or names of it."""

    module: str
    names: tuple[str, ...] = ()
    """Of `from module import …`: any may be a module too."""
    line: int
    how: Moment
    fallback: str = ""


@dataclass(frozen=True, kw_only=True)
class Said:
    """A string, and what it is said to: an argument's or a variable's name, a dictionary's key, `command`, `-m`."""

    text: str
    line: int
    to: str


@dataclass(kw_only=True)
class Facts:
    """All of one text."""

    imports: list[Imported] = field(default_factory=list[Imported])
    said: list[Said] = field(default_factory=list[Said])
    open: list[int] = field(default_factory=list[int])
    """Lines that import a module whose name is computed."""

    def add(self, module: str, line: int) -> None:
        """An import that is told by its line alone."""
        self.imports.append(Imported(module=module, line=line, how="import"))
