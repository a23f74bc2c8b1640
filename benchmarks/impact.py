"""What `nis impact drop` finds in projects whose truth is known, beside tools that look for unused dependencies.

Each project has one dependency of known worth (`impact_projects.py`). A tool is right where it says that the dependency
can go and it can, or keeps it and it cannot. deptry, creosote and fawltydeps read texts; pip-weigh weighs.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from impact_projects import KNOWN, Known
from start import free_port

from nis_backend.impact.changing.installers import Installer, find_installer
from nis_backend.impact.report import Report

OURS = "nis impact"
TEXTS = {
    "deptry": ["deptry", "."],
    "creosote": ["creosote", "--venv", ".venv", "-p", "app.py", "-d", "requirements.txt"],
    "fawltydeps": ["fawltydeps", "--pyenv", ".venv"],
}
WEIGHS = "pip-weigh"


def main() -> None:
    """Analyse each project by each tool, and print the tables."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    arguments.add_argument("peers", type=Path, help="folder of the peers' commands (make has it)")
    arguments.add_argument("--only", nargs="*", default=[], help="names of projects")
    given = arguments.parse_args()
    installer, peers = find_installer(os.environ, Path(sys.executable)), given.peers.resolve()
    print(f"{time.strftime('%Y-%m-%d')}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n")
    print(f"| the package is | {OURS} | evidence | seconds | " + " | ".join(TEXTS) + f" | {WEIGHS} |")
    print("|---" * (5 + len(TEXTS)) + "|")
    right = dict.fromkeys([OURS, *TEXTS], 0)
    chosen = [one for one in KNOWN if not given.only or one.name in given.only]
    for known in chosen:
        with tempfile.TemporaryDirectory() as made:
            folder = Path(made) / known.name.replace(" ", "-")
            folder.mkdir()
            known.write(folder)
            known.install(folder, installer.command[0], installer.variables)
            report = ours(known, folder)
            word = report.verdict.word
            told = report.model_dump_json()
            evidence = all(one in told for one in known.wants)
            right[OURS] += word == known.word and evidence
            says = {name: unused(known, folder, peers, command) for name, command in TEXTS.items()}
            for name, free in says.items():
                right[name] += free == (known.word == "SAFE")
            cells = ["can go" if free else "silent" for free in says.values()]
            seconds = report.seconds - report.installing
            row = [known.name + ": " + known.truth, word, "named" if evidence else "MISSING", f"{seconds:.0f}", *cells]
            print("| " + " | ".join([*row, weight(known, peers, installer)]) + " |", flush=True)
    print(f"\nRight of {len(chosen)}: " + ", ".join(f"{name} {count}" for name, count in right.items()))


def ours(known: Known, folder: Path) -> Report:
    """The report."""
    port = free_port()
    command = [sys.executable, "-m", "nis_backend", "impact", "drop", known.package, "--project", str(folder), "--json"]
    for name, text in (("start", known.start), ("ready", known.ready), ("smoke", known.smoke)):
        if text:
            command += [f"--{name}", text.strip().replace("{port}", str(port))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if not done.stdout:
        raise SystemExit(done.stderr)
    return Report.model_validate_json(done.stdout)


def unused(known: Known, folder: Path, peers: Path, command: list[str]) -> bool:
    """Whether a tool says that the package is not used."""
    done = subprocess.run([peers / command[0], *command[1:]], cwd=folder, capture_output=True, text=True, check=False)
    said = re.sub(r"\x1b\[[\d;]*m", "", done.stdout + done.stderr)
    lines = [line for line in said.splitlines() if re.search(rf"\b{re.escape(known.package)}\b", line)]
    return any("unused" in line.lower() or "not used" in line or line.startswith("- '") for line in lines)


def weight(known: Known, peers: Path, installer: Installer) -> str:
    """What pip-weigh says that the package and all that it brings take."""
    command = [peers / WEIGHS, known.package, "--json"]
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])  # it wants uv there
    variables = {**installer.variables, "PATH": path}
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600, env=variables)
    try:
        told = json.loads(done.stdout)
    except json.JSONDecodeError:
        return "failed"
    found = re.search(r'"total_size(?:_bytes)?": (\d+)', json.dumps(told))
    return f"{int(found[1]) / 1e6:.1f} MB" if found else "told"


if __name__ == "__main__":
    main()
