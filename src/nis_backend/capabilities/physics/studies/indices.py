"""Which input matters how much: points that fill a box evenly, and the indices that the results give.

Plain Python: the server's process takes them, which loads no arrays.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nis_backend.capabilities.physics.studies.chance import Chance

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

BITS = 31
# Degree, coefficients and first direction numbers: Joe & Kuo, SIAM J. Sci. Comput. 30 (2008), 2635-2654, table
# new-joe-kuo-6.21201, dimensions 2 to 16.
_DIRECTIONS: tuple[tuple[int, int, tuple[int, ...]], ...] = (
    (1, 0, (1,)),
    (2, 1, (1, 3)),
    (3, 1, (1, 3, 1)),
    (3, 2, (1, 1, 1)),
    (4, 1, (1, 1, 3, 3)),
    (4, 4, (1, 3, 5, 13)),
    (5, 2, (1, 1, 5, 5, 17)),
    (5, 4, (1, 1, 5, 5, 5)),
    (5, 7, (1, 1, 7, 11, 19)),
    (5, 11, (1, 1, 5, 1, 1)),
    (5, 13, (1, 1, 1, 3, 11)),
    (5, 14, (1, 3, 5, 5, 31)),
    (6, 1, (1, 3, 3, 9, 7, 49)),
    (6, 13, (1, 1, 1, 15, 21, 21)),
    (6, 16, (1, 3, 1, 13, 27, 49)),
)
MOST_DIMENSIONS = len(_DIRECTIONS) + 1
RESAMPLES = 300
"""Bootstrap resamples: the deviation they give is known to 4 %."""
NORMAL = 1.959963984540054
"""Quantile of the normal distribution at 0.975."""
LEVELS = 4
"""Levels of a field in Morris's design, as he has it."""


def sobol_points(count: int, dimensions: int) -> list[list[int]]:
    """Points of Sobol's sequence, the origin first, as whole numbers of 2⁻³¹."""
    columns = [[1 << (BITS - 1 - bit) for bit in range(BITS)]]
    for degree, coefficients, first in _DIRECTIONS[: dimensions - 1]:
        own = [number << (BITS - 1 - bit) for bit, number in enumerate(first)]
        for bit in range(degree, BITS):
            number = own[bit - degree] ^ (own[bit - degree] >> degree)
            for k in range(1, degree):
                if coefficients >> (degree - 1 - k) & 1:
                    number ^= own[bit - k]
            own.append(number)
        columns.append(own)
    points, now = [[0] * dimensions], [0] * dimensions
    for index in range(1, count):
        lowest = (index & -index).bit_length() - 1
        now = [one ^ columns[d][lowest] for d, one in enumerate(now)]
        points.append(now)
    return points


def saltelli_design(samples: int, fields: int, seed: int) -> list[list[float]]:
    """Rows of the unit box, `samples · (fields + 2)`: for each sample A, B, and A with one column of B each."""
    chance = Chance(seed)
    shift = [chance.bits(BITS) for _ in range(2 * fields)]
    rows: list[list[float]] = []
    for point in sobol_points(samples, 2 * fields):
        # The middle of the cell: no value is an end of its range.
        both = [((one ^ by) + 0.5) / 2**BITS for one, by in zip(point, shift, strict=True)]
        a, b = both[:fields], both[fields:]
        rows += [a, b, *([*a[:i], b[i], *a[i + 1 :]] for i in range(fields))]
    return rows


def morris_design(samples: int, fields: int, seed: int) -> list[list[float]]:
    """Rows of the unit box, `samples · (fields + 1)`: walks in which one field after another changes by 2/3."""
    chance = Chance(seed)
    step = LEVELS / (2 * (LEVELS - 1))
    rows: list[list[float]] = []
    for _ in range(samples):
        at = [chance.below(LEVELS // 2) / (LEVELS - 1) for _ in range(fields)]
        at = [one if chance.bits(1) else one + step for one in at]
        rows.append(at)
        for field in chance.order(fields):
            at = [*at]
            at[field] += step if at[field] < 1 / 2 else -step
            rows.append(at)
    return rows


@dataclass(frozen=True, kw_only=True)
class Shares:
    """Sobol's indices with the half-widths of their 95 % intervals, and the first ones by a second estimator."""

    first: list[float]
    first_interval: list[float]
    total: list[float]
    total_interval: list[float]
    first_again: list[float]
    first_again_interval: list[float]
    variance: float


def sobol_shares(blocks: Sequence[Sequence[float]], seed: int) -> Shares:
    """The indices from blocks of f(A), f(B), and f(A) with each column of B in turn.

    First order by Saltelli (2010), total by Jansen (1999), intervals by bootstrap over the blocks. Jansen's own first
    order is the second estimator.
    """
    fields = len(blocks[0]) - 2
    mean = math.fsum(one for block in blocks for one in block[:2]) / (2 * len(blocks))
    # Without the mean, which costs the estimators digits.
    centred = [[one - mean for one in block] for block in blocks]
    terms = [
        [
            block[0] ** 2 + block[1] ** 2,
            block[0] + block[1],
            *(block[1] * (one - block[0]) for one in block[2:]),
            *((one - block[0]) ** 2 / 2 for one in block[2:]),
            *((one - block[1]) ** 2 / 2 for one in block[2:]),
        ]
        for block in centred
    ]

    def estimate(picked: Sequence[int]) -> list[float]:
        sums = [math.fsum(terms[i][k] for i in picked) / len(picked) for k in range(2 + 3 * fields)]
        variance = sums[0] / 2 - (sums[1] / 2) ** 2
        if variance <= 0:
            return [0.0] * (3 * fields + 1)
        again = [1 - one / variance for one in sums[2 + 2 * fields :]]
        return [*(one / variance for one in sums[2 : 2 + 2 * fields]), *again, variance]

    found = estimate(range(len(blocks)))
    half = _bootstrap(estimate, len(blocks), seed)
    return Shares(
        first=found[:fields],
        first_interval=half[:fields],
        total=found[fields : 2 * fields],
        total_interval=half[fields : 2 * fields],
        first_again=found[2 * fields : 3 * fields],
        first_again_interval=half[2 * fields : 3 * fields],
        variance=found[-1],
    )


def _bootstrap(estimate: Callable[[Sequence[int]], list[float]], count: int, seed: int) -> list[float]:
    """Half-widths of normal 95 % intervals."""
    chance = Chance(seed + 1)
    drawn = [estimate([chance.below(count) for _ in range(count)]) for _ in range(RESAMPLES)]
    return [NORMAL * deviation([one[k] for one in drawn]) for k in range(len(drawn[0]))]


def deviation(values: Sequence[float]) -> float:
    """The standard deviation of a sample."""
    if len(values) < 2:  # noqa: PLR2004 - one value has no spread
        return 0.0
    mean = math.fsum(values) / len(values)
    return math.sqrt(math.fsum((one - mean) ** 2 for one in values) / (len(values) - 1))


@dataclass(frozen=True, kw_only=True)
class Effects:
    """Morris's μ* with the half-width of its 95 % interval, and σ, a number for each field."""

    effect: list[float]
    interval: list[float]
    spread: list[float]


def morris_effects(rows: Sequence[Sequence[float]], walks: Sequence[Sequence[float]], fields: int) -> Effects:
    """The effects over a field's whole range, from the walks' results; `rows` are their points, one after another."""
    seen: list[list[float]] = [[] for _ in range(fields)]
    for number, walk in enumerate(walks):
        own = rows[number * (fields + 1) : (number + 1) * (fields + 1)]
        for here, there, before, after in zip(own, own[1:], walk, walk[1:], strict=False):
            field = next(i for i in range(fields) if here[i] != there[i])
            seen[field].append((after - before) / (there[field] - here[field]))
    sizes = [[abs(one) for one in effects] for effects in seen]
    return Effects(
        effect=[math.fsum(one) / len(one) for one in sizes],
        interval=[NORMAL * deviation(one) / math.sqrt(len(one)) for one in sizes],
        spread=[deviation(one) for one in seen],
    )
