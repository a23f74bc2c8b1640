"""A model's judgement of memories with words in common: which say the same, and which cannot both be."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal, TypedDict, cast

from nis_backend.capabilities.memory.merging import Merge, applied
from nis_backend.capabilities.memory.saying import negations, particulars, shared, telling, words
from nis_backend.errors import NisError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.capabilities.memory.memory import Memory
    from nis_backend.context import Context


class Group(TypedDict):
    """What the model answers of some memories."""

    members: list[int]
    why: Literal["same", "contradiction"]
    text: str


NEAR = 0.25
"""Share of telling words in common from which on two memories are shown to a model together."""
LARGEST, MOST_ASKED = 8, 20
"""Memories that are shown together; times that a model is asked in one call."""
JUDGED = (
    f"a model judged those with {NEAR:.0%} of telling words in common; what it wrote is taken only where all its "
    "numbers and names are in what it merged, and as many negations; what is the same loses no number and no name"
)
FEWEST = 2
NUMBER = {"type": "integer", "minimum": 1}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "groups": {
            "type": "array",
            "maxItems": LARGEST,
            "items": {
                "type": "object",
                "properties": {
                    "members": {"type": "array", "items": NUMBER, "minItems": FEWEST, "maxItems": LARGEST},
                    "why": {"enum": ["same", "contradiction"]},
                    "text": {"type": "string"},
                },
                "required": ["members", "why", "text"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["groups"],
    "additionalProperties": False,
}
ASKED = (
    "Here are notes that were remembered, the latest last. Group those that say the same thing (why: same), and those "
    "that cannot both be true (why: contradiction). Give each group's numbers, and in text one sentence that says all "
    "that its notes say; of a contradiction, what the latest says. Add nothing. Leave out notes that stand alone; "
    "answer no groups where there are none."
)


async def judged(ctx: Context, memories: Sequence[Memory], model: str, notes: list[str]) -> list[Merge]:
    """Ask the model about memories that are near each other; what it cannot answer well stays, and is noted."""
    merges: list[Merge] = []
    near = _near(memories)
    if len(near) > MOST_ASKED:
        notes.append(f"{len(near) - MOST_ASKED} groups of memories were not shown to the model: consolidate again.")
    for group in near[:MOST_ASKED]:
        lines = "\n".join(
            f"{number}. {json.dumps(one.text, ensure_ascii=False)}" for number, one in enumerate(group, 1)
        )
        request = {"prompt": f"{ASKED}\n\n{lines}", "answer_schema": SCHEMA, "model": model, "temperature": 0}
        try:
            answer = (await ctx.call_named("models.generate_json", request)).value
        except NisError as error:
            notes.append(f"The model has not judged {len(group)} memories: {error.message}")
            continue
        merges += _merges(group, answer, notes)
    return merges


def _near(memories: Sequence[Memory]) -> list[list[Memory]]:
    """Groups of memories with words in common, of one user and agent each, the latest last."""
    groups: list[list[Memory]] = []
    for one in sorted(memories, key=lambda one: (one.at, one.id)):
        for group in groups:
            first = group[0]
            if (first.user, first.agent) != (one.user, one.agent) or len(group) >= LARGEST or not telling(one.text):
                continue
            if any(shared(other.text, one.text) >= NEAR for other in group):
                group.append(one)
                break
        else:
            groups.append([one])
    return [group for group in groups if len(group) > 1]


def _merges(group: Sequence[Memory], answer: Any, notes: list[str]) -> list[Merge]:  # Any: JSON that follows SCHEMA
    merges: list[Merge] = []
    taken: set[int] = set()
    for one in cast("list[Group]", answer["groups"]):
        places = sorted({number - 1 for number in one["members"]})
        if len(places) < FEWEST or places[-1] >= len(group) or taken.intersection(places):
            notes.append("The model has named memories that it was not shown, or one twice: that group stays.")
            continue
        members = [group[place] for place in places]
        merge = Merge(members=members, why=one["why"], by="model", text=_believed(one, members))
        if merge.why == "same" and not _whole(merge):
            notes.append("The model takes for the same what differs by a number or a name: that group stays.")
            continue
        taken.update(places)
        merges.append(merge)
    return merges


def _believed(group: Group, members: Sequence[Memory]) -> str | None:
    """What the model has written of them; None where it adds something: then one of them stays as it was said."""
    known = {one for member in members for one in particulars(f"It says: {member.text}")}
    text = group["text"].strip()
    if group["why"] == "contradiction" or not text or not particulars(f"It says: {text}") <= known | _first(members):
        return None
    return text if negations(text) == max(negations(member.text) for member in members) else None


def _whole(merge: Merge) -> bool:
    """Whether what stays has every number and every name of those that say the same."""
    kept, _ = applied(merge, "", 0)
    there = particulars(f"It says: {kept.text}") | _first([kept])
    return all(particulars(member.text) <= there for member in merge.members)


def _first(memories: Sequence[Memory]) -> set[str]:
    """The first words of texts: each begins large, and may be a name."""
    return {words(one.text)[0] for one in memories if words(one.text)}
