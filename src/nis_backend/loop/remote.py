"""Tools that are no operations of this server's by themselves: other servers' tools and agents, agents of one's own.

Each is what a model is told of it (`name`, `description`, `parameters`), the `operation` that a call of it is, and
`ask`, why a person is asked first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nis_backend.drivers.llm.base import Tool

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    Json = dict[str, Any]  # Any: JSON


def request_of(one: Mapping[str, Any], arguments: Json) -> Json:
    """The request of the tool's operation: the model's arguments, and what is settled of it."""
    if "server" in one:
        return {"id": one["server"], "tool": one["tool"], "arguments": arguments}
    # Logs of before have an agent's id alone.
    return {**arguments, **one.get("settled", {"id": one.get("agent")})}


def as_tools(remote: Iterable[Mapping[str, Any]]) -> list[Tool]:
    """As a model reads them."""
    return [Tool(name=one["name"], description=one["description"], parameters=one["parameters"]) for one in remote]
