"""The figures of a change: starts by turns, what is imported and done at start, and the bill."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from nis_backend.errors import NisError
from nis_backend.impact.measuring.hooks import find_hooks
from nis_backend.impact.measuring.imports import by_distribution
from nis_backend.impact.measuring.machine import this_machine
from nis_backend.impact.measuring.starts import Service, measure
from nis_backend.impact.pricing import price
from nis_backend.impact.proof.closure import brought
from nis_backend.impact.report import Measurement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.impact.environments import Both
    from nis_backend.impact.outcome import Outcome
    from nis_backend.impact.report import Measure, Price
    from nis_backend.impact.running.watching import Watched
    from nis_backend.impact.work import Work


def measured_in(work: Work, both: Both, outcome: Outcome) -> tuple[list[Measure], str]:
    """Starts in both environments by turns, and how they were taken."""
    commands = work.question.commands
    if not commands.start or not work.question.measures:
        work.leave_out("No start was measured: give --start, and leave --no-measure out.")
        return [], ""
    if not outcome.going and not outcome.coming:
        work.leave_out("No start was measured: nothing goes and nothing comes, so it is as it was.")
        return [], ""
    service = Service(command=commands.start, ready=commands.ready, folder=work.project.root)
    try:
        return measure(
            service,
            both.before.root,
            both.after.root,
            runs=work.question.runs,
            tell=lambda share, what: work.tell(0.5 + 0.5 * share, what),
        )
    except NisError as error:
        work.leave_out("No start was measured", error)
        return [], ""


def measurement_of(
    work: Work, both: Both | None, measures: list[Measure], told: str, watched: Watched | None
) -> Measurement | None:
    """The figures, and what the package and all that it brings do at start."""
    traces = watched.traces["start"] if watched else []
    package, environment = work.change.package, work.project.environment
    names = {canonicalize_name(package), *brought(environment, package)}
    imports = by_distribution(work.project, [traces]) if traces else []
    hooks = find_hooks(environment, traces, names)
    if not (both or imports or hooks):
        return None
    return Measurement(
        sizes=both.sizes if both else None,
        measures=measures,
        imports=[one for one in imports if canonicalize_name(one.name) in names],
        hooks=hooks,
        machine=this_machine(),
        told=told,
    )


def price_of(work: Work, measures: Sequence[Measure], both: Both | None) -> Price | None:
    """What the measured peak costs before and after."""
    peaks = [one for one in measures if one.name == "peak_memory"]
    if not peaks or both is None:
        return None
    peak = peaks[0]
    # Where no difference was seen there is none to be paid for.
    after = peak.after.median if peak.changed else peak.before.median
    try:
        return price(
            (round(peak.before.median), round(after)),
            (both.sizes.layer_before, both.sizes.layer_after),
            headroom=work.question.headroom,
            region=work.question.region,
        )
    except NisError as error:
        work.leave_out("No price", error)
        return None
