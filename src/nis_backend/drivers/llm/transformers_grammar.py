"""Answers that are held to a schema: which tokens may come next, by llguidance, inside a worker process.

Source: https://github.com/guidance-ai/llguidance/blob/main/docs/json_schema.md
"""

from __future__ import annotations

import importlib
import json
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


class Grammars:
    """Grammars over one model's tokens; `called` is what messages call it.

    Raises:
        NotSupported: the tokenizer is none that the engine reads.
    """

    def __init__(self, tokenizer: Any, vocabulary: int, ends: Sequence[int], called: str) -> None:
        self._engine: Any = importlib.import_module("llguidance")  # Any: its stubs name a library without types
        self._called = called
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
        return self._held(self._engine.LLMatcher.grammar_from_json_schema(schema, overrides=PLAIN), field)

    def call(self, calls: Calls, tools: Sequence[Json]) -> Held:
        """What holds a call to one of the tools, each by the schema of its arguments, from after the mark before it.

        Raises:
            NotSupported: as above.
        """
        if calls == "functions":
            raise not_held(self._called, "its calls are no JSON")
        arguments = "parameters" if calls == "bare" else "arguments"
        root: Json = {"x-guidance": PLAIN}
        branches: list[Json] = []
        for tool in tools:
            inside = dict(cast("Json", tool["function"].get("parameters") or {"type": "object", "properties": {}}))
            for word in DEFINITIONS:
                # References are read from the root.
                for name, held in cast("Json", inside.pop(word, {})).items():
                    if root.setdefault(word, {}).setdefault(name, held) != held:
                        raise not_held(self._called, f"two tools define {name} otherwise")
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
            refusal = not_held(self._called, shorten(reason.splitlines()[0]))
            refusal.field = field
            raise refusal
        return Held(matcher, self._called)


class Held:
    """One answer under way, and what may come next of it."""

    def __init__(self, matcher: Any, called: str) -> None:  # Any: the engine's own
        self._matcher = matcher
        self._called = called

    def again(self) -> Held:
        """The same from the beginning."""
        matcher = self._matcher.deep_copy()
        matcher.reset()
        return Held(matcher, self._called)

    def allowed(self) -> bytes:
        """Of each token, a byte that is 0 where it may not come."""
        allowed = self._matcher.compute_logit_bias()
        self._check()
        return bytes(allowed)

    def take(self, token: int) -> None:
        """The token that came."""
        self._matcher.consume_token(token)
        self._check()

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
