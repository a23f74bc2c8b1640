"""A project's own commands: whatever they do, they are told of rightly and nothing of them is left."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from ports import free_port

from nis_backend.errors import InvalidRequest, NotFound
from nis_backend.impact.report import Phase, PhaseName
from nis_backend.impact.running import phases, started
from nis_backend.impact.running.phases import Commands, Place, run_commands
from nis_backend.impact.running.ready import read_ready
from nis_backend.impact.running.surroundings import masked, placed, surroundings

sys.path.append(str(Path(__file__).parents[1]))
from hostile import SERVE, Program, program, until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the tree of processes is read from /proc")
LONG = 60.0


@pytest.fixture(autouse=True)
def _short_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who ignores SIGTERM is not waited for as long as in earnest."""
    monkeypatch.setattr(started, "GRACE_SECONDS", 0.3)


def run(one: Program, name: PhaseName = "start", *, ready: str = "", limit: float = LONG, command: str = "") -> Phase:
    """Run the program as a phase; nothing of it may be left."""
    commands = Commands(**{name: command or one.command()}, ready=ready)
    (ran,) = run_commands(commands, Place(folder=one.folder, environment=surroundings(), limit=limit))
    assert one.left() == []
    return ran.phase


def test_a_service_is_ready_when_its_address_answers(tmp_path: Path) -> None:
    """Promise: start → ready by address; then it is ended, and its exit code is not ours to tell."""
    one, port = program(tmp_path, f"{SERVE}\nprint('up', flush=True)\nserver.serve_forever()"), free_port()
    phase = run(one, ready=f"http://localhost:{port}/health", command=one.command(port))
    assert (phase.outcome, phase.code, phase.told) == ("ready", None, ["up"])
    assert 0 < phase.seconds < LONG


@pytest.mark.parametrize("form", ["port {}", "{}", ""])
def test_a_service_is_ready_when_it_listens(tmp_path: Path, form: str) -> None:
    """Promise: `port N`, or the first port of the command's own where nothing is said."""
    one, port = program(tmp_path, f"{SERVE}\nserver.serve_forever()"), free_port()
    assert run(one, ready=form.format(port), command=one.command(port)).outcome == "ready"


def test_an_address_that_refuses_is_not_ready(tmp_path: Path) -> None:
    """Promise: a status of 400 or more is no readiness, and the reason says what was answered."""
    source = SERVE.replace("200", "503") + "\nserver.serve_forever()"
    one, port = program(tmp_path, source), free_port()
    ready = read_ready(f"http://127.0.0.1:{port}/live")
    with started.running(one.command(port), environment=surroundings(), folder=tmp_path, limit=LONG) as run:
        until(lambda: ready.check(run.tree) == "/live answered 503")
    assert one.left() == []


DAEMON = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
signal.signal(signal.SIGHUP, signal.SIG_IGN)
if os.fork(): os._exit(0)
os.setsid()
if os.fork(): os._exit(0)
os.chdir("/")
"""


@pytest.mark.parametrize(
    ("source", "outcome"),
    [
        ("import time\ntime.sleep(600)", "never_ready"),
        ("", "never_ready"),
        ("raise SystemExit(3)", "failed"),
        ("import os\nos.abort()", "failed"),
        (f"{DAEMON}time.sleep(600)", "never_ready"),
        ("import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\ntime.sleep(600)", "never_ready"),
        ("import os, time\nos.kill(0, 15)\ntime.sleep(600)", "failed"),
        ("import os, time\n[os.fork() for _ in range(5)]\nos.setsid() if 0 else None\ntime.sleep(600)", "never_ready"),
    ],
    ids=["hangs", "ends with 0", "fails", "crashes", "is a daemon", "ignores SIGTERM", "ends its group", "forks"],
)
def test_a_command_that_is_never_ready_is_told_of_and_ended(tmp_path: Path, source: str, outcome: str) -> None:
    """Promise: whatever a start command does, it is ended with all its processes, and said to be not ready."""
    phase = run(program(tmp_path, source), limit=0.5)
    assert phase.outcome == outcome
    assert "listens on no port" in phase.told[-1]


def test_a_daemon_of_a_command_is_ready(tmp_path: Path) -> None:
    """Promise: a service that leaves its first process is still the command's own, and is found and ended."""
    one, port = program(tmp_path, f"{DAEMON}{SERVE}\nserver.serve_forever()"), free_port()
    assert run(one, ready=f"http://127.0.0.1:{port}/", command=one.command(port)).outcome == "ready"


def test_what_becomes_ready_and_dies_is_not_ready(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Promise: one answer is not enough: it has to stay up."""
    monkeypatch.setattr(phases, "SETTLE_SECONDS", 20.0)  # it ends sooner; the machine may be busy
    source = SERVE.replace("Threading", "") + "\nserver.handle_request()\nraise SystemExit(7)"
    one, port = program(tmp_path, source), free_port()
    phase = run(one, ready=f"http://127.0.0.1:{port}/", command=one.command(port))
    assert phase.outcome == "failed"
    assert phase.code == 7
    assert "became ready, and then ended" in phase.told[-1]


def test_a_port_of_another_program_is_refused_before(tmp_path: Path) -> None:
    """Promise: what listens already is not taken for the command's own."""
    one = program(tmp_path, "import time\ntime.sleep(600)")
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(InvalidRequest, match="another program") as refused:
            run(one, ready=f"port {other.getsockname()[1]}")
    assert refused.value.field == "ready"


def test_a_port_that_another_program_takes_meanwhile_is_not_ready(tmp_path: Path) -> None:
    """Promise: who listens is looked up: it must be a process of the command."""
    one, port = program(tmp_path, "import pathlib, time\npathlib.Path('begun').touch()\ntime.sleep(600)"), free_port()
    waits = (
        "import http.server, pathlib, sys, time\n"
        "pathlib.Path('armed').touch()\n"
        "while not pathlib.Path('begun').exists(): time.sleep(0.01)\n"
        "http.server.HTTPServer(('127.0.0.1', int(sys.argv[1])), http.server.SimpleHTTPRequestHandler).serve_forever()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", waits, str(port)], cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as other:
        try:
            until((tmp_path / "armed").exists)
            phase = run(one, ready=f"http://127.0.0.1:{port}/", limit=3)
        finally:
            other.kill()
    assert phase.outcome == "never_ready"
    assert "by no process of this command" in phase.told[-1]


def test_any_amount_of_output_is_read_and_its_end_kept(tmp_path: Path) -> None:
    """Promise: 100 MB do not stop the command, nor stay with us."""
    source = "import sys\nfor _ in range(1600): sys.stdout.write('x' * 65535 + '\\n')\nprint('the end')"
    one = program(tmp_path, source)
    (ran,) = run_commands(Commands(test=one.command()), Place(folder=tmp_path, environment=surroundings(), limit=LONG))
    assert ran.phase.outcome == "passed"
    assert ran.phase.told[-1] == "the end"
    assert len(ran.written) <= 65536


@pytest.mark.parametrize(
    ("source", "outcome", "code"),
    [("", "passed", 0), ("raise SystemExit(4)", "failed", 4), ("import time\ntime.sleep(600)", "timed_out", None)],
)
def test_a_smoke_passes_by_its_exit_code(tmp_path: Path, source: str, outcome: str, code: int | None) -> None:
    """Promise: 0 is passed, all else failed, and what does not end in time is said to."""
    phase = run(program(tmp_path, source), "smoke", limit=LONG if code is not None else 1.0)
    assert (phase.outcome, phase.code) == (outcome, code)


def test_a_smoke_is_run_while_the_service_is_up(tmp_path: Path) -> None:
    """Promise: a check can ask the service that the start command started."""
    one, port = program(tmp_path, f"{SERVE}\nserver.serve_forever()"), free_port()
    asks = f'import urllib.request; print(urllib.request.urlopen("http://127.0.0.1:{port}/").read().decode())'
    commands = Commands(
        start=one.command(port), ready=f"port {port}", smoke=f"{sys.executable} -c '{asks}'", test="exit 1"
    )
    ran = run_commands(commands, Place(folder=tmp_path, environment=surroundings(), limit=LONG))
    assert [(each.phase.name, each.phase.outcome) for each in ran] == [
        ("start", "ready"),
        ("smoke", "passed"),
        ("test", "failed"),
    ]
    assert ran[1].written == "ok\n"
    assert one.left() == []


OURS = """
import sys
from pathlib import Path
from nis_backend.impact.running import started
from nis_backend.impact.running.ready import read_ready
from nis_backend.impact.running.surroundings import surroundings
started.GRACE_SECONDS = 0.3
with started.running(sys.argv[1], environment=surroundings(), folder=Path(sys.argv[2]), limit=600) as run:
    print(run.tree.keeper, flush=True)
    while run.look(1): pass
"""


@pytest.mark.parametrize("victim", ["us", "the keeper"])
def test_nothing_is_left_when_we_are_killed_midway(tmp_path: Path, victim: str) -> None:
    """Promise: the keeper ends all when its pipe closes; and where that is killed we end the command's session."""
    daemon = f"{DAEMON}pathlib.Path(sys.argv[1]).touch()\ntime.sleep(600)".replace("import os", "import pathlib, os", 1)
    plain = "import pathlib, sys, time\npathlib.Path(sys.argv[1]).touch()\ntime.sleep(600)"
    one, begun = program(tmp_path, daemon if victim == "us" else plain), tmp_path / "begun"
    with subprocess.Popen(
        [sys.executable, "-c", OURS, one.command(begun), str(tmp_path)], stdout=subprocess.PIPE
    ) as ours:
        assert ours.stdout is not None
        keeper = int(ours.stdout.readline())
        until(begun.exists)
        assert one.left()
        os.kill(ours.pid if victim == "us" else keeper, signal.SIGKILL)
        try:
            until(lambda: not one.left())
        finally:
            ours.kill()


@pytest.mark.parametrize(
    ("ready", "says"),
    [
        ("port 0", "65535"),
        ("http://example.com/", "this machine"),
        ("ftp://localhost/", "no address"),
        ("x", "no address"),
    ],
)
def test_what_cannot_be_waited_for_is_refused(tmp_path: Path, ready: str, says: str) -> None:
    """Promise: a wrong `ready` is a typed error with the field, the value and the remedy."""
    with pytest.raises(InvalidRequest, match=says) as refused:
        run(program(tmp_path, ""), ready=ready)
    assert (refused.value.field, refused.value.remedy) != (None, "")


def test_a_command_needs_words_a_folder_and_a_limit(tmp_path: Path) -> None:
    """Promise: bad input is a typed error."""
    for command, folder, limit, kind in (
        (" ", tmp_path, 1.0, InvalidRequest),
        ("true", tmp_path / "none", 1.0, NotFound),
        ("true", tmp_path, 0.0, InvalidRequest),
    ):
        with pytest.raises(kind):
            run_commands(Commands(test=command), Place(folder=folder, environment=surroundings(), limit=limit))


def test_secrets_are_not_told() -> None:
    """Promise: what a command writes is shown without values of secret variables, logins and passwords."""
    text = "postgres://me:hunter22@db/x sk-12345678 password=abc Authorization: Bearer abcdefghijk"
    told = masked(text, {"OPENAI_API_KEY": "sk-12345678", "HOME": "/home/me"})
    for secret in ("hunter22", "sk-12345678", "abc"):
        assert secret not in told
    assert "@db/x" in told


def test_a_command_is_led_into_another_environment(tmp_path: Path) -> None:
    """Promise: `.venv/bin/x` and absolute paths are led to the copy; other programs stay."""
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "pyvenv.cfg").touch()
    copy = tmp_path / "copy"
    copy.mkdir()
    (copy / "pyvenv.cfg").touch()
    command = f"A=.venv/bin/a .venv/bin/python -m app && {tmp_path}/.venv/bin/gunicorn app:app; /usr/bin/env python"
    assert placed(command, tmp_path, copy) == (
        f"A={copy}/bin/a {copy}/bin/python -m app && {copy}/bin/gunicorn app:app; /usr/bin/env python"
    )
    found = surroundings(copy)
    assert found["PATH"].startswith(f"{copy}/bin:")
    assert found["VIRTUAL_ENV"] == str(copy)
