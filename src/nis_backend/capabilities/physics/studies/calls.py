"""The studied operation as a function of numbers, called in this very process and counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nis_backend.capabilities.physics.studies.paths import put
from nis_backend.capabilities.physics.studies.targets import declared
from nis_backend.errors import InvalidRequest, NisError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from nis_backend.drivers.compute.base import ComputingContext, Kept
    from nis_backend.operation import Json

TIGHTER = 0.01
"""By what the operation's own tolerance is multiplied to see what it leaves of an answer."""


class Spent(Exception):
    """The calls that were allowed have been made."""


class Hushed:
    """What a call within a call may use: all but telling how far it is."""

    def __init__(self, ctx: ComputingContext) -> None:
        self._ctx = ctx

    @property
    def options(self) -> Json:
        """See `ComputingContext.options`."""
        return self._ctx.options

    def keep(self, name: str, make: Callable[[], Kept]) -> Kept:
        """See `ComputingContext.keep`."""
        return self._ctx.keep(name, make)

    def weight(self, name: str) -> Path:
        """See `ComputingContext.weight`."""
        return self._ctx.weight(name)

    def progress(self, fraction: float, message: str = "", values: Mapping[str, float] | None = None) -> None:
        """Say nothing."""

    def cancelled(self) -> bool:
        """See `WorkerContext.cancelled`."""
        return self._ctx.cancelled()


class Calls:
    """Calls of one operation with other values at the same paths."""

    def __init__(  # noqa: PLR0913 - the parts of a call
        self,
        operation: str,
        base: Json,
        paths: Sequence[str],
        ctx: ComputingContext,
        *,
        most: int,
        whole: frozenset[str] = frozenset(),
    ) -> None:
        self.operation = declared(operation)
        self.made = 0
        self.failed = 0
        self.most = most
        self._base, self._paths, self._whole = base, tuple(paths), whole
        self._ctx = Hushed(ctx)

    def result(self, values: Sequence[float], *, tighter: bool = False) -> Json:
        """What the operation answers; `tighter` asks it for a hundredth of its error.

        Raises:
            Spent: no call is left.
            NisError: the operation refuses these values.
        """
        if self.made >= self.most:
            raise Spent
        self.made += 1
        arguments = put(self._base, dict(zip(self._paths, values, strict=True)), self._whole)
        request: Any = self.operation.validate(arguments)
        if tighter:
            request = self.operation.validate({**arguments, "tolerance": request.tolerance * TIGHTER})
        try:
            return self.operation.function(request, self._ctx).model_dump()
        except (OverflowError, NisError) as error:
            self.failed += 1
            if isinstance(error, NisError):
                raise
            raise InvalidRequest(
                f"{self.operation.name} comes to numbers that no double holds.", remedy="Give other values."
            ) from error

    @property
    def has_tolerance(self) -> bool:
        """Whether the operation can be asked for a smaller error."""
        return "tolerance" in self.operation.request.model_fields
