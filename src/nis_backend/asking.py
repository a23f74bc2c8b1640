"""A model is asked as a step of a run: its answer is written down as it comes, and handed out again after a crash."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from nis_backend.calling import saying_of
from nis_backend.drivers.llm.answer import Answered, Reasoning, ReasoningChunk, ToolCall, Usage
from nis_backend.errors import NisError, UpstreamFailed, WorkerLost
from nis_backend.event import ModelAnswered, ModelCalled, Surface, WantedCall

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.context import Context
    from nis_backend.drivers.llm.answer import TokenLogprob
    from nis_backend.drivers.llm.base import LanguageModels, Prompt
    from nis_backend.view import View


@dataclass(frozen=True, kw_only=True)
class Heard:
    """A model's answer: its words, what it thought as far as that is shown, and its end."""

    text: str
    thought: str
    end: Answered
    logprobs: list[dict[str, Any]]  # Any: JSON
    """Of the words' tokens, where they were asked for."""


async def ask(ctx: Context, driver: LanguageModels, prompt: Prompt, step: int, before: str = "") -> Heard:
    """Ask, and write down the words as they come, with `before` in front of the first; once more when cut.

    An answer that the run's log holds already is taken from there.
    """
    called = ModelCalled(step=step, provider=driver.provider, model=prompt.model, digest=prompt.digest())
    attempt = 1
    while True:
        told = await ctx.run.ask_model(called)
        if told is not None:
            answered = told.answered
            return Heard(text=told.text, thought=told.thought, end=_end_of(answered), logprobs=answered.logprobs)
        try:
            # What was cut may have been cut for its silence.
            pieces = ctx.watched or attempt > 1
            asked = prompt if prompt.pieces == pieces else replace(prompt, pieces=pieces)
            return await _listen(ctx, driver, asked, step, before)
        except (UpstreamFailed, WorkerLost) as error:
            if attempt > 1:
                await _refused(ctx, step, error)
                raise
            attempt += 1
            await ctx.run.retry_step(step, error.message)
        except NisError as error:
            await _refused(ctx, step, error)
            raise


async def say(ctx: Context, step: int, text: str) -> str:
    """Write down words that no model has said, such as a rule's; answers them as a policy lets them be said."""
    name = f"said {ctx.run.next_number('said')}"
    # As they were said before, whatever became of the policy.
    known, saying = ctx.run.history.note(name), await saying_of(ctx)
    said = str(known[0]) if known is not None else text if saying is None else await saying.words(text)
    if known is None and said != text:
        ctx.run.note(name, said)
    await ctx.run.text(step, said)
    return said


async def show(ctx: Context, views: Sequence[View]) -> list[View]:
    """Write down what there is to look at, if there is; answers it as a policy lets it be shown."""
    if not views:
        return []
    name = f"shown {ctx.run.next_number('shown')}"
    # As above.
    known, saying = ctx.run.history.note(name), await saying_of(ctx)
    shown = list(views)
    if known is not None:
        shown = Surface.model_validate({"views": known[0]}).views
    elif saying is not None:
        # A form is what the caller has sent, and what there is to send: no answer.
        shown = [view if view.kind == "form" else await saying.words(view) for view in views]
        if shown != list(views):
            ctx.run.note(name, Surface(views=shown).model_dump(mode="json")["views"])
    await ctx.run.write(Surface(views=shown))
    return shown


async def _listen(ctx: Context, driver: LanguageModels, prompt: Prompt, step: int, before: str) -> Heard:
    saying = await saying_of(ctx)
    words: list[str] = []
    thoughts: list[str] = []
    logprobs: list[dict[str, Any]] = []  # Any: JSON
    async with aclosing(driver.generate(prompt)) as items:
        async for item in items:
            if isinstance(item, Answered):
                if saying is not None:
                    thought = "".join(thoughts) or "\n".join(one.text for one in item.reasoning)
                    words, thoughts = [await saying.words("".join(words))], [await saying.words(thought)]
                    if thoughts[0] != thought:
                        # Nor in the form that goes back to its provider, which is signed as it was.
                        item = replace(item, reasoning=tuple(one for one in item.reasoning if not one.text))  # noqa: PLW2901
                    # A token's chance says the token.
                    logprobs = []
                    await ctx.run.thought(step, thoughts[0])
                    await ctx.run.text(step, words[0])
                await _ended(ctx, step, item, logprobs)
                return Heard(text="".join(words), thought="".join(thoughts), end=item, logprobs=logprobs)
            if isinstance(item, ReasoningChunk):
                thoughts.append(item.text)
                if saying is None:
                    await ctx.run.thought(step, item.text)
                continue
            logprobs += [{**_chance(one), "alternatives": [*map(_chance, one.alternatives)]} for one in item.logprobs]
            words.append(item.text if words else before + item.text)
            if saying is None:
                await ctx.run.text(step, words[-1], at_once=prompt.pieces)
    raise UpstreamFailed(f"{driver.provider} ended without an end to its answer.", remedy="Try again.")


def _chance(one: TokenLogprob) -> dict[str, Any]:  # Any: JSON
    return {"token": one.token, "logprob": one.logprob, "bytes": None if one.bytes is None else list(one.bytes)}


async def _ended(ctx: Context, step: int, end: Answered, logprobs: list[dict[str, Any]]) -> None:  # Any: JSON
    spent = end.spent()
    answered = ModelAnswered(
        step=step,
        finish_reason=end.finish_reason,
        input_tokens=end.input_tokens,
        output_tokens=end.output_tokens,
        cached_tokens=spent.cached,
        reasoning_tokens=spent.reasoning,
        answered_by=end.model,
        cost=end.cost,
        cache=end.cache,
        reasoning=[asdict(one) for one in end.reasoning],
        logprobs=logprobs,
        tool_calls=[WantedCall(id=one.id, name=one.name, arguments=one.arguments) for one in end.tool_calls],
    )
    await ctx.run.write(answered)


async def _refused(ctx: Context, step: int, error: NisError) -> None:
    """Write down that there is no answer, and why."""
    await ctx.run.write(ModelAnswered(step=step, finish_reason="refused", problem=error.problem()))


def _end_of(answered: ModelAnswered) -> Answered:
    """The end of an answer, as the log has it."""
    return Answered(
        finish_reason=cast("Any", answered.finish_reason),
        tool_calls=tuple(ToolCall(id=one.id, name=one.name, arguments=one.arguments) for one in answered.tool_calls),
        input_tokens=answered.input_tokens,
        output_tokens=answered.output_tokens,
        usage=Usage(
            input=answered.input_tokens,
            output=answered.output_tokens,
            cached=answered.cached_tokens,
            reasoning=answered.reasoning_tokens,
        ),
        reasoning=tuple(Reasoning(**one) for one in answered.reasoning),
        model=answered.answered_by,
        cost=answered.cost,
        cache=answered.cache,
    )
