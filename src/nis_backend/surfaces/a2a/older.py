"""JSON-RPC calls of A2A 0.3 on the same handler, by the package's own translation of that version's types."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Any, cast

from a2a.compat.v0_3 import conversions, types
from a2a.server.context import ServerCallContext
from a2a.types.a2a_pb2 import ListTaskPushNotificationConfigsResponse, Message, Task
from a2a.utils.proto_utils import to_stream_response
from pydantic import ValidationError

from nis_backend.errors import shorten
from nis_backend.surfaces.a2a import wire
from nis_backend.surfaces.a2a.handler import AGENT, BASE, CALLER, METADATA, OLDER
from nis_backend.surfaces.a2a.rpc import as_refused, last_seq

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

    from nis_backend.caller import Caller
    from nis_backend.operation import Json
    from nis_backend.surfaces.a2a.handler import Numbered, RunHandler
    from nis_backend.surfaces.a2a.wire import Request

MOST_WRONG = 5
"""Wrong fields that one error names."""
PAUSED = ("input-required", "auth-required")
"""States that end a stream in 0.3, where its last event says so."""
RENAMED = {
    "SendMessage": "message/send",
    "SendStreamingMessage": "message/stream",
    "GetTask": "tasks/get",
    "CancelTask": "tasks/cancel",
    "SubscribeToTask": "tasks/resubscribe",
}
"""Methods of 1.0 that 0.3 has under another name: who calls them has left out the version."""


class Older:
    """Answers one request at a time, as `Rpc` does."""

    def __init__(self, handler: RunHandler) -> None:
        self._handler = handler
        # Any: each method has its own request and result, which meet in this table alone.
        self._methods: dict[str, tuple[Any, Callable[[Any], Any], Callable[..., Awaitable[Any]], Callable[[Any], Any]]]
        self._methods = {
            "message/send": (
                types.SendMessageRequest,
                conversions.to_core_send_message_request,
                handler.on_message_send,
                _task_or_message,
            ),
            "tasks/get": (
                types.GetTaskRequest,
                conversions.to_core_get_task_request,
                handler.on_get_task,
                conversions.to_compat_task,
            ),
            "tasks/cancel": (
                types.CancelTaskRequest,
                conversions.to_core_cancel_task_request,
                handler.on_cancel_task,
                conversions.to_compat_task,
            ),
            "tasks/pushNotificationConfig/set": (
                types.SetTaskPushNotificationConfigRequest,
                conversions.to_core_create_task_push_notification_config_request,
                handler.on_create_task_push_notification_config,
                conversions.to_compat_task_push_notification_config,
            ),
            "tasks/pushNotificationConfig/get": (
                types.GetTaskPushNotificationConfigRequest,
                conversions.to_core_get_task_push_notification_config_request,
                handler.on_get_task_push_notification_config,
                conversions.to_compat_task_push_notification_config,
            ),
            "tasks/pushNotificationConfig/list": (
                types.ListTaskPushNotificationConfigRequest,
                conversions.to_core_list_task_push_notification_config_request,
                handler.on_list_task_push_notification_configs,
                _configurations,
            ),
            "tasks/pushNotificationConfig/delete": (
                types.DeleteTaskPushNotificationConfigRequest,
                conversions.to_core_delete_task_push_notification_config_request,
                handler.on_delete_task_push_notification_config,
                lambda _: None,
            ),
            "agent/getAuthenticatedExtendedCard": (
                types.GetAuthenticatedExtendedCardRequest,
                conversions.to_core_get_extended_agent_card_request,
                handler.on_get_extended_agent_card,
                conversions.to_compat_agent_card,
            ),
        }

    async def answer(
        self, request: Request, caller: Caller, parameters: dict[str, str], base: str = "", agent: str = ""
    ) -> AsyncGenerator[Json]:
        """The frames that answer a request; never raises but for a cancel."""
        try:
            call = ServerCallContext(
                state={
                    CALLER: caller,
                    BASE: base,
                    AGENT: agent,
                    OLDER: True,
                    METADATA: request.params.get("metadata", {}),
                },
                requested_extensions=wire.extensions(parameters),
            )
            stream = self._stream(request, call)
            if stream is None:
                yield wire.response(request.id, await self._result(request, call))
                return
            async with aclosing(stream):
                async for seq, event in stream:
                    shown = conversions.to_compat_stream_response(to_stream_response(event), request.id)
                    yield wire.response(request.id, _ending(_json(shown.result)), seq)
        except Exception as error:  # noqa: BLE001 - this is a dispatcher of the surface: every failure has its answer
            yield wire.error(as_refused(error), request.id)

    def _stream(self, request: Request, call: ServerCallContext) -> AsyncGenerator[Numbered] | None:
        if request.method == "message/stream":
            asked = _parsed(request, types.SendStreamingMessageRequest)
            return self._handler.stream(_newer(conversions.to_core_send_message_request, asked), call)
        if request.method == "tasks/resubscribe":
            again = _parsed(request, types.TaskResubscriptionRequest)
            core = _newer(conversions.to_core_subscribe_to_task_request, again)
            return self._handler.subscribe(core, call, last_seq(request.params))
        return None

    async def _result(self, request: Request, call: ServerCallContext) -> Any:  # Any: JSON
        known = self._methods.get(request.method)
        if known is None and request.method in RENAMED:
            raise wire.Refused(
                wire.VERSION_NOT_SUPPORTED,
                f"{request.method} is A2A {wire.VERSION}, and a request without A2A-Version is {wire.OLDER}: send "
                f"A2A-Version: {wire.VERSION}, or call {RENAMED[request.method]}.",
                metadata={"method": request.method, "supported": f"{wire.VERSION}, {wire.OLDER}"},
            )
        if known is None:
            raise wire.unknown_method(request.method)
        kind, to_core, method, to_older = known
        return _json(to_older(await method(_newer(to_core, _parsed(request, kind)), call)))


def _newer(to_core: Callable[[Any], Any], asked: Any) -> Any:  # Any: a model of the package's, a message of 1.0
    """The request in 1.0.

    Raises:
        Refused: it has a value that 1.0 cannot hold, such as a number beyond 64 bits.
    """
    try:
        return to_core(asked)
    except (OverflowError, ValueError) as error:
        raise wire.invalid_params("params", f"{shorten(str(error))}.") from None


def _task_or_message(sent: Task | Message) -> Any:  # Any: one of the package's models
    return conversions.to_compat_task(sent) if isinstance(sent, Task) else conversions.to_compat_message(sent)


def _configurations(listed: ListTaskPushNotificationConfigsResponse) -> list[Any]:  # Any: as above
    return [conversions.to_compat_task_push_notification_config(one) for one in listed.configs]


def _json(result: Any) -> Any:  # Any: one of the package's models, some of them, or nothing; then JSON
    if isinstance(result, list):
        return [_json(one) for one in cast("list[Any]", result)]
    return None if result is None else wire.whole(result.model_dump(mode="json", by_alias=True, exclude_none=True))


def _ending(event: Json) -> Json:
    """An event, marked as the last where the stream ends without the task's end."""
    if event.get("kind") == "status-update" and event["status"]["state"] in PAUSED:
        event["final"] = True
    return event


def _parsed(request: Request, kind: Any) -> Any:  # Any: one of the package's models
    try:
        return kind.model_validate(
            {"jsonrpc": "2.0", "id": request.id, "method": request.method, "params": request.params}
        )
    except ValidationError as error:
        wrong = error.errors(include_url=False)[:MOST_WRONG]
        fields = [
            (".".join(str(step) for step in one["loc"]), f"{one['msg']} (given: {shorten(one['input'])})")
            for one in wrong
        ]
        raise wire.Refused(
            wire.INVALID_PARAMS,
            "; ".join(f"{field}: {text}" for field, text in fields),
            metadata={"field": fields[0][0]},
            fields=fields,
        ) from None
