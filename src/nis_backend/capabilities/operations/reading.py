"""What a sentence gives an operation, and what it leaves open."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nis_backend.capabilities.operations.slots import Slot
    from nis_backend.operation import Json


@dataclass(frozen=True, kw_only=True)
class Unclear:
    """Something said that several fields could be meant by, or several things said for one."""

    said: tuple[str, ...]
    fields: tuple[str, ...]
    numbers: frozenset[int] = frozenset()
    """Which of the sentence's quantities were said, by their index."""


@dataclass(kw_only=True)
class Reading:
    """What a sentence gives an operation; the readers of units, numbers and words fill it in turn."""

    arguments: Json = field(default_factory=dict[str, Any])  # Any: JSON
    sources: dict[str, str] = field(default_factory=dict[str, str])
    """For each argument read from the sentence, its words."""
    named: set[str] = field(default_factory=set[str])
    """Those of them that the sentence names, and does not only give a fitting number for."""
    missing: list[str] = field(default_factory=list[str])
    """Required fields that nothing was found for."""
    unclear: list[Unclear] = field(default_factory=list[Unclear])
    replaced: list[str] = field(default_factory=list[str])
    """Numbers that were taken back, or said again in another way."""
    unread: list[str] = field(default_factory=list[str])
    """Numbers that fit no field."""

    @property
    def complete(self) -> bool:
        """Whether the call may be made without asking."""
        return not self.missing and not self.unclear

    @property
    def asked(self) -> list[str]:
        """The fields a person must look at: those missing, then those unclear."""
        return list(dict.fromkeys([*self.missing, *(name for one in self.unclear for name in one.fields)]))

    def fill(self, slot: Slot, value: Any, text: str, *, named: bool = True) -> None:  # Any: JSON
        """Give the field a value, said with the words `text`."""
        self.arguments[slot.name] = value
        self.sources[slot.name] = text
        if named:
            self.named.add(slot.name)
