"""The protocol package's request handler on runs: whatever transport calls it, a task is a run.

It keeps nothing: tasks, queues and subscriptions of the package are not used, because the log is all of them.
"""

from __future__ import annotations

import asyncio
import re
from contextlib import aclosing, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Never

from a2a.server.request_handlers.request_handler import RequestHandler
from a2a.types.a2a_pb2 import (
    TASK_STATE_UNSPECIFIED,
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
from a2a.utils.constants import DEFAULT_LIST_TASKS_PAGE_SIZE, MAX_LIST_TASKS_PAGE_SIZE
from a2a.utils.errors import (
    A2AError,
    InternalError,
    InvalidParamsError,
    PushNotificationNotSupportedError,
    TaskNotCancelableError,
    TaskNotFoundError,
    UnsupportedOperationError,
)
from a2a.utils.proto_utils import validate_proto_required_fields
from google.protobuf.json_format import MessageToDict

from nis_backend.drivers.store.base import cursor_of, place_of
from nis_backend.errors import Conflict, InvalidRequest, NisError, NotFound, NotSupported
from nis_backend.event import Surface
from nis_backend.surfaces.a2a.request import catalogs, chat_request, wrong
from nis_backend.surfaces.a2a.task import STATES, TaskFold, context_id, draw_a2ui, draw_text, listed
from nis_backend.surfaces.a2a.wire import A2UI, describe

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator, Mapping

    from a2a.server.context import ServerCallContext
    from a2a.server.events.event_queue import Event as ProtocolEvent
    from google.protobuf.message import Message as ProtoMessage

    from nis_backend.context import Context
    from nis_backend.event import Event
    from nis_backend.operation import Json
    from nis_backend.run import Run, RunHandle
    from nis_backend.surfaces.a2a.task import Draw, Update
    from nis_backend.surfaces.base import Process

    Numbered = tuple[int, ProtocolEvent]
    """An event of a stream, and the number in the log up to which it tells."""

CANCEL_SECONDS = 5.0
"""How long CancelTask waits for the task to have stopped, before it answers the task as it is."""

CALLER = "caller"
"""Key in `ServerCallContext.state`: the `Caller`, which a transport has authenticated."""
METADATA = "metadata"
"""Key in `ServerCallContext.state`: the metadata of a request that has no message."""

FIELDS: Mapping[str, str] = {
    "message": "message.parts",
    "conversation_id": "message.contextId",
    "call": "message.parts",
    "call.operation": "message.parts",
    "operation": "message.parts",
    "after": "lastSeq",
}
"""Fields of our requests, by the names that a client of the protocol knows them under."""


class Failure(InternalError):
    """A failure that the protocol has no error for; a transport of ours says which."""

    def __init__(self, error: NisError) -> None:
        super().__init__(f"{error.message} {error.remedy}".strip())  # pyright: ignore[reportUnknownMemberType] - its bare dict
        self.error = error


class RunHandler(RequestHandler):
    """Tasks are runs, contexts are conversations. A message begins a turn of the chat."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._starting: set[asyncio.Task[RunHandle]] = set()

    def _context(self, call: ServerCallContext) -> Context:
        return self._process.context(call.state[CALLER])

    # -- messages -----------------------------------------------------------------------------------------------------

    async def on_message_send(self, params: SendMessageRequest, context: ServerCallContext) -> Task:
        """The task when its turn has ended or waits for a person, or at once with `returnImmediately`."""
        ctx = self._context(context)
        handle = await self._start(params, ctx)
        with _told():
            fold = TaskFold(await ctx.runs.get(handle.id), _draw(context, params.message))
            if not params.configuration.return_immediately:
                async for event in ctx.runs.follow(handle.id, live=False, waits=False):
                    await _apply(fold, event)
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
        ctx = self._context(call)
        handle = await self._start(params, replace(ctx, follows=True))
        with _told():
            fold = TaskFold(await ctx.runs.get(handle.id), _draw(call, params.message))
        # It ends where the task waits for a person, too (specification, 11.7): what it waits for is a message.
        async with aclosing(_follow(ctx, fold, _history_length(params.configuration), waits=False)) as events:
            async for numbered in events:
                yield numbered

    async def _start(self, params: SendMessageRequest, ctx: Context) -> RunHandle:
        _check(params)
        if params.configuration.HasField("task_push_notification_config"):
            raise PushNotificationNotSupportedError
        _history_length(params.configuration)
        message = params.message
        with _told(FIELDS):
            request = {
                **chat_request(message, self._process.operations),
                "conversation_id": await _conversation(message, ctx) or None,
            }
            # A client that leaves now must not leave a run that is written down and never carried out.
            starting = asyncio.ensure_future(ctx.call_named("chat.send_message", request))
            self._starting.add(starting)
            starting.add_done_callback(self._starting.discard)
            return await asyncio.shield(starting)

    # -- tasks --------------------------------------------------------------------------------------------------------

    async def on_get_task(self, params: GetTaskRequest, context: ServerCallContext) -> Task:
        """The task as it is now, its artifacts included."""
        _check(params)
        history_length = _history_length(params)
        with _told():
            ctx = self._context(context)
            fold = TaskFold(await ctx.runs.get(params.id), _draw(context))
            await _catch_up(ctx, fold)
        return fold.task(history_length)

    async def on_list_tasks(self, params: ListTasksRequest, context: ServerCallContext) -> ListTasksResponse:
        """The caller's tasks, the last changed first; without artifacts their logs are not read."""
        size = params.page_size if params.HasField("page_size") else DEFAULT_LIST_TASKS_PAGE_SIZE
        if not 1 <= size <= MAX_LIST_TASKS_PAGE_SIZE:
            raise wrong("pageSize", f"{size} is not between 1 and {MAX_LIST_TASKS_PAGE_SIZE}.")
        history_length = _history_length(params)
        ctx = self._context(context)
        where = {"conversation_id": params.context_id} if params.context_id else {}
        since = (
            params.status_timestamp_after.ToMilliseconds() / 1000 if params.HasField("status_timestamp_after") else None
        )
        before = _place(params.page_token)
        states = [state for state, known in STATES.items() if params.status == known]
        if states:
            where["state"] = states[0]
        runs: list[Run] = []
        total = 0
        with _told():
            # A state that no run is ever in has no tasks; an unspecified one is no filter.
            if states or params.status == TASK_STATE_UNSPECIFIED:
                runs = await ctx.runs.list(where=where, before=before, limit=size + 1, order="updated", since=since)
                total = await ctx.runs.count(where=where, order="updated", since=since)
            page = runs[:size]
            tasks = [await self._listed(run, params, ctx, context, history_length) for run in page]
        return ListTasksResponse(
            tasks=tasks,
            next_page_token=cursor_of(page[-1].updated, page[-1].id) if len(runs) > size else "",
            page_size=size,
            total_size=total,
        )

    async def _listed(
        self, run: Run, params: ListTasksRequest, ctx: Context, call: ServerCallContext, history_length: int | None
    ) -> Task:
        if not params.include_artifacts:
            return listed(run, history_length)
        fold = TaskFold(run, _draw(call))
        await _catch_up(ctx, fold)
        return fold.task(history_length)

    async def on_cancel_task(self, params: CancelTaskRequest, context: ServerCallContext) -> Task:
        """Stop the task; answers it once it has stopped, or as it is after a few seconds."""
        _check(params)
        ctx = self._context(context)
        with _told():
            try:
                await ctx.call_named("runs.cancel_run", {"id": params.id})
            except Conflict as ended:
                raise TaskNotCancelableError(ended.message, data={"taskId": params.id}) from None
            fold = TaskFold(await ctx.runs.get(params.id), _draw(context))
            try:
                async with asyncio.timeout(CANCEL_SECONDS):
                    async for event in ctx.runs.follow(params.id, live=False):
                        await _apply(fold, event)
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
        _check(params)
        ctx = self._context(call)
        with _told(FIELDS):
            run = await ctx.runs.get(params.id)
            if last_seq is None and run.finished:
                raise UnsupportedOperationError(
                    f"Task {run.id} has ended: {run.state}. Get it with GetTask, or replay it with lastSeq.",
                    data={"taskId": run.id},
                )
            if last_seq is not None and last_seq > run.last_seq:
                raise wrong("lastSeq", f"Task {run.id} has {run.last_seq} events; there is none after {last_seq}.")
        fold = TaskFold(run, _draw(call))
        await _catch_up(ctx, fold, run.last_seq if last_seq is None else last_seq)
        async with aclosing(_follow(ctx, fold, None)) as events:
            async for numbered in events:
                yield numbered

    # -- what this agent does not offer -------------------------------------------------------------------------------

    async def on_create_task_push_notification_config(
        self, params: TaskPushNotificationConfig, context: ServerCallContext
    ) -> TaskPushNotificationConfig:
        """Refused."""
        _refuse_push(params, context)

    async def on_get_task_push_notification_config(
        self, params: GetTaskPushNotificationConfigRequest, context: ServerCallContext
    ) -> TaskPushNotificationConfig:
        """Refused."""
        _refuse_push(params, context)

    async def on_list_task_push_notification_configs(
        self, params: ListTaskPushNotificationConfigsRequest, context: ServerCallContext
    ) -> ListTaskPushNotificationConfigsResponse:
        """Refused."""
        _refuse_push(params, context)

    async def on_delete_task_push_notification_config(
        self, params: DeleteTaskPushNotificationConfigRequest, context: ServerCallContext
    ) -> None:
        """Refused."""
        _refuse_push(params, context)

    async def on_get_extended_agent_card(
        self, params: GetExtendedAgentCardRequest, context: ServerCallContext
    ) -> AgentCard:
        """Refused: the card declares none (specification, 3.3.4)."""
        del params, context
        raise UnsupportedOperationError("The public agent card is the whole card.")


def _refuse_push(*_: object) -> Never:
    raise PushNotificationNotSupportedError(
        "This agent sends no push notifications: subscribe to the task, or get it later."
    )


async def _follow(
    ctx: Context, fold: TaskFold, history_length: int | None, *, waits: bool = True
) -> AsyncGenerator[Numbered]:
    """The task as far as it was folded, then the updates of what comes after."""
    yield fold.last_seq, fold.task(history_length)
    with _told():
        async for event in ctx.runs.follow(fold.run.id, fold.last_seq, waits=waits):
            update = await _apply(fold, event)
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
            await _apply(fold, event)


async def _apply(fold: TaskFold, event: Event) -> Update | None:
    if isinstance(event.body, Surface):
        # The first surface loads the package that validates it.
        return await asyncio.to_thread(fold.apply, event)
    return fold.apply(event)


async def _conversation(message: Message, ctx: Context) -> str:
    """The context that a message belongs to; empty when it begins one."""
    if not message.task_id:
        if message.context_id or not message.reference_task_ids:
            return message.context_id
        # Said about a task without naming its context: it is that one.
        return context_id(await ctx.runs.get(message.reference_task_ids[0]))
    run = await ctx.runs.get(message.task_id)
    context = context_id(run)
    if message.context_id and message.context_id != context:
        raise wrong("message.contextId", f"Task {run.id} belongs to another context than {message.context_id!r}.")
    state = f"has ended: {run.state}" if run.finished else "is under way and takes no messages"
    raise UnsupportedOperationError(
        f"Task {run.id} {state}. A message with contextId {context!r} and no taskId begins the next task.",
        data={"taskId": run.id, "contextId": context},
    )


def _draw(call: ServerCallContext, message: Message | None = None) -> Draw:
    """How this client sees surfaces."""
    if A2UI not in call.requested_extensions:
        return draw_text
    metadata: dict[str, Any] = MessageToDict(message.metadata) if message else call.state.get(METADATA, {})
    return draw_a2ui(catalogs(metadata))


def _history_length(params: Any) -> int | None:  # Any: the package's requests share this field and no class
    if not params.HasField("history_length"):
        return None
    if params.history_length < 0:
        raise wrong("historyLength", f"{params.history_length} is less than 0.")
    return int(params.history_length)


def _place(token: str) -> tuple[float, str] | None:
    try:
        return place_of(token) if token else None
    except InvalidRequest:
        raise wrong("pageToken", "It is not the nextPageToken of a list.") from None


def _check(params: ProtoMessage) -> None:
    """Refuse a request that lacks a required field, by the field's name on the wire.

    Raises:
        InvalidParamsError: naming each of them.
    """
    try:
        validate_proto_required_fields(params)
    except InvalidParamsError as error:
        missing = [
            {"field": camel(one["field"]), "message": one["message"]} for one in data_of(error).get("errors", ())
        ]
        names = ", ".join(one["field"] for one in missing)
        raise InvalidParamsError(f"Missing, empty or unknown: {names}.", data={"errors": missing}) from None


def data_of(error: A2AError) -> Json:
    """What is said about an error beside its message; the package types it as a bare dict."""
    return vars(error)["data"] or {}


def camel(path: str) -> str:
    """`message.message_id` as the wire has it: `message.messageId`."""
    return re.sub(r"_([a-z])", lambda letter: letter[1].upper(), path)


@contextmanager
def _told(fields: Mapping[str, str] | None = None) -> Generator[None]:
    """Failures of ours as the protocol's; `fields` renames the fields at fault."""
    try:
        yield
    except NisError as error:
        raise as_protocol(error, fields or {}) from error


def as_protocol(error: NisError, fields: Mapping[str, str]) -> A2AError:
    """The protocol's error for a failure of ours."""
    text = f"{error.message} {error.remedy}".strip()
    if isinstance(error, NotFound) and error.field == "id":
        return TaskNotFoundError(text, data={"taskId": error.value or ""})
    if isinstance(error, NotSupported):
        return UnsupportedOperationError(text)
    if isinstance(error, InvalidRequest | NotFound):
        some = [(wrong.field, describe(wrong)) for wrong in error.fields] or [(error.field or "", text)]
        named = [{"field": fields.get(field, field), "message": description} for field, description in some]
        return InvalidParamsError(text, data={"errors": named})
    return Failure(error)
