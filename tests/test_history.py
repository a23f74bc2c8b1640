"""What a run's log holds, as the code that is executed again comes to it."""

from __future__ import annotations

from nis_backend.event import Body, Event, Noted, Started, Succeeded, Warned
from nis_backend.history import History


def logged(*bodies: Body) -> History:
    """A history of these."""
    made = [Event(run_id="run-1", seq=seq, time=1.0, attempt=1, body=body) for seq, body in enumerate(bodies, 1)]
    return History(made)


def test_what_was_said_aside_is_no_word_of_the_codes() -> None:
    """Promise: a run that was warned of its budget replays as it was; a warning of its own is still missed."""
    begun, done = Started(operation="tests.carry_run", attempt=1), Succeeded(result=None)
    assert list(logged(begun, Warned(message="Little is left.", aside=True), done).left()) == []
    own = Warned(message="The answer was cut.")
    assert [event.body for event in logged(begun, own, done).left()] == [own]


def test_what_was_noted_within_a_note_belongs_to_it() -> None:
    """Promise: a run replays as it was though the work of a note, which is not done again, had noted the time."""
    inner, outer, other = (Noted(name=name, value=1) for name in ("try a b now", "try a b", "try c now"))
    history = logged(inner, outer, other)
    assert history.note("try a b") == (1,)
    assert [event.body for event in history.left()] == [other]
    assert [event.body for event in logged(inner, outer).left()] == [inner, outer]
