"""A tiny program between us and a project's command, so that nothing of it is left running whatever becomes of us.

    python -I -S keeper.py STATUS SECONDS GRACE COMMAND…

It starts COMMAND in a session of its own and writes to the file descriptor STATUS, a line each: `started PID MOMENT`
(CLOCK_MONOTONIC, s), `ended CODE` (negative for a signal), `gone` (no process of it is left), and last `over LEFT`.
When a line or the end comes on its standard input, or after SECONDS, it ends every descendant: first by SIGTERM, after
GRACE seconds by SIGKILL.

On Linux it is a child subreaper: who forks twice, or becomes a daemon in a session of its own, stays its descendant.
Elsewhere such a one is found as long as its parents live only.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from typing import NoReturn

SET_DEATH_SIGNAL, SET_CHILD_SUBREAPER = 1, 36
"""Of prctl(2)."""
LAST_SECONDS = 10.0
"""How long what was killed may take to be gone."""
LINUX = sys.platform == "linux"


def parents() -> dict[int, int]:
    """Each process that can be seen, and its parent."""
    if not LINUX:
        listed = subprocess.run(["/bin/ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=False)
        return {int(pid): int(parent) for pid, parent in map(str.split, listed.stdout.splitlines())}
    found: dict[int, int] = {}
    for name in os.listdir("/proc"):  # noqa: PTH208 - this program starts often, and pathlib would be half of its start
        if name.isdigit():
            with contextlib.suppress(OSError), open(f"/proc/{name}/stat", "rb") as file:  # noqa: PTH123 - as above
                # The name of a program may hold spaces and brackets; the fields after it do not.
                found[int(name)] = int(file.read().rpartition(b")")[2].split()[1])
    return found


def descendants(pid: int) -> list[int]:
    """All processes below `pid`, the nearest first."""
    below: dict[int, list[int]] = {}
    for one, parent in parents().items():
        below.setdefault(parent, []).append(one)
    found: list[int] = []
    waiting = [pid]
    for one in waiting:
        found += below.get(one, [])
        waiting += below.get(one, [])
    return found


def _control(option: int, value: int) -> None:
    if LINUX:
        import ctypes  # noqa: PLC0415 - macOS has no prctl

        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def _start(command: list[str]) -> subprocess.Popen[bytes]:
    """Start the command in a session of its own, which is also the end of a `kill 0` of its."""
    # Loaded before the fork; whoever kills this very program takes the command's first process with it.
    death = (lambda: _control(SET_DEATH_SIGNAL, signal.SIGKILL)) if LINUX else None
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True, preexec_fn=death)  # noqa: S603, PLW1509 - what we were asked to start, from one thread


def _reap(main: int) -> tuple[int | None, bool]:
    """Collect who has ended: the command's own code, and whether any child is left."""
    code = None
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return code, False
        if not pid:
            return code, True
        if pid == main:
            code = os.waitstatus_to_exitcode(status)


def _signal_all(number: int) -> None:
    for pid in descendants(os.getpid()):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


def _end(main: int, grace: float) -> int:
    """End all that is below us; how many would not."""
    deadline = time.monotonic() + grace
    _signal_all(signal.SIGTERM)
    _signal_all(signal.SIGCONT)
    left = True
    while left and time.monotonic() < deadline:
        _, left = _reap(main)
        time.sleep(0.005 if left else 0)
    deadline = time.monotonic() + LAST_SECONDS
    _, left = _reap(main)
    while left and time.monotonic() < deadline:
        # Who is stopped forks no more: a parent cannot replace its children faster than they are ended.
        _signal_all(signal.SIGSTOP)
        _signal_all(signal.SIGKILL)
        time.sleep(0.002)
        _, left = _reap(main)
    return len(descendants(os.getpid())) if left else 0


def _nothing(_number: int, _frame: object) -> None:
    """A signal only wakes the loop."""


def main(status: int, seconds: float, grace: float, command: list[str]) -> NoReturn:
    """Keep one command until it is to end."""
    os.set_inheritable(status, False)  # noqa: FBT003 - the function takes it so
    _control(SET_CHILD_SUBREAPER, 1)
    woken, wakes = os.pipe()
    os.set_blocking(wakes, False)
    signal.set_wakeup_fd(wakes, warn_on_full_buffer=False)
    # Handled, not ignored: what is ignored stays so in the command.
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _nothing)

    def tell(line: str) -> None:
        with contextlib.suppress(OSError):
            os.write(status, f"{line}\n".encode())

    deadline = time.monotonic() + seconds
    started = _start(command)  # held: one that is let go collects its process, and its code would be lost
    pid = started.pid
    tell(f"started {pid} {time.monotonic()!r}")
    asked = known_gone = False
    while not asked and (waited := deadline - time.monotonic()) > 0:
        ready, _, _ = select.select([0, woken], [], [], waited)
        asked = 0 in ready
        if woken in ready:
            asked = bool(set(os.read(woken, 4096)) - {signal.SIGCHLD}) or asked
        code, left = _reap(pid)
        if code is not None:
            tell(f"ended {code}")
        if not left and not known_gone:
            known_gone = True
            tell("gone")
    tell(f"over {_end(pid, grace)}")
    sys.exit(0)


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3]), sys.argv[4:])
