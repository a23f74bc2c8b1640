"""What a model says, thinks and calls as a run's messages: what is open is closed before anything else begins."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nis_backend.event import ToolAnswered, ToolCalled, WantedCall
    from nis_backend.operation import Json

LONGEST_RESULT = 65_536
"""Characters of a call's result that are told: clients send them back with each turn that follows."""


class Messages:
    """The messages that one run makes, and the events that make them; ids are counted, so each reader has the same."""

    def __init__(self, run_id: str) -> None:
        self.made: list[Json] = []
        """As `MESSAGES_SNAPSHOT` has them; what is thought stays with those who have heard it."""
        self._run = run_id
        self._open: tuple[Literal["text", "thought"], str] | None = None
        self._count = 0
        self._steps: dict[int, list[str]] = {}
        """Ids of the messages that each step has left so far."""

    def text(self, step: int, text: str) -> Iterator[Json]:
        """Words of the answer; the blank lines between two steps are no words of the second."""
        if self._open is None or self._open[0] != "text" or self._open[1] not in self._steps.get(step, ()):
            text = text.lstrip("\n")
            if not text:
                return
            yield from self.close()
            message_id = self._begin("text", step)
            self.made.append({"id": message_id, "role": "assistant", "content": ""})
            yield {"type": "TEXT_MESSAGE_START", "messageId": message_id, "role": "assistant"}
        self.made[-1]["content"] += text
        assert self._open is not None
        yield {"type": "TEXT_MESSAGE_CONTENT", "messageId": self._open[1], "delta": text}

    def thought(self, step: int, text: str) -> Iterator[Json]:
        """What is thought before the words."""
        if self._open is None or self._open[0] != "thought":
            yield from self.close()
            message_id = self._begin("thought", step)
            yield {"type": "REASONING_START", "messageId": message_id}
            yield {"type": "REASONING_MESSAGE_START", "messageId": message_id, "role": "reasoning"}
        assert self._open is not None
        yield {"type": "REASONING_MESSAGE_CONTENT", "messageId": self._open[1], "delta": text}

    def close(self) -> Iterator[Json]:
        """The end of what is open."""
        kind, message_id = self._open or ("", "")
        self._open = None
        if kind == "text":
            yield {"type": "TEXT_MESSAGE_END", "messageId": message_id}
        elif kind == "thought":
            yield {"type": "REASONING_MESSAGE_END", "messageId": message_id}
            yield {"type": "REASONING_END", "messageId": message_id}

    def called(self, body: ToolCalled) -> Iterator[Json]:
        """An operation is called."""
        arguments = json.dumps(body.arguments, ensure_ascii=False)
        yield from self.call(body.step, body.call_id, body.operation.replace(".", "-"), arguments)

    def wanted(self, step: int, call: WantedCall) -> Iterator[Json]:
        """A function of the client's is called."""
        yield from self.call(step, call.id, call.name, call.arguments.strip() or "{}")

    def call(self, step: int, call_id: str, name: str, arguments: str) -> Iterator[Json]:
        """A call, whole: the log has it when the model has said all of it."""
        yield from self.close()
        told = call_name(self._run, step, call_id)
        parent = self._parent(step)
        function = {"name": name, "arguments": arguments}
        calls = parent.setdefault("toolCalls", [])
        calls.append({"id": told, "type": "function", "function": function})
        start = {"type": "TOOL_CALL_START", "toolCallId": told, "toolCallName": name}
        yield {**start, "parentMessageId": parent["id"]}
        yield {"type": "TOOL_CALL_ARGS", "toolCallId": told, "delta": arguments}
        yield {"type": "TOOL_CALL_END", "toolCallId": told}

    def answered(self, body: ToolAnswered, seq: int) -> Iterator[Json]:
        """What the operation answered, or the problem."""
        yield from self.close()
        told = call_name(self._run, body.step, body.call_id)
        shown: Any = body.result if body.problem is None else {"problem": body.problem}
        content = json.dumps(shown, ensure_ascii=False)
        if len(content) > LONGEST_RESULT:
            rest = f"{len(content) - LONGEST_RESULT // 2} characters: event {seq} of {self._run} has all"
            content = json.dumps({"shortened": content[: LONGEST_RESULT // 2], "left_out": rest}, ensure_ascii=False)
        message = {"id": f"{told}:answer", "role": "tool", "toolCallId": told, "content": content}
        self.made.append(message)
        yield {
            "type": "TOOL_CALL_RESULT",
            "messageId": message["id"],
            "toolCallId": told,
            "content": content,
            "role": "tool",
        }

    def retract(self, step: int) -> bool:
        """Take back the words of a step; whether there were any."""
        gone = set(self._steps.pop(step, ()))
        before = len(self.made)
        self.made = [one for one in self.made if one["id"] not in gone]
        return len(self.made) < before

    def _begin(self, kind: Literal["text", "thought"], step: int) -> str:
        self._count += 1
        message_id = f"{self._run}:{self._count}"
        self._open = (kind, message_id)
        self._steps.setdefault(step, []).append(message_id)
        return message_id

    def _parent(self, step: int) -> Json:
        """The message that the calls of a step belong to: its words, or one of their own."""
        said = self._steps.setdefault(step, [])
        parent = next((one for one in reversed(self.made) if one["role"] == "assistant" and one["id"] in said), None)
        if parent is None:
            self._count += 1
            parent = {"id": f"{self._run}:{self._count}", "role": "assistant"}
            said.append(parent["id"])
            self.made.append(parent)
        return parent


def call_name(run_id: str, step: int, call_id: str) -> str:
    """The id of a call as clients know it: some models use one id in each step."""
    return f"{run_id}:{step}:{call_id}"
