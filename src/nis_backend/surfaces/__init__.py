"""How operations are called: one folder a protocol."""
