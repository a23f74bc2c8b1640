"""What the Dockerfile runs: which requirements, what is taken out, what is refused."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

Script = dict[str, Any]  # Any: the names of a script, as runpy answers them


@pytest.fixture(scope="module")
def scripts(root: Path) -> dict[str, Script]:
    """The scripts, read and not run."""
    return {name: runpy.run_path(str(root / f"deploy/image/{name}.py")) for name in ("requirements", "slim", "checked")}


@pytest.fixture(scope="module")
def project(root: Path) -> dict[str, Any]:  # Any: TOML
    """What pyproject.toml states."""
    return tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]


def test_an_image_wants_what_its_extras_want(scripts: dict[str, Script], project: dict[str, Any]) -> None:
    """The project's own requirements come first, and none twice."""
    extras = project["optional-dependencies"]
    wanted = scripts["requirements"]["requirements"](project, ["redis", "kafka", "redis"])
    assert wanted == [*project["dependencies"], *extras["redis"], *extras["kafka"]]


def test_an_extra_is_left_out_by_name(scripts: dict[str, Script], project: dict[str, Any]) -> None:
    """All but `impact`, which installs packages and so brings uv."""
    extras = project["optional-dependencies"]
    everything = scripts["requirements"]["requirements"](project, ["all"])
    without = scripts["requirements"]["requirements"](project, ["all", "-impact"])
    assert {*everything} - {*without} == {*extras["impact"]}
    named = [name for name in extras if name not in {"all", "dev", "impact"}]
    assert {*without} == {*project["dependencies"], *(one for name in named for one in extras[name])}


@pytest.mark.parametrize(
    ("versions", "word"),
    [
        ({"numpy": "1.26.4"}, "numpy is 1.26.4"),
        ({"tensorflow-cpu": "2.20.0"}, "tensorflow-cpu"),
        ({"torch": "2.13.0", "nvidia-cublas-cu12": "12.8"}, "TORCH_INDEX"),
    ],
)
def test_what_must_not_be_in_an_image_ends_its_build(
    scripts: dict[str, Script], versions: dict[str, str], word: str
) -> None:
    """An old numpy, TensorFlow, CUDA."""
    (said,) = scripts["checked"]["wrong"](versions)
    assert word in said
    assert scripts["checked"]["wrong"]({"numpy": "2.4.6", "torch": "2.13.0+cpu"}) == []


def test_every_service_of_aws_that_is_spoken_to_stays(root: Path, scripts: dict[str, Script]) -> None:
    """Botocore is left without those that nothing names; what names another is found here, not by a task on AWS."""
    named = {
        service
        for path in (root / "src").rglob("*.py")
        for service in re.findall(
            r"""(?:\.client|\.resource|_client)\(\s*["']([a-z0-9-]+)["']""", path.read_text("utf-8")
        )
    }
    assert "s3" in named
    assert named <= {*scripts["slim"]["AWS"]}


def test_what_only_compilers_and_tests_read_is_taken_out(root: Path, tmp_path: Path) -> None:
    """The rest is compiled for good: by its content, without a look at the source's time."""
    site = tmp_path / "lib/python3.11/site-packages"
    files = {
        "numpy/__init__.py": "import numpy.testing",
        "numpy/__init__.pyi": "",
        "numpy/_core/tests/test_it.py": "",
        "numpy/testing/__init__.py": "",
        "other/tests/__init__.py": "used = 1",
        "other/fast.pyx": "",
        "pip/__init__.py": "",
        "pip-26.3.dist-info/METADATA": "Metadata-Version: 2.1\nName: pip\nVersion: 26.3\n",
        "pip-26.3.dist-info/RECORD": "pip/__init__.py,,\npip-26.3.dist-info/METADATA,,\npip-26.3.dist-info/RECORD,,\n",
        "botocore/data/ec2/2015-10-01/api.json": "{}",
        "botocore/data/ec2/2016-11-15/api.json": "{}",
        "botocore/data/gamelift/2015-10-01/api.json": "{}",
        "onnxruntime/capi/libonnxruntime.so.1.32.0": "",
        "onnxruntime/capi/libonnxruntime_providers_shared.so": "",
        "botocore/data/endpoints.json": "{}",
        "babel/locale-data/root.dat": "",
        "babel/locale-data/en_US.dat": "",
        "babel/locale-data/de.dat": "",
        "pygments/lexers/python.py": "",
        "pygments/lexers/ada.py": "",
    }
    for name, text in files.items():
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_text(text, "utf-8")
    done = subprocess.run(
        [sys.executable, root / "deploy/image/slim.py", "packages", tmp_path],
        capture_output=True,
        text=True,
        check=False,
    )
    assert not done.returncode, done.stderr
    left = {str(path.relative_to(site)) for path in site.rglob("*") if path.is_file() and path.suffix != ".pyc"}
    assert left == {
        "numpy/__init__.py",
        "numpy/testing/__init__.py",
        "other/tests/__init__.py",
        "botocore/data/ec2/2016-11-15/api.json",
        "onnxruntime/capi/libonnxruntime_providers_shared.so",
        "botocore/data/endpoints.json",
        "babel/locale-data/root.dat",
        "babel/locale-data/en_US.dat",
        "pygments/lexers/python.py",
        "pygments/lexers/ada.py",
    }
    compiled = {path.name.split(".")[0]: path.read_bytes()[4:8] for path in site.rglob("*.pyc")}
    assert compiled == dict.fromkeys(("__init__", "python"), (0b01).to_bytes(4, "little"))
