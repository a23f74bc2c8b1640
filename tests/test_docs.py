"""What the README shows is run.

Marks stand after a block's language, where readers do not see them: `run` is run against a server, `file=NAME` is
written down as that file, and `app=NAME` is run against a server that has its operations.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import Serve, Server

from nis_backend.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text("utf-8")
ADDRESS = "127.0.0.1:8000"
"""Where the README's server listens."""


@dataclass(frozen=True, kw_only=True)
class Block:
    """One fenced block: its language, its mark and its text."""

    language: str
    mark: str
    text: str

    def __str__(self) -> str:
        return " ".join(self.text.split())[:40]


BLOCKS = [
    Block(language=language, mark=mark, text=text)
    for language, mark, text in re.findall(r"^```(\w+) ?(\S*)\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
]


def run(block: Block, server: Server, folder: Path) -> str:
    """The block's output, run as a reader would who has `nis` on the path and this server on the default port."""
    text = block.text.replace(ADDRESS, server.url.removeprefix("http://"))
    command = ["bash", "-euo", "pipefail", "-c", text] if block.language == "bash" else [sys.executable, "-c", text]
    if "curl" in text and shutil.which("curl") is None:
        pytest.skip("curl is not installed here")
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "NIS_DATA": str(server.data), "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, f"{block}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.mark == "run"], ids=str)
def test_what_the_readme_shows_works(block: Block, server: Server, tmp_path: Path) -> None:
    """Promise: a reader who copies a block of the README gets an answer."""
    assert run(block, server, tmp_path).strip()


def test_the_readmes_own_operation_is_on_every_surface(serve: Serve, tmp_path: Path) -> None:
    """Promise: `nis serve --app FILE` with the README's file, then the README's calls of it: 85 kg · (7 m/s)² / 2."""
    (file,) = (block for block in BLOCKS if block.mark.startswith("file="))
    name = file.mark.removeprefix("file=")
    (tmp_path / name).write_text(file.text)
    server = serve("--app", str(tmp_path / name))
    (calls,) = (block for block in BLOCKS if block.mark == f"app={name}")
    assert run(calls, server, tmp_path).count("2082.5") == 2


def test_every_variable_the_readme_names_is_a_setting() -> None:
    """Promise: the README names no setting that is not there."""
    known = {field.alias for field in Settings.model_fields.values()}
    assert set(re.findall(r"\b(?:NIS|OPENAI|NVIDIA|ANTHROPIC)_[A-Z_]+\b", README)) <= known


def test_every_target_and_file_the_readme_names_exists() -> None:
    """Promise: the README points at nothing that is not there."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"(?:`|^)make ([a-z-]+)", README, re.MULTILINE)) <= targets
    assert not [link for link in re.findall(r"\]\((?!http)([^)]+)\)", README) if not (ROOT / link).exists()]


def test_bare_make_lists_every_target_with_a_line() -> None:
    """Promise: `make` alone says what there is to do."""
    listed = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, timeout=30, check=True).stdout
    targets = (ROOT / "Makefile").read_text().partition(".PHONY:")[2].partition("\n")[0].split()
    assert re.findall(r"^  make ([a-z-]+) +\S", listed, re.MULTILINE) == targets


def test_the_changelog_begins_with_what_is_not_released_yet() -> None:
    """Promise: callers see first what the next release changes for them."""
    headings = re.findall(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert headings[0] == "Unreleased"


def test_the_readme_opens_with_what_it_is_and_two_commands() -> None:
    """Promise: three sentences and two commands before anything else."""
    opening, commands = README.split("```")[0:2]
    assert len(re.findall(r"[.!?](?=\s|$)", opening.partition("\n\n")[2])) == 3
    assert re.findall(r"^make (\w+)", commands, re.MULTILINE) == ["serve", "test"]
