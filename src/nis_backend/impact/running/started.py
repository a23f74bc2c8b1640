"""A command that was started, and all that becomes of it until it is ended."""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import sys
import threading
from collections import deque
from typing import IO, TYPE_CHECKING

from nis_backend.errors import InvalidRequest, NotFound, Unavailable
from nis_backend.impact.running import keeper
from nis_backend.impact.running.tree import Tree, end_session

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from pathlib import Path

KEPT_BYTES = 64 * 1024
"""Of what a command writes, the last."""
GRACE_SECONDS = 5.0
"""How long a command may take to end by itself."""
LONGER_SECONDS = 60.0
"""How much longer than we wait ourselves the keeper does: it is for when we hang."""
LONGEST_SECONDS = 6 * 3600.0
LONGEST_COMMAND = 10_000


class Running:
    """A command that was started; `running` makes one and ends it."""

    def __init__(self, process: subprocess.Popen[bytes], status: int, limit: float) -> None:
        self.tree = Tree(keeper=process.pid)
        self.started = self.deadline = 0.0
        """Moments of `time.monotonic`: the command's own start, and when its time is up."""
        self.code: int | None = None
        """Its exit code, negative for a signal, once it has ended."""
        self.gone = False
        """Whether no process of it is left."""
        self.left = 0
        """How many processes could not be ended."""
        self._process = process
        self._status = status
        self.main = 0
        """The first process, and the session of the command."""
        self._kept_well = False
        self._begun = b""
        self._kept: deque[bytes] = deque()
        self._kept_bytes = 0
        assert process.stdout is not None
        self._reader = threading.Thread(target=self._read, args=(process.stdout,), daemon=True)
        self._reader.start()
        while not self.started and self._listen(limit):
            pass
        if not self.started:
            raise Unavailable("The program that keeps a command could not be started.", remedy=self.written()[-500:])
        self.deadline = self.started + limit

    def look(self, seconds: float = 0.0) -> bool:
        """Take in what has happened to it, waiting for at most `seconds`; whether it may still become or stay ready."""
        while self._listen(seconds):
            seconds = 0.0
        return not self.gone and not self.code

    def written(self) -> str:
        """The last of what it has written to its two outputs."""
        return b"".join(self._kept).decode("utf-8", "replace")[-KEPT_BYTES:]

    def end(self) -> None:
        """End all of it and collect the rest of what it wrote."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.write(b"end\n")
            self._process.stdin.close()
        while self._listen(None):
            pass
        self._process.wait()
        if self.main and not self._kept_well:
            end_session(self.main)  # somebody has killed the keeper
        self._reader.join(keeper.LAST_SECONDS)
        os.close(self._status)

    def _listen(self, seconds: float | None) -> bool:
        """Hear one piece of the keeper; false when there was none, or it has said all."""
        if not select.select([self._status], [], [], seconds)[0]:
            return False
        piece = os.read(self._status, 4096)
        self.gone = self.gone or not piece
        *lines, self._begun = (self._begun + piece).split(b"\n")
        for line in lines:
            word, *values = line.decode("ascii").split()
            match word:
                case "started":
                    self.main, self.started = int(values[0]), float(values[1])
                case "ended":
                    self.code = int(values[0])
                case "gone":
                    self.gone = True
                case _:
                    self.gone, self.left, self._kept_well = True, int(values[0]), True
        return bool(piece)

    def _read(self, output: IO[bytes]) -> None:
        """Keep the end of what is written: nothing waits for us, and it may be any amount."""
        while piece := os.read(output.fileno(), 1 << 16):
            self._kept.append(piece)
            self._kept_bytes += len(piece)
            while self._kept_bytes - len(self._kept[0]) >= KEPT_BYTES:
                self._kept_bytes -= len(self._kept.popleft())


@contextlib.contextmanager
def running(command: str, *, environment: Mapping[str, str], folder: Path, limit: float) -> Generator[Running]:
    """Start a command, as the shell reads it, in a folder; end every process of it at the exit."""
    _check(command, folder, limit)
    status, told = os.pipe()
    options = [str(told), str(limit + LONGER_SECONDS), str(GRACE_SECONDS)]
    try:
        process = subprocess.Popen(  # noqa: S603 - the command is the caller's own
            [sys.executable, "-I", "-S", keeper.__file__, *options, "/bin/sh", "-c", command],
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env=environment,
            pass_fds=(told,),
            start_new_session=True,
        )
    except BaseException:
        os.close(status)
        raise
    finally:
        os.close(told)
    with process:
        run = Running(process, status, limit)
        try:
            yield run
        finally:
            run.end()


def _check(command: str, folder: Path, limit: float) -> None:
    if not command.strip() or "\0" in command or len(command) > LONGEST_COMMAND:
        raise InvalidRequest(
            f"A command has from 1 to {LONGEST_COMMAND} characters.",
            field="command",
            value=command,
            remedy="give it as you would type it in the project's folder",
        )
    if not folder.is_dir():
        raise NotFound(
            "There is no such folder.", field="project", value=folder.name, remedy="name the project's folder"
        )
    if not 0 < limit <= LONGEST_SECONDS:
        raise InvalidRequest(
            f"A command is given more than 0 and at most {LONGEST_SECONDS:.0f} s.",
            field="limit",
            value=limit,
            remedy="give seconds",
        )
