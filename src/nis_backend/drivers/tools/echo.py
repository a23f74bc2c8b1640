"""A small server of tools over its pipes, to try the way to one with: it says back what it is told, and adds.

It is started as the program `example`, which is always allowed, and stands on the standard library alone.
"""

from __future__ import annotations

import json
import sys
from typing import Any

Json = dict[str, Any]  # Any: JSON
TEXT: Json = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}
PAIR: Json = {
    "type": "object",
    "properties": {"a": {"type": "number"}, "b": {"type": "number"}},
    "required": ["a", "b"],
}
TOOLS: list[Json] = [
    {
        "name": "echo",
        "description": "Say back what is said.",
        "inputSchema": TEXT,
        "annotations": {"readOnlyHint": True},
    },
    {"name": "add", "description": "Add two numbers.", "inputSchema": PAIR, "annotations": {"readOnlyHint": True}},
]
METHOD_NOT_FOUND, INVALID_PARAMS = -32601, -32602


def answer(method: str, params: Json) -> Json:
    """The result of a request.

    Raises:
        LookupError: there is no such method.
        ValueError: an argument is wrong.
    """
    match method:
        case "initialize":
            version = str(params.get("protocolVersion", "2025-11-25"))
            about = {"name": "example", "version": "1"}
            return {"protocolVersion": version, "capabilities": {"tools": {}}, "serverInfo": about}
        case "ping":
            return {}
        case "tools/list":
            return {"tools": TOOLS}
        case "tools/call":
            return _called(str(params.get("name")), params.get("arguments") or {})
        case _:
            raise LookupError(method)


def _called(name: str, arguments: Json) -> Json:
    try:
        text = str(arguments["text"]) if name == "echo" else f"{float(arguments['a']) + float(arguments['b']):g}"
    except (KeyError, TypeError, ValueError) as error:
        return {"content": [{"type": "text", "text": f"Wrong arguments: {error}"}], "isError": True}
    if name not in {"echo", "add"}:
        raise ValueError(name)
    return {"content": [{"type": "text", "text": text}]}


def main() -> None:
    """Answer line after line, until there are no more."""
    for line in sys.stdin:
        asked = json.loads(line)
        if "id" not in asked:
            continue
        told: Json = {"jsonrpc": "2.0", "id": asked["id"]}
        try:
            told["result"] = answer(asked["method"], asked.get("params") or {})
        except LookupError:
            told["error"] = {"code": METHOD_NOT_FOUND, "message": "Method not found"}
        except ValueError as error:
            told["error"] = {"code": INVALID_PARAMS, "message": f"There is no tool {error}."}
        sys.stdout.write(f"{json.dumps(told)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
