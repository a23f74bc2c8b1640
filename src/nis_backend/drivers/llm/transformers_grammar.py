"""Answers that are held to a schema: which tokens may come next, by llguidance, inside a worker process.

Source: https://github.com/guidance-ai/llguidance/blob/main/docs/json_schema.md
"""

from __future__ import annotations

import importlib
import json
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from nis_backend.drivers.llm.held import not_held
from nis_backend.drivers.llm.schema import LONGEST
from nis_backend.errors import InternalError, InvalidRequest, shorten

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.drivers.compute.base import Json
    from nis_backend.drivers.llm.transformers_folder import Calls

PLAIN = {"whitespace_flexible": False, "item_separator": ", ", "key_separator": ": "}
"""JSON in one line: a small model that may write white space is fond of writing nothing else."""
DEFINITIONS = ("$defs", "definitions")
WITHIN = ("properties", *DEFINITIONS)
AMONG = ("anyOf", "oneOf", "prefixItems")
BESIDE = frozenset({"allOf", "if", "not", "dependentSchemas", "unevaluatedProperties"})
"""What looks at an object's members from beside them."""
MOST_DIGITS = 20
"""In a row, in a number: a schema bounds none, and a small model may write zeros without end."""
QUOTE, ESCAPE = ord('"'), ord("\\")


class Grammars:
    """Grammars over one model's tokens; `called` is what messages call it.

    Raises:
        NotSupported: the tokenizer is none that the engine reads.
    """

    def __init__(self, tokenizer: Any, vocabulary: int, ends: Sequence[int], called: str) -> None:
        self._engine: Any = importlib.import_module("llguidance")  # Any: its stubs name a library without types
        self.called = called
        hugging: Any = importlib.import_module("llguidance.hf")  # Any: as above
        try:
            self.tokens: Any = hugging.from_tokenizer(tokenizer, n_vocab=vocabulary, eos_token=list(ends) or None)
        except ValueError as error:
            raise not_held(called, shorten(str(error))) from None

    def answer(self, schema: Json, field: str) -> Held:
        """What holds an answer to the schema, given as `field`.

        Raises:
            NotSupported: it says what the engine has no rule for.
            InvalidRequest: it is too large.
        """
        if len(json.dumps(schema)) > LONGEST:
            raise InvalidRequest(
                f"The schema has more than {LONGEST} characters.", field=field, remedy="Give a plainer JSON schema."
            )
        grammar = self._engine.LLMatcher.grammar_from_json_schema(narrowed(schema), overrides=PLAIN)
        return self._held(grammar, field)

    def call(self, calls: Calls, tools: Sequence[Json]) -> Held:
        """What holds a call to one of the tools, each by the schema of its arguments, from after the mark before it.

        Raises:
            NotSupported: as above.
        """
        if calls == "functions":
            raise not_held(self.called, "its calls are no JSON")
        arguments = "parameters" if calls == "bare" else "arguments"
        root: Json = {"x-guidance": PLAIN}
        branches: list[Json] = []
        for tool in tools:
            given: Json = tool["function"].get("parameters") or {"type": "object", "properties": {}}
            inside = dict(narrowed(given))
            for word in DEFINITIONS:
                # References are read from the root.
                for name, held in cast("Json", inside.pop(word, {})).items():
                    if root.setdefault(word, {}).setdefault(name, held) != held:
                        raise not_held(self.called, f"two tools define {name} otherwise")
            properties = {"name": {"const": tool["function"]["name"]}, arguments: inside}
            branch = {"type": "object", "properties": properties, "required": list(properties)}
            branches.append({**branch, "additionalProperties": False})
        call: Json = {"anyOf": branches} if len(branches) > 1 else branches[0]
        if calls == "listed":
            call = {"type": "array", "items": call, "minItems": 1, "maxItems": 1}
        lark = f"start: SPACE? call\nSPACE: /[ \\n]+/\ncall: %json {json.dumps({**root, **call})}\n"
        return self._held(self._engine.LLMatcher.grammar_from_lark(lark), "tools")

    def bytes_of(self, token: int) -> bytes:
        """A token in UTF-8; it may be a part of a character."""
        return bytes(self.tokens.decode_bytes([token]))

    def _held(self, grammar: str, field: str) -> Held:
        wrong, said = self._engine.LLMatcher.validate_grammar_with_warnings(grammar, self.tokens)
        matcher: Any = None if wrong else self._engine.LLMatcher(self.tokens, grammar, log_level=0)
        reason = said[0] if wrong else matcher.get_error()
        if reason:
            refusal = not_held(self.called, shorten(reason.splitlines()[0]))
            refusal.field = field
            raise refusal
        return Held(matcher, self)

    @cached_property
    def other(self) -> bytes:
        """Of each token, a byte that is 0 where it begins with a digit, as of `Held.allowed`."""
        count = int(self.tokens.vocab_size)
        return bytes(0 if self.bytes_of(token)[:1].isdigit() else 255 for token in range(count))


class Held:
    """One answer under way, and what may come next of it."""

    def __init__(self, matcher: Any, grammars: Grammars) -> None:  # Any: the engine's own
        self._matcher = matcher
        self._grammars = grammars
        self._called = grammars.called
        self._in_text = self._escaped = False
        self._digits = 0
        """How many digits the number has so far that is being written."""

    def again(self) -> Held:
        """The same from the beginning."""
        matcher = self._matcher.deep_copy()
        matcher.reset()
        return Held(matcher, self._grammars)

    def allowed(self) -> bytes:
        """Of each token, a byte that is 0 where it may not come."""
        allowed = bytes(self._matcher.compute_logit_bias())
        self._check()
        if self._digits >= MOST_DIGITS:
            both = int.from_bytes(allowed, "little") & int.from_bytes(self._grammars.other[: len(allowed)], "little")
            # Where the schema wants a digit, and nothing else, it is one.
            return both.to_bytes(len(allowed), "little") if both else allowed
        return allowed

    def take(self, token: int) -> None:
        """The token that came."""
        self._matcher.consume_token(token)
        self._check()
        for byte in self._grammars.bytes_of(token):
            self._digits = self._digits + 1 if chr(byte).isdigit() and not self._in_text else 0
            self._in_text ^= byte == QUOTE and not self._escaped
            self._escaped = byte == ESCAPE and not self._escaped

    @property
    def whole(self) -> bool:
        """Whether nothing more can come."""
        return bool(self._matcher.is_stopped())

    @property
    def could_end(self) -> bool:
        """Whether this may be all."""
        return bool(self._matcher.is_accepting())

    def _check(self) -> None:
        if not self._matcher.is_error():
            return
        reason = shorten(str(self._matcher.get_error()).splitlines()[0])
        if "too complex" in reason.lower() or "limit" in reason.lower():
            raise not_held(self._called, reason)
        raise InternalError(f"{self._called} left its schema: {reason}.", remedy="Ask again, or give a plainer schema.")


def narrowed(schema: Json) -> Json:
    """The schema without members that it does not name, where it leaves open whether there may be more.

    What follows it follows the open one too; a model that may invent members does so without end.
    """
    text = json.dumps(schema)
    return schema if any(f'"{word}"' in text for word in BESIDE) else cast("Json", _closed(schema))


def _closed(schema: Any) -> Any:  # Any: a schema's members differ in type
    if not isinstance(schema, dict):
        return schema
    closed = dict(cast("Json", schema))
    for word in WITHIN:
        if isinstance(closed.get(word), dict):
            closed[word] = {name: _closed(one) for name, one in cast("Json", closed[word]).items()}
    for word in AMONG:
        if isinstance(closed.get(word), list):
            closed[word] = [_closed(one) for one in cast("list[object]", closed[word])]
    closed = {word: _closed(one) if word in ("items", "additionalProperties") else one for word, one in closed.items()}
    whole = "properties" in closed and not closed.keys() & {*AMONG, "$ref", "patternProperties"}
    return {"additionalProperties": False, **closed} if whole else closed
