"""What each of our own extras costs, found out as `nis impact` does for any project.

    make bench-extras                          # the table on standard output, as Markdown
    make bench-extras ARGS="--write"           # and into docs/impact.md, between its marks
    make bench-extras ARGS="--runs 10"         # starts of each of the two environments (default 6)

An environment of its own has every extra. What an extra brings is what its requirements reach and the core's do not.
Importing is timed in fresh interpreters: what our own code imports of what the extra names, less an interpreter that
imports nothing; the median of three, everything compiled. The server is started by turns in that environment and in a
copy of it without any extra.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.utils import canonicalize_name
from start import free_port

from nis_backend.impact.changing.copies import compile_modules, copy_environment
from nis_backend.impact.changing.sizes import layer_of
from nis_backend.impact.forms.words import difference, size, spread
from nis_backend.impact.measuring.starts import Service, measure
from nis_backend.impact.project.opening import Project, open_project
from nis_backend.impact.proof.requirers import Asked, Requirements
from nis_backend.impact.proof.static import prove
from nis_backend.impact.proof.texts import Texts

ROOT = Path(__file__).resolve().parent.parent
OURS = canonicalize_name("nis-backend")
TIMES = 3
MARKS = ("<!-- extras: make bench-extras -->", "<!-- end of extras -->")
IMPORT = """
import json, resource, sys
for name in json.loads(sys.argv[1]):
    try:
        __import__(name)
    except ImportError:
        pass
used = resource.getrusage(resource.RUSAGE_SELF)
# Not ru_maxrss: that begins with what the process had that this one was forked from.
peak = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(json.dumps([used.ru_utime + used.ru_stime, int(peak)]))
"""


@dataclass(frozen=True, kw_only=True)
class Extra:
    """One extra, and what it brings."""

    name: str
    brings: list[str]
    installed: int
    layer: int
    seconds: float | None
    """Of the processor; none where nothing of it is imported."""
    memory: int


def extras() -> list[str]:
    """Those that our distribution offers, in its order, but the tests' own."""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    return [one for one in declared if one != "dev"]


def brought(requirements: Requirements, extra: str) -> list[str]:
    """What an extra reaches beyond the core."""
    core, _ = requirements.reached({OURS: frozenset()})
    more, _ = requirements.reached({OURS: frozenset({extra})})
    return sorted(more.keys() - core.keys())


def imported(project: Project, keys: Sequence[str], texts: Texts, asked: Asked) -> list[str]:
    """What our own code imports of some distributions."""
    names: set[str] = set()
    for key in keys:
        uses = prove(project, key, texts, asked).uses
        names |= {use.what for use in uses if use.where == "application" and use.how.endswith("import")}
    return sorted(name for name in names if re.fullmatch(r"[\w.]+", name))


def importing(python: Path, names: Sequence[str]) -> tuple[float, int]:
    """Processor seconds and bytes at most, of a fresh interpreter that imports these: the median of three."""
    found: list[tuple[float, int]] = []
    for _ in range(TIMES):
        command = [str(python), "-c", IMPORT, json.dumps(list(names))]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
        seconds, kilobytes = json.loads(done.stdout.splitlines()[-1])
        found.append((seconds, kilobytes * 1024))
    return statistics.median(one[0] for one in found), round(statistics.median(one[1] for one in found))


def look(project: Project) -> list[Extra]:
    """Each extra, in the order of pyproject.toml."""
    environment, requirements = project.environment, Requirements(project.environment)
    texts, asked = Texts(project), Asked(project)
    texts.index()
    empty = importing(environment.python, [])
    layers: dict[str, int] = {}
    found: list[Extra] = []
    for name in extras():
        keys = [key for key in brought(requirements, name) if key in environment.distributions]
        print(f"   {name}: {len(keys)} packages", file=sys.stderr, flush=True)
        layers |= {key: layer_of(environment.distributions[key]) for key in keys if key not in layers}
        names = imported(project, keys, texts, asked) if name != "all" else []  # nobody imports all of it
        seconds, memory = importing(environment.python, names) if names else empty
        found.append(
            Extra(
                name=name,
                brings=keys,
                installed=sum(environment.distributions[key].bytes for key in keys),
                layer=sum(layers[key] for key in keys),
                seconds=max(0.0, seconds - empty[0]) if names else None,
                memory=max(0, memory - empty[1]),
            )
        )
    return found


def table(extras: Sequence[Extra]) -> list[str]:
    """As Markdown."""
    rows = ["| extra | packages | installed | as an image's layer | processor time to import | memory |"]
    rows.append("|---|---|---|---|---|---|")
    for one in extras:
        cost = ("—", "—") if one.seconds is None else (f"{one.seconds:.2f} s", size(one.memory))
        cells = (f"`{one.name}`", str(len(one.brings)), size(one.installed), size(one.layer), *cost)
        rows.append(f"| {' | '.join(cells)} |")
    return rows


def starts(project: Project, extras: Sequence[Extra], runs: int) -> list[str]:
    """The server with every extra installed, and with none, as sentences."""
    environment = project.environment
    gone = sorted({key for one in extras for key in one.brings})
    with tempfile.TemporaryDirectory(prefix="nis-bench-extras-") as folder:
        home = Path(folder)
        sides = [
            copy_environment(environment, home / "with"),
            copy_environment(environment, home / "without", without=gone),
        ]
        for side in sides:
            compile_modules(side)
        port = free_port()
        service = Service(
            command=f"nis serve --port {port} --data '{home / 'data'}'",
            ready=f"http://127.0.0.1:{port}/health",
            folder=home,
        )
        measures, _ = measure(
            service,
            sides[0].root,
            sides[1].root,
            runs=runs,
            tell=lambda _share, what: print(f"\r   {what}  ", end="", file=sys.stderr, flush=True),
        )
    print(file=sys.stderr)
    rows = ["| `nis serve` | with every extra | with none | difference |", "|---|---|---|---|"]
    names = {"start": "start to ready", "cpu_to_ready": "processor time to ready", "memory": "memory when ready"}
    for one in measures:
        if one.name in names:
            sides_told = f"{spread(one.before, one.unit)} | {spread(one.after, one.unit)}"
            rows.append(f"| {names[one.name]} | {sides_told} | {difference(one)} |")
    return rows


def main() -> None:
    """Measure, print, and write where that is asked."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    arguments.add_argument("python", type=Path, help="the interpreter of an environment with every extra")
    arguments.add_argument("--runs", type=int, default=6, help="starts of each environment (default 6)")
    arguments.add_argument("--write", action="store_true", help="put the tables into docs/impact.md")
    given = arguments.parse_args()
    project = open_project(ROOT, given.python.absolute())
    extras = look(project)
    machine = f"{os.cpu_count()} cores, {platform.system()}, Python {project.environment.version}"
    lines = [f"`make bench-extras`, {time.strftime('%Y-%m-%d')}, {machine}.", "", *table(extras)]
    lines += ["", *starts(project, extras, given.runs)]
    text = "\n".join(lines)
    print(text)
    if given.write:
        page = ROOT / "docs/impact.md"
        before, _, rest = page.read_text("utf-8").partition(MARKS[0])
        after = rest.partition(MARKS[1])[2]
        page.write_text(f"{before}{MARKS[0]}\n\n{text}\n\n{MARKS[1]}{after}", "utf-8")


if __name__ == "__main__":
    main()
