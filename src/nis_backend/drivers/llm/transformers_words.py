"""The words of an answer from its tokens: whole characters, up to a word to stop at, told apart by what they are."""

from __future__ import annotations

import importlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nis_backend.drivers.compute.base import Json
    from nis_backend.drivers.llm.transformers_folder import Calls

BROKEN = "\ufffd"
"""What a decoder puts in place of a character that is not whole."""

THOUGHT = {"open": "<think>", "close": "</think>", "content": "text"}
MARKS = ("<think>", "</think>", "<tool_call>", "</tool_call>", "[TOOL_CALLS]", "<|python_tag|>")
"""What is read of an answer although some tokenizers count it among the marks that are no words."""

_JSON = {"content": "json", "content_args": {"allow_non_json": True}, "repeats": True}
CALLS: dict[Calls, Json] = {
    "tagged": {"open": "<tool_call>", "close": "</tool_call>", **_JSON},
    "listed": {"open": "[TOOL_CALLS]", **_JSON},
    # An answer that begins so and is no call becomes words at its end.
    "bare": {"open_pattern": r"\A\s*(?:<\|python_tag\|>)?\s*(?=\{)", **_JSON},
    "functions": {
        "open_pattern": r"<tool_call>\s*<function=(?P<name>[^>\n]+)>",
        "close_pattern": r"</function>\s*</tool_call>",
        "content": "xml-inline",
        "content_args": {"tag_pattern": r"<parameter=(?P<key>[^>\n]+)>\s*(?P<value>.*?)\s*</parameter>"},
        "repeats": True,
        "transform": {"name": "{name}", "arguments": "{content}"},
    },
}
"""How the library's parser finds calls, by the way that a model writes them."""


class Characters:
    """Whole characters from tokens: one may take several, and a space may hang on the token before."""

    def __init__(self, decode: Callable[[Sequence[int]], str]) -> None:
        self._decode = decode
        self._tokens: list[int] = []
        self._said = 0
        """Of the tokens, those whose characters were given; the others are of one that is not whole."""

    def put(self, token: int) -> str:
        """The characters that this token completes."""
        self._tokens.append(token)
        text = self._fresh()
        if not text or text.endswith(BROKEN):
            return ""
        # What was said last stays, for a decoder writes a token otherwise after another than at the beginning.
        del self._tokens[: self._said]
        self._said = len(self._tokens)
        return text

    def rest(self) -> str:
        """What is left at the end, whole or not."""
        return self._fresh()

    def _fresh(self) -> str:
        before = self._decode(self._tokens[: self._said])
        return self._decode(self._tokens)[len(before) :]


class Stops:
    """Words up to the first of some; what may be the beginning of one is held back."""

    def __init__(self, words: Sequence[str]) -> None:
        self._words = [word for word in words if word]
        self._held: str = ""
        self.met = False

    def put(self, text: str) -> str:
        """What can be said of it now."""
        text = f"{self._held}{text}"
        found = [at for word in self._words if (at := text.find(word)) >= 0]
        if found:
            self.met, self._held = True, ""
            return text[: min(found)]
        longest = max((len(word) for word in self._words), default=1) - 1
        for at in range(max(0, len(text) - longest), len(text)):
            if any(word.startswith(text[at:]) for word in self._words):
                self._held = text[at:]
                return text[:at]
        self._held = ""
        return text

    def rest(self) -> str:
        """What was held back and begins nothing."""
        held, self._held = self._held, ""
        return held


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A call that has begun."""

    written: str
    """What there is of it already."""


class Parts:
    """What of an answer is thought, said and called, in deltas of OpenAI's chat completions.

    `template` is how the tokenizer itself says that its model's answers are read (`response_template`), where it does;
    `before` is what the prompt has already written of the answer.
    """

    def __init__(self, calls: Calls | None, *, before: str = "", template: Json | None = None) -> None:
        fields: Json = {"content": {"content": "text"}, "reasoning_content": THOUGHT}
        if calls is not None:
            fields["tool_calls"] = CALLS[calls]
        # The anchor is where a whole conversation is to be cut, and what is given here begins after it.
        self._template = template or {"start_anchor": "\x00", "fields": fields}
        self._parser = self._begin(before)
        self.thinks = False
        self.opened: Opened | None = None
        """Of the text that was fed last, the call that it has begun and not ended."""
        self.called = 0
        self._raw = ""
        self._space: str = ""
        self._fresh, self._thought = True, False
        for event in self._parser.initial_events:
            self._heed(event, [])

    def feed(self, text: str) -> list[Json]:
        """The deltas of this text."""
        return self._read(lambda: self._parser.feed(text))

    def end(self) -> list[Json]:
        """The deltas that the end of the answer makes."""
        deltas = self._read(lambda: self._parser.finalize()[1])
        if self._space and not self.called:
            deltas.append({"content": self._space})
        return deltas

    def _begin(self, before: str) -> Any:  # Any: the library's parser
        library: Any = importlib.import_module("transformers.utils.chat_parsing")  # Any: as above
        return library.ResponseParser(self._template, prefix=before)

    def _read(self, read: Callable[[], list[Json]]) -> list[Json]:
        deltas: list[Json] = []
        self.opened = None
        try:
            events = read()
        except (ValueError, KeyError):
            # A call that is none: what there is of it is said as it is.
            deltas += self._words(self._raw)
            self._parser, self._raw, self.thinks = self._begin(""), "", False
            return deltas
        for event in events:
            self._heed(event, deltas)
        return deltas

    def _heed(self, event: Json, deltas: list[Json]) -> None:
        kind, field = event["type"], event["field"]
        if kind == "region_open":
            self.thinks, self._raw = field in ("reasoning_content", "thinking"), ""
            self._fresh = self._fresh or self.thinks
            if field == "tool_calls":
                self.opened = Opened(written="")
        elif kind == "region_chunk":
            self._chunk(field, event["text"], deltas)
        elif field == "tool_calls":
            self.opened = None
            deltas += self._call(event["value"])
        else:
            self._thought = self._thought or self.thinks
            self._fresh, self.thinks = self._fresh or self.thinks, False

    def _chunk(self, field: str, text: str, deltas: list[Json]) -> None:
        if field == "tool_calls":
            self._raw += text
            self.opened = None if self.opened is None else Opened(written=self.opened.written + text)
        elif self.thinks:
            text = text.lstrip() if self._fresh else text
            if text:
                self._fresh = False
                deltas.append({"reasoning_content": text})
        elif field == "content":
            deltas += self._words(text)

    def _words(self, text: str) -> list[Json]:
        """Words; the space after them waits, for before a call it is none of theirs."""
        text = self._space + text
        if self._fresh:
            text = text.lstrip() if self.called or self._thought else text
        words = text.rstrip()
        self._space = text[len(words) :]
        if words:
            self._fresh = False
        return [{"content": words}] if words else []

    def _call(self, value: object) -> list[Json]:
        calls = _calls_in(value)
        if not calls:
            return self._words(self._raw)
        deltas: list[Json] = []
        for name, arguments in calls:
            function = {"name": name, "arguments": arguments}
            deltas.append({"tool_calls": [{"index": self.called, "type": "function", "function": function}]})
            self.called += 1
        self._space, self._fresh = "", True
        return deltas


def _calls_in(value: object) -> list[tuple[str, str]]:
    """Names and arguments of the calls; none where one of them is no call."""
    entries = cast("list[object]", value) if isinstance(value, list) else [value]
    found: list[tuple[str, str]] = []
    for entry in entries:
        if not isinstance(entry, dict):
            return []
        call = cast("Json", entry)
        call = cast("Json", call["function"]) if isinstance(call.get("function"), dict) else call
        name, arguments = call.get("name"), call.get("arguments", call.get("parameters", {}))
        if not isinstance(name, str):
            return []
        found.append((name, arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)))
    return found
