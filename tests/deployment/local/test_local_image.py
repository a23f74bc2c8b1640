"""How an image becomes a process, and what of this machine it gets."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from builds import GOOD

from nis_backend.deployment.local import image
from nis_backend.deployment.local.surroundings import born, inherited
from nis_backend.errors import InvalidRequest, Unavailable

ENGINE = """#!{python}
import pathlib, sys
pathlib.Path(__file__).with_name("asked").open("a").write(" ".join(sys.argv[1:]) + "\\n")
sys.exit({codes}.get(sys.argv[1], 0))
"""


def engine(folder: Path, monkeypatch: pytest.MonkeyPatch, **codes: int) -> Path:
    """The only container engine of this machine, whose commands end so; the file of what it was asked."""
    program = folder / "podman"
    program.write_text(ENGINE.format(python=sys.executable, codes=codes))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
    return folder / "asked"


def test_an_environment_is_its_own_command() -> None:
    """Nothing but the command nis is wanted of it."""
    assert image.find(GOOD).command(["serve"], task="t", environment={}) == [f"{sys.prefix}/bin/nis", "serve"]


@pytest.mark.parametrize("name", ["venv:/nowhere", "venv:relative", "venv:"])
def test_an_environment_that_is_none_is_refused_with_how_one_is_made(name: str) -> None:
    """Before anything is ended for it."""
    with pytest.raises(InvalidRequest) as refused:
        image.find(name)
    assert "python -m venv" in refused.value.remedy


def test_an_image_runs_by_the_engine_that_works_and_no_setting_is_on_its_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever may list processes sees command lines, and settings hold keys."""
    asked = engine(tmp_path, monkeypatch)
    found = image.find("nis:1")
    command = found.command(["serve", "--port", "1"], task="t", environment={"NIS_API_KEY": "hidden"})
    assert command[:5] == [str(tmp_path / "podman"), "run", "--rm", "--name", "t"]
    assert command[-7:] == ["--env", "NIS_API_KEY", "nis:1", "nis", "serve", "--port", "1"]
    assert "hidden" not in " ".join(command)
    assert {"--read-only", "--no-healthcheck"} <= set(command)
    assert any(one.startswith("--ulimit=nofile=") for one in command)
    found.clean("t")
    assert asked.read_text().splitlines() == ["info", "image inspect nis:1", "rm --force --volumes t"]


def test_no_engine_one_that_does_not_work_and_an_image_that_is_nowhere_are_told_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unavailable, and never something else in its place."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Unavailable, match="No container engine works"):
        image.find("nis:1")
    engine(tmp_path, monkeypatch, info=1)
    with pytest.raises(Unavailable) as refused:
        image.find("nis:1")
    assert "venv:" in refused.value.remedy
    engine(tmp_path, monkeypatch, image=1, pull=1)
    with pytest.raises(Unavailable, match="cannot fetch the image"):
        image.find("nis:1")


def test_a_task_gets_no_setting_of_whoever_started_the_controller(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a deployment is, is what was asked for: on another day and from another shell as well."""
    monkeypatch.setenv("NIS_API_KEY", "mine")
    monkeypatch.setenv("OPENAI_API_KEY", "mine")
    assert "mine" not in inherited().values()
    assert "PATH" in inherited()


def test_a_process_is_known_by_its_number_and_the_time_of_its_start() -> None:
    """A number alone may be another's by now."""
    assert born(1) or sys.platform != "linux"
    assert born(2**22 + 1) == ""
