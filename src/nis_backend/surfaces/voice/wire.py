"""What a client may say, and how a piece of an answer's sound is written.

The frames of the server are told in `conversation`.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, StringConstraints, TypeAdapter, ValidationError

from nis_backend.capabilities.voice.endpoint import Limits
from nis_backend.errors import InvalidRequest
from nis_backend.operation import Json, Model
from nis_backend.refusal import invalid
from nis_backend.surfaces.answering import named_in
from nis_backend.surfaces.rest.arguments import object_in

if TYPE_CHECKING:
    from collections.abc import Iterator

LOWEST_RATE, HIGHEST_RATE = 8_000, 48_000
"""Samples a second."""

MOST_BYTES = 192_000
"""Bytes of one frame of sound: two seconds at the highest rate."""

LONGEST_TEXT = 100_000
"""Characters of a message, as `chat.send_message` takes."""

HEAD = struct.Struct("!II")
"""Before the samples of each frame of an answer's sound: the turn and the frame's number in it, from 1."""

Id = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9._:-]+$")]


class TurnDetection(Model):
    """How the end of what a person says is found."""

    type: Literal["vad", "manual"] = Field(
        default="vad", description="`vad`: by the sound; `manual`: `commit` ends what is said, as with push to talk."
    )
    threshold: float = Field(default=0.5, ge=0.05, le=0.95, description="Probability from which on a window is speech.")
    start_ms: int = Field(default=96, ge=32, le=1000, description="Speech that begins an utterance, ms.")
    silence_ms: int = Field(default=600, ge=200, le=3000, description="Silence that ends it, ms.")
    interrupt_ms: int = Field(
        default=256, ge=32, le=2000, description="Speech that interrupts an answer, ms; more than a cough has."
    )


class Start(Model):
    """The first frame: what the sound is, and what the conversation shall be."""

    type: Literal["start"]
    sample_rate: int = Field(
        default=16_000, ge=LOWEST_RATE, le=HIGHEST_RATE, description="Of the sound that is sent: mono, 16 bits, Hz."
    )
    language: str | None = Field(
        default=None,
        pattern=r"^[a-z]{2,3}(-[A-Za-z0-9-]{2,16})?$",
        description="Language that is spoken and answered in, as `en` or `pt-br`; unset, the models' own.",
    )
    voice: str | None = Field(default=None, max_length=128, description="Voice of the answers.")
    speed: float = Field(default=1.0, ge=0.25, le=4, description="How fast they are spoken; 1 is usual.")
    speaks: bool = Field(default=True, description="Whether answers are spoken; else they are text alone.")
    partials: bool = Field(default=True, description="Whether transcripts are told while somebody speaks.")
    turn_detection: TurnDetection = Field(default_factory=TurnDetection)
    barge_in: Literal["cancel_run", "stop_speaking", "off"] = Field(
        default="cancel_run",
        description="What an interruption ends: the run that answers, its sound alone, or nothing: then what is said "
        "meanwhile is not heard.",
    )
    conversation_id: Id | None = Field(default=None, description="The conversation to go on with; unset begins one.")
    agent: str | None = Field(
        default=None, max_length=64, description="Who answers, of the agents that the caller keeps; unset, the chat."
    )
    model: str | None = Field(
        default=None, max_length=256, description="As for chat.send_message; `agent:NAME` is `agent` NAME."
    )
    provider: str | None = Field(default=None, max_length=64, description="As for chat.send_message.")
    user_id: str = Field(default="anonymous", max_length=128, description="As for chat.send_message.")
    operations: bool = Field(default=True, description="As for chat.send_message.")
    memory: bool = Field(default=False, description="As for chat.send_message.")
    budget: float | None = Field(default=None, ge=0, le=1e9, description="Dollars a turn, as for chat.send_message.")
    longest_utterance: float = Field(default=30.0, ge=1, le=30, description="Seconds after which one is ended.")
    idle_seconds: float = Field(
        default=300.0, ge=1, le=3600, description="Seconds without a turn after which the socket is closed."
    )

    @property
    def answers(self) -> tuple[str, str | None]:
        """The name of who answers, and the model that is asked.

        Raises:
            InvalidRequest: two are named.
        """
        named = None if self.model is None else named_in(self.model)
        if named is None:
            return self.agent or "", self.model
        if self.agent not in {None, named}:
            raise InvalidRequest(
                f"agent and model name two that answer, {self.agent!r} and {named!r}.",
                field="agent",
                value=self.agent,
                remedy="Leave one of them out.",
            )
        return named, None

    @property
    def interrupts_after(self) -> float:
        """Seconds of speech that interrupt an answer."""
        return self.turn_detection.interrupt_ms / 1000

    @property
    def limits(self) -> Limits:
        """What begins and ends an utterance."""
        found = self.turn_detection
        return Limits(
            threshold=found.threshold,
            start=found.start_ms / 1000,
            silence=found.silence_ms / 1000,
            longest=self.longest_utterance,
        )


class TextInput(Model):
    """A message that was typed."""

    type: Literal["text_input"]
    text: str = Field(min_length=1, max_length=LONGEST_TEXT)


class Interrupt(Model):
    """The answer under way is to end."""

    type: Literal["interrupt"]
    played: float | None = Field(
        default=None, ge=0, le=86_400, description="Seconds of the answer's sound that were heard; unset: by the clock."
    )


class Commit(Model):
    """What was said so far is all of it."""

    type: Literal["commit"]


class Clear(Model):
    """What was said so far is to be forgotten."""

    type: Literal["clear"]


class Resume(Model):
    """A run of the conversation is to be told on: after a lost socket, or after it has waited for a person."""

    type: Literal["resume"]
    run_id: Id
    last_event: int = Field(default=0, ge=0, description="Number of the last of its events that was seen.")
    spoken: int = Field(default=0, ge=0, description="Characters of the answer that were heard.")


Message = Start | TextInput | Interrupt | Commit | Clear | Resume
_MESSAGE: TypeAdapter[Message] = TypeAdapter(Annotated[Message, Field(discriminator="type")])
KINDS = ("start", "text_input", "interrupt", "commit", "clear", "resume")


def read(text: str) -> Message:
    """A frame of text.

    Raises:
        Malformed: it is no JSON object.
        InvalidRequest: it is none that is known, or a field is wrong.
    """
    given = object_in(text.encode(), "frame", "Send one JSON object a frame of text.")
    if given.get("type") not in KINDS:
        raise InvalidRequest(
            "type is none of a frame's.", field="type", value=given.get("type"), remedy=f"Give {', '.join(KINDS)}."
        )
    try:
        return _MESSAGE.validate_python(given)
    except ValidationError as error:
        refusal = invalid(error)
        # The path leads through the kind of frame, which is no field.
        if refusal.field:
            refusal.field = refusal.field.partition(".")[2] or refusal.field
        raise refusal from None


def pieces(turn: int, first: int, pcm: bytes, rate: int, seconds: float) -> Iterator[bytes]:
    """An answer's sound in frames of at most so many seconds each, from the number `first` on."""
    size = max(2, 2 * int(rate * seconds))
    for number, start in enumerate(range(0, len(pcm), size), first):
        yield HEAD.pack(turn, number) + pcm[start : start + size]


def turn_of(frame: bytes) -> int:
    """The turn that a frame of sound belongs to."""
    return int(HEAD.unpack_from(frame)[0])


def problem_of(document: Json, turn: int | None = None) -> dict[str, Any]:  # Any: JSON
    """A refusal as a frame."""
    return {"type": "error", **({} if turn is None else {"turn": turn}), "error": document}
