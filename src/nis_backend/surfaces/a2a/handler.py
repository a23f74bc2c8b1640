"""The protocol package's request handler on runs: whatever transport calls it, a task is a run.

It keeps nothing: tasks, queues and subscriptions of the package are not used, because the log is all of them.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from a2a.types.a2a_pb2 import (
    AgentCard,
    CancelTaskRequest,
    DeleteTaskPushNotificationConfigRequest,
    GetExtendedAgentCardRequest,
    GetTaskPushNotificationConfigRequest,
    GetTaskRequest,
    ListTaskPushNotificationConfigsRequest,
    ListTaskPushNotificationConfigsResponse,
    ListTasksRequest,
    ListTasksResponse,
    Message,
    SendMessageRequest,
    SubscribeToTaskRequest,
    Task,
    TaskPushNotificationConfig,
)
from a2a.utils.errors import (
    TaskNotCancelableError,
    UnsupportedOperationError,
)
from google.protobuf.json_format import MessageToDict, ParseDict

from nis_backend.calling import authorise
from nis_backend.errors import Conflict, Forbidden
from nis_backend.event import Surface
from nis_backend.surfaces.a2a import pushes
from nis_backend.surfaces.a2a.agents import named
from nis_backend.surfaces.a2a.card import Shown, agent_card
from nis_backend.surfaces.a2a.drawing import draw_a2ui, draw_text
from nis_backend.surfaces.a2a.failures import FIELDS, check, told
from nis_backend.surfaces.a2a.inline import InlineFold
from nis_backend.surfaces.a2a.listing import page_of
from nis_backend.surfaces.a2a.replies import reply
from nis_backend.surfaces.a2a.request import catalogs, chat_request, wrong
from nis_backend.surfaces.a2a.task import TaskFold, context_id, listed
from nis_backend.surfaces.a2a.wire import A2UI
from nis_backend.surfaces.a2ui.contents import contents_of
from nis_backend.surfaces.waiting import whole

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from a2a.server.context import ServerCallContext
    from a2a.server.events.event_queue import Event as ProtocolEvent
    from a2a.server.request_handlers.request_handler import RequestHandler

    from nis_backend.context import Context
    from nis_backend.event import Event
    from nis_backend.run import Run, RunHandle
    from nis_backend.surfaces.a2a.drawing import Draw
    from nis_backend.surfaces.a2a.task import Update
    from nis_backend.surfaces.base import Process

    Numbered = tuple[int, ProtocolEvent]
    """An event of a stream, and the number in the log up to which it tells."""
else:
    # Its package would load with it: stores that are not used here, SQLAlchemy where that is installed, 30 MB in all.
    RequestHandler = object

COMMANDS = "runs.cancel_run"
"""Who may stop a run may say where its updates go."""
CANCEL_SECONDS = 5.0
"""How long CancelTask waits for the task to have stopped, before it answers the task as it is."""

CALLER = "caller"
"""Key in `ServerCallContext.state`: the `Caller`, which a transport has authenticated."""
BASE = "base"
"""Key in `ServerCallContext.state`: this server's address as the client knows it, for links."""
AGENT = "agent"
"""Key in `ServerCallContext.state`: the agent whose address was called, where it is one's own."""
OLDER = "older"
"""Key in `ServerCallContext.state`: whether 0.3 is spoken."""
METADATA = "metadata"
"""Key in `ServerCallContext.state`: the metadata of a request that has no message."""


class RunHandler(RequestHandler):
    """Tasks are runs, contexts are conversations. A message begins a turn of the chat, or an agent's run."""

    def __init__(self, process: Process) -> None:
        self._process = process

    def _context(self, call: ServerCallContext, operation: str = "") -> Context:
        """What a call may use; what it does without calling an operation is that one's to allow."""
        ctx = self._process.context(call.state[CALLER])
        if operation:
            with told():
                authorise(self._process.operations.entry(operation), ctx)
        return ctx

    # -- messages -----------------------------------------------------------------------------------------------------

    async def on_message_send(self, params: SendMessageRequest, context: ServerCallContext) -> Task:
        """The task when its turn has ended or waits for a person, or at once with `returnImmediately`."""
        ctx = self._context(context)
        fold = await self._said(params, ctx, context)
        with told():
            if not params.configuration.return_immediately:
                async for event in ctx.runs.follow(fold.run.id, fold.last_seq, live=False, waits=False):
                    await _apply(ctx, fold, event)
        return fold.task(_history_length(params.configuration))

    async def on_message_send_stream(
        self, params: SendMessageRequest, context: ServerCallContext
    ) -> AsyncGenerator[ProtocolEvent]:
        """The task, then every update up to the end of the turn."""
        async with aclosing(self.stream(params, context)) as events:
            async for _, event in events:
                yield event

    async def stream(self, params: SendMessageRequest, call: ServerCallContext) -> AsyncGenerator[Numbered]:
        """`on_message_send_stream`, each event with its number."""
        ctx = replace(self._context(call), follows=True)
        fold = await self._said(params, ctx, call)
        # It ends where the task waits for a person, too (specification, 11.7): what it waits for is a message.
        async with aclosing(_follow(ctx, fold, _history_length(params.configuration), waits=False)) as events:
            async for numbered in events:
                yield numbered

    async def _said(self, params: SendMessageRequest, ctx: Context, call: ServerCallContext) -> TaskFold:
        """The task that the message begins, or the one that waited for it, as it was before."""
        check(params)
        _history_length(params.configuration)
        message = params.message
        pushed = params.configuration.HasField("task_push_notification_config")
        config = params.configuration.task_push_notification_config
        with told(FIELDS):
            if pushed:
                pushes.check(config, ctx, "configuration.taskPushNotificationConfig.")
            if message.task_id:
                fold = await self._replied(message, ctx, call)
                if pushed:
                    await self._push(config, fold.run, fold.last_seq, ctx, call)
                return fold
            agent = await named(call.state.get(AGENT, "") or params.tenant, ctx)
            request = {
                **chat_request(message, self._process.operations),
                "conversation_id": await _conversation(message, ctx) or None,
            }
            if agent.kept is not None:
                # Its runs are in no conversation unless they are told to begin one: a task has a context here.
                begins = request["conversation_id"] is None
                request = agent.kept.request({**request, "begins": begins}, ctx)
            handle: RunHandle = await whole(ctx.call_named(agent.operation, request))
            fold = _fold(await ctx.runs.get(handle.id), call, message)
            fold.reader = handle.reader
            if pushed:
                await self._push(config, fold.run, 0, ctx, call)
            return fold

    async def _replied(self, message: Message, ctx: Context, call: ServerCallContext) -> TaskFold:
        run = await ctx.runs.get(message.task_id)
        if message.context_id and message.context_id != context_id(run):
            raise wrong("message.contextId", f"Task {run.id} belongs to another context than {message.context_id!r}.")
        if run.state != "waiting":
            state = f"has ended: {run.state}" if run.finished else "is under way and takes no messages"
            raise UnsupportedOperationError(
                f"Task {run.id} {state}. A message with contextId {context_id(run)!r} and no taskId begins the next.",
                data={"taskId": run.id, "contextId": context_id(run)},
            )
        operation, request = reply(message, run)
        fold = _fold(run, call, message)
        await _catch_up(ctx, fold, run.last_seq)
        await whole(ctx.call_named(operation, request))
        return fold

    # -- tasks --------------------------------------------------------------------------------------------------------

    async def on_get_task(self, params: GetTaskRequest, context: ServerCallContext) -> Task:
        """The task as it is now, its artifacts included."""
        check(params)
        history_length = _history_length(params)
        with told():
            ctx = self._context(context, "runs.get_run")
            fold = _fold(await ctx.runs.get(params.id), context)
            await _catch_up(ctx, fold)
        return fold.task(history_length)

    async def on_list_tasks(self, params: ListTasksRequest, context: ServerCallContext) -> ListTasksResponse:
        """The caller's tasks, the last changed first; without artifacts their logs are not read."""
        history_length = _history_length(params)
        with told():
            ctx = self._context(context, "runs.list_runs")
            page = await page_of(params, ctx)
            tasks = [await self._listed(run, params, ctx, context, history_length) for run in page.runs]
        return ListTasksResponse(
            tasks=tasks,
            next_page_token=page.next,
            page_size=page.size,
            total_size=page.total,
        )

    async def _listed(
        self, run: Run, params: ListTasksRequest, ctx: Context, call: ServerCallContext, history_length: int | None
    ) -> Task:
        if params.include_artifacts:
            # What a rule holds back of one task's log holds back no list.
            with suppress(Forbidden):
                fold = _fold(run, call)
                await _catch_up(ctx, fold)
                return fold.task(history_length)
        return listed(run, history_length, call.state.get(BASE, ""))

    async def on_cancel_task(self, params: CancelTaskRequest, context: ServerCallContext) -> Task:
        """Stop the task; answers it once it has stopped, or as it is after a few seconds."""
        check(params)
        ctx = self._context(context)
        with told():
            try:
                await ctx.call_named("runs.cancel_run", {"id": params.id})
            except Conflict as ended:
                raise TaskNotCancelableError(ended.message, data={"taskId": params.id}) from None
            fold = _fold(await ctx.runs.get(params.id), context)
            try:
                async with asyncio.timeout(CANCEL_SECONDS):
                    async for event in ctx.runs.follow(params.id, live=False):
                        await _apply(ctx, fold, event)
            except TimeoutError:
                pass
        return fold.task()

    async def on_subscribe_to_task(
        self, params: SubscribeToTaskRequest, context: ServerCallContext
    ) -> AsyncGenerator[ProtocolEvent]:
        """The task as it is now, then every update up to its end."""
        async with aclosing(self.subscribe(params, context)) as events:
            async for _, event in events:
                yield event

    async def subscribe(
        self, params: SubscribeToTaskRequest, call: ServerCallContext, last_seq: int | None = None
    ) -> AsyncGenerator[Numbered]:
        """`on_subscribe_to_task`, each event with its number.

        With `last_seq`, our extension: the task as it was at that event, then every update after it, also when the
        task has ended. What the task shows and what follows it never overlap.
        """
        check(params)
        ctx = self._context(call, "runs.stream_events")
        with told(FIELDS):
            run = await ctx.runs.get(params.id)
            if last_seq is None and run.finished:
                raise UnsupportedOperationError(
                    f"Task {run.id} has ended: {run.state}. Get it with GetTask, or replay it with lastSeq.",
                    data={"taskId": run.id},
                )
            if last_seq is not None and last_seq > run.last_seq:
                raise wrong("lastSeq", f"Task {run.id} has {run.last_seq} events; there is none after {last_seq}.")
            await ctx.runs.admit(run.id)
            fold = _fold(run, call)
            await _catch_up(ctx, fold, run.last_seq if last_seq is None else last_seq)
        async with aclosing(_follow(ctx, fold, None)) as events:
            async for numbered in events:
                yield numbered

    # -- push notifications -------------------------------------------------------------------------------------------

    async def on_create_task_push_notification_config(
        self, params: TaskPushNotificationConfig, context: ServerCallContext
    ) -> TaskPushNotificationConfig:
        """Send what happens to the task from now on to an address."""
        check(params)
        ctx = self._context(context, COMMANDS)
        with told():
            run = await ctx.runs.get(params.task_id)
            pushes.check(params, ctx)
            return await self._push(params, run, run.last_seq, ctx, context)

    async def _push(
        self, config: TaskPushNotificationConfig, run: Run, after: int, ctx: Context, call: ServerCallContext
    ) -> TaskPushNotificationConfig:
        older = bool(call.state.get(OLDER))
        made = await pushes.create(config, run, after, ctx, call.state.get(BASE, ""), older=older)
        self._process.pushing.set()
        return made

    async def on_get_task_push_notification_config(
        self, params: GetTaskPushNotificationConfigRequest, context: ServerCallContext
    ) -> TaskPushNotificationConfig:
        """One of a task's, without its secrets."""
        check(params)
        ctx = self._context(context, "runs.get_run")
        with told():
            return await pushes.get(await ctx.runs.get(params.task_id), params.id, ctx)

    async def on_list_task_push_notification_configs(
        self, params: ListTaskPushNotificationConfigsRequest, context: ServerCallContext
    ) -> ListTaskPushNotificationConfigsResponse:
        """All of a task's: they are few, and one page."""
        check(params)
        ctx = self._context(context, "runs.get_run")
        with told():
            configs = await pushes.listed(await ctx.runs.get(params.task_id), ctx)
        return ListTaskPushNotificationConfigsResponse(configs=configs)

    async def on_delete_task_push_notification_config(
        self, params: DeleteTaskPushNotificationConfigRequest, context: ServerCallContext
    ) -> None:
        """Send nothing there any more."""
        check(params)
        ctx = self._context(context, COMMANDS)
        with told():
            await pushes.delete(await ctx.runs.get(params.task_id), params.id, ctx)

    # -- the agent ----------------------------------------------------------------------------------------------------

    async def on_get_extended_agent_card(
        self, params: GetExtendedAgentCardRequest, context: ServerCallContext
    ) -> AgentCard:
        """The card with a skill for each operation that the caller may call."""
        caller, settings = context.state[CALLER], self._process.settings
        entries = [entry for entry in self._process.operations.entries() if not caller.lacks(entry.scopes)]
        with told():
            agent = await named(context.state.get(AGENT, "") or params.tenant, self._context(context))
        older = bool(context.state.get(OLDER))
        shown = Shown(agent=agent, base=context.state.get(BASE, ""), older=older, extended=True)
        return ParseDict(agent_card(settings, entries, shown), AgentCard(), ignore_unknown_fields=True)


async def _follow(
    ctx: Context, fold: TaskFold, history_length: int | None, *, waits: bool = True
) -> AsyncGenerator[Numbered]:
    """The task as far as it was folded, then the updates of what comes after."""
    yield fold.last_seq, fold.task(history_length)
    with told():
        async for event in ctx.runs.follow(fold.run.id, fold.last_seq, waits=waits):
            update = await _apply(ctx, fold, event)
            if update is not None:
                yield event.seq, update


async def _catch_up(ctx: Context, fold: TaskFold, last: int | None = None) -> None:
    """Fold what is committed, up to and including `last`."""
    while last is None or fold.last_seq < last:
        events = await ctx.runs.events(fold.run.id, fold.last_seq)
        if not events:
            return
        for event in events:
            if last is not None and event.seq > last:
                return
            await _apply(ctx, fold, event)


async def _apply(ctx: Context, fold: TaskFold, event: Event) -> Update | None:
    if isinstance(event.body, Surface):
        if fold.draws:
            # A surface's images are fetched without a key: small ones travel with it.
            fold.contents |= await contents_of(event.body.views, ctx.blobs)
        # The first surface loads the package that validates it.
        return await asyncio.to_thread(fold.apply, event)
    return fold.apply(event)


async def _conversation(message: Message, ctx: Context) -> str:
    """The context that a message belongs to; empty when it begins one."""
    if message.context_id or not message.reference_task_ids:
        return message.context_id
    # Said about a task without naming its context: it is that one.
    return context_id(await ctx.runs.get(message.reference_task_ids[0]))


def _fold(run: Run, call: ServerCallContext, message: Message | None = None) -> TaskFold:
    """The task, as this client sees it."""
    kind = InlineFold if _is_inline(call) else TaskFold
    return kind(run, _draw(call, message), call.state.get(BASE, ""))


def _is_inline(call: ServerCallContext) -> bool:
    return bool(call.state.get(OLDER)) and A2UI in call.requested_extensions


def _draw(call: ServerCallContext, message: Message | None = None) -> Draw:
    """How this client sees surfaces."""
    if A2UI not in call.requested_extensions:
        return draw_text
    metadata: dict[str, Any] = MessageToDict(message.metadata) if message else call.state.get(METADATA, {})
    return draw_a2ui(catalogs(metadata), apart=_is_inline(call))


def _history_length(params: Any) -> int | None:  # Any: the package's requests share this field and no class
    if not params.HasField("history_length"):
        return None
    if params.history_length < 0:
        raise wrong("historyLength", f"{params.history_length} is less than 0.")
    return int(params.history_length)
