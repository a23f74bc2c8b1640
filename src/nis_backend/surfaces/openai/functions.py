"""Functions as both formats of this dialect offer them to a model."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from nis_backend.operation import Json, Model


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
