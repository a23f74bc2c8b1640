"""Programs of projects that behave badly, each of a marker by which what is left of it is found."""

from __future__ import annotations

import secrets
import sys
import time
from dataclasses import dataclass
from pathlib import Path

SERVE = """
import http.server, sys
class Answers(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(b"ok")
    def log_message(self, *_): pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Answers)
"""
"""The beginning of a program that answers on the port of its first argument."""


@dataclass(frozen=True)
class Program:
    """A program in a folder."""

    folder: Path
    marker: str

    def command(self, *arguments: object, flags: str = "", python: str = sys.executable) -> str:
        """What starts it."""
        words = [python, *flags.split(), str(self.folder / "program.py"), *map(str, arguments), self.marker]
        return " ".join(words)

    def left(self) -> list[str]:
        """The command lines of processes of it that live."""
        found: list[str] = []
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                line = path.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
            except OSError:
                continue
            if self.marker in line:
                found.append(line)
        return found


def program(folder: Path, source: str) -> Program:
    """A program of this source."""
    (folder / "program.py").write_text(source, "utf-8")
    return Program(folder, f"marker-{secrets.token_hex(8)}")


def until(condition: object, seconds: float = 30.0) -> None:
    """Wait until a condition holds, at most so long."""
    assert callable(condition)
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to be"
        time.sleep(0.01)
