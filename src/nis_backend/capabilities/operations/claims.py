"""Claims of names on numbers, and the best way to grant them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from nis_backend.capabilities.operations.sentence import Place


@dataclass(frozen=True)
class Claim:
    """Fields that one name, standing near one number, claims it for; none: the name is not a field's."""

    nearness: float
    fields: frozenset[str]
    place: Place


def grouped(values: Mapping[int, Mapping[str, object]]) -> Iterator[list[int]]:
    """The numbers that could want the same fields, together."""
    rest = dict(values)
    while rest:
        first, fields = rest.popitem()
        group, names = [first], set(fields)
        while near := [index for index, some in rest.items() if not names.isdisjoint(some)]:
            for index in near:
                names |= rest.pop(index).keys()
                group.append(index)
        yield sorted(group)


def best_of(group: Sequence[int], claims: Mapping[int, list[Claim]]) -> tuple[float, dict[int, Claim]]:
    """The choice of claims with the greatest sum of nearness, in which no field and no name is used twice."""
    if not group:
        return 0.0, {}
    first, rest = group[0], group[1:]
    best = best_of(rest, claims)
    for claim in claims[first]:
        narrowed = {
            index: [
                replace(one, fields=one.fields - claim.fields)
                for one in claims[index]
                if one.place != claim.place and (not one.fields or one.fields - claim.fields)
            ]
            for index in rest
        }
        total, chosen = best_of(rest, narrowed)
        if total + claim.nearness > best[0]:
            best = (total + claim.nearness, {first: claim, **chosen})
    return best
