"""Tiny wheels, built on the spot, and environments that hold them: no index, no network, no pip."""

from __future__ import annotations

import base64
import hashlib
import re
import subprocess
import sys
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

SCRIPT = """#!{python}
import sys
from {module} import {function}
if __name__ == "__main__":
    sys.exit({function}())
"""


def wheel(
    folder: Path,
    name: str,
    version: str,
    files: Mapping[str, str | bytes],
    requires: Sequence[str] = (),
    scripts: Mapping[str, str] | None = None,
    plugins: Mapping[str, Mapping[str, str]] | None = None,
    extras: Sequence[str] = (),
) -> Path:
    """A pure wheel in `folder`: files by their path, commands as `name: "module:function"`, plug-ins by group."""
    stem = f"{re.sub(r'[-_.]+', '_', name)}-{version}"
    info = f"{stem}.dist-info"
    points = {"console_scripts": scripts or {}, **(plugins or {})}
    told = {
        f"{info}/METADATA": "\n".join(
            [
                *("Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"),
                *(f"Provides-Extra: {extra}" for extra in extras),
                *(f"Requires-Dist: {one}" for one in requires),
                "",
            ]
        ),
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    if any(points.values()):
        told[f"{info}/entry_points.txt"] = "".join(
            f"[{group}]\n" + "".join(f"{key} = {value}\n" for key, value in some.items()) + "\n"
            for group, some in points.items()
            if some
        )
    contents = {path: text.encode() if isinstance(text, str) else text for path, text in {**files, **told}.items()}
    rows = [f"{path},sha256={_digest(data)},{len(data)}" for path, data in contents.items()]
    contents[f"{info}/RECORD"] = "\n".join([*rows, f"{info}/RECORD,,", ""]).encode()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{stem}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name_in_it, data in contents.items():
            archive.writestr(name_in_it, data)
    return path


def environment(folder: Path, *wheels: Path) -> Path:
    """An environment in `folder` that holds the wheels; the path of its interpreter."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True, timeout=120)
    for path in wheels:
        install(folder, path)
    return folder / "bin" / "python"


def install(folder: Path, path: Path) -> None:
    """Unpack a wheel into an environment as pip would, its commands included."""
    (site,) = (folder / "lib").glob("python3*/site-packages")
    with zipfile.ZipFile(path) as archive:
        archive.extractall(site)
        names = archive.namelist()
    (info,) = {name.partition("/")[0] for name in names if ".dist-info/" in name}
    record, made = site / info / "RECORD", [f"{info}/INSTALLER"]
    (site / info / "INSTALLER").write_text("pip\n")
    for name, target in _scripts(site / info / "entry_points.txt").items():
        module, _, function = target.partition(":")
        script = folder / "bin" / name
        script.write_text(SCRIPT.format(python=folder / "bin" / "python", module=module, function=function))
        script.chmod(0o755)
        made.append(f"../../../bin/{name}")
    record.write_text(record.read_text() + "".join(f"{one},,\n" for one in made))


def _scripts(path: Path) -> dict[str, str]:
    if not path.is_file() or "[console_scripts]" not in path.read_text():
        return {}
    section = path.read_text().partition("[console_scripts]\n")[2].partition("\n[")[0]
    pairs = [line.partition(" = ") for line in section.splitlines() if " = " in line]
    return {name: target for name, _, target in pairs}


def _digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
