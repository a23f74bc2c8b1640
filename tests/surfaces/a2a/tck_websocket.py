"""A plugin for the A2A TCK: its JSON-RPC requirements over our socket, loaded by its pytest in its own folder.

    PYTHONPATH=<this folder> python -m pytest tests/compatibility -p tck_websocket --transport jsonrpc --sut-host URL

Its own client is replaced by one that sends each call as a frame; its tests are as they were. Left out are those that
send HTTP themselves, or look at HTTP's headers: they say nothing of a socket. It takes `websockets` beside the suite.
"""

# The suite is no package of this repository's environment.
# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUntypedBaseClass=false, reportUnknownArgumentType=false, reportUnknownParameterType=false

from __future__ import annotations

import inspect
import itertools
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from tck.transport import jsonrpc_client
from tck.transport._helpers import A2A_VERSION, A2A_VERSION_HEADER
from websockets.sync.client import connect
from websockets.typing import Subprotocol

if TYPE_CHECKING:
    import pytest

Json = dict[str, Any]

PATIENCE = 30.0
"""Seconds for a frame, as the suite's own client allows."""
HTTP_ALONE = ("httpx.", "_jsonrpc_call", "agent_card_response", ".headers", "content_type")
"""What stands in the source of a test that is about HTTP."""


class SocketClient(jsonrpc_client.JsonRpcClient):
    """The suite's client, whose calls go over a WebSocket of their own."""

    def __init__(self, base_url: str) -> None:
        super().__init__(base_url)
        self._numbers = itertools.count(1)

    def _frames(self, method: str, params: Json) -> Iterator[Json]:
        """The frames that answer a call."""
        number = next(self._numbers)
        call = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
        with connect(
            self.base_url.replace("http", "ws", 1),
            additional_headers={A2A_VERSION_HEADER: A2A_VERSION},
            subprotocols=[Subprotocol("a2a.v1")],
            compression=None,
        ) as socket:
            socket.send(json.dumps(call))
            while True:
                frame = json.loads(socket.recv(PATIENCE))
                if frame.get("method") == "streamEnd":
                    return
                assert frame["id"] == number
                yield frame

    def _call(self, method: str, params: Json) -> Any:
        frame = next(self._frames(method, params))
        return jsonrpc_client.JsonRpcResponse(
            transport=self.transport, success="error" not in frame, raw_response=frame, headers={}, status_code=200
        )

    def _call_streaming(self, method: str, params: Json) -> Any:
        frames = self._frames(method, params)
        first = next(frames)
        told = "error" not in first
        return jsonrpc_client.JsonRpcStreamingResponse(
            transport=self.transport,
            success=told,
            raw_response=first,
            events=itertools.chain([first], frames) if told else iter([]),
            headers={},
            status_code=200,
        )


jsonrpc_client.JsonRpcClient = SocketClient


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is not about the socket."""
    kept, left = [], []
    for item in items:
        test: Any = item
        callspec = getattr(item, "callspec", None)
        other = callspec is not None and callspec.params.get("transport", "jsonrpc") != "jsonrpc"
        other = other or any(item.get_closest_marker(name) for name in ("grpc", "http_json"))
        http = any(word in inspect.getsource(test.function) for word in HTTP_ALONE) or "agent_card/" in item.nodeid
        (left if other or http else kept).append(item)
    items[:] = kept
    config.hook.pytest_deselected(items=left)
