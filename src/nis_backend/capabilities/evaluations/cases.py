"""Cases: what a target is asked, and what is expected; what is the same case is told by its content."""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Any, Literal, cast

from pydantic import Field, JsonValue, StringConstraints, field_validator, model_validator
from pydantic_core import PydanticCustomError

from nis_backend.annotations import Plain
from nis_backend.errors import InvalidRequest, TooLarge
from nis_backend.operation import Model

MOST_CASES = 10_000
LONGEST_INPUT, LONGEST_EXPECTED, LONGEST_RUBRIC = 100_000, 100_000, 10_000
MOST_EXPECTED = 64
"""Answers of a case of which any will do."""
MOST_CHARACTERS = 50_000_000
"""Characters of all cases of an evaluation."""

Tag = Annotated[str, StringConstraints(min_length=1, max_length=64), Plain]


class Turn(Model):
    """A turn of a conversation that the target goes on with."""

    role: Literal["system", "user", "assistant"]
    content: Annotated[str, Plain] = Field(max_length=LONGEST_INPUT)


class Case(Model):
    """What is asked, and what is expected of the answer."""

    input: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_INPUT), Plain] | list[Turn] = Field(
        description="What is asked: words, or the turns of a conversation."
    )
    expected: JsonValue = Field(
        default=None,
        description="The right answer: words, a number, JSON; of a list of words, 64 at most, any will do. Null: none.",
    )
    answer_schema: dict[str, JsonValue] | None = Field(
        default=None, description="JSON schema that the answer has to follow; `schema` is taken too."
    )
    rubric: Annotated[str, Plain] = Field(
        default="", max_length=LONGEST_RUBRIC, description="What a good answer has, for a model that judges it."
    )
    tags: list[Tag] = Field(default_factory=list[Tag], max_length=32, description="What results are told apart by.")

    @model_validator(mode="before")
    @classmethod
    def _called_schema(cls, given: Any) -> Any:  # Any: what the caller sent
        if isinstance(given, dict) and "schema" in given and "answer_schema" not in given:
            members = dict(cast("dict[str, Any]", given))
            members["answer_schema"] = members.pop("schema")
            return members
        return cast("Any", given)  # Any: as it was sent

    @field_validator("expected")
    @classmethod
    def _few(cls, expected: JsonValue) -> JsonValue:
        """Each of several is held against every answer."""
        if (
            isinstance(expected, list)
            and len(expected) > MOST_EXPECTED
            and all(isinstance(one, str) for one in expected)
        ):
            raise PydanticCustomError("many", "Input should have at most {most} answers", {"most": MOST_EXPECTED})
        return expected

    @property
    def digest(self) -> str:
        """SHA-256 of what makes it this case: all but its tags."""
        said = self.model_dump(mode="json", exclude={"tags"})
        return hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False).encode()).hexdigest()

    @property
    def asked(self) -> str:
        """Its words, the last turn's of a conversation."""
        return self.input if isinstance(self.input, str) else self.input[-1].content if self.input else ""


def checked(cases: list[Case], field: str = "cases") -> list[Case]:
    """The cases, each once.

    Raises:
        InvalidRequest: there is none, or one has no turn.
        TooLarge: there are too many, or they are too long.
    """
    if not cases:
        raise InvalidRequest("There is no case.", field=field, value="[]", remedy="Give one at least.")
    if len(cases) > MOST_CASES:
        raise TooLarge(
            f"There are {len(cases)} cases.", field=field, value=len(cases), remedy=f"Give at most {MOST_CASES}."
        )
    empty = next((number for number, one in enumerate(cases) if not one.input), None)
    if empty is not None:
        raise InvalidRequest(
            "A case has no turn.", field=f"{field}.{empty}.input", value="[]", remedy="Say what is asked."
        )
    size = sum(len(one.model_dump_json()) for one in cases)
    if size > MOST_CHARACTERS:
        raise TooLarge(
            f"The cases have {size} characters.", field=field, value=size, remedy=f"Give at most {MOST_CHARACTERS}."
        )
    return list({one.digest: one for one in cases}.values())
