"""Chat: conversations, the agent loop, and the router for models that must not choose."""
