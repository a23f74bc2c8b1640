"""A model from a folder, the heavy half: its weights in torch, inside a worker process of its own pool."""

from __future__ import annotations

import asyncio
import json
import math
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from nis_backend.cores import allowed_threads
from nis_backend.drivers.llm.embedded_wire import LONGEST_TOKEN
from nis_backend.drivers.llm.held import check_answer, too_long
from nis_backend.drivers.llm.transformers_answer import Answering, Bounds, Reading
from nis_backend.drivers.llm.transformers_chat import BEGINNINGS, Begun, Chat
from nis_backend.drivers.llm.transformers_engine import Engine
from nis_backend.drivers.llm.transformers_folder import head_of
from nis_backend.drivers.llm.transformers_grammar import Grammars
from nis_backend.drivers.llm.transformers_loading import load
from nis_backend.drivers.llm.transformers_sampling import Sampling
from nis_backend.drivers.llm.transformers_words import MARKS, Characters, Parts, Stops
from nis_backend.errors import NotSupported
from nis_backend.trained.manifest import check_found

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from nis_backend.drivers.compute.base import Json, WorkerContext
    from nis_backend.drivers.llm.transformers_grammar import Held


def open_worker(options: Json) -> TransformersWorker:
    """The pool's entry: loads the folder."""
    check_found(options)
    folder = Path(options["folder"])
    called = f"The model {options['name']}"
    model, tokenizer = load(folder, called, dtype=options["dtype"], threads=allowed_threads(options["threads"]))
    context = min(head_of(folder).context or options["usual"], options["context"])
    return TransformersWorker(model, tokenizer, called=called, context=context, slots=options["slots"])


class TransformersWorker:
    """Answers the payload of `TransformersModels.generate` with chunks of OpenAI's chat completions."""

    def __init__(self, model: Any, tokenizer: Any, *, called: str, context: int, slots: int) -> None:
        self.engine = Engine(model, slots=slots, called=called)
        self._usual = model.generation_config
        self._vocabulary = int(model.config.get_text_config().vocab_size)
        self._tokenizer = tokenizer
        self._chat = Chat(tokenizer, called)
        # What an answer is made of, as the tokenizer says itself, where it does.
        self._template = _template(tokenizer)
        self._called = called
        self._context = context
        self._ends = _ends(self._usual.eos_token_id, tokenizer.eos_token_id)
        shown = self._chat.special if self._template else MARKS
        self._hidden = frozenset(number for number, mark in self._chat.special.items() if mark not in shown)
        self._grammars: Grammars | None = None
        self._making = threading.Lock()

    async def handle(self, payload: Json, ctx: WorkerContext) -> AsyncIterator[Json]:  # noqa: ARG002 - the contract's
        """See `Handler.handle`."""
        loop = asyncio.get_running_loop()
        beginning = loop.run_in_executor(None, self._begin, payload)
        try:
            answer = await asyncio.shield(beginning)
        except asyncio.CancelledError:
            # A thread cannot be stopped, so the call has ended only when the thread has; see `Handler.handle`.
            await asyncio.wait([beginning])
            raise
        if payload.get("count"):
            yield {"input_tokens": len(answer.tokens)}
            return
        if payload.get("surprise") is not None:
            tokens = await loop.run_in_executor(None, self._after, answer.tokens, payload["surprise"])
            yield {"bits": await asyncio.wrap_future(self.engine.surprise(tokens, len(answer.tokens)))}
            return
        chunks: asyncio.Queue[Json | None] = asyncio.Queue()

        def put(chunk: Json | None) -> None:
            loop.call_soon_threadsafe(chunks.put_nowait, chunk)

        answer.put = put
        self.engine.add(answer)
        try:
            while (chunk := await chunks.get()) is not None:
                yield chunk
        finally:
            # The engine lets go of it at its next turn, which of a large model may take longer than a cancel.
            answer.stop()
        if answer.failure is not None:
            raise answer.failure
        request_stops = json.loads(payload["body"]).get("stop")
        if payload["schema"] is not None and not request_stops and answer.reason != "length":
            check_answer(self._called, "".join(answer.text), payload["schema"])

    def _begin(self, payload: Json) -> Answering:
        """The answer before its first token.

        Raises:
            InvalidRequest: the prompt is longer than the context, or none that the template takes.
            NotSupported: a schema says what the engine cannot hold to.
        """
        request: Json = json.loads(payload["body"])
        schema: Json | None = payload["schema"]
        tools: list[Json] = request.get("tools") or []
        forced = _forced(request, tools)
        calls = self._chat.calls if tools else None
        begun = self._chat.write(request, payload["reasoning"], silent=schema is not None or bool(forced))
        held: Held | None = None
        if schema is not None:
            held = self._made().answer(schema, payload["field"])
        elif forced and calls is not None:
            held = self._made().call(calls, forced)
            begun = Begun(text=begun.text + BEGINNINGS[calls], before=BEGINNINGS[calls])
        tokens = self._tokens(begun)
        return Answering(
            tokens,
            # Who asks for 0, or names a seed, wants the same again.
            alone=request.get("temperature") == 0 or request.get("seed") is not None,
            sampling=Sampling(request, self._usual),
            reading=self._reading(request, begun, bool(tools)),
            bounds=Bounds(
                ends=self._ends,
                most=min(request.get("max_tokens") or self._context, self._context - len(tokens)),
                seconds=math.inf if schema is None else payload["held_seconds"],
                one_call=bool(forced) or (bool(tools) and request.get("parallel_tool_calls") is False),
            ),
            held=held,
            calls=self._binding(tools) if tools and not forced else None,
            called=self._called,
        )

    def _after(self, tokens: list[int], text: str) -> list[int]:
        """The prompt's tokens and those of a text that follows it.

        Raises:
            InvalidRequest: there are more than the model can read.
        """
        both = [*tokens, *self._tokenizer(text, add_special_tokens=False)["input_ids"]]
        if len(both) > self._context:
            raise too_long(self._called, str(len(both)), self._context)
        return both

    def _tokens(self, begun: Begun) -> list[int]:
        if len(begun.text) > LONGEST_TOKEN * self._context:
            raise too_long(self._called, f"more than {len(begun.text) // LONGEST_TOKEN}", self._context)
        tokens = self._chat.tokens(begun)
        if len(tokens) >= self._context:
            raise too_long(self._called, str(len(tokens)), self._context)
        return tokens

    def _reading(self, request: Json, begun: Begun, tools: bool) -> Reading:
        template, before = self._template, begun.before
        if template is not None and not tools:
            fields: Json = template["fields"]
            template = {**template, "fields": {name: one for name, one in fields.items() if name != "tool_calls"}}
        parts = Parts(
            self._chat.calls if tools else None,
            before=before if template is None else begun.text,
            template=template,
        )
        stop: str | list[str] = request.get("stop") or []
        return Reading(
            characters=Characters(self._decode),
            stops=Stops([stop] if isinstance(stop, str) else stop),
            parts=parts,
            hidden=self._hidden,
            spell=self._spell,
        )

    def _binding(self, tools: Sequence[Json]) -> Held | None:
        """What holds calls to their schemas; None where it cannot, unless one must be followed to the letter."""
        if self._chat.calls in (None, "functions") or self._template is not None:
            return None
        try:
            return self._made().call(cast("Any", self._chat.calls), tools)
        except NotSupported:
            if any(tool["function"].get("strict") for tool in tools):
                raise
            return None

    def _decode(self, tokens: Sequence[int]) -> str:
        return str(self._tokenizer.decode(list(tokens), skip_special_tokens=False, clean_up_tokenization_spaces=False))

    def _spell(self, token: int) -> Json:
        data = self._made().bytes_of(token)
        return {"token": data.decode("utf-8", "replace"), "bytes": list(data)}

    def _made(self) -> Grammars:
        """The grammars' view of the tokens, made when it is first wanted: it takes a second."""
        with self._making:
            if self._grammars is None:
                self._grammars = Grammars(self._tokenizer, self._vocabulary, sorted(self._ends), self._called)
            return self._grammars


def _template(tokenizer: Any) -> Json | None:
    """How the tokenizer says that its model's answers are read; None where it does not, or in a way of its own."""
    template: Json | None = getattr(tokenizer, "response_template", None)
    try:
        Parts(None, template=template)
    except (ValueError, KeyError, TypeError):
        return None
    return template


def _forced(request: Json, tools: Sequence[Json]) -> list[Json]:
    """The tools of which one must be called; none where it need not be."""
    choice: Any = request.get("tool_choice")
    if isinstance(choice, dict):
        named = cast("Json", choice)["function"]["name"]
        return [tool for tool in tools if tool["function"]["name"] == named]
    return list(tools) if choice == "required" else []


def _ends(*stated: object) -> frozenset[int]:
    found: set[int] = set()
    for one in stated:
        found |= set(cast("list[int]", one)) if isinstance(one, list) else {one} if isinstance(one, int) else set()
    return frozenset(found)
