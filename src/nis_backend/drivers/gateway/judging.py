"""What a provider's failure means for what is tried next, and for what is thought of the provider."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.errors import (
    BudgetExceeded,
    Busy,
    InternalError,
    InvalidRequest,
    NisError,
    NotFound,
    NotSupported,
    Unavailable,
    UpstreamFailed,
    WorkerLost,
)

if TYPE_CHECKING:
    from nis_backend.drivers.gateway.health import Outcome

SOON = 5.0
"""Seconds that a provider which is asked too often is waited for though another model is left."""
LONGEST_PAUSE = 20.0
"""… and where none is."""
STEP, LONGEST_STEP = 0.5, 8.0
"""Seconds before a model is asked again: at most the first, doubled each time, up to the second."""


def outcome_of(error: NisError) -> Outcome:
    """What a failure says of the provider."""
    if isinstance(error, Busy):
        return "limited"
    if isinstance(error, Unavailable) and error.sent == "refused":
        # It has answered, that with this key, at this address or on this account it does nothing for us.
        return "key refused"
    if isinstance(error, (Unavailable, UpstreamFailed, WorkerLost)):
        return "failed"
    return "at fault"


def may_again(error: NisError) -> bool:
    """Whether the same model may answer when it is asked once more."""
    return outcome_of(error) in ("failed", "limited")


def may_elsewhere(error: NisError) -> bool:
    """Whether another model may answer what this one has not; what is wrong with the request is so everywhere."""
    if isinstance(error, (BudgetExceeded, InternalError)):
        return False
    return isinstance(error, (NotFound, NotSupported)) or error.too_long or not isinstance(error, InvalidRequest)


def pause(error: NisError, tries: int, drawn: float, *, alone: bool) -> float | None:
    """Seconds to wait before the next try, `drawn` from 0 to 1; None where it is not worth it.

    The growing, random pause keeps callers that failed together from coming back together (M. Brooker, Exponential
    Backoff And Jitter, 2015: "full jitter").
    """
    after = error.retry_after or 0.0
    if isinstance(error, Busy) and after > (LONGEST_PAUSE if alone else SOON):
        return None
    return max(after, drawn * min(STEP * 2**tries, LONGEST_STEP))
