"""What an agent is tried with: a message, and what is expected of the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from nis_backend.annotations import Plain, Unit
from nis_backend.operation import Model

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Self

    from nis_backend.operation import Json

MOST_CASES = 200
LONGEST_MESSAGE, LONGEST_EXPECTED, MOST_EXPECTED = 20_000, 2000, 16

Words = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_EXPECTED), Plain]
# As JSON has it: a truth value is no number.
Number = Annotated[float, Field(strict=True), Unit("")]


class AgentCase(Model):
    """A message, and what the answer has to hold: all of what is said here."""

    message: Annotated[str, Plain] = Field(min_length=1, max_length=LONGEST_MESSAGE, description="What it is to do.")
    expected: Words | Number | Annotated[list[Words], Field(min_length=1, max_length=MOST_EXPECTED)] | None = Field(
        default=None,
        description="Words that are in the answer, of several one of them; or the number that is its last one.",
    )
    answer_schema: dict[str, Any] | None = Field(  # Any: a JSON schema
        default=None, description="JSON schema that the answer follows."
    )
    rubric: Annotated[str, Plain] = Field(
        default="", max_length=LONGEST_EXPECTED, description="What a good answer has, for a model that judges it."
    )

    @model_validator(mode="after")
    def _expects(self) -> Self:
        if not self.kinds:
            raise PydanticCustomError("nothing", "A case expects something: expected, answer_schema or rubric")
        return self

    @property
    def kinds(self) -> list[str]:
        """The measures of an evaluation by which it is decided."""
        words = "numeric" if isinstance(self.expected, float) else "contains"
        return [
            *([] if self.expected is None else [words]),
            *([] if self.answer_schema is None else ["schema_valid"]),
            *(["judge"] if self.rubric else []),
        ]

    def as_case(self) -> Json:
        """As an evaluation takes it."""
        given = self.model_dump(mode="json", exclude_defaults=True)
        return {"input": given.pop("message"), **given}


def measures(cases: Iterable[AgentCase], judge: str | None) -> list[Json]:
    """What an evaluation measures of such cases."""
    kinds = dict.fromkeys(kind for case in cases for kind in case.kinds)
    return [{"kind": kind, **({"against": "rubric", "model": judge} if kind == "judge" else {})} for kind in kinds]
