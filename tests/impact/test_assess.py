"""Whole assessments of a small service: what is asked, found out, and said at the end."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from ports import free_port
from stores import FILES, ask, make_environment, make_store, make_wheels, offline, reasons

from nis_backend.errors import InvalidRequest, NotFound
from nis_backend.impact import trials
from nis_backend.impact.report import Kind, Report
from nis_backend.impact.running.tree import is_taken

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the tree of processes is read from /proc")
SMOKE = "python smoke.py"


@dataclass(frozen=True)
class Store:
    """The service, its environment, and a port for it."""

    folder: Path
    python: Path
    port: int = field(default_factory=free_port)

    def ask(
        self, kind: Kind, package: str, to: str = "", root: Path | None = None, **given: Any
    ) -> Report:  # Any: options
        """Assess a change of it, or of another project with the same environment."""
        return ask(root or self.folder, self.python, kind, package, to, **given)

    @property
    def start(self) -> dict[str, Any]:
        """What starts it, and what it is waited for."""
        return {"start": f"python app.py {self.port}", "ready": f"http://127.0.0.1:{self.port}/"}

    def other(self, folder: Path, **files: str) -> Path:
        """A project with other files; `_py` at the end of a name stands for `.py`."""
        return make_store(folder / "other", {name.replace("_py", ".py"): text for name, text in files.items()})


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of tiny wheels."""
    return tmp_path_factory.mktemp("wheels")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory, wheels: Path) -> Store:
    """The service, installed."""
    root = tmp_path_factory.mktemp("store")
    return Store(make_store(root / "store"), make_environment(root / "env", make_wheels(wheels)))


@pytest.fixture(autouse=True)
def _offline(wheels: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    with offline(wheels, monkeypatch):
        yield


def test_what_nobody_uses_is_safe_to_drop_and_is_measured(store: Store) -> None:
    """Promise: sizes, starts and prices before and after; no difference and no saving is claimed where none is."""
    heard: list[float] = []

    def tell(share: float, _what: str) -> None:
        heard.append(share)

    report = store.ask("drop", "idle", measures=True, smoke=SMOKE, tell=tell, **store.start)
    assert report.verdict.word == "SAFE", reasons(report)
    assert "start and smoke: the same without it" in reasons(report)
    assert report.counterfactual.resolved is not None
    assert [one.name for one in report.counterfactual.resolved.gone] == ["fuel", "idle"]
    assert report.measurement is not None
    assert report.measurement.sizes is not None
    assert report.measurement.sizes.before - report.measurement.sizes.after > 120_000
    assert {part.name for part in report.measurement.sizes.parts if part.exclusive} == {"idle", "fuel"}
    assert [one.name for one in report.measurement.measures if one.changed] == []
    assert report.price is not None
    assert "nothing is saved" in report.price.told
    assert report.left_out == []
    assert heard == sorted(heard)


def test_what_another_package_imports_without_asking_for_it_is_unsafe(store: Store) -> None:
    """Promise: who imports it is named though no text of the project does, and the start that fails without it."""
    report = store.ask("drop", "sneaky", **store.start)
    assert report.verdict.word == "UNSAFE"
    assert "No module named 'sneaky'" in reasons(report)
    assert "framework imports it at run time and does not require it" in reasons(report)


def test_what_another_package_requires_stays_and_nothing_is_saved(store: Store) -> None:
    """Promise: its own line can go; disk and start keep what it costs, and the report says so."""
    report = store.ask("drop", "shared", measures=True, **store.start)
    assert report.verdict.word == "SAFE"
    assert "stays installed for framework" in reasons(report)
    assert report.measurement is not None
    assert report.measurement.sizes is not None
    assert report.measurement.sizes.before == report.measurement.sizes.after
    assert report.measurement.measures == []
    assert "nothing goes and nothing comes" in " ".join(report.left_out)


@pytest.mark.parametrize(
    ("package", "says", "file"),
    [
        ("guarded", "'slowly' without it alone", "app.py"),
        ("plugged", "'[]' without it alone", "smoke.py"),
        ("reporter", "The application needs it, in Procfile", "Procfile"),
    ],
)
def test_what_is_used_by_other_ways_than_an_import_is_unsafe_with_the_place(
    store: Store, package: str, says: str, file: str
) -> None:
    """Promise: a guarded import that shows, a plug-in, a console script of a Procfile."""
    report = store.ask("drop", package, smoke=SMOKE, installs=False)
    assert report.verdict.word == "UNSAFE"
    assert says in reasons(report).replace('"', "")
    assert file in {place.file for reason in report.verdict.reasons for place in reason.evidence}


def test_requirements_that_cannot_hold_are_explained_with_who_is_to_blame(store: Store, tmp_path: Path) -> None:
    """Promise: a package that wants an old release of what the project needs: what is, and that dropping it ends it."""
    report = store.ask("add", "old-fashioned==1.0", smoke=SMOKE)
    assert report.verdict.word == "UNSAFE"
    assert report.counterfactual.resolved is not None
    assert "needed<1" in report.counterfactual.resolved.explanation
    assert {place.text for place in report.counterfactual.resolved.blamed} == {"needed>=1", "what the change asks for"}
    root = make_store(tmp_path / "torn", {"requirements.txt": "needed>=1\nold-fashioned==1.0\nframework\n"})
    report = store.ask("drop", "old-fashioned", root=root, smoke="python starts.py")
    assert report.verdict.word == "SAFE"
    assert "It ends a conflict" in reasons(report)


@pytest.mark.parametrize(
    ("kind", "package", "to", "word", "says"),
    [
        ("add", "stranger>=3", "", "SAFE", "smoke: the same after it"),
        ("swap", "needed", "twin", "SAFE", "imported by the same names"),
        ("swap", "needed", "stranger", "UNSAFE", "No module named 'needed'"),
        ("upgrade", "needed", "1.1", "SAFE", "smoke: the same after it"),
        ("upgrade", "needed", "", "UNSAFE", "'two' after it alone"),
        ("upgrade", "needed", "9", "UNSAFE", "cannot be installed together"),
        ("upgrade", "idle", "1.0", "SAFE", "Nothing is installed, removed or moved"),
    ],
)
def test_what_comes_takes_its_place_or_is_newer(
    store: Store, kind: Kind, package: str, to: str, word: str, says: str
) -> None:
    """Promise: each of the other changes, run for real beside what is."""
    report = store.ask(kind, package, to, smoke=SMOKE)
    assert report.verdict.word == word, reasons(report)
    assert says in reasons(report)
    assert "without it" not in reasons(report)


def test_what_is_added_is_weighed(store: Store) -> None:
    """Promise: of what comes the bytes are told, its requirement is in the patch and in the command."""
    report = store.ask("add", "stranger>=3")
    assert report.verdict.word == "UNPROVEN"
    assert report.measurement is not None
    assert report.measurement.sizes is not None
    assert [(one.name, one.exclusive) for one in report.measurement.sizes.parts] == [("stranger", True)]
    assert report.measurement.sizes.after > report.measurement.sizes.before
    assert report.way is not None
    assert "+stranger>=3" in report.way.patch
    assert "add 'stranger>=3'" in report.way.apply


@pytest.mark.parametrize(
    ("program", "says"),
    [
        ("import time\ntime.sleep(600)", "never ready (nothing listens"),
        ("print('bye')", "never ready (bye)"),
        ("import os\nos.fork()\nraise SystemExit('no configuration\\n')", "exit code 1 (no configuration)"),
        ("import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\ntime.sleep(600)", "never ready"),
    ],
    ids=["hangs", "ends at once", "forks and fails", "ignores the end"],
)
def test_a_start_that_does_not_work_leaves_it_unproven(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str, says: str
) -> None:
    """Promise: it is said what it did, nothing is compared with it, and the rest is still found out."""
    monkeypatch.setattr(trials, "LIMIT", 2.0)
    report = store.ask("drop", "idle", root=store.other(tmp_path, app_py=program), **store.start)
    assert report.verdict.word == "UNPROVEN"
    assert says in reasons(report)
    assert report.counterfactual.installed == []
    assert report.measurement is not None
    assert report.measurement.sizes is not None


def test_a_service_that_leaves_for_the_background_is_followed_and_ended(store: Store, tmp_path: Path) -> None:
    """Promise: a daemon in a session of its own is ready, compared and ended as others are."""
    leaves = "import os\nif os.fork(): os._exit(0)\nos.setsid()\nif os.fork(): os._exit(0)\n"
    root = store.other(tmp_path, app_py=leaves + FILES["app.py"])
    report = store.ask("drop", "idle", root=root, **store.start)
    assert report.verdict.word == "SAFE", reasons(report)
    assert not is_taken(store.port)


WRONG: list[tuple[Kind, str, str, dict[str, Any], str, str]] = [
    ("drop", "idel", "", {}, "package", "idle"),
    ("drop", "reporting", "", {}, "package", "reporter"),
    ("drop", "", "", {}, "package", "distribution"),
    ("add", "!!", "", {}, "package", "requirement"),
    ("swap", "idle", "!!", {}, "to", "requirement"),
    ("upgrade", "idle", "notaversion", {}, "to", "2.1"),
    ("drop", "idle", "", {"start": "true", "ready": "somewhere"}, "ready", "port N"),
    ("drop", "idle", "", {"start": "true", "ready": "http://example.com/"}, "ready", "port N"),
]


@pytest.mark.parametrize(("kind", "package", "to", "commands", "field", "remedy"), WRONG)
def test_wrong_input_is_refused_with_the_field_and_what_to_do(
    store: Store, kind: Kind, package: str, to: str, commands: dict[str, Any], field: str, remedy: str
) -> None:
    """Promise: at once, before anything is run."""
    with pytest.raises((NotFound, InvalidRequest)) as caught:
        store.ask(kind, package, to, **commands)
    assert caught.value.field == field
    assert remedy in f"{caught.value.message} {caught.value.remedy}"


def test_an_answer_of_another_program_is_not_taken_for_the_service(store: Store, free: Callable[[], int]) -> None:
    """Promise: a port that is taken already is refused at once."""
    with pytest.raises(InvalidRequest) as caught:
        store.ask("drop", "idle", start="true", ready=f"port {free()}")
    assert caught.value.field == "ready"


@pytest.fixture
def free() -> Generator[Callable[[], int]]:
    """Makes a port that is listened on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield lambda: server.getsockname()[1]
