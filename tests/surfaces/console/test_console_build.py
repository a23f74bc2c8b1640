"""The committed console is what its sources build."""

from __future__ import annotations

import subprocess
from pathlib import Path

from console_node import node_or_skip

from nis_backend.surfaces.console.routes import STATIC


def test_the_committed_files_are_the_built_ones(root: Path, tmp_path: Path) -> None:
    """Nobody edits the built files, and nobody forgets to build: byte for byte."""
    subprocess.run(
        [node_or_skip(root), "build.mjs", str(tmp_path / "built")], cwd=root / "console", check=True, timeout=120
    )
    built = {file.name: file.read_bytes() for file in (tmp_path / "built").iterdir()}
    committed = {file.name: file.read_bytes() for file in STATIC.iterdir()}
    assert sorted(built) == sorted(committed)
    stale = [name for name, content in built.items() if committed[name] != content]
    assert not stale, f"run `make console`: {stale} differ"


def test_the_sources_hold_to_their_types(root: Path) -> None:
    """`tsc` has no complaint in its strictest settings."""
    # The compiler is a program of its own since version 7; its script finds the one for this machine.
    done = subprocess.run(
        [node_or_skip(root), "node_modules/typescript/bin/tsc", "--noEmit"],
        cwd=root / "console",
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_pages_load_nothing_from_elsewhere() -> None:
    """No file of ours names another origin to load from; what the API page's library names is only linked."""
    for name in ("index.html", "docs.html", "console.css", "docs.css", "docs.js"):
        assert "//" not in (STATIC / name).read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", ""), name
    # The lock file names versions and hashes, never the registry they came from.
    lock = Path(__file__).parents[3] / "console" / "package-lock.json"
    assert '"resolved"' not in lock.read_text(encoding="utf-8")


def test_what_a_first_visit_loads_is_small() -> None:
    """Script, styles and typefaces: a third of a megabyte, where a page of its kind has several."""
    scripts = ["early.js", "console.js", "chunk.js"]
    loaded = ["index.html", *scripts, "console.css", "icon.svg", "inter.woff2", "jetbrains-mono.woff2"]
    assert sum((STATIC / name).stat().st_size for name in loaded) < 333_000
