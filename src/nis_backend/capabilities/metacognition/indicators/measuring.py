"""What is kept of answers, evolutions and expectations, as evidence for or against three of the properties."""

from __future__ import annotations

import math
from collections import defaultdict
from statistics import NormalDist, fmean
from typing import TYPE_CHECKING

from nis_backend.capabilities.metacognition.indicators.rows import FEWEST_COMPARISONS, FEWEST_OUTCOMES, Finding
from nis_backend.numerics.calibrating import grouped
from nis_backend.numerics.reliability import auroc
from nis_backend.numerics.superiority import mcnemar_greater

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.capabilities.metacognition.embodiment.asked import Expectation
    from nis_backend.numerics.calibrating import Group

CLEAR = 0.05


def above_by_chance(area: float, groups: Sequence[Group]) -> float:
    """How likely as great an AUROC is where scores tell nothing: one-sided, by the normal approximation with ties.

    Source: Mann & Whitney (1947), Ann. Math. Stat. 18, 50-60.
    """
    of, right = sum(many for _, _, many in groups), sum(hits for _, hits, _ in groups)
    pairs = right * (of - right)
    variance = pairs / 12 * (of + 1 - sum(many**3 - many for _, _, many in groups) / (of * (of - 1)))
    return 1.0 if variance <= 0 else 1 - NormalDist().cdf(((area - 0.5) * pairs - 0.5) / math.sqrt(variance))


def of_monitoring(scores: Sequence[tuple[float, bool]]) -> Finding:
    """HOT-2, from assessments whose outcome is known."""
    groups = grouped(scores)
    area = auroc(groups)
    if len(scores) < FEWEST_OUTCOMES or area is None:
        return Finding(
            status="absent",
            evidence=f"{len(scores)} answers that were assessed alike have an outcome, "
            f"{sum(right for _, right in scores)} of them right: {FEWEST_OUTCOMES} with some of each are wanted.",
        )
    p = above_by_chance(area, groups)
    said = (
        f"Of {len(scores)} answers that were assessed alike and have an outcome, a right one scored above a wrong one "
        f"with chance {area:.3f} (AUROC; p = {p:.2g} against 0.5). These are answers, not perceptual representations."
    )
    return Finding(status="partly" if p < CLEAR else "absent", evidence=said)


def of_learning(promoted: int, rolled_back: int) -> Finding:
    """AE-1, from evolutions that changed an agent."""
    said = (
        f"{promoted} evolutions replaced an agent's instructions after proving better on held-out cases; {rolled_back} "
        "were rolled back."
    )
    if not promoted:
        return Finding(status="absent", evidence=f"{said} Nothing has been learnt from feedback.")
    return Finding(status="partly", evidence=f"{said} Goals that compete, and an answer to that, were not tested.")


def against_mean(pairs: Sequence[tuple[float, float]]) -> tuple[float | None, float]:
    """How much better expectations are than the mean of what was observed, and how likely as many are nearer by chance.

    1 - squared errors / squared deviations from that mean: of one value, expected always, at most 0. None where nothing
    varied. Sources: Nash & Sutcliffe (1970), J. Hydrol. 10, 282-290; the exact sign test, one-sided, ties left out.
    """
    observed = [seen for _, seen in pairs]
    if len(set(observed)) < 2:  # noqa: PLR2004 - what rounding leaves of one value is no variation
        return None, 1.0
    mean = fmean(observed)
    leads = [abs(seen - mean) - abs(seen - middle) for middle, seen in pairs]
    of, wins = sum(lead != 0 for lead in leads), sum(lead > 0 for lead in leads)
    deviation = math.fsum((seen - mean) ** 2 for seen in observed)
    error = math.fsum((seen - middle) ** 2 for middle, seen in pairs)
    return (1 - error / deviation if deviation else None), mcnemar_greater(wins, of - wins)


def of_contingencies(expectations: Sequence[Expectation]) -> Finding:
    """AE-2, from expectations of the quantity that was compared most often."""
    by: defaultdict[tuple[str, str], list[tuple[float, float]]] = defaultdict(list)
    for one in expectations:
        for seen in one.compared or ():
            by[one.subject, seen.quantity].append((seen.low + (seen.high - seen.low) / 2, seen.observed))
    most = max(by, key=lambda name: len(by[name]), default=None)
    pairs = [] if most is None else by[most]
    if most is None or len(pairs) < FEWEST_COMPARISONS:
        return Finding(
            status="absent",
            evidence=f"Comparisons of one quantity: {len(pairs)}; {FEWEST_COMPARISONS} are wanted.",
        )
    efficiency, p = against_mean(pairs)
    if efficiency is None:
        return Finding(
            status="absent",
            evidence=f"{most[1]} of {most[0]} was compared {len(pairs)} times and never varied: nothing was predicted.",
        )
    said = (
        f"{most[1]} of {most[0]} was expected and compared {len(pairs)} times: efficiency {efficiency:.3f} against the "
        "mean of what was observed, which no one value beats; nearer than it as often by chance with "
        f"p = {p:.2g} (sign test). That this model steers perception or control was not tested."
    )
    return Finding(status="partly" if efficiency > 0 and p < CLEAR else "absent", evidence=said)
