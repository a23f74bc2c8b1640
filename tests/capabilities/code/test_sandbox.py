"""Programs in the sandbox: what they compute and leave, and that what they try beyond it comes to nothing."""

from __future__ import annotations

import errno
import os
import socket
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from nis_backend.capabilities.code.analysing import PROGRAM
from nis_backend.capabilities.code.files import Files
from nis_backend.capabilities.code.operations import get_sandbox, run_code
from nis_backend.capabilities.code.running import Done, run_python
from nis_backend.capabilities.code.said import Said, read
from nis_backend.errors import Unavailable
from nis_backend.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Mapping

MARKED = "planted-7c1f0e"


class Silent:
    """Nobody hears how far it is."""

    def progress(self, fraction: float, message: str = "", values: Mapping[str, float] | None = None) -> None:
        """As a worker's."""

    def cancelled(self) -> bool:
        """Never."""
        return False


def run(code: str, *, files: Mapping[str, bytes] | None = None, seconds: float = 30, stdin: str = "") -> Done:
    """As `code.run_code` does."""
    return run_python(
        code, files or {}, seconds=seconds, stdin=stdin, cache=read_settings(os.environ).sandbox, ctx=Silent()
    )


def test_a_program_leaves_what_it_computes_prints_draws_and_writes() -> None:
    """Promise of run_code: value, output, figures, files."""
    done = run(
        "import sys, numpy as np, pandas as pd\n"
        "import matplotlib.pyplot as plt\n"
        "table = pd.read_csv('given.csv')\n"
        "print(input(), file=sys.stderr)\n"
        "plt.plot(table.a); plt.title('rising')\n"
        "table.assign(b=table.a * 2).to_csv('made.csv', index=False)\n"
        "print('sum', table.a.sum())\n"
        "{'inverse': np.linalg.inv(np.diag([2.0, 4.0])), 'none': None}",
        files={"given.csv": b"a\n1\n2\n4\n"},
        stdin="a word\n",
    )
    assert (done.ended, done.problem) == ("finished", None)
    assert done.value == {"inverse": [[0.5, 0.0], [0.0, 0.25]], "none": None}
    assert (done.printed, done.complained) == ("sum 7\n", "a word\n")
    assert done.files == {"made.csv": b"a,b\n1,2\n2,4\n4,8\n"}
    ((title, picture),) = done.figures
    assert title == "rising"
    assert picture.startswith(b"\x89PNG")


def test_a_programs_mistake_is_told_with_its_line() -> None:
    """Promise: the exception and where it was raised, and what was printed before stays."""
    done = run("print('begun')\ndef half(x):\n    return x / 0\nhalf(1)")
    assert (done.ended, done.printed) == ("raised", "begun\n")
    assert done.problem is not None
    assert (done.problem.kind, done.problem.line) == ("ZeroDivisionError", 3)
    assert "half(1)" in done.problem.trace
    said: dict[str, Any] = {
        "shown": "",
        "printed": done.printed,
        "complained": "",
        "cut": [],
        "figures": [],
        "files": [],
    }
    ran = run_code.result.model_validate({"ended": "raised", "value": None, "problem": done.problem, **said})
    assert "ZeroDivisionError in line 3" in str(run_code.draw(run_code.request(code="1"), ran))
    wrong = run("x = (1,\ny = 2")
    assert wrong.problem is not None
    assert (wrong.problem.kind, wrong.problem.line) == ("SyntaxError", 1)


@pytest.mark.parametrize(
    ("attempt", "kind"),
    [
        ("open('/etc/passwd').read()", "FileNotFoundError"),
        ("open('../../../../../../etc/passwd').read()", "PermissionError"),
        ("open('/proc/1/environ').read()", "FileNotFoundError"),
        ("open('/proc/self/mem').read()", "FileNotFoundError"),
        ("import os; os.listdir('/root')", "FileNotFoundError"),
        ("import os; os.symlink('/etc/passwd', 'link')", "OSError"),
        ("open('/usr/local/lib/python315.zip', 'wb')", "PermissionError"),
        ("import os; os.fork()", "AttributeError"),
        ("import os; os.kill(os.getppid(), 9)", "AttributeError"),
        ("import os; os.execv('/bin/sh', ['sh'])", "AttributeError"),
        ("import os; os.system('id')", "AttributeError"),
        ("import subprocess; subprocess.run(['id'])", "OSError"),
        ("import threading; threading.Thread(target=print).start()", "RuntimeError"),
        ("import ctypes; ctypes.CDLL(None)", "OSError"),
        ("import socket; socket.socket().connect(('127.0.0.1', PORT))", "OSError"),
        ("import urllib.request; urllib.request.urlopen('http://127.0.0.1:PORT')", "AttributeError"),
        ("import mmap; mmap.mmap(-1, 4096)", "OSError"),
        ("x = bytearray(2**30)", "MemoryError"),
        ("x = []\nwhile True: x.append(bytearray(2**20))", "MemoryError"),
        ("def f(): return f()\nf()", "RecursionError"),
        ("with open('big', 'wb') as f: f.write(bytes(10**8))", "OSError"),
        ("for n in range(1000): open(f'{n}', 'w').write('x')", "OSError"),
    ],
)
def test_what_reaches_beyond_it_comes_to_nothing(attempt: str, kind: str) -> None:
    """Promise: files, processes, signals, network and memory of the host are not there: it is an exception."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)
        done = run(attempt.replace("PORT", str(server.getsockname()[1])))
        with pytest.raises(TimeoutError):
            server.accept()
    assert done.ended == "raised", done
    assert done.problem is not None
    told = done.problem.kind
    assert told == kind, done.problem


def test_a_secret_of_the_server_is_nowhere_in_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Promise: neither the server's variables nor its files are in what a program can read."""
    monkeypatch.setenv("NIS_PLANTED", MARKED)
    (tmp_path / "key").write_text(MARKED, "utf-8")
    monkeypatch.chdir(tmp_path)
    looked = run(
        "import os, sys\n"
        "seen = [repr(dict(os.environ)), repr(sys.argv), repr(sys.path)]\n"
        "for folder, folders, names in os.walk('/'):\n"
        "    seen.append(folder)\n"
        "    for name in names:\n"
        "        path = os.path.join(folder, name)\n"
        "        if not path.startswith('/in/'): seen.append(name + repr(open(path, 'rb').read()))\n"
        "''.join(seen)"
    )
    assert looked.ended == "finished", looked
    assert MARKED not in looked.shown + looked.printed + looked.complained
    assert os.environ["NIS_PLANTED"] == MARKED
    assert str(tmp_path) not in looked.shown


def test_endless_programs_are_ended() -> None:
    """Promise: a loop, a sleep and a flood of words end in their time."""
    for code in ("while True: pass", "import time; time.sleep(3600)"):
        assert run(code, seconds=0.5).ended == "out of time"
    flood = run("print('x' * 10**7)")
    assert (flood.ended, flood.cut, len(flood.printed)) == ("finished", ("stdout",), 65_536)


def test_a_program_that_ends_its_interpreter_is_told_of() -> None:
    """Promise: whatever a program leaves in the place of our word of it, it is not taken for that."""
    assert run("import os; os._exit(0)").ended == "crashed"
    forged = run("import os\nopen('/out/told.json', 'w').write('[1]')\nos._exit(0)")
    assert (forged.ended, forged.value) == ("crashed", None)


def test_what_cannot_be_written_down_is_shown_and_has_no_value() -> None:
    """Promise of `value`: JSON; half of a character, and NaN of what calls itself a table, are none."""
    half = run("import sys\nprint(1)\n'\\ud800'")
    assert (half.ended, half.value, half.shown) == ("finished", None, "'\\ud800'")
    table = "class A:\n index = 1\n def head(s, n): return s\n def to_json(s, **k): return '[NaN]'\nA()"
    assert (run(table).ended, run(table).value) == ("finished", None)
    long = run("['x' * 10_000] * 200")
    assert (long.ended, long.value, len(long.shown)) == ("finished", None, 20_000)
    raised = run("raise type('K' * 9000, (Exception,), {})('\\ud800')")
    assert raised.problem is not None
    assert (raised.problem.kind, raised.problem.message) == ("K" * 200, "?")


@pytest.mark.parametrize(
    "forged",
    [
        '{"problem": {"kind": 5}}',
        '{"figures": 5}',
        '{"value": NaN}',
        '{"value": "\\ud800"}',
        "[" * 100_000,
        '{"value": ' + "[" * 900 + "]" * 900 + "}",
        '{"shown": "' + "x" * 20_001 + '"}',
        "[]",
    ],
)
def test_what_a_program_forges_of_itself_is_no_word(forged: str) -> None:
    """Promise of docs/code.md: `crashed`; read as any caller's JSON, it fails nothing."""
    assert read(forged.encode()) is None
    assert read(b'{"value": [1], "more": 2}') == Said(value=[1])


def test_a_sandbox_that_does_not_tell_what_is_in_it_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Promise of errors.py: what may pass is `unavailable` with a remedy, and no mistake of the server's."""

    def late(*_: object, **__: object) -> Done:
        return Done(ended="out of time")

    monkeypatch.setattr("nis_backend.capabilities.code.running.run_python", late)
    with pytest.raises(Unavailable, match="out of time"):
        get_sandbox.function(get_sandbox.request(), SimpleNamespace(options={"sandbox": "/"}))


def test_files_in_memory_are_as_a_disks() -> None:
    """Promise of `Files`: what a folder answers when it is written, moved, and taken away; and a full disk."""
    files = Files({"/work/a": b"12"}, room=10)
    assert files.list("/work") == [("a", "file")]
    files.mkdir("/work/b")
    files.write("/work/b/c", b"123")
    files.rename("/work/b", "/work/d")
    assert files.read("/work/d/c") == b"123"
    with pytest.raises(OSError, match="/work/d"):
        files.rmdir("/work/d")
    with pytest.raises(OSError, match="28"):
        files.write("/work/e", b"x" * 20)
    files.remove("/work/d/c")
    files.rmdir("/work/d")
    assert files.list("/work") == [("a", "file")]


def test_what_is_moved_takes_room_as_what_is_written() -> None:
    """Promise: 32 MB of files, and what is said of a program beside; by no way round does a program have more here."""
    files = Files({}, room=10)
    for src, dst in (("/work/a", "/out/a"), ("/out/b", "/work/b")):
        files.write(src, b"x" * 10)
        with pytest.raises(OSError, match=str(errno.EXDEV)):
            files.rename(src, dst)
    for src, dst in (("/out", "/work/out"), ("/work", "/out/work")):
        with pytest.raises(OSError, match=str(errno.EXDEV)):
            files.rename(src, dst)
    assert sum(map(len, files.files.values())) == 20
    moved = run("import shutil\nopen('a', 'w').write('here')\nshutil.move('a', '/out/a')\nopen('/out/a').read()")
    assert moved.value == "here"


TABLES: list[tuple[bytes, list[str], list[float | None]]] = [
    (b"a\n1\n2\n6", ["a"], [3.0]),
    (b"first name\nAda Lovelace\nGrace Brewster Hopper\n", ["first name"], [None]),
    (b"a;b\n1,5;2\n2,5;4\n", ["a", "b"], [2.0, 3.0]),
    (b"a;b\n1,500.5;2\n2,500.5;4\n", ["a", "b"], [None, 3.0]),
    (b"a\tb\n1\tx, y\n3\tz, w, v\n", ["a", "b"], [2.0, None]),
    (b'a,b\n"x;y",1\n"z;w",3\n', ["a", "b"], [None, 2.0]),
    (b"a b\n1 2\n3 4\n", ["a", "b"], [2.0, 3.0]),
    (b"a,b\n\x81\xff,2\n3,4", ["a", "b"], [None, 3.0]),
    (b"a\n1e308\n1e308\n-1e308\n", ["a"], [None]),
]


def test_columns_are_parted_as_whoever_wrote_them_did() -> None:
    """Promise of analyse_table: any common separator, one column, decimal commas, other bytes, sums beyond floats."""
    reads = PROGRAM.read_text("utf-8").partition("\nframe = read()")[0]
    loop = (
        "\nfound = []\nfor place in range(len(list(Path('.').glob('table-*')))):"
        "\n    Path('table').write_bytes(Path(f'table-{place}').read_bytes())\n    frame = read()"
        "\n    found.append([[name, look(name, frame[name]).get('mean')] for name in frame.columns])\nfound"
    )
    files = {f"table-{place}": content for place, (content, _, _) in enumerate(TABLES)}
    done = run(reads + loop, files={**files, "asked.json": b'{"format": "csv"}'})
    assert done.ended == "finished", done.problem
    assert done.value == [[list(one) for one in zip(names, means, strict=True)] for _, names, means in TABLES]
