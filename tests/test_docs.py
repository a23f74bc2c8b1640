"""What the README and the pages beside it show is run.

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

from nis_backend.catalog import index
from nis_backend.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text("utf-8")
PAGES = {
    path.relative_to(ROOT): path.read_text("utf-8") for path in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
}
"""What people read first; the reference is generated, and decisions and experiments speak of their day."""
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
    for page in PAGES.values()
    for language, mark, text in re.findall(r"^```(\w+) ?(\S*)\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
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
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, f"{block}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.mark == "run"], ids=str)
def test_what_a_page_shows_works(block: Block, server: Server, tmp_path: Path) -> None:
    """Promise: a reader who copies a block of the README, or of a page beside it, gets an answer."""
    assert run(block, server, tmp_path).strip()


def test_the_readmes_own_operation_is_on_every_surface(serve: Serve, tmp_path: Path) -> None:
    """Promise: `nis serve --app FILE` with the README's file, then the README's calls of it: 85 kg · (7 m/s)² / 2."""
    (file,) = (block for block in BLOCKS if block.mark.startswith("file="))
    name = file.mark.removeprefix("file=")
    (tmp_path / name).write_text(file.text)
    server = serve("--app", str(tmp_path / name))
    (calls,) = (block for block in BLOCKS if block.mark == f"app={name}")
    assert run(calls, server, tmp_path).count("2082.5") == 2


def anchors(page: str) -> set[str]:
    """What a link to a part of this page may name: its headings, as GitHub has them."""
    headings = re.findall(r"^#+ (.*)$", page, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", PAGES, ids=str)
def test_every_variable_a_page_names_is_a_setting(path: Path) -> None:
    """Promise: no page names a setting that is not there."""
    known = {field.alias for field in Settings.model_fields.values()}
    assert set(re.findall(r"\b(?:NIS|OPENAI|NVIDIA|ANTHROPIC)_[A-Z0-9_]+\b", PAGES[path])) <= known


@pytest.mark.parametrize("path", PAGES, ids=str)
def test_every_operation_a_page_names_is_one(path: Path) -> None:
    """Promise: no page names an operation that is not there."""
    known = {entry.name for entry in index()}
    families = {name.partition(".")[0] for name in known}
    named = set(re.findall(r"`([a-z_]+\.[a-z]+_[a-z_]+)`", PAGES[path]))
    assert {name for name in named if name.partition(".")[0] in families} <= known


@pytest.mark.parametrize("path", PAGES, ids=str)
def test_every_target_file_and_heading_a_page_names_exists(path: Path) -> None:
    """Promise: no page points at anything that is not there."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"(?:`|^)make ([a-z-]+)", PAGES[path], re.MULTILINE)) <= targets
    for link in re.findall(r"\]\((?!http)([^)]+)\)", PAGES[path]):
        name, _, anchor = link.partition("#")
        found = (ROOT / path).parent / name if name else ROOT / path
        assert found.exists(), link
        assert not anchor or anchor in anchors(found.read_text("utf-8")), link


def test_a_setting_of_an_operator_is_on_the_operators_page() -> None:
    """Promise: whoever runs it for others need not read the reference to learn what there is to decide."""
    decided = {
        *("NIS_API_KEY", "NIS_DATABASE_URL", "NIS_BLOBS", "REDIS_HOST", "KAFKA_BOOTSTRAP_SERVERS", "NIS_QUEUES"),
        *(str(field.alias) for name, field in Settings.model_fields.items() if name.startswith("max_")),
        *(str(field.alias) for name, field in Settings.model_fields.items() if name.endswith(("_days", "_limit"))),
    }
    assert [name for name in sorted(decided) if name not in PAGES[Path("docs/operating.md")]] == []


def test_bare_make_lists_every_target_with_a_line() -> None:
    """Promise: `make` alone says what there is to do."""
    listed = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, timeout=600, check=True).stdout
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
