"""The suite's own ground: no network beyond this machine, a clean environment, and a real server to call."""

from __future__ import annotations

import ctypes
import fcntl
import gc
import http.client
import json
import os
import runpy
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import hypothesis
import ports
import pytest
from longest import longest_first

from nis_backend.settings import Settings

# What is collected is kept compiled, asserts rewritten, or each process of each run compiles it anew, for 25 s.
WRITES_NO_BYTECODE = sys.dont_write_bytecode
sys.dont_write_bytecode = False

# A suite that runs in the background inherits that interrupts are ignored, and so would the commands it starts.
signal.signal(signal.SIGINT, signal.default_int_handler)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deployed import Deployed
    from fake_aws import FakeAws
    from ground import Ground
    from photographs import Desk
    from postgresql import PostgreSQL

    from nis_backend.deployment.aws.account import Account

ROOT = Path(__file__).resolve().parent.parent
OFFLINE = ROOT / "tests" / "offline"
# The same examples each time, so that a red run can be run again; nothing is timed, since machines are busy.
SLOW = hypothesis.HealthCheck.too_slow
hypothesis.settings.register_profile("suite", derandomize=True, deadline=None, suppress_health_check=[SLOW])
hypothesis.settings.load_profile("suite")

START_SECONDS = 60.0
"""How long a server may take to answer; two cores run the whole suite beside it."""
END_SECONDS = 60.0
"""How long it may take to end."""


def _leave_network() -> bool:
    """Move this process, and so its children, to a network of its own that has loopback only.

    The kernel refuses it in most containers and to a process with threads; the audit hook stands alone then.
    """
    if sys.platform != "linux" or threading.active_count() > 1:
        return False
    new_user, new_network = 0x10000000, 0x40000000
    uid, gid = os.getuid(), os.getgid()
    if ctypes.CDLL(None, use_errno=True).unshare(new_network | (new_user if uid else 0)):
        return False
    if uid:
        Path("/proc/self/setgroups").write_text("deny", "ascii")
        Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1", "ascii")
        Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1", "ascii")
    up_and_running, get_flags, set_flags = 0x41, 0x8913, 0x8914
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        request = bytearray(struct.pack("16sH14x", b"lo", 0))
        fcntl.ioctl(handle, get_flags, request)
        flags = struct.unpack_from("H", request, 16)[0] | up_and_running
        fcntl.ioctl(handle, set_flags, struct.pack("16sH14x", b"lo", flags))
    return True


def _clean_environment(folder: Path) -> None:
    """Settings of the person who runs the suite do not reach it, nor does the suite reach that person's data."""
    weights = os.environ.get("NIS_WEIGHTS") or str(Settings().weights)
    sandbox = os.environ.get("NIS_SANDBOX") or str(Settings().sandbox)
    for field in Settings.model_fields.values():
        os.environ.pop(str(field.alias), None)
    os.environ |= {
        "NIS_WEIGHTS": weights,
        "NIS_SANDBOX": sandbox,
        "XDG_DATA_HOME": str(folder),
        "PYTHONPATH": os.pathsep.join([str(OFFLINE), *filter(None, [os.environ.get("PYTHONPATH")])]),
        # Package clients that are not Python, or not with our path, are told as well.
        "PIP_NO_INDEX": "1",
        "UV_OFFLINE": "1",
        "npm_config_offline": "true",
        "HF_HUB_OFFLINE": "1",
    }
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        os.environ.pop(name, None)
        os.environ.pop(name.upper(), None)


# The processes that share the suite inherit the network of the one that starts them, and this word of it.
if _leave_network():
    os.environ["TESTS_NETWORK_OFF"] = "kernel"
KERNEL_NETWORK_OFF = os.environ.get("TESTS_NETWORK_OFF") == "kernel"
runpy.run_path(str(OFFLINE / "sitecustomize.py"))


@pytest.fixture(scope="session", autouse=True)
def _environment(tmp_path_factory: pytest.TempPathFactory) -> None:
    _clean_environment(tmp_path_factory.mktemp("home"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where several processes share the suite, the longest files come first; one alone keeps its random order.

    Tests are shared out by their names: of several with the same one, only one would run.
    """
    if "PYTEST_XDIST_WORKER" in os.environ:
        longest_first(items)
    twice = [name for name, times in Counter(one.nodeid for one in items).items() if times > 1]
    if twice:
        raise pytest.UsageError(f"Tests have the same name, of which one alone would run: {twice[:3]}")


def pytest_collection_finish() -> None:
    """What was collected stays to the end: no collection of garbage looks through its millions of objects again."""
    sys.dont_write_bytecode = WRITES_NO_BYTECODE
    gc.collect()
    gc.freeze()


PARITY: list[str] = []
"""The table of operations and surfaces, line by line, from the process in which the tests that fill it have run."""


def pytest_sessionfinish(session: pytest.Session) -> None:
    """What was found here is told at the end, by the process that shares the suite out where there is one."""
    parity = sys.modules.get("parity")
    PARITY.extend(parity.TABLE.lines() if parity else [])
    getattr(session.config, "workeroutput", {})["parity"] = PARITY


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:  # Any: a class of the plugin's own
    """Take over what one of the processes has found."""
    PARITY.extend(getattr(node, "workeroutput", {}).get("parity", []))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The table of operations and surfaces."""
    if PARITY:
        terminalreporter.section("parity: each operation on each derived surface")
        for line in PARITY:
            terminalreporter.write_line(line)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A worker's place in the test's own process, where operations on pictures compute."""
    from photographs import Desk  # noqa: PLC0415 - loads OpenCV, which few tests need

    return Desk(tmp_path)


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture
def left_by_clients() -> Iterator[None]:
    """What a package's client leaves of a process it started is collected while its own test ignores the warning."""
    yield
    gc.collect()


@pytest.fixture
def free_port() -> int:
    """A port of this machine that nobody listened on a moment ago."""
    return ports.free_port()


@dataclass(frozen=True, kw_only=True)
class Server:
    """A `nis serve` that answers."""

    url: str
    pid: int
    data: Path
    process: subprocess.Popen[bytes]
    log: Path
    """What it has written to its output so far."""

    @property
    def websocket_url(self) -> str:
        """The same address for a socket."""
        return self.url.replace("http", "ws", 1)

    @property
    def told(self) -> str:
        """How it is, and the last of what it has written."""
        code = self.process.poll()
        state = "is up" if code is None else f"has ended with code {code}"
        return f"The server {self.pid} {state}; it wrote:\n{self.log.read_text(errors='replace')[-4000:]}"

    def kill(self) -> None:
        """End it as a power cut would: no handler runs."""
        self.process.kill()
        self.process.wait(60)


RUNNING: list[Server] = []
"""Those that are up now, whose last words are told with a test that fails."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What the servers wrote, where a test has failed."""
    report = yield
    if report.failed:
        report.sections += [(f"server at {server.url}", server.told) for server in RUNNING]
    return report


class Serve(Protocol):
    """Starts a server for one test, which is ended with it."""

    def __call__(self, *arguments: str, data: Path | None = None, **environment: str) -> Server:
        """`nis serve *arguments` over `data` (a fresh folder when None), with these variables added."""
        ...


@contextmanager
def running_server(
    data: Path,
    arguments: tuple[str, ...] = (),
    environment: Mapping[str, str] | None = None,
    program: tuple[str, ...] = ("-m", "nis_backend"),
) -> Generator[Server]:
    """A server over this data folder, from its first answer to its orderly end."""
    data.mkdir(parents=True, exist_ok=True)
    server: Server | None = None
    log = data / "server.log"
    address = data / "server.json"
    command = [sys.executable, *program, "serve", "--port", "0", "--data", str(data), *arguments]
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env={**os.environ, **(environment or {})}
        )
    try:
        url = _wait_until_up(process, address, log)
        if "NIS_DATABASE_URL" in (environment or {}):
            _wait_for_database(url, log)
        server = Server(url=url, pid=process.pid, data=data, process=process, log=log)
        RUNNING.append(server)
        yield server
    except Exception as error:
        if server is not None:
            error.add_note(server.told)
        raise
    finally:
        if server is not None:
            RUNNING.remove(server)
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(60)
            pytest.fail(f"the server did not end within {END_SECONDS:g} s of SIGTERM:\n{log.read_text()[-4000:]}")


def _wait_until_up(process: subprocess.Popen[bytes], address: Path, log: Path) -> str:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            held = json.loads(address.read_text())
            # Another pid is an earlier server's, which left its file: this one has not written its own yet.
            if held["pid"] == process.pid and held["url"]:
                with urllib.request.urlopen(f"{held['url']}/health", timeout=START_SECONDS) as answer:
                    if answer.status == 200:
                        return str(held["url"])
        except (OSError, http.client.HTTPException, json.JSONDecodeError):
            pass
        try:
            # The wait between two looks is a wait for its death, which ends the matter at once.
            code = process.wait(0.02)
        except subprocess.TimeoutExpired:
            continue
        pytest.fail(f"the server ended with code {code} before it answered:\n{log.read_text()[-4000:]}")
    pytest.fail(f"the server did not answer within {START_SECONDS:g} s:\n{log.read_text()[-4000:]}")


def _wait_for_database(url: str, log: Path) -> None:
    """Until the server has its database, the schema made, or has said that it is away: a call waits less for it."""
    deadline = time.monotonic() + START_SECONDS
    while "waits for its database" not in log.read_text():
        with urllib.request.urlopen(f"{url}/health", timeout=START_SECONDS) as answer:
            if any(part["name"] == "store" and part["ok"] for part in json.load(answer)["parts"]):
                return
        assert time.monotonic() < deadline, log.read_text()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, _environment: None) -> Iterator[Server]:
    """One server with default settings, shared by all tests that change nothing of it."""
    with running_server(tmp_path_factory.mktemp("server")) as one:
        yield one


@pytest.fixture(scope="session")
def ground(tmp_path_factory: pytest.TempPathFactory, _environment: None) -> Iterator[Ground]:
    """One nis in this process that says what a script holds, shared by all tests that change nothing of it."""
    from ground import Ground  # noqa: PLC0415 - the kernel takes the network from a process without threads alone

    with Ground(tmp_path_factory.mktemp("ground")).open() as one:
        yield one


@pytest.fixture
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """Servers of a test's own: `serve("--app", file, NIS_IDLE_SECONDS="1")`."""
    with ExitStack() as stack:

        def start(*arguments: str, data: Path | None = None, **environment: str) -> Server:
            folder = data or tmp_path_factory.mktemp("server")
            return stack.enter_context(running_server(folder, arguments, environment))

        yield start


@pytest.fixture(scope="session")
def postgresql(_environment: None) -> Iterator[PostgreSQL]:
    """One PostgreSQL, shared by all tests that do not stop it; each takes a database of its own."""
    from postgresql import running_postgresql  # noqa: PLC0415 - as above

    with running_postgresql() as one:
        yield one


@pytest.fixture
def database(postgresql: PostgreSQL, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of an empty database in PostgreSQL, for one test; what this process calls it for waits for it."""
    monkeypatch.setattr("nis_backend.drivers.store.postgres.link.FIRST_SECONDS", START_SECONDS)
    return postgresql.database()


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ternary kernel of this checkout, whatever is installed."""
    from nis_backend.ternary.compiling import compile_kernel  # noqa: PLC0415 - as above

    path = tmp_path_factory.mktemp("kernel") / "_kernel.so"
    why = compile_kernel(path)
    assert not why, why
    return path


@pytest.fixture
def aws() -> FakeAws:
    """An AWS account with nothing in it."""
    from fake_aws import FakeAws  # noqa: PLC0415 - as above

    return FakeAws()


@pytest.fixture
def account(aws: FakeAws) -> Account:
    """The way to it."""
    from nis_backend.deployment.aws.account import Account  # noqa: PLC0415 - as above

    return Account(
        open_session=aws.session, pause=aws.pause, clock=aws.clock, fetch=lambda _address: b'{"architecture": "amd64"}'
    )


@pytest.fixture
def deployed(tmp_path: Path) -> Iterator[Deployed]:
    """A folder in which nothing is deployed yet; what a test leaves there is ended."""
    from deployed import deployment  # noqa: PLC0415 - as above

    with deployment(tmp_path) as one:
        yield one


@pytest.fixture(scope="session")
def s3(_environment: None) -> Iterator[str]:
    """The address of a server that speaks S3."""
    from s3_server import running_s3  # noqa: PLC0415 - as above

    with running_s3() as url:
        yield url
