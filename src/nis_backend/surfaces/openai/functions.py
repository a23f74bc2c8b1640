"""Functions as both formats of this dialect offer them to a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from nis_backend.errors import InvalidRequest, shorten
from nis_backend.operation import Json, Model

if TYPE_CHECKING:
    from collections.abc import Collection


class Function(Model):
    """A function offered."""

    name: str = Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$")
    description: str | None = Field(default=None, max_length=16_384)
    parameters: dict[str, Any] | None = None  # Any: a JSON schema
    strict: bool | None = None

    def offered(self) -> Json:
        """As the operation's request has it."""
        return {
            "name": self.name,
            "description": self.description or "",
            "parameters": self.parameters or {},
            "strict": bool(self.strict),
        }


def refuse_unoffered(allowed: Collection[str], offered: Collection[str]) -> None:
    """Refuse a choice from tools of which one is not offered.

    Raises:
        InvalidRequest: its name.
    """
    for name in allowed:
        if name not in offered:
            raise InvalidRequest(
                f"No tool {shorten(name)!r} is offered.",
                field="tool_choice",
                value=shorten(name),
                remedy=f"Offer it in tools, or allow some of: {', '.join(offered) or 'none are offered'}.",
            )
