"""What the tracer of each process has written, read back."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from nis_backend.impact.running import tracer
from nis_backend.impact.running.scratch import scratch

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

MOST_FILES = 2000
MOST_BYTES = 64 << 20
"""Of all processes' files; each is bounded by the tracer."""


@dataclass(frozen=True)
class Began:
    """An import: of a module, by a module in a file."""

    module: str
    importer: str
    file: str
    line: int


@dataclass(frozen=True)
class Read:
    """A file of the package's metadata that was opened."""

    name: str
    reader: str
    file: str


@dataclass(frozen=True)
class Did:
    """A program, socket or thread that was started."""

    how: str
    what: str
    module: str
    file: str
    during: str
    """The module that was being imported, or nothing."""


@dataclass
class Trace:
    """One Python process."""

    pid: int = 0
    how: str = ""
    """`start` or `fork`."""
    arguments: tuple[str, ...] = ()
    before: list[str] = field(default_factory=list[str])
    imports: dict[str, Began] = field(default_factory=dict[str, Began])
    """By module: its first import."""
    failed: dict[str, str] = field(default_factory=dict[str, str])
    took: dict[str, float] = field(default_factory=dict[str, float])
    has: list[Began] = field(default_factory=list[Began])
    read: list[Read] = field(default_factory=list[Read])
    did: list[Did] = field(default_factory=list[Did])

    def take(self, line: str) -> None:
        """Take in one line; one that was cut is passed over."""
        kind, *fields = line.split("\t")
        match kind, fields:
            case "process", [pid, _, how, *words]:
                self.pid, self.how, self.arguments = int(pid), how, tuple(words)
            case "before", [module]:
                self.before.append(module)
            case "import", [module, importer, file, number] if number.isdigit():
                self.imports.setdefault(module, Began(module, importer, file, int(number)))
            case "failed", [module, why]:
                self.failed.setdefault(module, why)
            case "took", [module, seconds]:
                self.took.setdefault(module, float(seconds))
            case "has", [importer, file, module]:
                self.has.append(Began(module, importer, file, 0))
            case "read", [name, reader, file]:
                self.read.append(Read(name, reader, file))
            case (("program" | "socket" | "thread"), [what, module, file, during]):
                self.did.append(Did(kind, what, module, file, during))
            case _:
                pass


@contextmanager
def tracing(modules: Sequence[str], metadata: str) -> Generator[tuple[Path, Mapping[str, str]]]:
    """A folder for traces, gone at the end, and what of the environment makes Python processes write to it.

    `metadata` is the name of the package's `.dist-info` folder.
    """
    with scratch() as folder:
        traces, put = folder / "traces", folder / "put"
        traces.mkdir()
        put.mkdir()
        shutil.copyfile(tracer.__file__, put / "sitecustomize.py")
        (put / "settings").write_text(f"{traces}\n{','.join(modules)}\n{metadata}\n", "utf-8")
        yield traces, {"PYTHONPATH": str(put)}


def read_traces(folder: Path) -> list[Trace]:
    """Each process that was watched."""
    found: list[Trace] = []
    left = MOST_BYTES
    for path in sorted(folder.iterdir())[:MOST_FILES]:
        trace = Trace()
        text = path.read_bytes()[: max(left, 0)].decode("utf-8", "replace")
        left -= len(text)
        for line in text.splitlines():
            try:
                trace.take(line)
            except ValueError:
                continue
        found.append(trace)
    return found
