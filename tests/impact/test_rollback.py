"""Ways back: by what does not move, and only where the project's files tell of it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from wheels import environment

from nis_backend.impact.changing.patch import way
from nis_backend.impact.project.opening import open_project
from nis_backend.impact.report import Change


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter with nothing installed."""
    return environment(tmp_path_factory.mktemp("rollback") / "env")


def commands(root: Path, python: Path) -> list[str]:
    """The way back from a drop of `heavy`."""
    (root / "requirements.txt").write_text("heavy\nlight\n", "utf-8")
    return way(open_project(root, python), Change(kind="drop", package="heavy")).rollback


def git(root: Path, *arguments: str) -> str:
    """What git says."""
    named = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    done = subprocess.run(
        ["git", "-C", str(root), *named, *arguments], check=True, capture_output=True, text=True, timeout=60
    )
    return done.stdout.strip()


def test_a_file_comes_back_from_the_commit_that_is_checked_out(tmp_path: Path, python: Path) -> None:
    """Promise: by its hash, which is not moved by what is committed later; packed references are read too."""
    (tmp_path / "requirements.txt").write_text("heavy\nlight\n", "utf-8")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "one")
    head = git(tmp_path, "rev-parse", "HEAD")

    (found,) = commands(tmp_path, python)
    git(tmp_path, "pack-refs", "--all")

    assert found == f"git -C {tmp_path} checkout {head} -- requirements.txt"
    assert commands(tmp_path, python) == [found]


def test_an_image_and_a_task_come_back_by_digest_and_revision(tmp_path: Path, python: Path) -> None:
    """Promise: never by a tag, and the names that the files tell are in the commands."""
    (tmp_path / "Dockerfile").write_text("FROM python:3.11-slim\n", "utf-8")
    (tmp_path / "task.json").write_text('{"family": "orders", "containerDefinitions": []}', "utf-8")

    found = commands(tmp_path, python)

    assert any("RepoDigests" in one for one in found)
    assert any("orders:REVISION" in one for one in found)
    assert not [one for one in found if ":latest" in one]


def test_where_nothing_is_deployed_nothing_is_said(tmp_path: Path, python: Path) -> None:
    """Promise: no command that has nothing to do with the project."""
    (tmp_path / "broken.json").write_text('{"containerDefinitions": ', "utf-8")

    assert commands(tmp_path, python) == []
