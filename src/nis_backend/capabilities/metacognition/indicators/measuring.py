"""What is kept of answers, evolutions and expectations, as evidence for or against three of the properties."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from statistics import NormalDist
from typing import TYPE_CHECKING

from nis_backend.capabilities.metacognition.indicators.rows import FEWEST_COMPARISONS, FEWEST_OUTCOMES, Finding

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
        f"{promoted} agents' instructions were replaced after proving better on held-out cases, {rolled_back} put back."
    )
    if not promoted:
        return Finding(status="absent", evidence=f"{said} Nothing has been learnt from feedback.")
    return Finding(status="partly", evidence=f"{said} Goals that compete, and an answer to that, were not tested.")


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
    total, of = math.fsum(seen for _, seen in pairs), len(pairs)
    without = math.fsum((seen - (total - seen) / (of - 1)) ** 2 for _, seen in pairs)
    error = math.fsum((seen - middle) ** 2 for middle, seen in pairs)
    skill = 1 - error / without if without else 0.0
    said = (
        f"{most[1]} of {most[0]} was expected and compared {of} times: skill {skill:.3f} against the mean of the other "
        "observations. That this model steers perception or control was not tested."
    )
    return Finding(status="partly" if skill > 0 else "absent", evidence=said)
