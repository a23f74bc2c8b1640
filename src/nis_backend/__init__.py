"""A self-hosted backend for AI agents: one process, every protocol, one log."""

__version__ = "0.1.0"
