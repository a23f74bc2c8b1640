"""A fit or a search is checked where the catalog is: its paths, its caller, its first request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.calling import told_under
from nis_backend.capabilities.physics.studies.paths import describe, put
from nis_backend.capabilities.physics.studies.study import between
from nis_backend.capabilities.physics.studies.targets import admit
from nis_backend.errors import InvalidRequest, NotSupported

if TYPE_CHECKING:
    from nis_backend.capabilities.physics.studies.search import FitRequest, OptimumRequest
    from nis_backend.context import Context
    from nis_backend.entry import Entry
    from nis_backend.operation import Json


async def prepare_fit(request: FitRequest, ctx: Context) -> FitRequest:
    """Refuse what cannot be fitted.

    Raises:
        NisError: with the field at fault.
    """
    entry = admit(request.operation, ctx)
    for one in request.parameters:
        _continuous(entry, one.path, "parameters")
    kind = describe(entry.result_schema, request.measure.path, "measure").kind
    if request.x_curve is not None:
        if kind != "list" or describe(entry.result_schema, request.x_curve, "x_curve").kind != "list":
            raise InvalidRequest(
                "Along a curve, x and the measure are both lists of the result.",
                field="x_curve",
                value=request.x_curve,
                remedy="Name two lists, as in trajectory.time and trajectory.height, or give x_field.",
            )
    elif request.x_field is not None:
        describe(entry.request_schema, request.x_field, "x_field")
    values = {one.path: one.start for one in request.parameters}
    if request.x_field is not None:
        values[request.x_field] = request.x[0]
    _begins(entry, dict(request.request), values, ctx)
    return request


async def prepare_optimum(request: OptimumRequest, ctx: Context) -> OptimumRequest:
    """Refuse what cannot be searched.

    Raises:
        NisError: with the field at fault.
    """
    entry = admit(request.operation, ctx)
    for one in request.vary:
        _continuous(entry, one.path, "vary")
    describe(entry.result_schema, request.measure.path, "measure")
    values = {one.path: between(one.low, one.high, one.scale, 0.5) for one in request.vary}
    _begins(entry, dict(request.request), values, ctx)
    return request


def _continuous(entry: Entry, path: str, field: str) -> None:
    if describe(entry.request_schema, path, field).kind != "number":
        raise NotSupported(
            f"{path} does not go through a range of numbers.",
            field=field,
            value=path,
            remedy="Name a field that is a number with a fraction; sweep whole numbers instead.",
        )


def _begins(entry: Entry, base: Json, values: dict[str, float], ctx: Context) -> None:
    whole = frozenset(path for path in values if describe(entry.request_schema, path, "request").kind == "integer")
    target = ctx.operations.find(entry.name)
    if target.prepare is not None:
        raise NotSupported(
            f"{entry.name} is prepared in the server, with what is kept there: a worker cannot call it.",
            field="operation",
            value=entry.name,
            remedy="Sweep it instead: a sweep's calls go through the server.",
        )
    with told_under("request"):
        target.validate(put(base, values, whole))
