"""What of the protocol's package is loaded, and that its interface is kept without it."""

from __future__ import annotations

import subprocess
import sys

from a2a.server.request_handlers.request_handler import RequestHandler

from nis_backend.surfaces.a2a.handler import RunHandler


def test_the_handler_has_every_method_of_the_packages_interface() -> None:
    """Promise: the package's handler is implemented on runs; at run time nothing else would miss a method of it."""
    wanted = RequestHandler.__abstractmethods__
    assert wanted
    assert [name for name in sorted(wanted) if not callable(getattr(RunHandler, name, None))] == []


def test_both_versions_load_none_of_the_packages_stores() -> None:
    """Promise: 150 MB after every protocol was used once; the stores alone, with what they stand on, are 30 MB."""
    program = "import sys, nis_backend.surfaces.a2a.rpc, nis_backend.surfaces.a2a.older; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=True)
    loaded = {*done.stdout.split()}
    assert "a2a.types.a2a_pb2" in loaded
    unwanted = {"a2a.server.tasks", "a2a.server.request_handlers", "sqlalchemy", "httpx", "opentelemetry", "grpc"}
    assert not loaded & unwanted
