"""A2A 1.0: the agent card, and a WebSocket on which a run is a task and a conversation a context.

`routes`, `card`, `websocket` and `wire` are light; the others import the protocol's package, at the first frame.
"""
