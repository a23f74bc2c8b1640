"""Notices of change: a stream of them that a client listens to."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal, cast

from mcp.shared.subscriptions import SUBSCRIPTION_ID_META_KEY
from mcp_types import (
    Notification,
    NotificationParams,
    PromptListChangedNotification,
    ResourceListChangedNotification,
    ResourceUpdatedNotification,
    ResourceUpdatedNotificationParams,
    SubscriptionFilter,
    SubscriptionsAcknowledgedNotification,
    SubscriptionsAcknowledgedNotificationParams,
    SubscriptionsListenRequestParams,
    SubscriptionsListenResult,
)

from nis_backend.errors import Busy, Forbidden, InternalError, NisError, NotFound
from nis_backend.event import (
    Approved,
    CancelledRun,
    Failed,
    InputProvided,
    PauseRequested,
    Rejected,
    Released,
    ResumeRequested,
    Started,
    Succeeded,
)
from nis_backend.surfaces.mcp.following import asks_persons
from nis_backend.surfaces.mcp.resources import run_of
from nis_backend.surfaces.mcp.results import refused
from nis_backend.surfaces.mcp.tasks import detailed, refuse_undeclared

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine

    from mcp.server.lowlevel.server import Server

    from nis_backend.context import Context
    from nis_backend.surfaces.base import Closing
    from nis_backend.surfaces.mcp.following import Asked, Of
    from nis_backend.surfaces.mcp.things import Things

    Put = Callable[[Any], Awaitable[None]]  # Any: a notification of the package, or ours of tasks

log = logging.getLogger("nis.mcp")

MOVES = (
    *(Started, Released, Succeeded, Failed, CancelledRun),
    *(Approved, Rejected, InputProvided, PauseRequested, ResumeRequested),
)
"""What changes a run's state, and not only what it says."""
LISTENERS = 256
"""Streams of notices at once."""
OF_ONE = 64
"""Of those, the most of one owner: nobody takes the others' place."""
MOST_WATCHED = 64
"""Runs that one stream is about."""
WAITING_NOTICES = 256
"""Notices that wait for a slow client; then the stream ends, and it listens again."""
PAUSE_SECONDS = 1.0
"""Least time between two notices that a run has only said more."""
LOOK_SECONDS = 5.0
"""Time between two looks whether a list has changed."""
LISTS = {"run": "list_runs", "blob": "list_blobs", "prompt": "list_prompts"}


class TaskNotification(Notification[dict[str, Any], Literal["notifications/tasks"]]):
    """A task has changed its state; told with all that `tasks/get` would answer, nulls too."""

    method: Literal["notifications/tasks"] = "notifications/tasks"
    params: dict[str, Any]


class Watching:
    """The streams of one process."""

    def __init__(self, context: Of, things: Things, closing: Closing) -> None:
        self._context = context
        self._things = things
        self._closing = closing
        self._streams: Counter[str] = Counter()
        """How many each owner has open."""

    def serve(self, server: Server[Any]) -> None:
        """Add the method to the server."""
        server.add_request_handler("subscriptions/listen", SubscriptionsListenRequestParams, self.listen)

    async def listen(self, asked: Asked, params: SubscriptionsListenRequestParams) -> SubscriptionsListenResult:
        """Tell first what will be told, then that, until the client leaves or the server stops."""
        wanted = params.notifications
        tasks = _strings((wanted.model_extra or {}).get("taskIds"))
        if tasks:
            refuse_undeclared(asked)
        ctx = self._context(asked)
        owner = ctx.caller.owner
        if self._streams[owner] >= OF_ONE or self._streams.total() >= LISTENERS:
            open_now = f"{self._streams[owner]} streams of notices are open, of all owners {self._streams.total()}."
            raise refused(Busy(open_now, remedy="End one, or try again later."))
        meta = {SUBSCRIPTION_ID_META_KEY: asked.request_id}
        queue: asyncio.Queue[Any] = asyncio.Queue(WAITING_NOTICES)
        self._streams[owner] += 1
        try:
            own = [one for one in tasks if await self._things.has(ctx, "run", one)]
            asked_for = (wanted.resource_subscriptions or ())[:MOST_WATCHED]
            uris = [one for one in asked_for if await self._things.has(ctx, "run", run_of(one))]
            await self._send(asked, _acknowledged(wanted, own, uris, meta))
            producers = [
                *(self._tell_task(ctx, one, queue, meta, asks=asks_persons(asked)) for one in own),
                *(_tell_resource(ctx, one, queue, meta) for one in uris),
                self._tell_lists(ctx, wanted, queue, meta),
            ]
            await self._pass_on(asked, queue, [asyncio.ensure_future(_produced(one, queue)) for one in producers])
        finally:
            self._streams -= Counter({owner: 1})
        return SubscriptionsListenResult(_meta=meta)

    async def _pass_on(self, asked: Asked, queue: asyncio.Queue[Any], producing: list[asyncio.Task[None]]) -> None:
        """Send what is produced; a full queue ends the stream, and so does what fails, and the end of the server."""
        try:
            with self._closing.limited() as limit, suppress(TimeoutError):
                async with limit:
                    while not queue.full():
                        notice = await queue.get()
                        if isinstance(notice, NisError):
                            raise refused(notice)
                        await self._send(asked, notice)
        finally:
            for one in producing:
                one.cancel()
            await asyncio.gather(*producing, return_exceptions=True)

    @staticmethod
    async def _send(asked: Asked, notice: Any) -> None:  # Any: see Put
        await asked.session.send_notification(notice, related_request_id=asked.request_id)

    async def _tell_task(
        self, ctx: Context, run_id: str, queue: asyncio.Queue[Any], meta: dict[str, Any], *, asks: bool
    ) -> None:
        before: Any = None
        async for _ in _moves(ctx, run_id):
            task = await detailed(await ctx.runs.get(run_id), ctx, asks=asks)
            state = task["status"], sorted(task.get("inputRequests", ()))
            if state != before:
                before = state
                await queue.put(TaskNotification(params={**task, "_meta": meta}))

    async def _tell_lists(
        self, ctx: Context, wanted: SubscriptionFilter, queue: asyncio.Queue[Any], meta: dict[str, Any]
    ) -> None:
        """Look now and then whether the beginnings of the lists are what they were."""
        params = NotificationParams(_meta=meta)
        told_by: list[tuple[tuple[str, ...], Any]] = []
        if wanted.resources_list_changed:
            told_by.append((("run", "blob"), ResourceListChangedNotification(params=params)))
        if wanted.prompts_list_changed:
            told_by.append((("prompt",), PromptListChangedNotification(params=params)))
        before = [await self._looks(ctx, kinds) for kinds, _ in told_by]
        while told_by:
            await asyncio.sleep(LOOK_SECONDS)
            for at, (kinds, notice) in enumerate(told_by):
                now = await self._looks(ctx, kinds)
                if now != before[at]:
                    before[at] = now
                    await queue.put(notice)

    async def _looks(self, ctx: Context, kinds: tuple[str, ...]) -> str:
        """The names of what is listed first, as a fingerprint; of what may not be read, nothing."""
        digest = hashlib.sha256()
        for kind in kinds:
            with suppress(NisError):
                page = await self._things.call(ctx, kind, LISTS[kind], {"limit": 100})
                named = [(one.id, getattr(one, "version", 0)) for one in getattr(page, f"{kind}s")]
                digest.update(repr(named).encode())
        return digest.hexdigest()


async def _produced(notices: Coroutine[Any, Any, None], queue: asyncio.Queue[Any]) -> None:
    """Have it put its notices; what it fails with comes after them, but for what is not there, or shown, any more."""
    try:
        await notices
    except (NotFound, Forbidden):
        return
    except NisError as error:
        await queue.put(error)
    except Exception:
        log.exception("a stream of notices failed")
        await queue.put(InternalError("nis failed to tell what changes."))


def _strings(given: Any) -> list[str]:  # Any: what the client sent
    return [str(one) for one in cast("list[Any]", given)[:MOST_WATCHED]] if isinstance(given, list) else []


def _acknowledged(
    wanted: SubscriptionFilter, tasks: list[str], uris: list[str], meta: dict[str, Any]
) -> SubscriptionsAcknowledgedNotification:
    """What will be told, of what was asked for."""
    given = {
        "toolsListChanged": wanted.tools_list_changed or None,
        "promptsListChanged": wanted.prompts_list_changed or None,
        "resourcesListChanged": wanted.resources_list_changed or None,
        "resourceSubscriptions": uris or None,
        **({"taskIds": tasks} if tasks else {}),
    }
    return SubscriptionsAcknowledgedNotification(
        params=SubscriptionsAcknowledgedNotificationParams(
            notifications=SubscriptionFilter.model_validate(given), _meta=meta
        )
    )


async def _moves(ctx: Context, run_id: str) -> AsyncIterator[None]:
    """Once now, then at each change of the run's state."""
    run = await ctx.runs.standing(run_id)
    yield
    async for event in ctx.runs.follow(run_id, run.last_seq, live=False):
        if isinstance(event.body, MOVES):
            yield


async def paced(ctx: Context, run_id: str) -> AsyncIterator[None]:
    """Each change of the run's state, and now and then that it has said more."""
    clock = asyncio.get_running_loop().time
    last = clock()
    run = await ctx.runs.standing(run_id)
    async for event in ctx.runs.follow(run_id, run.last_seq, live=False):
        if isinstance(event.body, MOVES) or clock() - last >= PAUSE_SECONDS:
            last = clock()
            yield


async def _tell_resource(ctx: Context, uri: str, queue: asyncio.Queue[Any], meta: dict[str, Any]) -> None:
    async for _ in paced(ctx, str(run_of(uri))):
        await queue.put(ResourceUpdatedNotification(params=ResourceUpdatedNotificationParams(uri=uri, _meta=meta)))
