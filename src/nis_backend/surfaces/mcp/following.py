"""How a call follows the run that it began: to the end, or to where a person is asked through the client."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Protocol

from mcp.shared.exceptions import MCPError
from mcp_types import ElicitationCapability, ElicitResult, InputRequiredResult
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from nis_backend.errors import Waiting
from nis_backend.event import Progressed, StepRetried, TextDelta, ToolCalled, Warned
from nis_backend.surfaces.mcp.questions import answer, questions
from nis_backend.surfaces.mcp.results import success

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcp.server.context import HandlerResult, ServerRequestContext
    from mcp_types import ElicitRequestedSchema

    from nis_backend.context import Context
    from nis_backend.event import Event
    from nis_backend.run import Run, RunHandle
    from nis_backend.surfaces.mcp.things import Things

    Asked = ServerRequestContext[Any, Any]  # Any: nothing is kept in the package's lifespan


class Tell(Protocol):
    """Sends the client one notification of progress; nothing when it asked for none."""

    async def __call__(self, progress: float, total: float | None = None, message: str | None = None) -> None:
        """`progress` rises with each."""
        ...


class Of(Protocol):
    """The context of a request's caller."""

    def __call__(self, asked: Asked) -> Context:
        """A fresh one."""
        ...


class Follow(Protocol):
    """What a call answers of a run that it began."""

    async def __call__(self, run: RunHandle) -> HandlerResult:
        """Wait as long as it takes."""
        ...


def is_stateless(asked: Asked) -> bool:
    """Whether the request is of the era without sessions."""
    return asked.protocol_version in MODERN_PROTOCOL_VERSIONS


def asks_persons(asked: Asked) -> bool:
    """Whether the client shows its person forms."""
    declared = asked.session.client_capabilities
    able = None if declared is None else declared.elicitation
    return able is not None and (able.form is not None or able == ElicitationCapability())


class Followed:
    """The result; what happens on the way is progress, numbered as the run's log is."""

    def __init__(self, tell: Tell, ctx: Context, *, reads: bool) -> None:
        self._tell = tell
        self._ctx = ctx
        self._reads = reads
        self.after = 0
        """The last event that was told."""

    async def __call__(self, run: RunHandle) -> HandlerResult:
        """Its result.

        Raises:
            Waiting: it waits for a person.
        """
        if self._reads:
            async for event in run.follow(self.after, waits=False):
                self.after = event.seq
                word = word_of(event)
                if word:
                    # The number always rises. Where the run says how far it is, the total is such that both agree.
                    fraction = event.body.fraction if isinstance(event.body, Progressed) else 0
                    await self._tell(event.seq, event.seq / fraction if fraction else None, word)
        return await success(await run.result(), self._ctx)


class Asking:
    """The result; where the run waits for a person, the client's is asked in between."""

    def __init__(self, asked: Asked, followed: Followed, ctx: Context, things: Things) -> None:
        self._asked = asked
        self._followed = followed
        self._ctx = ctx
        self._things = things

    async def __call__(self, run: RunHandle) -> HandlerResult:
        """Its result, or in the stateless era what the person is asked, with the run as the state.

        Raises:
            Waiting: it waits for a person who said nothing.
        """
        while True:
            try:
                return await self._followed(run)
            except Waiting:
                now = await self._ctx.runs.get(run.id)
                wanted = questions(now)
                if is_stateless(self._asked) and wanted:
                    told = {"inputRequests": wanted, "requestState": run.id}
                    return InputRequiredResult.model_validate({"resultType": "input_required", **told})
                if now.state == "waiting" and not await self._asked_all(now, wanted):
                    raise

    async def _asked_all(self, now: Run, wanted: Mapping[str, Any]) -> bool:
        """Whether the run goes on: the client's person has answered, or somebody elsewhere, which ends the asking."""
        moving = asyncio.ensure_future(_moved(self._ctx, now))
        asking = asyncio.ensure_future(self._responses(wanted))
        try:
            await asyncio.wait({moving, asking}, return_when=asyncio.FIRST_COMPLETED)
            return moving.done() or await answer(self._things, self._ctx, now, asking.result())
        finally:
            for one in (moving, asking):
                one.cancel()
            await asyncio.gather(moving, asking, return_exceptions=True)

    async def _responses(self, wanted: Mapping[str, Any]) -> dict[str, Any]:
        return {key: await self._ask(one["params"]) for key, one in wanted.items()}

    async def _ask(self, params: dict[str, Any]) -> dict[str, Any]:  # Any: JSON
        schema: ElicitRequestedSchema = params["requestedSchema"]
        try:
            told: ElicitResult = await self._asked.session.elicit_form(
                params["message"], schema, related_request_id=self._asked.request_id
            )
        except MCPError:
            # It could not ask: nobody has said anything.
            return {}
        return told.model_dump(mode="json")


async def _moved(ctx: Context, run: Run) -> None:
    """Return when something has happened in the run."""
    async for _ in ctx.runs.follow(run.id, run.last_seq, live=False):
        return


def word_of(event: Event) -> str:
    """What a person who waits would like to read of an event; empty for the rest."""
    match event.body:
        case TextDelta(text=text):
            return text
        case Progressed(message=message, fraction=fraction):
            return message or f"{fraction:.0%}"
        case ToolCalled(operation=name):
            return f"Calling {name}"
        case Warned(message=message):
            return message
        case StepRetried(reason=reason):
            return f"Again: {reason}"
        case _:
            return ""
