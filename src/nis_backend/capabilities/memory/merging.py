"""Which memories become one by rules, and what stays of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Literal

from nis_backend.capabilities.memory.memory import MOST_SOURCES
from nis_backend.capabilities.memory.saying import relation, telling, weighed

if TYPE_CHECKING:
    from nis_backend.capabilities.memory.memory import Memory

LARGEST = 20
"""Most memories that become one at once."""
RULES = (
    "the same: one is the other, goes on from it, or has a word like usually besides; a contradiction: another value "
    "of what somebody has one of, or the same negated"
)


@dataclass(frozen=True, kw_only=True)
class Merge:
    """Memories that become one."""

    members: Sequence[Memory]
    """As they were written, the last said one last."""
    why: Literal["same", "contradiction"]
    by: Literal["rules", "model"]
    text: str | None = None
    """What is said of all; None: what one of them says stays."""


def by_rules(memories: Sequence[Memory]) -> list[Merge]:
    """Which of them say the same or contradict each other; each is in one merge at most, the earlier ones first."""
    merges: list[Merge] = []

    def whose(one: Memory) -> tuple[str, str]:
        return one.user or "", one.agent or ""

    for _, group in groupby(sorted(memories, key=lambda one: (*whose(one), one.at, one.id)), key=whose):
        merges += _within(list(group))
    return merges


def _within(memories: Sequence[Memory]) -> list[Merge]:
    """The merges of one user's and agent's memories, in the order in which they were last said."""
    by_word: dict[str, list[int]] = {}
    for place, one in enumerate(memories):
        for word in set(telling(one.text)):
            by_word.setdefault(word, []).append(place)
    merges: list[Merge] = []
    taken: set[int] = set()
    for place, one in enumerate(memories):
        if place in taken:
            continue
        near = sorted({other for word in set(telling(one.text)) for other in by_word[word] if other > place} - taken)
        same = _implied(one, [memories[other] for other in near if _same(one, memories[other])][: LARGEST - 1])
        against = _opposed([memories[other] for other in near if _opposes(one, memories[other])][: LARGEST - 1])
        members = same or against
        if members:
            taken.update((place, *(other for other in near if memories[other] in members)))
            merges.append(Merge(members=[one, *members], why="same" if same else "contradiction", by="rules"))
    return merges


def _same(one: Memory, other: Memory) -> bool:
    is_to = relation(one.text, other.text)
    return is_to in {"same", "more", "less"} or weighed(one.text, other.text)


def _implied(one: Memory, others: Sequence[Memory]) -> list[Memory]:
    """Those of the others of which the longest of all says all that they do, as it does of this one."""
    longest = max((one, *others), key=lambda each: (len(each.text), each.at))
    return [each for each in others if each is longest or _same(each, longest)]


def _opposes(one: Memory, other: Memory) -> bool:
    return relation(one.text, other.text) == "contradicts"


def _opposed(others: Sequence[Memory]) -> list[Memory]:
    """Those of the others that the last of them contradicts too, which is what stays."""
    return [one for one in others if one is others[-1] or _opposes(one, others[-1])]


def applied(merge: Merge, new_id: str, now: float) -> tuple[Memory, Sequence[Memory]]:
    """What stays, and what it replaces, which names it.

    Of those that say the same the longest stays, of a contradiction what was said last; where a model has put it in
    words of its own, that is a memory of its own.
    """
    last = merge.members[-1]
    kept = max(merge.members, key=lambda one: (len(one.text), one.at)) if merge.why == "same" else last
    if merge.text is not None and merge.text not in {one.text for one in merge.members}:
        kept = last.model_copy(update={"id": new_id, "text": merge.text, "created": now, "sources": [], "digest": ""})
    elif merge.text is not None:
        kept = next(one for one in merge.members if one.text == merge.text)
    others = [one for one in merge.members if one.id != kept.id]
    sources = dict.fromkeys((*kept.sources, *(one.id for one in others)))
    changed = {
        "sources": list(sources)[-MOST_SOURCES:],
        "importance": max(one.importance for one in merge.members),
        "at": max(one.at for one in merge.members),
    }
    state = "merged" if merge.why == "same" else "superseded"
    return kept.model_copy(update=changed), [
        one.model_copy(update={"state": state, "replaced_by": kept.id}) for one in others
    ]
