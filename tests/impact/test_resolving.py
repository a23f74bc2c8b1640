"""Resolutions by uv and by pip, from wheels made on the spot: no index, no network."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest
from wheels import wheel

from nis_backend.errors import DeadlineExceeded, Unavailable
from nis_backend.impact.changing.installers import Installer, find_installer
from nis_backend.impact.changing.resolving import Resolved, resolve
from nis_backend.impact.changing.wheels import with_wheels
from nis_backend.impact.report import Place, Share, Sizes

PYTHON = Path(sys.executable)
TOOLS = ("uv", "pip")


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`heavy` wants an old `maths`; `light` is content with any; `heavy` brings `fuel`."""
    folder = tmp_path_factory.mktemp("wheels")
    for version in ("1.26.4", "2.3.1"):
        wheel(folder, "maths", version, {"maths.py": ""})
    wheel(folder, "heavy", "2.15.1", {"heavy.py": ""}, requires=["maths<2", "fuel"])
    wheel(folder, "fuel", "1.0", {"fuel.py": ""})
    wheel(folder, "light", "0.3", {"light.py": ""}, requires=["maths"])
    return folder


@pytest.fixture
def installer(request: pytest.FixtureRequest, wheels: Path, tmp_path: Path) -> Installer:
    """The tool that the test names, with the settings that a person gives pip."""
    variables = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheels)}
    if request.param == "uv":
        return find_installer({**variables, "UV_CACHE_DIR": str(tmp_path / "cache")}, PYTHON)
    return Installer(command=(sys.executable, "-m", "pip"), variables={**variables, "PIP_NO_CACHE_DIR": "1"})


both = pytest.mark.parametrize("installer", TOOLS, indirect=True)


def asked(*lines: str) -> dict[str, Place]:
    """Requirements, a line each of one file."""
    return {line: Place(file="requirements.txt", line=number, text=line) for number, line in enumerate(lines, 1)}


def come_to(installer: Installer, *lines: str, installed: dict[str, str] | None = None) -> Resolved:
    """What requirements come to."""
    return resolve(asked(*lines), installed or {}, installer=installer, python=PYTHON)


@both
def test_a_conflict_is_explained_and_its_requirements_are_blamed(installer: Installer, wheels: Path) -> None:
    """The case that started it: a package that wants an old release beside one that the project pins newer."""
    told = come_to(installer, "maths>=2", "heavy==2.15.1", "light").told()
    assert not told.possible
    assert {place.line for place in told.blamed} == {1, 2}
    assert "heavy" in told.explanation
    assert "maths" in told.explanation
    assert str(wheels.parent) not in told.explanation
    assert told.tool.split()[0] == ("uv" if installer.is_uv else "pip")


INSTALLED = {"maths": "1.26.4", "heavy": "2.15.1", "fuel": "1.0", "light": "0.3"}


@both
def test_what_goes_with_it_is_told_and_the_rest_stays_as_it_is(installer: Installer) -> None:
    """Dropping the package takes what it alone brought; what is installed keeps its version where it can."""
    before = Resolved(tool="", asked={}, pins=INSTALLED)
    after = come_to(installer, "light", installed=INSTALLED).told(before)
    assert [one.name for one in after.gone] == ["fuel", "heavy"]
    assert (after.come, after.moved) == ([], [])


@pytest.mark.parametrize("installer", ["uv"], indirect=True)
def test_what_comes_and_what_moves_is_told_beside_what_was(installer: Installer) -> None:
    """What it held down is let go where the project asks for that; what is new brings its own."""
    before = come_to(installer, "heavy", "light", installed=INSTALLED)
    moved = come_to(installer, "light", "maths>=2", installed=INSTALLED).told(before)
    assert moved.moved == ["maths 1.26.4 → 2.3.1"]
    added = come_to(installer, "light", "heavy", installed=INSTALLED).told(come_to(installer, "light"))
    assert [one.name for one in added.come] == ["fuel", "heavy"]


@both
def test_a_package_that_no_index_has_is_no_lost_network(installer: Installer) -> None:
    """It is the requirement that is wrong: the report says which."""
    told = come_to(installer, "nowhere-to-be-found-1x").told()
    assert not told.possible
    assert [place.line for place in told.blamed] == [1]


def test_an_index_that_cannot_be_reached_is_said_to_be(tmp_path: Path) -> None:
    """A refused connection is no conflict of requirements."""
    variables = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "UV_CACHE_DIR": str(tmp_path / "cache")}
    closed = {"UV_DEFAULT_INDEX": "http://127.0.0.1:9/simple", "UV_HTTP_RETRIES": "0"}
    with pytest.raises(Unavailable) as caught:
        come_to(find_installer({**variables, **closed}, PYTHON), "maths")
    assert "PIP_FIND_LINKS" in str(caught.value.remedy)


def test_pips_settings_reach_uv_and_uvs_own_win(tmp_path: Path) -> None:
    """`pip config` and pip's variables name the places of wheels; uv reads neither."""
    config = tmp_path / "pip.conf"
    config.write_text(
        "[global]\nindex-url = http://one/simple\nextra-index-url =\n  http://two/simple\n  http://three/simple\n"
        "find-links = /a /b\nno-index = true\n"
    )
    given = {"PIP_CONFIG_FILE": str(config), "PATH": "/usr/bin", "HOME": str(tmp_path), "PIP_FIND_LINKS": "/c"}
    found = find_installer({**given, "UV_DEFAULT_INDEX": "http://mine/simple"}, PYTHON)
    assert found.is_uv
    assert found.variables["UV_FIND_LINKS"] == "/c"
    assert found.variables["UV_INDEX"] == "http://two/simple http://three/simple"
    assert found.variables["UV_DEFAULT_INDEX"] == "http://mine/simple"
    assert found.offline


def test_without_uv_pip_is_taken_and_without_both_it_says_how_to_have_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A project's interpreter need not have pip, nor be there any more."""

    def nowhere(name: str, path: str = "") -> None:
        """It is not on PATH."""

    monkeypatch.setattr(shutil, "which", nowhere)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    variables = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    found = find_installer(variables, PYTHON)
    assert found.command == (str(PYTHON), "-m", "pip")
    with pytest.raises(Unavailable) as caught:
        find_installer(variables, tmp_path / "gone")
    assert "nis-backend[impact]" in str(caught.value.remedy)


def test_an_installer_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    """A resolution is bounded."""
    slow = tmp_path / "uv"
    slow.write_text("#!/bin/sh\nexec sleep 600\n")
    slow.chmod(0o755)
    with pytest.raises(DeadlineExceeded):
        Installer(command=(str(slow),), variables={"PATH": "/usr/bin:/bin"}).run(["pip"], limit=0.2)


@pytest.mark.parametrize("installer", ["uv"], indirect=True)
def test_wheels_that_an_index_has_are_weighed(installer: Installer, wheels: Path) -> None:
    """Promise: wheel bytes are those of the file that would be fetched; of what no index has nothing is said."""
    parts = [
        Share(name=name, version=version, installed=1, layer=1, exclusive=True)
        for name, version in (("heavy", "2.15.1"), ("maths", "1.26.4"), ("nowhere", "1.0"))
    ]
    sizes = Sizes(before=3, after=0, layer_before=3, layer_after=0, parts=parts)

    found = with_wheels(sizes, installer=installer, python=PYTHON)

    files = [wheels / f"{name}-py3-none-any.whl" for name in ("heavy-2.15.1", "maths-1.26.4")]
    assert [part.wheel for part in found.parts] == [*(file.stat().st_size for file in files), None]
