"""Builds that are broken, each in its own way, as environments with a command nis."""

from __future__ import annotations

import sys
from pathlib import Path

GOOD = f"venv:{sys.prefix}"
"""The environment of the tests themselves."""

LISTENS = """
import http.server, sys

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(STATUS_OF(self.path))
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    do_GET = do_POST = answer

    def log_message(self, *_):
        pass

port = int(sys.argv[sys.argv.index("--port") + 1])
http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()
"""
SOUR = """
import uvicorn

init = uvicorn.Config.__init__

def sour(self, app, *given, **named):
    async def answer(scope, receive, send):
        if scope.get("path") != "/models/generate-text":
            return await app(scope, receive, send)
        await send({"type": "http.response.start", "status": 500, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"{}"})

    init(self, answer, *given, **named)

uvicorn.Config.__init__ = sour
"""
MAIN = "from nis_backend.__main__ import main\nmain()\n"
PROGRAMS = {
    "exits": "import sys\nsys.exit('a module is missing')\n",
    "ill": LISTENS.replace("STATUS_OF(self.path)", "503"),
    "fails": LISTENS.replace("STATUS_OF(self.path)", "200 if self.path == '/health' else 500"),
    "deaf": f"from nis_backend import server\nserver.Server.handle_exit = lambda *_: None\n{MAIN}",
    "sour": SOUR + MAIN,
}
"""exits at once; listens and is never healthy; is healthy and answers 500; serves well and does not hear SIGTERM; does
well whatever is verified, and fails those who ask for something else."""


def build(folder: Path, name: str, text: str = "") -> str:
    """The image of a build that is broken so, or of a program of its own."""
    program = folder / name / "bin" / "nis"
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_text(f"#!{sys.executable}\n{text or PROGRAMS[name]}")
    program.chmod(0o755)
    return f"venv:{folder / name}"
