"""Words of a log as wholes: a rule that looks at texts would find in none of two parts what is in both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.event import Progressed, ReasoningDelta, TextDelta, Warned

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nis_backend.event import Event

SPOKEN = TextDelta | ReasoningDelta
"""What is said in parts."""
AMIDST = (TextDelta, ReasoningDelta, Progressed, Warned)
"""What may stand amidst the parts of what is said."""


def ends(event: Event) -> bool:
    """Whether what was said before it is whole."""
    return not isinstance(event.body, AMIDST)


def wholes(events: Iterable[Event]) -> tuple[list[Event], list[Event]]:
    """The events with all words of a step as one, under the number of its last part; and those that may go on."""
    shown: list[Event] = []
    held: list[Event] = []
    for event in events:
        if ends(event):
            shown += [*_joined(held), event]
            held = []
        else:
            held.append(event)
    return shown, held


def _joined(held: Sequence[Event]) -> list[Event]:
    parts: dict[tuple[str, int], list[Event]] = {}
    told = [event for event in held if not isinstance(event.body, SPOKEN)]
    for event in held:
        if isinstance(event.body, SPOKEN):
            parts.setdefault((event.body.type, event.body.step), []).append(event)
    for of_step in parts.values():
        text = "".join(one.body.text for one in of_step if isinstance(one.body, SPOKEN))
        last = of_step[-1]
        told.append(last.model_copy(update={"body": last.body.model_copy(update={"text": text})}))
    return sorted(told, key=lambda one: one.seq)
