"""What a run's log holds already: handed out to the code that is executed again, each entry once."""

from __future__ import annotations

import json
from collections import Counter, defaultdict, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic_core import to_jsonable_python

from nis_backend.event import (
    ApprovalRequired,
    Approved,
    CancelledRun,
    CancelRequested,
    Failed,
    InputProvided,
    ModelAnswered,
    ModelCalled,
    Noted,
    PauseRequested,
    Progressed,
    ReasoningDelta,
    Rejected,
    Released,
    ResumeRequested,
    RetryScheduled,
    Started,
    StepRetried,
    Succeeded,
    TextDelta,
    ToolAnswered,
    ToolCalled,
    Warned,
)
from nis_backend.record import record

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from nis_backend.event import Body, Event

Decision = Approved | Rejected | InputProvided
"""What a person has answered."""

COMMANDED = CancelRequested | PauseRequested | ResumeRequested | Approved | Rejected | InputProvided | RetryScheduled
"""What the run is told from outside."""

SPOKEN = TextDelta | ReasoningDelta
"""What a model says as it comes."""

UNTOLD = COMMANDED | Started | Released | Succeeded | Failed | CancelledRun | StepRetried | SPOKEN
"""What is no word of the operation's own code, or is compared as text."""

GOT_ON = ModelAnswered | ToolAnswered | Noted | Decision | RetryScheduled
"""What an attempt leaves that the next one need not do again."""

CUT = "The process that held the run ended."


@record
class Told:
    """A model's answer as the log has it."""

    called: ModelCalled
    text: str
    thought: str
    answered: ModelAnswered


@dataclass(kw_only=True)
class _Asked:
    """A model call on the way through the log."""

    called: ModelCalled
    seqs: list[int]
    text: str = ""
    thought: str = ""


class History:
    """The log so far; `events` are all of a run's, in order.

    An answer of a model is found by its step, an operation's by step and call, a note by its name, each in the order
    in which the code comes to it. Anything else the code writes is looked for among what is left, wherever it stood:
    calls that go on together need not end in the same order again.
    """

    def __init__(self, events: Sequence[Event] = ()) -> None:
        self.events = events
        self.taken: dict[int, Body | None] = {}
        """What the code has come to again, by its number; None for what was handed out to it."""
        self.idle = 0
        """Attempts that began and left nothing, one after the other, up to now."""
        self._told: defaultdict[int, deque[tuple[Told, list[int]]]] = defaultdict(deque)
        self._open: dict[int, _Asked] = {}
        self._calls: Counter[int] = Counter()
        self._loose: defaultdict[int, str] = defaultdict(str)
        self._loose_seqs: defaultdict[int, list[int]] = defaultdict(list)
        self._said: defaultdict[int, str] = defaultdict(str)
        self._called: set[tuple[int, str]] = set()
        self._answers: dict[tuple[int, str], ToolAnswered] = {}
        self._notes: defaultdict[str, deque[tuple[Any, int]]] = defaultdict(deque)  # Any: JSON
        self._asked_in: dict[str, int] = {}
        """The step in which a person was last asked about the call of this id: some models use one in each step."""
        self._asked_about: dict[tuple[int, str], str] = {}
        """With what arguments a call was made that a person was last asked about, as JSON."""
        self._decided_about: dict[tuple[int, str], str] = {}
        self._decisions: dict[tuple[int, str], Decision] = {}
        self._fresh: dict[tuple[int, str], Decision] = {}
        self._others: defaultdict[str, deque[int]] = defaultdict(deque)
        for event in events:
            self._read(event.seq, event.body)

    def _read(self, seq: int, body: Body) -> None:
        self._count(body)
        if isinstance(body, Started):
            self._fresh.clear()
        elif isinstance(body, Decision):
            self._decide(body)
        elif isinstance(body, RetryScheduled):
            self._forget(body.problem)
        elif isinstance(body, Noted):
            self._notes[body.name].append((body.value, seq))
        elif isinstance(body, ModelCalled | SPOKEN | ModelAnswered | StepRetried):
            self._read_step(seq, body)
        elif not isinstance(body, UNTOLD):
            self._others[_key(body)].append(seq)
            if isinstance(body, ApprovalRequired):
                self._asked_in[body.call_id] = body.step
                self._asked_about[body.step, body.call_id] = _written(body.arguments)
            elif isinstance(body, ToolCalled):
                self._called.add((body.step, body.call_id))
            elif isinstance(body, ToolAnswered):
                self._answers[body.step, body.call_id] = body

    def _decide(self, body: Decision) -> None:
        if isinstance(body, InputProvided) and body.rest:
            # A part: the whole comes with the last one.
            return
        at = self._asked_in.get(body.call_id, 0), body.call_id
        about = self._asked_about.get(at, "")
        if at not in self._decisions or self._decided_about[at] != about:
            self._decisions[at] = body
        self._decided_about[at] = about
        self._fresh[at] = body

    def _count(self, body: Body) -> None:
        if isinstance(body, Started):
            self.idle += 1
        elif isinstance(body, Released):
            # It was let go, not lost.
            self.idle = max(0, self.idle - 1)
        elif isinstance(body, GOT_ON):
            self.idle = 0

    def _read_step(self, seq: int, body: ModelCalled | SPOKEN | ModelAnswered | StepRetried) -> None:
        step = body.step
        asked = self._open.get(step)
        if isinstance(body, ModelCalled):
            before = asked.seqs if asked else []
            self._open[step] = _Asked(called=body, seqs=[*before, seq])
            self._calls[step] += 1
        elif isinstance(body, StepRetried):
            if asked:
                asked.seqs.append(seq)
                asked.text = asked.thought = ""
            self._loose.pop(step, None)
        elif isinstance(body, ReasoningDelta):
            if asked:
                asked.seqs.append(seq)
                asked.thought += body.text
        elif isinstance(body, TextDelta):
            if asked:
                asked.seqs.append(seq)
                asked.text += body.text
            else:
                self._loose[step] += body.text
                self._loose_seqs[step].append(seq)
        elif asked:
            del self._open[step]
            told = Told(called=asked.called, text=asked.text, thought=asked.thought, answered=body)
            self._told[step].append((told, [*asked.seqs, seq]))

    def _forget(self, problem: dict[str, Any]) -> None:  # Any: a problem document
        """The failure that made the run fail is to be tried again."""
        for step, told in self._told.items():
            if told and told[-1][0].answered.problem == problem:
                one, seqs = told.pop()
                self._open[step] = _Asked(called=one.called, seqs=seqs, text=one.text, thought=one.thought)
        for at in [at for at, answer in self._answers.items() if answer.problem == problem]:
            self._others[_key(self._answers.pop(at))].popleft()
            self._called.discard(at)

    def told(self, step: int) -> Told | None:
        """The next answer of a model in this step; None when it has to be asked."""
        if not self._told.get(step):
            return None
        told, seqs = self._told[step].popleft()
        self._hand_out(seqs)
        return told

    def has_told(self, step: int) -> bool:
        """Whether there is one."""
        return bool(self._told.get(step))

    def called_model(self, step: int) -> ModelCalled | None:
        """What the model was asked in this step, the next time the code comes to it."""
        told, asked = self._told.get(step), self._open.get(step)
        return told[0][0].called if told else asked.called if asked else None

    def cut(self, step: int) -> bool:
        """Whether the last model call of this step has no answer, and nothing supersedes what it has said."""
        asked = self._open.pop(step, None)
        if asked is None:
            return False
        self._hand_out(asked.seqs)
        return not isinstance(self.body(asked.seqs[-1]), StepRetried)

    def body(self, seq: int) -> Body:
        """The body of this event."""
        return self.events[seq - self.events[0].seq].body

    def calls(self, step: int) -> int:
        """How often a model was asked in this step."""
        return self._calls[step]

    def said(self, step: int, text: str) -> str | None:
        """What of these words the log has not; None where it has others, which they supersede."""
        known = self._loose.get(step, "")
        if not known:
            return text
        if known.startswith(text):
            self._loose[step] = known[len(text) :]
            self._said[step] += text
            text = ""
        elif text.startswith(known):
            self._said[step] += self._loose.pop(step)
            text = text[len(known) :]
        else:
            self._loose.pop(step)
            return None
        if not self._loose.get(step):
            self._hand_out(self._loose_seqs.pop(step, []))
        return text

    def said_before(self, step: int) -> str:
        """The words of this step that the code has come to again."""
        return self._said[step]

    def called(self, step: int, call_id: str) -> bool:
        """Whether this call was written down as begun."""
        return (step, call_id) in self._called

    def answer(self, step: int, call_id: str) -> ToolAnswered | None:
        """What this call was answered."""
        return self._answers.get((step, call_id))

    def note(self, name: str) -> tuple[Any] | None:  # Any: JSON
        """The next value noted under this name."""
        if not self._notes.get(name):
            return None
        value, seq = self._notes[name].popleft()
        self._hand_out([seq])
        return (value,)

    def decision(
        self,
        call_id: str,
        step: int = 0,
        *,
        fresh: bool = False,
        about: Mapping[str, Any] | None = None,  # Any: JSON
    ) -> Decision | None:
        """What a person has answered; `fresh` leaves out what an earlier attempt may have acted on.

        With the arguments that it is `about`, only what was said of a call with these: a yes is for no other one.
        """
        if about is not None and self._decided_about.get((step, call_id)) not in {"", _written(about)}:
            return None
        return (self._fresh if fresh else self._decisions).get((step, call_id))

    def holds(self, body: Body) -> bool:
        """Whether the log has this, once more than the code has come to it."""
        if not self._others or isinstance(body, UNTOLD | ModelCalled | ModelAnswered | Noted):
            return False
        seqs = self._others.get(_key(body))
        if not seqs:
            return False
        self.taken[seqs.popleft()] = body
        return True

    def left(self) -> Iterator[Event]:
        """What the code has not come to, of its own words and what it was answered.

        What a call has noted, and what a person was asked before it, belongs to the call, and what was noted within a
        note to that; how far it was, to nobody.
        """
        notes = {one.body.name for one in self.events if isinstance(one.body, Noted) and one.seq in self.taken}
        for event in self.events:
            body = event.body
            ours = not isinstance(body, UNTOLD | Progressed) and not (isinstance(body, Warned) and body.aside)
            if ours and event.seq not in self.taken and not self._of_call(body) and not _within(notes, body):
                yield event

    def _of_call(self, body: Body) -> bool:
        if isinstance(body, ApprovalRequired):
            return (body.step, body.call_id) in self._called
        return isinstance(body, Noted) and any(body.name.startswith(f"{step}:{call} ") for step, call in self._called)

    def _hand_out(self, seqs: Sequence[int]) -> None:
        self.taken.update(dict.fromkeys(seqs))


def _within(notes: AbstractSet[str], body: Body) -> bool:
    """Whether it is a note under the name of one of these, and more behind it: of what was done for that one."""
    name = body.name if isinstance(body, Noted) else ""
    while name := name.rpartition(" ")[0]:
        if name in notes:
            return True
    return False


def _written(arguments: Mapping[str, Any]) -> str:  # Any: JSON
    return json.dumps(to_jsonable_python(arguments), sort_keys=True)


def _key(body: Body) -> str:
    return f"{body.type} {body.model_dump_json()}"
