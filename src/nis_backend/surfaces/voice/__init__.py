"""A live conversation by voice, over a WebSocket: a dialect of our own, which stands on chat's runs."""

from nis_backend.surfaces.voice.routes import routes

__all__ = ["routes"]
