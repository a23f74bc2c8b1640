"""A self-hosted backend for AI agents: one process, every protocol, one log."""

import os

__version__ = "0.1.0"

# For plugins, of which it has none here, pydantic reads the metadata of every package that is installed.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "true")
