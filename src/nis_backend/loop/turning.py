"""The agent loop: a model talks and chooses operations, they compute, and it talks again, a bounded number of times."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from nis_backend.asking import Heard, ask, say
from nis_backend.drivers.llm.answer import Answered, total
from nis_backend.drivers.llm.base import Message, Prompt, Tool
from nis_backend.errors import InvalidRequest, NisError, NotSupported, UpstreamFailed
from nis_backend.event import Warned
from nis_backend.loop.compacting import fitted, room_of
from nis_backend.loop.mending import Mending
from nis_backend.loop.offering import Offer, instructed, offer_of
from nis_backend.loop.quarantine import Quarantine
from nis_backend.loop.using import as_sent_back, carry_out
from nis_backend.view import Text, View

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.blob import Blob
    from nis_backend.context import Context
    from nis_backend.drivers.llm.base import LanguageModels, ModelInfo
    from nis_backend.entry import Entry
    from nis_backend.loop.handing import Handing

# Any: a JSON object's values differ in type.
Json = dict[str, Any]

MOST_STEPS = 8
MOST_PROBLEMS = 3
"""Steps in a row of which every call failed; the model then answers without tools."""


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
    read: Sequence[str] = ()
    """What was read that somebody else may have written."""


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
    offer = offer_of(tools, functions, remote, handing, asks)
    said = instructed(messages, offer) if offer.operations or offer.far else list(messages)
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
            offer = Offer()
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
            offer = Offer()
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
                tool_calls=tuple(map(as_sent_back, end.tool_calls)),
                reasoning=end.reasoning,
            )
        )
        done = await carry_out(ctx, step, end.tool_calls, offer, asks, mending, quarantine)
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
        read=quarantine.read,
    )


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
    return await say(ctx, step, text)


def _empty(info: ModelInfo) -> UpstreamFailed:
    return UpstreamFailed(f"{info.id} answered with nothing.", remedy="Ask again, or choose another model.")
