"""The cases of an evolution: read, each once, and parted by a seed into what is learned from and what decides."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nis_backend.errors import InvalidRequest, NotSupported, TooLarge
from nis_backend.numerics.superiority import fewest_wins

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.capabilities.evaluations.operations import Measures, Metric
    from nis_backend.context import Context
    from nis_backend.operation import Json

MEASURES = ("exact_match", "contains", "matches", "label", "token_f1", "numeric", "schema_valid")
"""Kinds of metrics that score an answer from 0 to 1 without a model."""
MOST_CASES = 2000


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A case, as an agent is asked it."""

    digest: str
    message: str
    earlier: tuple[tuple[str, str], ...]
    case: Json
    """As it is scored."""


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The cases, parted."""

    train: list[Trial]
    validation: list[Trial]
    held_out: list[Trial]


def measured_by(metrics: Sequence[str | Metric]) -> list[Json]:
    """The metrics as they are asked for.

    Raises:
        NotSupported: one is measured otherwise than from 0 to 1, or by a model.
    """
    asked: list[Json] = [
        {"kind": one} if isinstance(one, str) else one.model_dump(mode="json", exclude_defaults=True) for one in metrics
    ]
    for number, one in enumerate(asked):
        if one["kind"] not in MEASURES:
            raise NotSupported(
                f"{one['kind']} does not tell a right answer from a wrong one by itself.",
                field=f"metrics.{number}",
                value=one["kind"],
                remedy=f"Name one of {', '.join(MEASURES)}.",
            )
    return asked


def trials_of(given: Sequence[Json], field: str = "cases") -> list[Trial]:
    """The cases as they are asked; of those that ask the same, the first.

    Raises:
        TooLarge: there are too many.
        InvalidRequest: a conversation does not end with a user's turn, or has a turn of the system's.
    """
    if len(given) > MOST_CASES:
        raise TooLarge(
            f"There are {len(given)} cases; {MOST_CASES} are taken.",
            field=field,
            value=len(given),
            remedy="Give fewer of them.",
        )
    found: dict[str, Trial] = {}
    for number, case in enumerate(given):
        asked = case["input"]
        turns = [("user", asked)] if isinstance(asked, str) else [(one["role"], one["content"]) for one in asked]
        if not turns or turns[-1][0] != "user" or any(role == "system" for role, _ in turns):
            raise InvalidRequest(
                "An agent is asked with a user's turn at the end, and has its own instructions.",
                field=f"{field}.{number}.input",
                value=str(asked)[:200],
                remedy="End with a turn of the user's, and leave those of the system out.",
            )
        digest = hashlib.sha256(json.dumps(turns, ensure_ascii=False).encode()).hexdigest()
        found.setdefault(
            digest, Trial(digest=digest[:16], message=turns[-1][1], earlier=tuple(turns[:-1]), case=dict(case))
        )
    return list(found.values())


def part(trials: Sequence[Trial], held_out: float, seed: int, level: float, field: str = "cases") -> Parts:
    """Part them: in an order that the seed and each case's content give.

    The held-out cases come first; of the rest every second is for validation.

    Raises:
        InvalidRequest: there are too few to prove anything.
    """
    order = sorted(trials, key=lambda one: hashlib.sha256(f"{seed}:{one.digest}".encode()).digest())
    cut = round(held_out * len(order))
    rest = order[cut:]
    parts = Parts(train=rest[::2], validation=rest[1::2], held_out=order[:cut])
    enough(parts, level, field)
    return parts


def enough(parts: Parts, level: float, field: str = "cases") -> None:
    """Refuse parts by which nothing could be proved at this level.

    Raises:
        InvalidRequest: there are too few.
    """
    held, least = len(parts.held_out), fewest_wins(level)
    if held < least or not parts.validation:
        of = held + len(parts.train) + len(parts.validation)
        raise InvalidRequest(
            f"Of {of} different cases {held} would be held out: a p-value below {level:.3g} takes {least} that "
            "differ, and two more are learned from and chosen by.",
            field=field,
            value=of,
            remedy="Give more cases, others than were looked at before, or hold out another share.",
        )


async def of_dataset(name: str, version: str | None, ctx: Context) -> list[Json]:
    """The cases that a dataset of cases has.

    Raises:
        NotFound: the caller has no such dataset.
        InvalidRequest: it is of another kind.
    """
    found = await ctx.call_named("datasets.get_dataset", {"id": name})
    if found.kind != "cases":
        raise InvalidRequest(
            f"{name} is a dataset of {found.kind}.", field="dataset", value=name, remedy="Name one of the kind cases."
        )
    asked = {"id": found.id, "version": version or found.version, "format": "jsonl"}
    blob = await ctx.call_named("datasets.export_dataset", asked)
    lines = [line for line in (await ctx.blobs.read(blob.id)).splitlines() if line.strip()]
    return [json.loads(line) for line in lines]


def given(request: Measures) -> list[Json]:
    """The cases of a request, as JSON."""
    return [one.model_dump(mode="json", exclude_defaults=True) for one in request.cases]
