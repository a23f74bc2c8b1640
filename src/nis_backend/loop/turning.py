"""The agent loop: a model talks and chooses operations, they compute, and it talks again, a bounded number of times."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from pydantic_core import from_json

from nis_backend.asking import Heard, ask
from nis_backend.drivers.llm.answer import Answered, ToolCall, total
from nis_backend.drivers.llm.base import Message, Prompt, Tool
from nis_backend.errors import (
    InvalidRequest,
    Malformed,
    NisError,
    NotFound,
    NotSupported,
    TooLarge,
    UpstreamFailed,
    shorten,
)
from nis_backend.event import (
    Surface,
    ToolAnswered,
    ToolCalled,
    Warned,
)
from nis_backend.guardrails.marking import SAID
from nis_backend.guardrails.persons import PERSONS
from nis_backend.loop import begun
from nis_backend.loop.asker import of_asker
from nis_backend.loop.attached import files_in
from nis_backend.loop.compacting import Room, fitted
from nis_backend.loop.functions import answered
from nis_backend.loop.mending import Mending
from nis_backend.loop.quarantine import Quarantine, from_outside
from nis_backend.loop.remote import as_tools, request_of
from nis_backend.view import Form, Text, View

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.blob import Blob
    from nis_backend.context import Context
    from nis_backend.drivers.llm.base import LanguageModels, ModelInfo
    from nis_backend.entry import Entry
    from nis_backend.loop.handing import Handing
    from nis_backend.steps import Used

# Any: a JSON object's values differ in type.
Json = dict[str, Any]

MOST_STEPS = 8
MOST_PROBLEMS = 3
"""Steps in a row of which every call failed; the model then answers without tools."""
MOST_CALLS = 16
"""Calls of one step that are carried out."""
LONGEST_ARGUMENTS = 65_536
LONGEST_RESULT = 8_000
"""Characters of a result that a model is shown, about 2,500 tokens."""
HANDED = "The conversation is handed on."
LONGEST_DESCRIPTION = 1024
"""Characters that OpenAI takes for a function's description."""

INSTRUCTIONS = (
    "You have tools that compute. Never calculate, convert or recall a number that a tool can give: call it, in the "
    "units its schema names, and quote its result with units, method and error. When what a tool needs was not said "
    "and has no default, ask for it instead of guessing. When a tool answers with a problem, mend the arguments or say "
    "what is wrong."
)


@dataclass(frozen=True, kw_only=True)
class Conversed:
    """What came of a turn; `text` is what the steps left in the log, joined.

    Tokens are by the provider's count, those of cut attempts left out; None when a step's count is not stated.
    """

    text: str
    views: list[View]
    input_tokens: int | None
    output_tokens: int | None
    steps: int
    handed: bool = False
    """Whether it was handed on: somebody else answers."""
    messages: Sequence[Message] = ()
    """All that was said up to there."""
    files: Sequence[Blob] = ()
    """What its tools have made."""


@dataclass(frozen=True, kw_only=True)
class _Used:
    """What came of a tool call: the event, what to look at, and what the model is told."""

    event: ToolAnswered
    views: list[View]
    told: str
    read: str = ""
    """What was read from outside, by the name of what answered it."""


async def answer(  # noqa: PLR0913 - each argument is one choice of the caller's
    ctx: Context,
    driver: LanguageModels,
    info: ModelInfo,
    messages: Sequence[Message],
    *,
    step: int = 1,
    max_tokens: int | None = None,
    before: str = "",
) -> Conversed:
    """One model call, without tools; a call that was cut is tried once more. `before` stands before its words.

    Raises:
        UpstreamFailed, WorkerLost: it was cut twice, or answered with nothing.
    """
    heard = await ask(ctx, driver, Prompt(model=info.name, messages=messages, max_tokens=max_tokens), step, before)
    text, end = heard.text, heard.end
    await _warn_of_cut(ctx, end)
    if not text:
        raise _empty(info)
    return Conversed(text=text, views=[], input_tokens=end.input_tokens, output_tokens=end.output_tokens, steps=1)


async def converse(  # noqa: PLR0913 - each argument is one choice of the caller's
    ctx: Context,
    driver: LanguageModels,
    info: ModelInfo,
    messages: Sequence[Message],
    tools: Sequence[Entry],
    *,
    functions: Sequence[Tool] = (),
    remote: Sequence[Json] = (),
    first: int = 1,
    most_steps: int = MOST_STEPS,
    max_tokens: int | None = None,
    asks: Callable[[Entry], str] | None = None,
    handing: Handing | None = None,
    spoken: bool = False,
    most_tokens: int | None = None,
    wary: bool = False,
    read: Sequence[str] = (),
) -> Conversed:
    """Let the model call operations until it answers; after `most_steps` calls of the model it answers without them.

    Its steps are numbered from `first` on.

    What it calls of the caller's `functions`, the run waits for; of `remote` tools, a person may be asked first. `asks`
    is why a person is asked before an operation, empty where nobody is; without it, what destroys is not offered.

    It may hand the conversation on by the tools of `handing`, which ends its part. `spoken` says that words of the
    answer stand before its own. What nears `most_tokens`, or what the model takes, is made shorter.

    What tools answer from outside is data: see `quarantine`. Where the conversation is `wary`, a person is asked before
    what sends out or changes something once such was read, `read` before it began included.

    Raises:
        UpstreamFailed, WorkerLost: a model call was cut twice, or answered with nothing.
        NisError: the model's own refusal. What an operation refuses goes back to the model instead.
    """
    offer = _offer(tools, functions, remote, handing, asks)
    said = _instructed(messages, offer) if offer.operations or offer.far else list(messages)
    before_it = ["an earlier tool"] if any(one.role == "tool" for one in messages) else []
    quarantine = Quarantine(ctx, wary=wary, read=[*read, *before_it])
    texts: list[str] = []
    views: list[View] = []
    files: list[Blob] = []
    ends: list[Answered] = []
    room = room_of(info, most_tokens, max_tokens)
    mending = Mending(schemas={one.name: one.parameters for one in offer.as_tools() if one not in functions})
    problems, step, handed, before = 0, first - 1, False, ""
    while not handed:
        step += 1
        if offer.any and (step >= first + most_steps or problems >= MOST_PROBLEMS):
            why = (
                f"{most_steps} steps were used"
                if step >= first + most_steps
                else f"{problems} steps in a row called tools wrongly"
            )
            await ctx.run.write(Warned(message=f"The answer is given without further tools: {why}."))
            offer = _Offer()
        told = offer.as_tools()
        fit = await fitted(ctx, driver, info, said, told, room, step)
        said = fit.messages
        ends += [fit.asked] if fit.asked else []
        prompt = Prompt(model=info.name, messages=said, tools=told, max_tokens=max_tokens, pieces=ctx.watched)
        before = "\n\n" if spoken or any(texts) else ""
        try:
            heard = await _ask(ctx, driver, info, prompt, said, step, before)
        except NisError as error:
            if not offer.any or not (error.toolless or isinstance(error, NotSupported)):
                raise
            await ctx.run.write(Warned(message=f"{info.id} answers without tools: {error.message}"))
            offer = _Offer()
            continue
        text, end = heard.text, heard.end
        await _warn_of_cut(ctx, end)
        room.counted(said, told, end.input_tokens)
        texts.append(text)
        ends.append(end)
        if not offer.any or not end.tool_calls:
            break
        said.append(
            Message(
                role="assistant",
                content=text.strip(),
                tool_calls=tuple(map(_clean, end.tool_calls)),
                reasoning=end.reasoning,
            )
        )
        done = await _carry_out(ctx, step, end.tool_calls, offer, asks, mending, quarantine)
        said += done.told
        views += done.views
        files += done.files
        handed = done.handed
        problems = problems + 1 if done.failed == len(end.tool_calls) else 0
    if not handed and not texts[-1].strip():
        texts[-1] = await _say_views(ctx, info, step, views, before)
    return Conversed(
        text="".join(texts),
        views=views,
        input_tokens=total(end.input_tokens for end in ends),
        output_tokens=total(end.output_tokens for end in ends),
        steps=step - first + 1,
        handed=handed,
        messages=said,
        files=files,
    )


def room_of(info: ModelInfo, most_tokens: int | None, max_tokens: int | None) -> Room:
    """How much the model takes, or may be told."""
    known = [one for one in (most_tokens, info.context_tokens) if one is not None]
    return Room(most=min(known, default=None), answer=max_tokens or 0)


@dataclass(frozen=True, kw_only=True)
class _Offer:
    """What a model may call."""

    operations: dict[str, Entry] = field(default_factory=dict[str, "Entry"])
    far: dict[str, Json] = field(default_factory=dict[str, Json])
    """Remote tools."""
    theirs: Sequence[Tool] = ()
    """The caller's functions."""
    handing: Handing | None = None

    @property
    def hands(self) -> Sequence[Tool]:
        """What hands the conversation on."""
        return self.handing.tools if self.handing else ()

    @property
    def any(self) -> bool:
        """Whether there is something."""
        return bool(self.operations or self.far or self.theirs or self.hands)

    def as_tools(self) -> list[Tool]:
        """As a model reads it."""
        return [*map(_tool, self.operations.values()), *as_tools(self.far.values()), *self.theirs, *self.hands]


def _offer(
    tools: Sequence[Entry],
    functions: Sequence[Tool],
    remote: Sequence[Json],
    handing: Handing | None,
    asks: Callable[[Entry], str] | None,
) -> _Offer:
    """What of these a model may be offered."""
    # What destroys waits for a person, and a log keeps no secret; a run is begun, and not waited for.
    plain = [
        entry
        for entry in tools
        if (entry.shape == "model" or (entry.shape == "run" and entry.by_words))
        and (entry.effect != "destroys" or (asks is not None and asks(entry)))
        and not entry.secret
        and entry.name not in PERSONS
    ]
    # A name that the caller has given is the caller's.
    far = _besides(remote, functions)
    return _Offer(operations={tool_name(entry): entry for entry in plain}, far=far, theirs=functions, handing=handing)


@dataclass(frozen=True, kw_only=True)
class _Done:
    """What came of a step's calls."""

    told: list[Message]
    views: list[View]
    files: list[Blob]
    failed: int
    handed: bool


async def _carry_out(  # noqa: PLR0913, PLR0917 - the calls, their place, and what there is to call
    ctx: Context,
    step: int,
    calls: Sequence[ToolCall],
    offer: _Offer,
    asks: Callable[[Entry], str] | None,
    mending: Mending,
    quarantine: Quarantine,
) -> _Done:
    """Carry out what a step calls: operations and remote tools together, then the caller's, then who hands on."""
    told: dict[int, str] = {}
    views: list[View] = []
    files: list[Blob] = []
    failed, handed = 0, False
    apart = [await mending.mend(ctx, step, call) for call in _told_apart(calls)]
    theirs, hands = {one.name for one in offer.theirs}, {one.name for one in offer.hands}
    callers = [place for place, call in enumerate(apart) if call.name in theirs]
    leaving = [place for place, call in enumerate(apart) if call.name in hands and place not in callers]
    ours = [place for place in range(len(apart)) if place not in callers and place not in leaving]
    places = iter(ours)
    chosen, read = [apart[place] for place in ours], list[str]()
    async for used in _use_all(ctx, step, chosen, offer.operations, offer.far, asks, quarantine):
        place = next(places)
        told[place] = await mending.told(ctx, step, apart[place], used.event.problem, used.told)
        read += [used.read] if used.read else []
        views += used.views
        files += files_in(used.event.result)
        failed += used.event.problem is not None
    told |= zip(callers, await answered(ctx, step, [apart[place] for place in callers]), strict=True)
    quarantine.have_read(read)
    for place in leaving:
        assert offer.handing is not None
        refused = await _hand_on(ctx, step, apart[place], offer.handing, taken=handed)
        told[place] = refused or HANDED
        handed, failed = handed or not refused, failed + bool(refused)
    messages = [Message(role="tool", content=told[place], tool_call_id=call.id) for place, call in enumerate(calls)]
    return _Done(told=messages, views=views, files=files, failed=failed, handed=handed)


async def _hand_on(ctx: Context, step: int, call: ToolCall, handing: Handing, *, taken: bool) -> str:
    """Hand the conversation on; answers what the model is told where it is not, else nothing."""
    given = _arguments(call)
    arguments = given if isinstance(given, dict) else {}
    if taken:
        refusal = InvalidRequest("The conversation was handed on already.", remedy="Hand it to one.")
    else:
        refusal = given if isinstance(given, NisError) else await handing.take(step, call, arguments)
    if refusal is None:
        return ""
    called = ToolCalled(step=step, call_id=call.id, operation=call.name, arguments=arguments)
    used = await ctx.use(called, refusal=refusal)
    return _told(_mendable(used.event.problem or {}))


async def _ask(  # noqa: PLR0913, PLR0917 - as `ask`, and what may be left out
    ctx: Context,
    driver: LanguageModels,
    info: ModelInfo,
    prompt: Prompt,
    said: list[Message],
    step: int,
    before: str,
) -> Heard:
    """Ask; a model of which nobody says that it sees may refuse for the pictures: it is asked again, and told of them.

    They are taken out of what was `said`, too.
    """
    try:
        return await ask(ctx, driver, prompt, step, before)
    except (InvalidRequest, NotSupported, UpstreamFailed) as error:
        if info.vision is not None or error.toolless or not any(one.parts for one in said):
            raise
        await ctx.run.write(Warned(message=f"{info.id} was not shown what is attached: {error.message}"))
        said[:] = [replace(one, parts=()) for one in said]
        return await ask(ctx, driver, replace(prompt, messages=said), step, before)


def tool_name(entry: Entry) -> str:
    """The operation's name as models may write it: without the dot."""
    return entry.name.replace(".", "-")


def _besides(remote: Sequence[Json], theirs: Sequence[Tool]) -> dict[str, Json]:
    """The remote tools whose names none of these has."""
    taken = {one.name for one in theirs}
    return {one["name"]: one for one in remote if one["name"] not in taken}


@lru_cache(maxsize=512)
def _tool(entry: Entry) -> Tool:
    return Tool(name=tool_name(entry), description=entry.description[:LONGEST_DESCRIPTION], parameters=entry.parameters)


def _instructed(messages: Sequence[Message], offer: _Offer) -> list[Message]:
    """The messages with ours before them; in one system message, since some models take only one."""
    first, rest = (messages[0].content, messages[1:]) if messages and messages[0].role == "system" else ("", messages)
    ours = f"{INSTRUCTIONS} {SAID}" if offer.operations else SAID
    return [Message(role="system", content=f"{ours}\n\n{first}".strip()), *rest]


# -- saying ------------------------------------------------------------------------------------------------------------


async def _warn_of_cut(ctx: Context, end: Answered) -> None:
    if end.finish_reason == "length":
        await ctx.run.write(Warned(message="The answer was cut at the model's limit of tokens."))


async def _say_views(ctx: Context, info: ModelInfo, step: int, views: Sequence[View], before: str) -> str:
    """The words of what was computed, for a model that called tools and then said nothing."""
    words = [view.text for view in views if isinstance(view, Text)]
    if not words:
        raise _empty(info)
    text = before + "\n\n".join(words)
    await ctx.run.write(Warned(message=f"{info.id} said nothing about the results; they are shown as computed."))
    await ctx.run.text(step, text)
    return text


def _empty(info: ModelInfo) -> UpstreamFailed:
    return UpstreamFailed(f"{info.id} answered with nothing.", remedy="Ask again, or choose another model.")


# -- using tools -------------------------------------------------------------------------------------------------------


async def _use_all(  # noqa: PLR0913, PLR0917 - as `_use`, of several
    ctx: Context,
    step: int,
    calls: Sequence[ToolCall],
    offered: dict[str, Entry],
    far: dict[str, Json],
    asks: Callable[[Entry], str] | None,
    quarantine: Quarantine,
) -> AsyncIterator[_Used]:
    """Carry out the calls of a step together, and answer them in their order."""
    tasks = [
        asyncio.create_task(_use(ctx, step, call, number, offered, far, asks, quarantine))
        for number, call in enumerate(calls)
    ]
    stopped: asyncio.CancelledError | None = None
    while any(not task.done() for task in tasks):
        try:
            await asyncio.wait(tasks)
        except asyncio.CancelledError as cancelled:
            # Each hears why: a call that may not be repeated is finished first, unless the run is cancelled.
            stopped = cancelled
            for task in tasks:
                task.cancel(*stopped.args)
    if stopped is not None:
        raise stopped
    for task in tasks:
        used = task.result()
        if used.views:
            await ctx.run.write(Surface(views=used.views))
        yield used


def _told_apart(calls: Sequence[ToolCall]) -> list[ToolCall]:
    """The calls with an id each, which some models forget: what was answered is known by it."""
    seen: set[str] = set()
    apart: list[ToolCall] = []
    for number, call in enumerate(calls):
        apart.append(replace(call, id=f"{call.id}-{number}") if call.id in seen else call)
        seen.add(call.id)
    return apart


def _operation(name: str, offered: dict[str, Entry]) -> str:
    """The operation that a tool's name means; an unknown name as it was written."""
    entry = offered.get(name.replace(".", "-"))
    return entry.name if entry else shorten(name, 64)


def _arguments(call: ToolCall) -> Json | NisError:
    """The arguments as an object, or why they are none."""
    text = call.arguments.strip() or "{}"
    if len(text) > LONGEST_ARGUMENTS:
        return TooLarge(f"The arguments have {len(text)} characters.", remedy=f"Give at most {LONGEST_ARGUMENTS}.")
    try:
        # Refuses what could not be written down either: NaN, and halves of characters.
        given = from_json(text, allow_inf_nan=False)
    except ValueError as error:
        return Malformed(
            f"The arguments are not JSON: {error}.", field="arguments", value=text, remedy="Write one JSON object."
        )
    if not isinstance(given, dict):
        return Malformed(
            "The arguments are not a JSON object.", field="arguments", value=text, remedy="Write one JSON object."
        )
    return cast("Json", given)


async def _use(  # noqa: PLR0913, PLR0917 - a call, its place, and what there is to call
    ctx: Context,
    step: int,
    call: ToolCall,
    number: int,
    offered: dict[str, Entry],
    far: dict[str, Json],
    asks: Callable[[Entry], str] | None,
    quarantine: Quarantine,
) -> _Used:
    """Call the operation; its refusal is the outcome too."""
    name, given = _operation(call.name, offered), _arguments(call)
    refusal = given if isinstance(given, NisError) else None
    one = far.get(call.name)
    if one is None and not any(entry.name == name for entry in offered.values()):
        refusal = NotFound(
            f"There is no tool {name!r}.",
            field="name",
            value=name,
            remedy=f"The tools are: {', '.join([*offered, *far])}.",
        )
    if number >= MOST_CALLS:
        refusal = InvalidRequest(f"A step may call {MOST_CALLS} tools.", remedy="Call this one in the next step.")
    arguments = given if isinstance(given, dict) else {}
    reason = ""
    if one is not None:
        name, reason = one["operation"], one["ask"]
        arguments = request_of(one, arguments)
    entry = next((entry for entry in offered.values() if entry.name == name), None)
    if entry is not None:
        arguments = of_asker(ctx, entry, arguments)
        reason = asks(entry) if asks is not None else ""
    reason = reason or (quarantine.asks(name, entry if one is None else None) if refusal is None else "")
    called = ToolCalled(step=step, call_id=call.id, operation=name, arguments=arguments)
    # What it calls is a model's choice: a person's own matters are none of it.
    used = await replace(ctx, chosen=True).use(called, refusal=refusal, ask=reason)
    failed = used.event.problem is not None or used.request is None
    answered = _mendable(used.event.problem or {}) if failed else used.event.result
    views = _drawn(ctx, used) if one is None and not failed else []
    if refusal is not None or not from_outside(entry if one is None else None, failed=failed):
        return _Used(event=used.event, views=views, told=_told(answered))
    await quarantine.look(name, answered)
    return _Used(event=used.event, views=views, told=quarantine.told(_told(answered)), read=name)


def _drawn(ctx: Context, used: Used) -> list[View]:
    """The result as it is looked at, with a form to call the operation again."""
    assert used.request is not None
    entry = ctx.operations.entry(used.event.operation)
    if entry.shape == "run":
        return begun.drawn(used.result)
    again = Form(
        title="Run again",
        operation=entry.name,
        request_schema=entry.request_schema,
        values=used.request.model_dump(mode="json"),
    )
    return [*ctx.operations.find(entry.name).draw(used.request, used.result), again]


def _clean(call: ToolCall) -> ToolCall:
    """A call as it may be sent back: servers refuse a conversation with arguments or names that are not well formed."""
    broken = isinstance(_arguments(call), NisError)
    name = re.sub(r"[^A-Za-z0-9_-]", "-", call.name)[:64] or "unnamed"
    return replace(call, name=name, arguments="{}" if broken or not call.arguments.strip() else call.arguments)


def _mendable(problem: Json) -> Json:
    """What of a problem helps a model to mend its call; of several wrong fields, each one."""
    several = len(problem.get("errors", ())) > 1
    names = ("code", "detail", "errors") if several else ("code", "detail", "field", "value", "remedy")
    return {"problem": {name: problem[name] for name in names if name in problem}}


def _told(result: Any) -> str:  # Any: JSON
    """A result as the model is shown it: compact JSON; what is left out is said in its place."""
    for items, characters in ((64, 4000), (16, 1000), (6, 300), (2, 80)):
        text = json.dumps(_shortened(result, items, characters), ensure_ascii=False, separators=(",", ":"))
        if len(text) <= LONGEST_RESULT:
            return text
    shown = text[: LONGEST_RESULT // 2]
    return json.dumps({"shortened": shown, "left_out": f"{len(text) - len(shown)} characters"})


def _shortened(value: Any, items: int, characters: int) -> Any:  # Any: JSON
    """Arrays with at most `items` values, from both ends, and texts with at most `characters`."""
    if isinstance(value, dict):
        members = cast("Json", value)
        return {key: _shortened(one, items, characters) for key, one in members.items()}
    if isinstance(value, list):
        values = cast("list[Any]", value)
        if len(values) > items:
            head, tail = items - items // 4, items // 4
            values = [
                *values[:head],
                f"… {len(values) - items} of {len(values)} values left out …",
                *values[len(values) - tail :],
            ]
        return [_shortened(one, items, characters) for one in values]
    if isinstance(value, str) and len(value) > characters:
        return f"{value[:characters]}… {len(value) - characters} characters left out"
    return value
