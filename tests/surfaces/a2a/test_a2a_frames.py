"""Any frame is answered: what strangers send never reaches a fault of ours."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import TYPE_CHECKING, Any

import pytest
from a2a_process import StandIn
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nis_backend.caller import LOCAL
from nis_backend.surfaces.a2a import wire
from nis_backend.surfaces.a2a.rpc import Rpc

if TYPE_CHECKING:
    from pathlib import Path

    from nis_backend.operation import Json

METHODS = (
    "SendMessage",
    "SendStreamingMessage",
    "GetTask",
    "ListTasks",
    "CancelTask",
    "SubscribeToTask",
    "CreateTaskPushNotificationConfig",
    "GetTaskPushNotificationConfig",
    "ListTaskPushNotificationConfigs",
    "DeleteTaskPushNotificationConfig",
    "GetExtendedAgentCard",
)
NAMES = (
    *("message", "messageId", "contextId", "taskId", "role", "parts", "text", "data", "raw", "metadata", "mimeType"),
    *("configuration", "historyLength", "returnImmediately", "id", "lastSeq", "status", "pageSize", "pageToken"),
    *("statusTimestampAfter", "referenceTaskIds", "action", "context", "operation", "arguments", "name", "version"),
    *("a2uiClientCapabilities", "v0.9", "supportedCatalogIds", "taskPushNotificationConfig", "url", "tenant"),
)
WORDS = (
    "say a",
    "ROLE_USER",
    "application/json+a2ui",
    "v0.9",
    "call",
    "throws.toss_ball",
    "1_x",
    "QQ==",
    "2026-01-01T00:00:00Z",
)

_LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(WORDS)
_NAMES = st.sampled_from(NAMES) | st.text(max_size=3)
_VALUES: st.SearchStrategy[Any] = st.recursive(
    _LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=5), max_leaves=12
)
_PARTS = st.fixed_dictionaries({}, optional=dict.fromkeys(("text", "data", "raw", "url", "metadata"), _VALUES))
_MESSAGES = st.fixed_dictionaries(
    {"messageId": st.just("m"), "role": st.just("ROLE_USER"), "parts": st.lists(_PARTS, min_size=1, max_size=2)},
    optional=dict.fromkeys(("contextId", "taskId", "metadata", "referenceTaskIds"), _VALUES),
)
_PARAMS = st.dictionaries(_NAMES, _VALUES, max_size=5) | st.fixed_dictionaries({"message": _MESSAGES}) | _VALUES


@given(st.text(max_size=40) | st.builds(json.dumps, _VALUES))
def test_any_text_is_a_request_or_refused(text: str) -> None:
    """The reader of frames raises nothing else; an error it answers is JSON itself."""
    try:
        frame = wire.read(text)
    except wire.Refused as refusal:
        json.dumps(wire.error(refusal), allow_nan=False)
    else:
        assert isinstance(frame, wire.Request | wire.CancelStream)


def test_any_parameters_are_answered(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Right or wrong, a request gets its result or an error that names a fault of the request."""
    caplog.set_level(logging.ERROR)
    process = StandIn(tmp_path)
    with asyncio.Runner() as runner:
        runner.run(process.drivers.dispatch.open())

        async def ask(method: str, params: Any) -> list[Json]:
            text = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
            try:
                frame = wire.read(text)
            except wire.Refused as refusal:
                return [wire.error(refusal)]
            assert isinstance(frame, wire.Request)
            parameters = {"a2a-extensions": wire.A2UI}
            return [one async for one in Rpc(process).answer(frame, LOCAL, parameters)]

        @settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
        @given(st.sampled_from(METHODS), _PARAMS)
        def check(method: str, params: Any) -> None:  # Any: JSON
            frames = runner.run(ask(method, params))
            assert frames
            for frame in frames:
                json.dumps(frame, allow_nan=False)
                assert frame.get("error", {}).get("code") != wire.INTERNAL_ERROR, caplog.text

        check()
        runner.run(process.close())


@pytest.mark.parametrize("params", [{"a": [0] * 30_000}, {"a": [[[0] * 100] * 100] * 3}])
def test_a_frame_of_very_many_values_is_refused_unread(params: Json) -> None:
    """The package turns each into an object of its own, for seconds in which nothing else is answered."""
    with pytest.raises(wire.Refused, match="values"):
        wire.read(json.dumps({"jsonrpc": "2.0", "id": 1, "method": "SendMessage", "params": params}))
