"""From what was asked to the axes of a view: numbers, dates or words, checked to be as many as they must be."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from nis_backend.errors import InvalidRequest
from nis_backend.view import Axis

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.capabilities.visuals.asked import Along, Scale

MOST_WORDS = 200
"""Categories along an axis."""
INDEX = "index"
"""What an axis is called where nothing stands along it."""


def numbers(values: object, field: str) -> list[float | None]:
    """A column that has been fetched.

    Raises:
        InvalidRequest: what a pointer led to is no list of numbers.
    """
    if isinstance(values, str):
        raise InvalidRequest(
            f"{field} is a pointer that was not followed.", field=field, value=values, remedy="Name the run in `run`."
        )
    return values  # pyright: ignore[reportReturnType] - the request's model has checked it


def along(asked: Along | None, count: int, field: str) -> tuple[Axis, list[str]]:
    """The axis under a chart, and what is to be said of it.

    Raises:
        InvalidRequest: it has not as many values as what stands over it.
    """
    if asked is None:
        return Axis(label=INDEX, values=[*map(float, range(count))]), []
    values: Sequence[object] = asked.values if not isinstance(asked.values, str) else ()
    fits(len(values), count, f"{field}.values")
    words = [one for one in values if isinstance(one, str)]
    if not words:
        scale = "log" if asked.scale == "log" else "linear"
        column: list[float | None] = [one if isinstance(one, (int, float)) else None for one in values]
        axis = Axis(label=asked.label, unit=asked.unit, values=column, scale=scale)
        return axis, left_out(axis, "x")
    moments = [_moment(one) for one in words]
    if all(one is not None for one in moments):
        return Axis(label=asked.label or "time", values=moments, scale="time"), []
    if len(words) > MOST_WORDS:
        raise InvalidRequest(
            f"{field}.values has {len(words)} words, and an axis at most {MOST_WORDS}.",
            field=f"{field}.values",
            value=words[0],
            remedy="Give numbers or dates as 2026-03-01, or fewer words.",
        )
    return words_along(words, asked.label), []


def words_along(words: Sequence[str], label: str) -> Axis:
    """An axis of categories."""
    return Axis(label=label, values=[*map(float, range(len(words)))], names=list(words))


def _moment(word: str) -> float | None:
    """Seconds since 1970 of a date or a moment as ISO 8601 writes it; without a zone it is UTC."""
    try:
        moment = datetime.fromisoformat(word)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def fits(count: int, wanted: int, field: str) -> None:
    """Refuse a column that has not as many values as the others.

    Raises:
        InvalidRequest: it has not.
    """
    if count != wanted:
        raise InvalidRequest(
            f"{field} has {count} values, where there are {wanted}.",
            field=field,
            value=count,
            remedy=f"Give {wanted} values, null where one is missing.",
        )


def errors_of(errors: object, count: int, field: str) -> list[float | None]:
    """How far each value may be off; none where it was not asked.

    Raises:
        InvalidRequest: there are not as many as values, or one is less than 0.
    """
    if errors is None:
        return []
    column = numbers(errors, field)
    fits(len(column), count, field)
    if any(one is not None and one < 0 for one in column):
        raise InvalidRequest(
            f"{field} has a value below 0.",
            field=field,
            value=min(one for one in column if one is not None),
            remedy="Give how far each value may be off as a number of 0 or more.",
        )
    return column


def scaled(axis: Axis, scale: Scale) -> Axis:
    """The axis with its scale."""
    return axis.model_copy(update={"scale": scale})


def left_out(axis: Axis, what: str = "") -> list[str]:
    """What of an axis is not drawn, in words."""
    name = what or axis.label or "A line"
    missing = sum(one is None for one in axis.values)
    notes = [f"{name}: {missing} of {len(axis.values)} values are missing and left out."] if missing else []
    below = sum(one is not None and one <= 0 for one in axis.values) if axis.scale == "log" else 0
    if below:
        notes.append(f"{name}: {below} values of 0 or less have no place on a logarithmic axis and are left out.")
    return notes
