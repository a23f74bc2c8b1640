"""The protocol package's own server with an agent of tests: 1.0 and 0.3, JSON-RPC and HTTP+JSON, on a free port."""

from __future__ import annotations

import sys

import uvicorn
from a2a.compat.v0_3.conversions import to_compat_agent_card
from a2a.helpers.proto_helpers import new_task_from_user_message as new_task
from a2a.server.agent_execution import AgentExecutor, RequestContext
from a2a.server.events import EventQueue
from a2a.server.request_handlers import DefaultRequestHandler
from a2a.server.routes import create_agent_card_routes, create_jsonrpc_routes, create_rest_routes
from a2a.server.tasks import InMemoryTaskStore, TaskUpdater
from a2a.types import AgentCapabilities, AgentCard, AgentInterface, AgentSkill, Part
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


class Parrot(AgentExecutor):
    """Says two words, or asks which one when it is asked."""

    async def execute(self, context: RequestContext, event_queue: EventQueue) -> None:
        """See `AgentExecutor.execute`."""
        task = context.current_task
        if task is None:
            assert context.message is not None
            task = new_task(context.message)
            await event_queue.enqueue_event(task)
        updater = TaskUpdater(event_queue, task.id, task.context_id)
        await updater.start_work()
        said = context.get_user_input()
        if said.endswith("?"):
            await updater.requires_input(updater.new_agent_message([Part(text=f"Which {said}")]))
            return
        await updater.add_artifact([Part(text="You said ")], artifact_id="a", name="echo")
        await updater.add_artifact([Part(text=said)], artifact_id="a", append=True, last_chunk=True)
        await updater.add_artifact([Part(raw=b"\x00\x01", media_type="application/octet-stream")], artifact_id="b")
        await updater.complete()

    async def cancel(self, context: RequestContext, event_queue: EventQueue) -> None:
        """See `AgentExecutor.cancel`."""
        assert context.task_id is not None
        assert context.context_id is not None
        await TaskUpdater(event_queue, context.task_id, context.context_id).cancel()


def _card(base: str, binding: str, version: str, *, streaming: bool) -> AgentCard:
    path = "/rpc" if binding == "JSONRPC" else "/rest"
    return AgentCard(
        name="Parrot",
        description="Repeats.",
        version="1",
        supported_interfaces=[AgentInterface(url=f"{base}{path}", protocol_binding=binding, protocol_version=version)],
        capabilities=AgentCapabilities(streaming=streaming),
        default_input_modes=["text/plain"],
        default_output_modes=["text/plain"],
        skills=[AgentSkill(id="repeat", name="Repeat", description="Repeats.", tags=["repeat"])],
    )


def main() -> None:
    """Serve until the process is ended; a card for each way of speaking to it."""
    port = int(sys.argv[1])
    base = f"http://127.0.0.1:{port}"
    whole = _card(base, "JSONRPC", "1.0", streaming=True)
    handler = DefaultRequestHandler(agent_executor=Parrot(), task_store=InMemoryTaskStore(), agent_card=whole)

    async def older(request: Request) -> JSONResponse:
        card = _card(base, request.path_params["binding"].replace("-", "+"), "0.3", streaming=True)
        return JSONResponse(to_compat_agent_card(card).model_dump(mode="json", by_alias=True, exclude_none=True))

    routes = [
        *create_jsonrpc_routes(handler, "/rpc", enable_v0_3_compat=True),
        *create_rest_routes(handler, path_prefix="/rest", enable_v0_3_compat=True),
        *create_agent_card_routes(whole, card_url="/newer-JSONRPC"),
        *create_agent_card_routes(_card(base, "HTTP+JSON", "1.0", streaming=True), card_url="/newer-HTTP-JSON"),
        *create_agent_card_routes(_card(base, "JSONRPC", "1.0", streaming=False), card_url="/polled"),
        Route("/older-{binding}", older),
    ]
    uvicorn.run(Starlette(routes=routes), port=port, log_level="warning")


if __name__ == "__main__":
    main()
