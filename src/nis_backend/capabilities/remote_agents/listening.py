"""What comes of a message to a remote agent, put together: its words in order, its artifacts, what it asks for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from nis_backend.drivers.agents.base import ASKS, OVER, Part
from nis_backend.errors import TooLarge
from nis_backend.operation import Model

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.drivers.agents.base import Artifact, Update

MOST_ARTIFACTS, MOST_PARTS = 100, 10_000
LONGEST_TEXT = 1_000_000
"""Characters of an agent's answer."""
LONGEST_QUESTION = 4000

TaskState = Literal["completed", "failed", "canceled", "rejected", "input-required", "auth-required"]


class MadeArtifact(Model):
    """What a remote agent has made, beside words."""

    name: str
    data: Any = Field(default=None, description="As data, where it is that.")  # Any: JSON
    url: str = Field(default="", description="Where it is, where it was not sent; nobody has looked there.")
    blob_id: str = Field(default="", description="The blob that its bytes were put into.")
    media_type: str = ""


class AgentReply(Model):
    """What a remote agent has answered."""

    text: str = Field(description="Its words.")
    state: TaskState = Field(
        description="How its task is; one that asks for something waits for a message with task_id."
    )
    question: str = Field(default="", description="What it asks for, or why it failed.")
    task_id: str = Field(default="", description="Its task, as the agent calls it; empty where there was none.")
    context_id: str = Field(default="", description="Give it with the next message to go on with this conversation.")
    artifacts: list[MadeArtifact] = Field(default_factory=list[MadeArtifact], max_length=MOST_ARTIFACTS)


@dataclass(kw_only=True)
class _Made:
    name: str
    parts: list[Part]


@dataclass(kw_only=True)
class Heard:
    """A task, as far as it was heard."""

    task_id: str = ""
    context_id: str = ""
    state: str = ""
    said: str = ""
    """What it said last beside its state."""
    answer: Sequence[Part] = ()
    """What it answered where it made nothing."""
    _made: dict[str, _Made] = field(default_factory=dict[str, _Made])

    def take(self, update: Update) -> None:
        """The next of it.

        Raises:
            TooLarge: it is more than is kept.
        """
        self.task_id, self.context_id = update.task_id or self.task_id, update.context_id or self.context_id
        if update.whole:
            self._made.clear()
        for artifact in update.artifacts:
            self._add(artifact)
        if update.state is not None:
            self.state = update.state
            self.said = words_of(update.message)[:LONGEST_QUESTION]
            self.answer = update.message if update.state == "completed" else ()
        if len(self.text) > LONGEST_TEXT:
            raise TooLarge(f"The agent has said more than {LONGEST_TEXT} characters.", remedy="Ask for less.")

    def _add(self, artifact: Artifact) -> None:
        known = self._made.get(artifact.id)
        if known is None or not artifact.append:
            self._made[artifact.id] = _Made(
                name=artifact.name or (known.name if known else ""), parts=[*artifact.parts]
            )
        else:
            for part in artifact.parts:
                if part.text and known.parts and known.parts[-1].text:
                    known.parts[-1] = Part(text=known.parts[-1].text + part.text)
                else:
                    known.parts.append(part)
        if len(self._made) > MOST_ARTIFACTS or len(self._made[artifact.id].parts) > MOST_PARTS:
            raise TooLarge(
                f"The agent has made more than {MOST_ARTIFACTS} artifacts, or one of more than {MOST_PARTS} parts.",
                remedy="Ask for less.",
            )

    @property
    def text(self) -> str:
        """Its words so far, of what it has made; else what it answered at the end."""
        texts = [words_of(one.parts) for one in self._made.values()]
        return "\n\n".join(one for one in texts if one) or words_of(self.answer)

    @property
    def rests(self) -> bool:
        """Whether nothing more comes by itself."""
        return self.state in OVER | ASKS

    def others(self) -> list[tuple[str, Part]]:
        """What is no words, each with its name."""
        made = [(one.name, part) for one in self._made.values() for part in one.parts]
        made += [("answer", part) for part in self.answer]
        return [(name, part) for name, part in made if not part.text and part != Part()][:MOST_ARTIFACTS]


def words_of(parts: Sequence[Part]) -> str:
    """The words among these."""
    return "".join(one.text for one in parts)
