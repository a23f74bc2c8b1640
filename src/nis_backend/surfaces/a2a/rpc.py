"""JSON-RPC calls on the request handler: the method table, and protobuf to JSON and back."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any, TypeVar

from a2a.server.context import ServerCallContext
from a2a.types import a2a_pb2 as types
from a2a.utils.error_handlers import A2A_DOMAIN
from a2a.utils.errors import A2A_ERROR_REASONS, JSON_RPC_ERROR_CODE_MAP, A2AError
from a2a.utils.proto_utils import to_stream_response
from google.protobuf.json_format import MessageToDict, ParseDict, ParseError

from nis_backend.errors import InternalError, NisError, shorten
from nis_backend.surfaces.a2a import wire
from nis_backend.surfaces.a2a.failures import Failure, data_of
from nis_backend.surfaces.a2a.handler import AGENT, BASE, CALLER, METADATA, RunHandler

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

    from google.protobuf.message import Message as ProtoMessage

    from nis_backend.caller import Caller
    from nis_backend.operation import Json
    from nis_backend.surfaces.a2a.handler import Numbered
    from nis_backend.surfaces.a2a.wire import Refused, Request
    from nis_backend.surfaces.base import Process

log = logging.getLogger("nis.a2a")

P = TypeVar("P", bound="ProtoMessage")


class Rpc:
    """Answers one request at a time, with one frame or with a stream of them."""

    def __init__(self, process: Process) -> None:
        handler = self.handler = RunHandler(process)
        # Any: each method has its own request and result, which meet in this table alone.
        self._methods: dict[str, tuple[type[ProtoMessage], Callable[[Any, ServerCallContext], Awaitable[Any]]]] = {
            "SendMessage": (types.SendMessageRequest, handler.on_message_send),
            "GetTask": (types.GetTaskRequest, handler.on_get_task),
            "ListTasks": (types.ListTasksRequest, handler.on_list_tasks),
            "CancelTask": (types.CancelTaskRequest, handler.on_cancel_task),
            "CreateTaskPushNotificationConfig": (
                types.TaskPushNotificationConfig,
                handler.on_create_task_push_notification_config,
            ),
            "GetTaskPushNotificationConfig": (
                types.GetTaskPushNotificationConfigRequest,
                handler.on_get_task_push_notification_config,
            ),
            "ListTaskPushNotificationConfigs": (
                types.ListTaskPushNotificationConfigsRequest,
                handler.on_list_task_push_notification_configs,
            ),
            "DeleteTaskPushNotificationConfig": (
                types.DeleteTaskPushNotificationConfigRequest,
                handler.on_delete_task_push_notification_config,
            ),
            "GetExtendedAgentCard": (types.GetExtendedAgentCardRequest, handler.on_get_extended_agent_card),
        }

    async def answer(
        self, request: Request, caller: Caller, parameters: dict[str, str], base: str = "", agent: str = ""
    ) -> AsyncGenerator[Json]:
        """The frames that answer a request; never raises but for a cancel."""
        try:
            wire.version_of(parameters, (wire.VERSION,), absent=wire.VERSION)
            activated = wire.extensions(parameters)
            call = ServerCallContext(
                state={CALLER: caller, BASE: base, AGENT: agent, METADATA: request.params.get("metadata", {})},
                requested_extensions=activated,
            )
            stream = self._stream(request, call)
            if stream is None:
                result = await self._result(request, call)
                yield wire.response(request.id, result, activated=activated)
                return
            try:
                async for seq, event in stream:
                    shown = _json(to_stream_response(event))
                    yield wire.response(request.id, shown, seq, activated)
                    activated = set[str]()
            finally:
                await stream.aclose()
            yield wire.stream_end(request.id)
        except Exception as error:  # noqa: BLE001 - this is the surface's dispatcher: every failure has its answer
            yield wire.error(as_refused(error), request.id)

    def _stream(self, request: Request, call: ServerCallContext) -> AsyncGenerator[Numbered] | None:
        if request.method == "SendStreamingMessage":
            return self.handler.stream(_parse(request.params, types.SendMessageRequest), call)
        if request.method == "SubscribeToTask":
            params = _parse(request.params, types.SubscribeToTaskRequest)
            return self.handler.subscribe(params, call, last_seq(request.params))
        return None

    async def _result(self, request: Request, call: ServerCallContext) -> Json:
        known = self._methods.get(request.method)
        if known is None:
            raise wire.unknown_method(request.method)
        kind, method = known
        params = _parse(request.params, kind)
        result = await method(params, call)
        if isinstance(result, types.ListTasksResponse):
            return _page(result, with_artifacts=bool(getattr(params, "include_artifacts", False)))
        # An empty message where there is nothing to say.
        shown = {} if result is None else _json(result)
        if request.method == "SendMessage":
            return {"task" if isinstance(result, types.Task) else "message": shown}
        return shown


def _json(message: ProtoMessage) -> Json:
    return wire.whole(MessageToDict(message))


def _page(result: types.ListTasksResponse, *, with_artifacts: bool) -> Json:
    """Every field of a list is required, the empty ones too."""
    tasks = [_json(task) for task in result.tasks]
    if with_artifacts:
        tasks = [{"artifacts": [], **task} for task in tasks]
    return {
        "tasks": tasks,
        "nextPageToken": result.next_page_token,
        "pageSize": result.page_size,
        "totalSize": result.total_size,
    }


def last_seq(params: Json) -> int | None:
    """The event after which a subscription goes on.

    Raises:
        Refused: it is no event's number.
    """
    given = params.get("lastSeq")
    if given is None:
        return None
    if not isinstance(given, int) or isinstance(given, bool) or given < 0:
        raise wire.invalid_params("lastSeq", f"{shorten(given)} is not the number of an event.")
    return given


def _parse(params: Json, kind: type[P]) -> P:
    """The request, where unknown fields are ignored for the sake of later versions.

    Raises:
        Refused: a field has the wrong type or an unknown name for its value.
    """
    for field in kind.DESCRIPTOR.fields:
        given = params.get(field.camelcase_name)
        # An unknown name would be taken for no filter at all.
        if field.enum_type and isinstance(given, str) and given not in field.enum_type.values_by_name:
            raise wire.invalid_params(field.camelcase_name, f"{shorten(given)} is not one of {field.enum_type.name}.")
    try:
        return ParseDict(params, kind(), ignore_unknown_fields=True)
    except OverflowError as error:
        raise wire.invalid_params("params", f"{error}.") from None
    except ParseError as error:
        text = str(error)
        path = ".".join(re.findall(r"Failed to parse (\w+) field", text))
        raise wire.invalid_params(path or "params", re.sub(r"Failed to parse \w+ field: ", "", text)) from None


def _protocol_error(error: A2AError) -> Refused:
    kind = type(error)
    data = data_of(error)
    return wire.Refused(
        JSON_RPC_ERROR_CODE_MAP.get(kind, wire.INTERNAL_ERROR),
        error.message,
        reason=A2A_ERROR_REASONS.get(kind, wire.REASONS[wire.INTERNAL_ERROR]),
        domain=A2A_DOMAIN,
        metadata={name: str(value) for name, value in data.items() if name != "errors"},
        fields=[(wrong["field"], wrong["message"]) for wrong in data.get("errors", ())],
    )


def as_refused(error: Exception) -> Refused:
    """Any failure as the error of its frame."""
    if isinstance(error, wire.Refused):
        return error
    if isinstance(error, Failure):
        return wire.refused(error.error)
    if isinstance(error, NisError):
        return wire.refused(error)
    if isinstance(error, A2AError):
        return _protocol_error(error)
    log.error("A request failed.", exc_info=error)
    return wire.refused(InternalError("nis failed to answer.", remedy="The server's log has the reason."))
