"""The distribution: what a person gets who installs it, away from this checkout.

`make test` fills `.wheelhouse` while there is a network: the core's requirements and the build backend as wheels, and
what each extra resolves to as a text file. These tests only read it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
WHEELHOUSE = ROOT / ".wheelhouse"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = sorted(PROJECT["optional-dependencies"])
# As for a person who has only the wheel: no path of ours, no setting of ours.
BARE = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}


def run(*command: str | Path, cwd: Path, timeout: float = 300, ends: int = 0) -> subprocess.CompletedProcess[str]:
    """Run a program with nothing of the checkout in its environment; its output is shown when it fails."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={
            **BARE,
            "HOME": str(cwd),
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(WHEELHOUSE),
            "PIP_CONFIG_FILE": os.devnull,
        },
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    assert done.returncode == ends, f"{command} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
    return done


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's wheel, built in isolation from the wheelhouse alone."""
    assert WHEELHOUSE.is_dir(), "there is no .wheelhouse: run the suite by `make test`, which fills it"
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "pip", "wheel", "--no-deps", "--wheel-dir", folder, ROOT, cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` folder of a fresh environment that has the wheel and what it requires, and nothing else."""
    folder = tmp_path_factory.mktemp("elsewhere")
    run(sys.executable, "-m", "venv", folder / "env", cwd=folder)
    run(folder / "env/bin/python", "-m", "pip", "install", "--no-compile", wheel, cwd=folder)
    return folder / "env" / "bin"


def test_the_wheel_carries_everything_the_package_reads(wheel: Path) -> None:
    """Promise: indexes, static files and the typing marker are data of the package, so an install has them."""
    source = ROOT / "src" / "nis_backend"
    ours = {
        path.relative_to(source.parent).as_posix()
        for path in source.rglob("*")
        if path.is_file() and not re.search(r"/\.|__pycache__", str(path.relative_to(source.parent)))
    }
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if name.startswith("nis_backend/")}
    assert packed == ours
    assert {
        "nis_backend/py.typed",
        *(f"nis_backend/{one}.json" for one in ("catalog", "openapi", "asyncapi")),
    } <= packed


def test_the_wheel_states_its_licence(wheel: Path) -> None:
    """Promise: Apache-2.0, with the text and the notice of others' work inside."""
    with zipfile.ZipFile(wheel) as archive:
        (metadata,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        text = archive.read(metadata).decode()
        files = {Path(name).name for name in archive.namelist() if "/licenses/" in name}
    assert "License-Expression: Apache-2.0" in text
    assert files == {"LICENSE", "NOTICE"}


def test_an_install_elsewhere_can_examine_itself(installed: Path, tmp_path: Path) -> None:
    """Promise: `nis doctor` works from a wheel, outside the checkout, with the core alone."""
    # The core alone answers through a provider, and none is set up: the doctor says so by its exit code too.
    done = run(installed / "nis", "doctor", "--json", cwd=tmp_path, ends=69)
    assert json.loads(done.stdout)
    assert str(ROOT) not in done.stdout
    where = run(installed / "python", "-c", "import nis_backend; print(nis_backend.__file__)", cwd=tmp_path)
    assert Path(where.stdout.strip()).is_relative_to(installed.parent)


def test_an_install_agrees_with_itself(installed: Path, tmp_path: Path) -> None:
    """Promise: `pip check` finds nothing missing and nothing at odds."""
    assert "No broken requirements" in run(installed / "python", "-m", "pip", "check", cwd=tmp_path).stdout


def test_an_install_elsewhere_has_the_ternary_kernel(installed: Path, wheel: Path, tmp_path: Path) -> None:
    """Promise: a wheel that is built where there is a compiler computes with it; one without says that numpy would."""
    compiler = any(shutil.which(name) for name in ("cc", "gcc", "clang"))
    code = "from nis_backend.ternary.native import find_path; print(find_path().name)"
    name = run(installed / "python", "-c", code, cwd=tmp_path).stdout.strip()
    assert name in {"avx512", "avxvnni", "avx2", "portable"} if compiler else name == "numpy"
    assert wheel.name.endswith("py3-none-any.whl") is not compiler


def resolved(extra: str) -> dict[str, str]:
    """What `extra` resolves to, by name."""
    lines = (WHEELHOUSE / "extras" / f"{extra}.txt").read_text().splitlines()
    pins = (line.split(";")[0].partition("==") for line in lines if re.match(r"[A-Za-z0-9]", line))
    return {name.partition("[")[0].strip(): version.strip() for name, _, version in pins}


def test_the_extras_are_the_promised_ones() -> None:
    """Promise: these names, which callers write into their own requirements."""
    promised = (
        "acp all aws code datasets dev documents embeddings evolution impact kafka learning local otel postgres "
        "redis research science training transformers"
    )
    assert [*promised.split(), "vision", "visuals", "voice"] == EXTRAS


@pytest.mark.parametrize("extra", EXTRAS)
def test_an_extra_resolves_without_old_numpy_or_tensorflow(extra: str) -> None:
    """Promise: every extra can be installed, on numpy 2, and none brings tensorflow."""
    pins = resolved(extra)
    assert {re.split(r"[^\w.-]", need, maxsplit=1)[0].lower() for need in PROJECT["dependencies"]} <= pins.keys()
    assert not [name for name in pins if name.startswith(("tensorflow", "tf-nightly"))]
    assert int(pins.get("numpy", "2").partition(".")[0]) >= 2


@pytest.mark.parametrize("extra", ["all", "training", "transformers"])
def test_torch_stays_pinned(extra: str) -> None:
    """Promise: one release of torch; a looser pin would exchange a local CPU wheel for a CUDA build."""
    assert resolved(extra)["torch"].partition("+")[0] == "2.13.0"


def test_the_suite_itself_runs_on_numpy_2() -> None:
    """Promise: what the tests show, they show on the numpy that callers get."""
    assert int(version("numpy").partition(".")[0]) >= 2
