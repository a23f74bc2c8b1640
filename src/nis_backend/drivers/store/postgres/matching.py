"""Items by their words in PostgreSQL: BM25 over one collection, as SQLite's index of words counts it.

Sources: Robertson & Zaragoza (2009), The Probabilistic Relevance Framework: BM25 and Beyond, 3.1, with the weights of
https://sqlite.org/fts5.html#the_bm25_function; what leaves items out that cannot be among the best: Turtle & Flood
(1995), Query evaluation: strategies and optimizations, Information Processing & Management 31 (6), 831-850.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from nis_backend.drivers.store.postgres.items import conditions
from nis_backend.drivers.store.postgres.terms import PLACES, query

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.drivers.store.items import Which

K1, B = 1.2, 0.75
LEAST_WEIGHT = 1e-6
"""Of what occurs in half of the items, or more."""
FEW = 2000
"""Items that are looked at without a thought."""
LONGEST = 300
"""Terms in a query that tells which items are worth a look."""

COUNTS = "select word, items from item_words where word = any(%s::text[])"
COUNT_PHRASE = "select count(*) as items from items where collection_id = %s and words @@ %s::tsquery"

# How often a word occurs is read from its rank, in which the n-th occurrence counts 1/n²: nothing else is told of a
# vector without taking it apart. Source: calc_rank_or in PostgreSQL's tsrank.c
RANKS = [math.fsum(1 / n**2 for n in range(1, count + 1)) for count in range(PLACES + 1)]
STEPS = ",".join(repr((before + after) / 2 / 1.64493406685) for before, after in pairwise(RANKS))
OF_WORD = f"width_bucket(ts_rank('{{{{1,1,1,1}}}}', words, {{query}}::tsquery)::float8, '{{{{{STEPS}}}}}'::float8[])"
# Where each of a phrase's words would have it begin; it does where all of them say so.
OF_PHRASE = """
case when words @@ {query}::tsquery then (
    select count(*) from (
        select from unnest({phrase}::text[]) with ordinality as part (word, place)
        join unnest(words) as found on found.lexeme = part.word, unnest(found.positions) as at
        group by at - place having count(*) = cardinality({phrase}::text[])
    ) as beginnings
) else 0 end
"""


@dataclass(frozen=True, kw_only=True)
class Term:
    """A word, or several that follow each other, as they are indexed."""

    words: Sequence[str]
    items: int
    """In which it occurs."""

    def weight(self, count: int) -> float:
        """What an occurrence counts in a collection of so many items."""
        weight = math.log((count - self.items + 0.5) / (self.items + 0.5))
        return weight if weight > 0 else LEAST_WEIGHT

    def most(self, count: int) -> float:
        """What it adds to a score at most."""
        return self.weight(count) * (K1 + 1)


def many(terms: Sequence[Term]) -> bool:
    """Whether there is so much to look at that it pays to ask for the rarest first."""
    return len(terms) > 1 and sum(term.items for term in terms) > FEW


def rarest(terms: Sequence[Term]) -> str:
    """Items that have one of the rarest terms: up to as many as are looked at without a thought, if not none."""
    by_items = sorted(terms, key=lambda term: term.items)
    first, seen = by_items[:1], by_items[0].items
    for term in by_items[1:]:
        seen += term.items
        if seen > FEW:
            break
        first.append(term)
    return _any(first)


def reaching(terms: Sequence[Term], score: float, count: int) -> str:
    """Items whose terms, were they nothing but these, would come to a score; the terms alone say which those are."""
    by_weight = sorted(terms, key=lambda term: term.most(count), reverse=True)
    most = [term.most(count) for term in by_weight]
    left = LONGEST

    def from_on(first: int, wanted: float) -> str | None:
        """Those that come to `wanted` by the terms from one on; None once it would be too long to say."""
        nonlocal left
        either: list[str] = []
        for place in range(first, len(most)):
            if math.fsum(most[place:]) < wanted:
                break
            left -= 1
            rest = from_on(place + 1, wanted - most[place]) if most[place] < wanted else ""
            if left < 0 or rest is None:
                return None
            term = f"({query(by_weight[place].words)})"
            either.append(f"({term} & ({rest}))" if rest else term)
        return " | ".join(either)

    # What equals the score may come before it by its number.
    return from_on(0, score * (1 - 1e-9)) or _any(terms)


def _any(terms: Sequence[Term]) -> str:
    return " | ".join(f"({query(term.words)})" for term in terms)


def best(  # noqa: PLR0913, PLR0917 - what a score is made of
    owner: str,
    collection_id: str,
    terms: Sequence[Term],
    among: str,
    which: Which,
    limit: int,
    count: int,
    words: int,
) -> tuple[str, dict[str, Any]]:  # Any: see Row
    """The query for the best items `among` some, scored by all `terms`.

    `count` and `words` are the collection's items, and the words of all their texts.
    """
    clauses, given = conditions(owner, collection_id, which)
    parts: list[str] = []
    for place, term in enumerate(terms):
        name = f"query_{place}"
        given |= {name: query(term.words), f"weight_{place}": term.weight(count) * (K1 + 1)}
        if len(term.words) > 1:
            given[f"phrase_{place}"] = [*term.words]
            often = OF_PHRASE.format(query=f"%({name})s", phrase=f"%(phrase_{place})s")
        else:
            often = OF_WORD.format(query=f"%({name})s")
        parts.append(f"(%(weight_{place})s::float8, ({often})::float8)")
    given |= {
        "among": among,
        "flat": K1 * (1 - B),
        "slope": K1 * B * count / words,
        "limit": limit,
    }
    sql = f"""
select number, (
    select sum(weight * often / (often + %(flat)s::float8 + %(slope)s::float8 * length))
    from (values {", ".join(parts)}) as term (weight, often)
) as score
from items where words @@ %(among)s::tsquery and {clauses} order by score desc, number limit %(limit)s
"""  # noqa: S608 - the text is ours
    return sql, given
