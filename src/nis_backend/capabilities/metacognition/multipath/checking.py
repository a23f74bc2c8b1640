"""What an answer is checked against outside the model: an operation that computes, a schema, texts to be quoted."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, Self, cast

from pydantic import Field, JsonValue, StringConstraints, model_validator

from nis_backend.calling import authorise, refuse_secret, under
from nis_backend.conforming import Wrong, hold
from nis_backend.errors import InvalidRequest, NisError, NotSupported, shorten
from nis_backend.event import ToolCalled
from nis_backend.operation import Model
from nis_backend.places import value_at, with_texts
from nis_backend.quoted import Source

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.operation import Json

MOST_SOURCES, LONGEST_SOURCE = 16, 100_000
LEAST_QUOTED = 3
"""Words of a quotation: fewer stand anywhere."""
_CODE = re.compile(r"```[A-Za-z0-9_+-]*\n(.*?)```", re.DOTALL)
_QUOTED = re.compile(r"“([^”]{1,4000})”|\"([^\"\n]{1,4000})\"|«([^»]{1,4000})»")
_PLACES = re.compile(r"\{(question|answer|value|code)\}")
UNMADE = frozenset({"unavailable", "busy", "upstream_failed", "worker_lost", "deadline_exceeded", "budget_exceeded"})
"""Problems that say nothing of the answer: the check was not made."""


class Check(Model):
    """A signal from outside the model: one of an operation, a schema, and texts that are to be quoted."""

    operation: str | None = Field(
        default=None, max_length=64, description="An operation that only reads, such as code.run_code."
    )
    arguments: dict[str, JsonValue] = Field(
        default_factory=dict[str, JsonValue],
        max_length=50,
        description="Its request: {answer} stands for the answer's words, {value} for the answer that was found in "
        "them, {code} for their first block of code, {question} for the question.",
    )
    field: str = Field(
        default="",
        max_length=200,
        pattern=r"^[A-Za-z0-9_.]*$",
        description="Where in its result the verdict is, as ended or labels.0.",
    )
    equals: JsonValue = Field(default=None, description="What stands there where the answer is right.")
    at_least: float | None = Field(
        default=None, description="Instead: the number there is the answer's score, and right from this one on."
    )
    answer_schema: dict[str, Any] | None = Field(  # Any: a JSON schema
        default=None, description="JSON schema that the answer's words are to follow."
    )
    quotes: list[Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_SOURCE)]] = Field(
        default_factory=list[str],
        max_length=MOST_SOURCES,
        description="Texts: what the answer has between quotation marks, three words or more, has to stand in one.",
    )

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.operation is not None) + (self.answer_schema is not None) + bool(self.quotes) != 1:
            msg = "give one of operation, answer_schema and quotes"
            raise ValueError(msg)
        if self.operation is not None and (self.equals is None) == (self.at_least is None):
            msg = "an operation needs equals or at_least, one of them"
            raise ValueError(msg)
        return self


class Verdict(Model):
    """What the check says of one answer."""

    passed: bool | None = Field(description="Null where the check could not be made.")
    score: float = Field(description="1 where it has passed and 0 where not; with at_least, the number of its result.")
    told: str = Field(description="What was found.")


async def admit(check: Check | None, ctx: Context, name: str = "check") -> None:
    """Refuse a check that cannot be made.

    Raises:
        NisError: with the field.
    """
    if check is None:
        return
    try:
        if check.answer_schema is not None:
            await hold(check.answer_schema, "answer_schema")
        if check.operation is not None:
            entry = ctx.operations.entry(check.operation)
            authorise(entry, ctx)
            refuse_secret(entry)
            if entry.shape != "model" or entry.effect != "reads":
                raise NotSupported(
                    f"{check.operation} is no check: it {entry.effect}, or answers a {entry.shape}.",
                    value=check.operation,
                    remedy="Name an operation that only reads.",
                )
            _try(check, ctx)
    except NisError as error:
        own = (error.field or "").partition(".")[0] in {"answer_schema", "arguments"}
        error.field = f"{name}.{error.field if own else 'operation'}"
        raise


def _try(check: Check, ctx: Context) -> None:
    """Refuse arguments that are wrong whatever the answer is: those in which nothing of it is filled in.

    Raises:
        InvalidRequest: naming one of them.
    """
    given: dict[str, str | None] = dict.fromkeys(("question", "answer", "value", "code"), "1")
    try:
        ctx.operations.find(str(check.operation)).validate(cast("Json", filled(check.arguments, given)))
    except InvalidRequest as error:
        at_fault = (error.field or "").partition(".")[0]
        if not _PLACES.search(repr(check.arguments.get(at_fault, ""))):
            raise under("arguments", error) from None


async def verdict_of(  # noqa: PLR0913, PLR0917 - a check, of what, and its place in the run
    check: Check, question: str, text: str, value: str | None, step: int, ctx: Context
) -> Verdict:
    """What the check says of an answer; an operation's call is a step of the run."""
    if check.quotes:
        return _quoting(check.quotes, text)
    if check.answer_schema is not None:
        held = await hold(check.answer_schema, "check.answer_schema")
        try:
            held.read(text)
        except Wrong as wrong:
            return Verdict(passed=False, score=0, told=f"It does not follow the schema: {wrong}.")
        return Verdict(passed=True, score=1, told="It follows the schema.")
    code = _CODE.search(text)
    given = {"question": question, "answer": text, "value": value, "code": code[1] if code else text}
    if value is None and "{value}" in repr(check.arguments):
        return Verdict(passed=False, score=0, told="No answer was found in its words.")
    arguments = cast("Json", filled(check.arguments, given))
    called = ToolCalled(step=step, call_id=f"check-{step}", operation=str(check.operation), arguments=arguments)
    used = await ctx.use(called)
    problem = used.event.problem
    if problem is not None:
        made = problem.get("code") not in UNMADE
        told = f"{problem.get('detail', '')} {problem.get('remedy', '')}".strip()
        return Verdict(passed=False if made else None, score=0, told=told[:2000])
    return _read(check, used.event.result)


def _read(check: Check, result: Any) -> Verdict:  # Any: JSON
    found = value_at(result, check.field)
    told = f"{check.operation} answered {shorten(repr(result), 1500)}"
    if check.at_least is None:
        passed = bool(found == check.equals)
        return Verdict(passed=passed, score=float(passed), told=told)
    if isinstance(found, bool) or not isinstance(found, int | float):
        return Verdict(passed=False, score=0, told=f"There is no number at {check.field!r}. {told}")
    return Verdict(passed=found >= check.at_least, score=float(found), told=told)


def filled(value: JsonValue, given: dict[str, str | None]) -> JsonValue:
    """The value with what stands for its places; a place that is all of a text, and a number, becomes a number."""

    def told(text: str) -> JsonValue:
        if text == "{value}":
            return _number(given["value"] or "")
        return _PLACES.sub(lambda place: given[place[1]] or "", text)

    return with_texts(value, told)


def _number(text: str) -> JsonValue:
    try:
        number = float(text)
    except ValueError:
        return text
    return int(number) if number.is_integer() and abs(number) < 2**53 else number


def _quoting(sources: list[str], text: str) -> Verdict:
    """Whether each quotation stands in a source; an answer that quotes nothing has shown nothing."""
    quotes = [next(filter(None, found.groups())) for found in _QUOTED.finditer(text)]
    quotes = [one for one in quotes if len(one.split()) >= LEAST_QUOTED]
    if not quotes:
        return Verdict(passed=False, score=0, told="It quotes nothing.")
    read = [Source([one]) for one in sources]
    missing = [one for one in quotes if not any(source.find(one) for source in read)]
    share = 1 - len(missing) / len(quotes)
    if missing:
        return Verdict(passed=False, score=share, told=f"No source has the words: {shorten(missing[0], 300)}")
    return Verdict(passed=True, score=1, told=f"All {len(quotes)} quotations stand in the sources.")
