"""MCP: each operation a tool, over Streamable HTTP at `/mcp` and over stdio, in both eras of the protocol.

`routes` is light; the others import the protocol's package, at the first request.
"""
