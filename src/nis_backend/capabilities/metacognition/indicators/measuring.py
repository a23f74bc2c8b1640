"""What is kept of answers, evolutions and expectations, as evidence for or against three of the properties."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from statistics import NormalDist, fmean
from typing import TYPE_CHECKING

from nis_backend.capabilities.metacognition.indicators.rows import FEWEST_COMPARISONS, FEWEST_OUTCOMES, Finding
from nis_backend.numerics.superiority import mcnemar_greater

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.capabilities.metacognition.embodiment.asked import Expectation

CLEAR = 0.05


def auroc(right: Sequence[float], wrong: Sequence[float]) -> tuple[float, float]:
    """The chance that a right answer's score is above a wrong one's, ties half; and how likely as much is by chance.

    One-sided, by the normal approximation with ties. Source: Mann & Whitney (1947), Ann. Math. Stat. 18, 50-60.
    """
    m, n = len(right), len(wrong)
    everything = sorted([*right, *wrong])
    below: dict[float, float] = {}
    counts = Counter(everything)
    seen = 0
    for value in sorted(counts):
        below[value] = seen + (counts[value] + 1) / 2
        seen += counts[value]
    u = sum(below[one] for one in right) - m * (m + 1) / 2
    ties = sum(count**3 - count for count in counts.values())
    of = m + n
    variance = m * n / 12 * (of + 1 - ties / (of * (of - 1)))
    if variance <= 0:
        return u / (m * n), 1.0
    z = (u - m * n / 2 - 0.5) / math.sqrt(variance)
    return u / (m * n), 1 - NormalDist().cdf(z)


def of_monitoring(scores: Sequence[tuple[float, bool]]) -> Finding:
    """HOT-2, from assessments whose outcome is known."""
    right = [score for score, correct in scores if correct]
    wrong = [score for score, correct in scores if not correct]
    if len(scores) < FEWEST_OUTCOMES or not right or not wrong:
        return Finding(
            status="absent",
            evidence=f"{len(scores)} assessed answers have an outcome, {len(right)} of them right: "
            f"{FEWEST_OUTCOMES} with some of each are wanted.",
        )
    area, p = auroc(right, wrong)
    said = (
        f"Of {len(scores)} assessed answers with an outcome, a right one scored above a wrong one with chance "
        f"{area:.3f} (AUROC; p = {p:.2g} against 0.5). These are answers, not perceptual representations."
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
