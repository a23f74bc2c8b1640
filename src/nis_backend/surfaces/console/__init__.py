"""The web console: the chat page and the interactive API page, from files built out of the folder `console/`."""

from nis_backend.surfaces.console.routes import routes

__all__ = ["routes"]
