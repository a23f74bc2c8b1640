"""The lines of a batch: read, and called a few at once; what came of each is noted in the run's log."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

from pydantic_core import from_json

from nis_backend.alongside import each
from nis_backend.capabilities.batches.operations import LINE, TokensUsed
from nis_backend.errors import Busy, InvalidRequest, NisError, TooLarge, shorten
from nis_backend.owned import Scope

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Set as AbstractSet
    from pathlib import Path

    from nis_backend.context import Context
    from nis_backend.entry import Entry

# Any: a JSON object's values differ in type.
Json = dict[str, Any]

MOST_LINES = 50_000
LONGEST_LINE = 4_000_000
"""Bytes of a line."""

LONGEST_ID = 256

AT_ONCE = 8
"""Lines that are under way together."""

MOST_TRIES = 5
LONGEST_PAUSE = 60.0
"""Seconds before a line that was told to come later is tried again."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """A call that is to be made, or a refusal that stands in its place."""

    number: int
    id: str
    arguments: Json | None
    problem: Json | None = None


def read(path: Path) -> Iterator[Line]:
    """The lines of a file; empty ones are passed over.

    Raises:
        InvalidRequest: one is none, two have one id, or there are too many or none.
    """
    seen: set[str] = set()
    for number, text in numbered(path):
        yield _line(number, text, seen)
    if not seen:
        raise InvalidRequest("The file has no line.", field="input", remedy="Give a JSON object on each line.")


def numbered(path: Path) -> Iterator[tuple[int, bytes]]:
    """The lines that are not empty, each with its number; of one that is too long a part that shows it."""
    with path.open("rb") as file:
        for number, text in enumerate(iter(lambda: file.readline(LONGEST_LINE + 1), b""), 1):
            if text.strip():
                yield number, text


def members(text: bytes, known: AbstractSet[str]) -> Json:
    """The members of a line.

    Raises:
        ValueError: why it is no object of the `known` ones.
    """
    try:
        line: Any = from_json(text, allow_inf_nan=False)
    except ValueError as error:
        raise ValueError(f"it is not JSON: {error}") from None
    if not isinstance(line, dict):
        raise ValueError("it is not a JSON object")  # noqa: TRY004 - of a file, not of a caller
    unknown = sorted(cast("Json", line).keys() - known)
    if unknown:
        raise ValueError(f"there is no member {shorten(unknown[0])!r}")
    return cast("Json", line)


def _line(number: int, text: bytes, seen: set[str]) -> Line:
    if len(text) > LONGEST_LINE:
        raise _wrong(number, f"it has more than {LONGEST_LINE} bytes")
    try:
        line = members(text, {"id", "arguments", "problem"})
    except ValueError as error:
        raise _wrong(number, str(error)) from None
    name, arguments, problem = line.get("id"), line.get("arguments"), line.get("problem")
    if not isinstance(name, str) or not name or len(name) > LONGEST_ID:
        raise _wrong(number, "it has no id")
    if isinstance(arguments, dict) == isinstance(problem, dict):
        raise _wrong(number, "it has no arguments")
    if name in seen:
        raise _wrong(number, f"the id {shorten(name)!r} was used before")
    if len(seen) == MOST_LINES:
        raise InvalidRequest(
            f"The file has more than {MOST_LINES} lines.", field="input", remedy="Send it as several batches."
        )
    seen.add(name)
    return Line(number=number, id=name, arguments=arguments, problem=problem)


def _wrong(number: int, why: str) -> InvalidRequest:
    return InvalidRequest(
        f"Line {number} of the file: {why}.",
        field="input",
        value=f"line {number}",
        remedy='A line is {"id": …, "arguments": {…}}, and each id is there once.',
    )


@dataclass(kw_only=True)
class Calls:
    """The calls of a batch, and how many have been made."""

    ctx: Context
    operation: Entry
    most: int
    """Bytes that the outcomes may have together."""
    done: int = 0
    failed: int = 0
    size: int = 0
    tokens: dict[str, int] = field(default_factory=dict[str, int])
    """What the answers have used together, by the names of `TokensUsed`."""
    outcomes: dict[int, Json] = field(default_factory=dict[int, Json])

    async def make(self, lines: Iterator[Line]) -> None:
        """Make each call, or have its outcome from the log; the first failure of this process ends all."""
        await each(self._make, lines, AT_ONCE)

    async def _make(self, line: Line) -> None:
        made: list[Json] = []

        async def make() -> Json:
            made.append(await self._outcome(line))
            self._count(line, made[0])
            return {**made[0], "done": self.done, "failed": self.failed, "tokens": dict(self.tokens)}

        noted: Json = await self.ctx.note(f"{LINE} {line.number}", make)
        if made:
            # Committed before the next one is called: what is known is not found out again.
            await self.ctx.run.flush()
        else:
            self._count(line, noted)

    def _count(self, line: Line, outcome: Json) -> None:
        kept = {name: outcome[name] for name in ("id", "result", "problem") if name in outcome}
        self.done += 1
        self.failed += "problem" in kept
        self.size += len(json.dumps(kept))
        self.outcomes[line.number] = kept
        result: Any = kept.get("result")
        for name in TokensUsed.model_fields if isinstance(result, dict) else ():
            count: Any = cast("Json", result).get(name)
            if isinstance(count, int):
                self.tokens[name] = self.tokens.get(name, 0) + count

    async def _outcome(self, line: Line) -> Json:
        if line.problem is not None:
            return {"id": line.id, "problem": line.problem}
        try:
            if self.size > self.most:
                raise TooLarge(
                    f"The outcomes of this batch have reached {self.most} bytes.", remedy="Send the rest as another."
                )
            return {"id": line.id, "result": await self._called(line)}
        except NisError as error:
            return {"id": line.id, "problem": error.problem()}

    async def _called(self, line: Line) -> Any:  # Any: JSON
        call, reads = f"{LINE} {line.number}", self.operation.effect == "reads"
        within = replace(self.ctx, scope=Scope(key=f"{self.ctx.run.run_id}:{call}", call=call, reads=reads))
        pause = 1.0
        for attempt in range(1, MOST_TRIES + 1):
            try:
                result = await within.call_named(self.operation.name, line.arguments or {})
            except Busy as busy:
                if attempt == MOST_TRIES:
                    raise
                await asyncio.sleep(min(busy.retry_after or pause, LONGEST_PAUSE))
                pause *= 2
            else:
                return result.model_dump(mode="json")
        raise AssertionError
