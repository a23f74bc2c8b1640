"""A2A, where a run is a task and a conversation a context: JSON-RPC, HTTP+JSON and a WebSocket on one handler.

`handler`, `rpc`, `older`, `task` and `request` import the protocol's package, at the first call; the others are light.
"""
