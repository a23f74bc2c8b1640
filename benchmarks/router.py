"""How often the router picks the right operation and reads the right arguments: `python benchmarks/router.py`.

The questions are in router_questions.json. Those marked "unseen" were written before the router was, and its rules and
figures were set on the others alone. Nothing is computed: an answer is the operation, its arguments as its own request
model accepts them, or what is asked for.
"""

from __future__ import annotations

import json
import math
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "src"))

from nis_backend.capabilities.chat.routed import decide, wanted_units  # noqa: E402 - the path is set first
from nis_backend.capabilities.chat.router import routable, speaks_of_quantities  # noqa: E402
from nis_backend.capabilities.chat.sentence import Sentence  # noqa: E402
from nis_backend.capabilities.physics.operations import (  # noqa: E402
    ConversionRequest,
    Quantities,
    TextRequest,
    convert_unit,
    read_quantities,
)
from nis_backend.catalog import entry_of, load_capabilities  # noqa: E402
from nis_backend.errors import InvalidRequest  # noqa: E402

if TYPE_CHECKING:
    from nis_backend.capabilities.chat.reading import Reading
    from nis_backend.operation import Entry, Operation

QUESTIONS = HERE / "router_questions.json"


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is asked, and what should come of it; `operation` None is nobody's question."""

    split: str
    question: str
    operation: str | None
    arguments: dict[str, Any]  # Any: JSON
    missing: list[str]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of a question."""

    asked: Question
    operation: str | None
    arguments: dict[str, Any]  # Any: JSON
    missing: list[str]

    @property
    def picked(self) -> bool:
        """Whether it is the operation wanted, or rightly none."""
        return self.operation == self.asked.operation

    @property
    def false(self) -> bool:
        """Whether an operation was picked that is not the one wanted."""
        return self.operation is not None and not self.picked

    @property
    def right(self) -> bool:
        """Whether operation, arguments and what is asked for are all as they should be."""
        same = same_arguments(self.asked.arguments, self.arguments)
        return self.picked and same and set(self.missing) == set(self.asked.missing)

    @property
    def harmful(self) -> bool:
        """Whether something would be computed, without a question, that was not what was asked."""
        return self.operation is not None and not self.missing and not self.right


@cache
def catalog() -> tuple[dict[str, Operation[Any, Any]], list[Entry]]:
    """Every operation by name, and every declaration."""
    operations = {one.name: one for one in load_capabilities()}
    return operations, [entry_of(one) for one in operations.values()]


def questions() -> list[Question]:
    """All of them."""
    return [Question(**one) for one in json.loads(QUESTIONS.read_text("utf-8"))]


def ask(question: Question) -> Outcome:
    """Route one question as a turn does."""
    operations, entries = catalog()
    candidates = [entry for entry in entries if routable(entry)]
    numbers = speaks_of_quantities(question.question, candidates)
    found = read(question.question, candidates) if numbers else None
    decision = decide(Sentence(question.question, found), entries)
    if decision is None:
        return Outcome(asked=question, operation=None, arguments={}, missing=[])
    name, reading = decision.entry.name, decision.reading
    return Outcome(
        asked=question,
        operation=name,
        arguments=reading.arguments,
        missing=reading.asked or refused(operations[name], reading),
    )


def read(text: str, entries: Sequence[Entry]) -> Quantities:
    """The quantities of a text as a turn has them read, in this process."""
    return read_quantities.function(TextRequest(text=text, units=wanted_units(entries)), None)


def refused(operation: Operation[Any, Any], reading: Reading) -> list[str]:
    """The fields that the operation's own model refuses."""
    try:
        operation.validate(reading.arguments)
    except InvalidRequest as error:
        return [error.field or ""]
    return []


def same_arguments(wanted: dict[str, Any], got: dict[str, Any]) -> bool:  # Any: JSON
    """Whether two requests mean the same: numbers to nine digits, units however they are spelled."""
    return wanted.keys() == got.keys() and all(_same(name, wanted[name], got[name]) for name in wanted)


def _same(name: str, wanted: object, got: object) -> bool:
    if isinstance(wanted, int | float) and isinstance(got, int | float):
        return math.isclose(wanted, got, rel_tol=1e-9, abs_tol=1e-9)
    if name in ("unit", "to"):
        # The same at two values: neither scaled nor shifted.
        at = (ConversionRequest(value=value, unit=str(wanted), to=str(got)) for value in (1.0, 3.0))
        return all(math.isclose(convert_unit.function(one, None).value, one.value, rel_tol=1e-9) for one in at)
    return wanted == got


@dataclass(frozen=True, kw_only=True)
class Scores:
    """Shares of a set of questions, in percent."""

    questions: int
    false_picks: float
    """Questions for which an operation was picked that is not the one wanted."""
    all_right: float
    """Questions for an operation whose operation, arguments and missing fields are all right."""
    harmful: float
    """Questions answered by a computation that was not the one asked for, without a question first."""


def score(outcomes: Sequence[Outcome]) -> Scores:
    """The shares over some outcomes."""
    wanting = [one for one in outcomes if one.asked.operation is not None]
    return Scores(
        questions=len(outcomes),
        false_picks=_percent(one.false for one in outcomes),
        all_right=_percent(one.right for one in wanting),
        harmful=_percent(one.harmful for one in outcomes),
    )


def _percent(yes: Iterable[bool]) -> float:
    values = list(yes)
    return 100 * sum(values) / len(values) if values else 0.0


def table(outcomes: Sequence[Outcome]) -> str:
    """A line per operation: asked, picked rightly, picked wrongly, not picked, arguments right."""
    lines = [f"{'operation':32} {'asked':>6} {'right':>6} {'wrong':>6} {'none':>6} {'all right':>10}"]
    counts = Counter(one.asked.operation for one in outcomes)
    for name in sorted(counts, key=str):
        some = [one for one in outcomes if one.asked.operation == name]
        right, wrong = sum(one.picked for one in some), sum(one.false for one in some)
        none = sum(one.operation is None for one in some)
        whole = sum(one.right for one in some)
        lines.append(f"{name or 'none':32} {len(some):6} {right:6} {wrong:6} {none:6} {whole:10}")
    return "\n".join(lines)


def main() -> None:
    """Print the tables, and with --all what went otherwise than wanted on the seen questions."""
    outcomes = [ask(one) for one in questions()]
    for split in ("seen", "unseen"):
        some = [one for one in outcomes if one.asked.split == split]
        scores = score(some)
        print(f"\n{split}: {scores.questions} questions\n{table(some)}")
        print(
            f"false picks {scores.false_picks:.1f} %   all right {scores.all_right:.1f} %   "
            f"computed wrongly without asking {scores.harmful:.1f} %"
        )
    if "--all" in sys.argv:
        for one in outcomes:
            if one.asked.split == "seen" and not one.right:
                print(
                    f"\n{one.asked.question}\n  wanted {one.asked.operation} {one.asked.arguments} {one.asked.missing}"
                )
                print(f"  got    {one.operation} {one.arguments} {one.missing}")


if __name__ == "__main__":
    main()
