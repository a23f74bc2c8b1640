"""A small project with an environment of its own, of files alone: made in milliseconds, for whatever looks at one."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

PYPROJECT = """[project]
name = "orders"
version = "1.0"
requires-python = ">=3.8"
dependencies = ["heavy==2.15.1", "light>=0.3"]

[tool.nis.impact]
smoke = "python -m orders"
"""
MODULE = """import light

if __name__ == "__main__":
    print(light.WORDS)
"""


def distribution(site: Path, name: str, version: str, module: str, requires: tuple[str, ...] = ()) -> None:
    """Put a distribution of one module down, as an installer would."""
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}.py": module,
        f"{info}/METADATA": "\n".join(
            [
                *("Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"),
                *(f"Requires-Dist: {one}" for one in requires),
                "",
            ]
        ),
        f"{info}/INSTALLER": "pip\n",
    }
    for path, text in files.items():
        (site / path).parent.mkdir(parents=True, exist_ok=True)
        (site / path).write_text(text)
    (site / info / "RECORD").write_text("".join(f"{path},,\n" for path in [*files, f"{info}/RECORD"]))


def small_project(folder: Path, more: Mapping[str, str] | None = None) -> Path:
    """`orders` asks for `heavy`, which nothing uses, and for `light`, which its one module imports."""
    site = folder / ".venv/lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
    site.mkdir(parents=True)
    python = folder / ".venv/bin/python"
    python.parent.mkdir()
    base = Path(sys.base_prefix, "bin", f"python{sys.version_info[0]}.{sys.version_info[1]}")
    python.symlink_to(base)
    (folder / ".venv/pyvenv.cfg").write_text(f"home = {base.parent}\ninclude-system-site-packages = false\n")
    distribution(site, "heavy", "2.15.1", "WEIGHT = 'x' * 10_000_000\n", requires=("fuel",))
    distribution(site, "fuel", "1.0", "LITRES = 40\n")
    distribution(site, "light", "0.3", "WORDS = 'light enough'\n")
    for name, text in {"pyproject.toml": PYPROJECT, "orders.py": MODULE, **(more or {})}.items():
        (folder / name).write_text(text)
    return folder
