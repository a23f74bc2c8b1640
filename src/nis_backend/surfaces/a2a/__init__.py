"""A2A, where a run is a task and a conversation a context: JSON-RPC, HTTP+JSON and a WebSocket on one handler.

`rpc`, `older`, `pushed` and `signing`, and what they stand on, import the protocol's package at the first call that
wants them; the cards, the bindings and `wire` are light.
"""
