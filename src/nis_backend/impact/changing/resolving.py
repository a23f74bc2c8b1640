"""Whether requirements can be installed together, and what a change of them installs, removes and moves."""

from __future__ import annotations

import json
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from nis_backend.impact.project.declared import requirement
from nis_backend.impact.report import Pinned, Resolution

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nis_backend.impact.changing.installers import Installer
    from nis_backend.impact.report import Place

LIMIT = 120.0
"""Seconds that a resolution may take."""
MOST = 4000
"""Characters of a derivation."""
PIN = re.compile(r"^([A-Za-z0-9][\w.-]*)(?:\[[^]]*\])?==([^\s;]+)", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Resolved:
    """What requirements come to."""

    tool: str
    asked: Mapping[str, Place]
    pins: Mapping[str, str] | None
    """Versions by normalised names; none where they cannot hold together."""
    explanation: str = ""

    def told(self, before: Resolved | None = None) -> Resolution:
        """As the report has it, beside what the requirements came to before."""
        if self.pins is None:
            words = self.explanation[:MOST]
            return Resolution(tool=self.tool, possible=False, explanation=words, blamed=_blamed(self.asked, words))
        then = self.pins if before is None or before.pins is None else before.pins
        both = sorted(then.keys() & self.pins.keys())
        return Resolution(
            tool=self.tool,
            possible=True,
            gone=[Pinned(name=name, version=then[name]) for name in sorted(then.keys() - self.pins.keys())],
            come=[Pinned(name=name, version=self.pins[name]) for name in sorted(self.pins.keys() - then.keys())],
            moved=[f"{name} {then[name]} → {self.pins[name]}" for name in both if then[name] != self.pins[name]],
        )


def resolve(
    asked: Mapping[str, Place], installed: Mapping[str, str], *, installer: Installer, python: Path
) -> Resolved:
    """Resolve requirements, each with the place it stands at; `installed` are versions that stay where they can.

    Raises:
        Unavailable: no index can be reached.
        DeadlineExceeded: it took more than two minutes.
    """
    pins, explanation = (_by_uv if installer.is_uv else _by_pip)(list(asked), installed, installer, python)
    return Resolved(tool=installer.name, asked=asked, pins=pins, explanation=explanation)


def _by_uv(
    asked: Sequence[str], installed: Mapping[str, str], installer: Installer, python: Path
) -> tuple[dict[str, str] | None, str]:
    with tempfile.TemporaryDirectory(prefix="nis-impact-") as folder:
        wanted, locked = Path(folder, "asked.in"), Path(folder, "locked.txt")
        wanted.write_text("\n".join(asked) + "\n", "utf-8")
        # What an output file names already is preferred.
        locked.write_text("".join(f"{name}=={version}\n" for name, version in installed.items()), "utf-8")
        arguments = ["pip", "compile", str(wanted), "-o", str(locked), "--python", str(python), "--no-header", "-q"]
        done = installer.run([*arguments, "--no-annotate", "--color", "never"], limit=LIMIT)
        if done.returncode:
            return None, _derivation(done.stderr, folder)
        return _pins(locked.read_text("utf-8")), ""


def _by_pip(
    asked: Sequence[str], installed: Mapping[str, str], installer: Installer, python: Path
) -> tuple[dict[str, str] | None, str]:
    with tempfile.TemporaryDirectory(prefix="nis-impact-") as folder:
        wanted, kept = Path(folder, "asked.in"), Path(folder, "kept.txt")
        wanted.write_text("\n".join(asked) + "\n", "utf-8")
        kept.write_text("".join(f"{name}=={version}\n" for name, version in installed.items()), "utf-8")
        report = Path(folder, "report.json")
        # All of it, as if nothing were installed: what is left out goes.
        arguments = ["--python", str(python), "install", "--dry-run", "--ignore-installed", "--report", str(report)]
        arguments += ["--disable-pip-version-check", "--no-input", "-r", str(wanted)]
        # pip has no preferences: first with what is installed as it is, then with any versions.
        done = installer.run([*arguments, "-c", str(kept)], limit=LIMIT) if installed else None
        if done is None or done.returncode:
            done = installer.run(arguments, limit=LIMIT)
        if done.returncode:
            return None, _of_pip(done.stdout, done.stderr, folder)
        come = [one["metadata"] for one in json.loads(report.read_text("utf-8"))["install"]]
        return {str(canonicalize_name(one["name"])): one["version"] for one in come}, ""


def _of_pip(told: str, failed: str, folder: str) -> str:
    """What pip says of a conflict, in its own words: who wants what, or what it could not find."""
    cause = told.partition("The conflict is caused by:")[2].partition("\n\n")[0]
    said = [line.removeprefix("ERROR: ") for line in failed.splitlines() if "ResolutionImpossible" not in line]
    lines = [*said, *(line.strip() for line in cause.splitlines())]
    return "\n".join(line for line in lines if line).replace(f"-r {folder}/asked.in ", "").replace(folder, "")


def _pins(text: str) -> dict[str, str]:
    return {str(canonicalize_name(name)): version for name, version in PIN.findall(text)}


def _derivation(said: str, folder: str) -> str:
    """What the tool says of a conflict, without its own marks and our folder's name."""
    lines = [line for line in said.splitlines() if not re.match(r"\s*(error|ERROR|hint|warning):", line, re.IGNORECASE)]
    text = re.sub(r"^\s*(?:cause:|╰─▶)?\s*", "", "\n".join(lines or said.splitlines()))
    return re.sub(r"\n\s+", "\n", text).replace(folder, "").strip()


def _blamed(asked: Mapping[str, Place], explanation: str) -> list[Place]:
    """The requirements whose distributions the derivation names."""
    named = {canonicalize_name(word) for word in re.findall(r"[A-Za-z0-9][\w.-]*[A-Za-z0-9]", explanation)}
    return [place for line, place in asked.items() if _name_of(line) in named]


def _name_of(line: str) -> str:
    asked = requirement(line)
    return canonicalize_name(asked.name) if asked else ""
