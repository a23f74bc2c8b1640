"""`POST /chat` in the shape of earlier callers: what they may ask to be drawn, and their reply."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pydantic import Field, StrictBool, ValidationError
from typing_extensions import override

from nis_backend.event import Event, Succeeded, Surface
from nis_backend.operation import Json, Model
from nis_backend.refusal import invalid

if TYPE_CHECKING:
    from nis_backend.context import Context


class ClientCapabilities(Model):
    """What an A2UI client draws."""

    catalogs: list[str] = Field(default=[], max_length=50, alias="supportedCatalogIds", description="Catalogs it has.")


class Drawn(Model):
    """The fields of `/chat` that are not the operation's: whether and how its answer is drawn."""

    wanted: StrictBool = Field(default=False, alias="genui_enabled", description="Answer A2UI messages as well.")
    client: ClientCapabilities = Field(
        default=ClientCapabilities.model_construct(),
        alias="a2uiClientCapabilities",
        description="What the client draws: with the basic catalog alone, tables are rows of text and charts images.",
    )


NOT_DRAWN = Drawn.model_construct()  # not checked, so that a start builds no checks

HIDDEN = frozenset({"views", "pending"})
"""Fields of the reply that earlier callers do not know."""

FIELDS = [str(field.alias) for field in Drawn.model_fields.values()]


def reply_schema(schema: Json) -> Json:
    """The schema of the reply to earlier callers, from that of the operation's result."""
    shown = {name: field for name, field in schema["properties"].items() if name not in HIDDEN}
    messages = {"type": "array", "items": {"type": "object"}, "description": "A2UI messages, where they were wanted."}
    required = [name for name in schema.get("required", ()) if name in shown]
    return {**schema, "title": "ChatReply", "properties": {**shown, "a2ui": messages}, "required": required}


class AsIs:
    """A run's events and result as the log has them."""

    async def result(self, result: Any) -> Any:  # Any: JSON
        """What the caller gets at the end."""
        return result

    async def event(self, event: Event) -> str:
        """What the stream carries, as JSON."""
        return event.model_dump_json()


class Chat(AsIs):
    """The reply to earlier callers; takes their own fields out of `arguments`.

    Raises:
        InvalidRequest: one of these fields is wrong.
    """

    def __init__(self, arguments: Json, ctx: Context) -> None:
        self._drawn, self._ctx = NOT_DRAWN, ctx
        given = {name: arguments.pop(name) for name in FIELDS if name in arguments}
        if not given:
            return
        try:
            self._drawn = Drawn.model_validate(given)
        except ValidationError as error:
            raise invalid(error) from None

    @override
    async def result(self, result: Any) -> Any:
        """The reply, with `a2ui` in place of `views`."""
        kept = {key: value for key, value in result.items() if key not in HIDDEN}
        return {**kept, "a2ui": await self._surface(result)} if self._drawn.wanted else kept

    @override
    async def event(self, event: Event) -> str:
        """The event as the log has it; one that shows something has its A2UI messages beside it."""
        if not self._drawn.wanted or not isinstance(event.body, Succeeded | Surface):
            return event.model_dump_json()
        shown = event.model_dump(mode="json")
        if isinstance(event.body, Succeeded):
            shown["body"]["result"]["a2ui"] = await self._surface(shown["body"]["result"])
        else:
            shown["body"]["a2ui"] = await self._messages(shown["body"]["views"], f"{event.run_id}-{event.seq}")
        return json.dumps(shown, separators=(",", ":"))

    async def _surface(self, result: Json) -> list[Json]:
        """The reply's views; its words are the first of them, so that nothing of the text is lost."""
        views = result["views"]
        if not any(view["kind"] == "text" for view in views):
            views = [{"kind": "text", "text": result["response"]}, *views]
        return await self._messages(views, result["run_id"])

    async def _messages(self, views: list[Json], surface_id: str) -> list[Json]:
        from nis_backend.surfaces.a2ui import messages_of  # noqa: PLC0415 - loads with the first surface asked for

        return await messages_of(views, surface_id, self._ctx.blobs, self._drawn.client.catalogs)
