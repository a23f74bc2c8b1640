"""Times as a request gives them: written, in ISO 8601."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from pydantic import AwareDatetime, BeforeValidator


def _written(given: Any) -> Any:  # Any: what a caller sent
    """A time as it is written: a bare number would be taken for seconds since 1970, which no schema says."""
    try:
        float(given)
    except (TypeError, ValueError):
        return given
    msg = "a time is written as in 2026-11-25T18:00:00Z, a day as in 2026-11-25"
    raise ValueError(msg)


Moment = Annotated[AwareDatetime, BeforeValidator(_written)]
"""A time with its zone."""

Day = Annotated[date, BeforeValidator(_written)]
"""A day."""
