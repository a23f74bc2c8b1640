"""Where the console's pages and files are; they hold no data, so they are served without a key."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from nis_backend.surfaces.base import Process

STATIC = Path(__file__).with_name("static")

_OURS_ALONE = (
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "connect-src 'self'; script-src 'self'; font-src 'self'; "
)
CONSOLE_POLICY = (
    _OURS_ALONE + "style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; "
    # Markup made from text is refused by the browser itself, but for the page's own templates.
    "require-trusted-types-for 'script'; trusted-types lit-html"
)
# The API page's library sets styles on elements.
DOCS_POLICY = _OURS_ALONE + "style-src 'self' 'unsafe-inline'; img-src 'self' data:"

HEADERS = {
    # The names do not change with the content: a browser keeps the files and asks each time whether they still hold.
    "Cache-Control": "no-cache",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class _Files(StaticFiles):
    """The built files; answers 304 to a browser that has them."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:  # Any: handed on as they came
        response = super().file_response(*args, **kwargs)
        response.headers.update(HEADERS)
        return response


def routes(_process: Process) -> list[BaseRoute]:
    """The console at `/`, the API page at `/docs`, their files below `/console`."""
    files = _Files(directory=STATIC)

    def page(name: str, policy: str) -> Any:  # Any: an endpoint
        async def answer(request: Request) -> Response:
            response = await files.get_response(name, request.scope)
            response.headers["Content-Security-Policy"] = policy
            return response

        return answer

    return [
        Route("/", page("index.html", CONSOLE_POLICY), name="console"),
        Route("/docs", page("docs.html", DOCS_POLICY), name="docs"),
        Mount("/console", files, name="console-files"),
    ]
