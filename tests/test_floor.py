"""What a start takes beside the floor it stands on: a bare Starlette application on uvicorn, started by turns with it.

Ratios, not seconds: both are measured in the same minute on the same cores, so a slower machine moves both. Each limit
stands well above what was measured (docs/impact.md), and a regression that a person would notice is above the limit.
"""

from __future__ import annotations

import re
import sys
import tomllib
from importlib.metadata import distribution
from pathlib import Path
from statistics import median

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from scripts import script

import nis_backend
from nis_backend.impact.running.phases import wait_ready
from nis_backend.impact.running.ready import read_ready
from nis_backend.impact.running.started import running
from nis_backend.impact.running.surroundings import surroundings

START = script("start")
FLOOR = ("starlette", "uvicorn", "uvloop", "httptools")
PAIRS = 3
CPU, MEMORY, SIZE = 4.0, 3.0, 12.0
"""The most that a start may take, times what the floor takes: processor time until it answers, memory when it does
(proportional set size), and bytes that installing it without an extra puts down."""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="read from /proc")


def once(command: list[str], port: int, folder: Path) -> tuple[float, float]:
    """Processor seconds until it answers, and bytes of memory then, of all its processes."""
    environment = {name: value for name, value in surroundings().items() if name != "PYTHONDONTWRITEBYTECODE"}
    line = " ".join(f"'{word}'" for word in command)
    with running(line, environment=environment, folder=folder, limit=120) as run:
        why = wait_ready(run, read_ready(f"http://127.0.0.1:{port}/health"))
        assert not why, f"{why}: {run.written()}"
        return run.tree.cpu_seconds(), float(run.tree.memory().pss)


@pytest.fixture(scope="module")
def starts(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    """The floor's and ours, by turns, after one of each that writes bytecode and fills caches."""
    bare = tmp_path_factory.mktemp("bare") / "bare.py"
    bare.write_text(START.BARE)
    floor: list[tuple[float, float]] = []
    ours: list[tuple[float, float]] = []
    for turn in range(PAIRS + 1):
        port = START.free_port()
        one = once([sys.executable, str(bare), str(port)], port, bare.parent)
        port, data = START.free_port(), tmp_path_factory.mktemp("data")
        two = once(START.ours(port, str(data)), port, data)
        if turn:
            floor.append(one)
            ours.append(two)
    return floor, ours


@pytest.mark.parametrize(("index", "limit"), [(0, CPU), (1, MEMORY)], ids=["processor time", "memory"])
def test_a_start_takes_no_more_than_its_times_of_the_floor(
    starts: tuple[list[tuple[float, float]], list[tuple[float, float]]], index: int, limit: float
) -> None:
    """Promise: what is added to the product does not make its start dearer unnoticed."""
    floor, ours = ([one[index] for one in side] for side in starts)
    ratio = median(ours) / median(floor)
    assert ratio <= limit, f"{ratio:.2f} times the floor: {ours} beside {floor}"


def closure(*names: str) -> set[str]:
    """Distributions and what they require here, without extras but those that are asked for."""
    found, waiting = set[str](), [(canonicalize_name(name), frozenset[str]()) for name in names]
    done = set[tuple[str, frozenset[str]]]()
    while waiting:
        one = waiting.pop()
        if one in done:
            continue
        done.add(one)
        found.add(one[0])
        for text in distribution(one[0]).requires or ():
            asked = Requirement(text)
            if asked.marker is None or any(asked.marker.evaluate({"extra": extra}) for extra in ("", *one[1])):
                waiting.append((canonicalize_name(asked.name), frozenset(asked.extras)))
    return found


def installed(names: set[str]) -> int:
    """Bytes of their files, by their records; ours by its folder, where it is installed from a checkout."""
    files = [file for name in names - {"nis-backend"} for file in distribution(name).files or ()]
    own = Path(nis_backend.__file__).parent
    mine = [one for one in own.rglob("*") if one.is_file() and "__pycache__" not in one.parts]
    return sum(file.size or 0 for file in files) + sum(one.stat().st_size for one in mine)


def test_an_installation_without_extras_takes_no_more_than_its_times_of_the_floor() -> None:
    """Promise: the core stays small; what is large is an extra."""
    floor = closure(*FLOOR)
    files = [file for name in floor for file in distribution(name).files or ()]
    ratio = installed(closure("nis-backend")) / sum(file.size or 0 for file in files)
    assert ratio <= SIZE, f"{ratio:.1f} times the floor"


def test_the_limits_are_those_that_the_page_states() -> None:
    """Promise: `docs/impact.md` says what is held, and it is held."""
    page = (Path(__file__).resolve().parent.parent / "docs/impact.md").read_text("utf-8")
    assert [float(one) for one in re.findall(r"at\s+most ([\d.]+) ×", page)] == [CPU, MEMORY, SIZE]


def test_the_page_has_every_extra_with_its_figures() -> None:
    """Promise: each extra carries a measured label, dated by the command that printed it."""
    root = Path(__file__).resolve().parent.parent
    table = (root / "docs/impact.md").read_text("utf-8").partition("<!-- extras: make bench-extras -->")[2]
    table = table.partition("<!-- end of extras -->")[0]
    assert re.search(r"`make bench-extras`, \d{4}-\d\d-\d\d, \d+ cores", table)
    rows = re.findall(r"^\| `([\w-]+)` \| \d+ \| [\d.]+ \w+ \| [\d.]+ \w+ \| (?:[\d.]+ s|—) \|", table, re.MULTILINE)
    extras = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    assert sorted(rows) == sorted(extras.keys() - {"dev"})
