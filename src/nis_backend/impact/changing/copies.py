"""Environments beside a project's own: the same but for what a change takes out, made in seconds by hard links."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nis_backend.errors import Conflict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nis_backend.impact.changing.installers import Installer
    from nis_backend.impact.project.environment import Environment

COMPILING = 600.0
"""Seconds that writing the bytecode of an environment may take."""
OWN = re.compile(r"^(python[\d.]*t?|activate.*|Activate\.ps1|pip[\d.]*)$")
"""Files of `bin` that an environment has of itself."""


@dataclass(frozen=True, kw_only=True)
class Copy:
    """An environment of ours, like the one it was made from."""

    root: Path
    python: Path
    bin: Path
    site: Path


def copy_environment(environment: Environment, folder: Path, *, without: Sequence[str] = ()) -> Copy:
    """The environment again in `folder`, without the distributions of these keys.

    Files are hard links where the disk allows it, so it costs next to nothing; what is written into the copy by an
    installer replaces a link, never the file behind it. Scripts name the copy's interpreter.
    """
    gone = files_of(environment, without)
    copy = skeleton(environment, folder)
    for site in dict.fromkeys(environment.site):
        _link_tree(site, copy.site, gone)
    copy_scripts(environment, copy, gone)
    if environment.prefix != environment.base_prefix:
        for name in ("share", "etc"):
            if environment.prefix.joinpath(name).is_dir():
                _link_tree(environment.prefix / name, folder / name, gone)
    return copy


def files_of(environment: Environment, keys: Sequence[str]) -> set[str]:
    """The paths of all files of the distributions of these keys."""
    return {file.path for key in keys for file in environment.distributions[key].files}


def skeleton(environment: Environment, folder: Path) -> Copy:
    """An environment of the same interpreter, with nothing in it."""
    major = ".".join(environment.version.split(".")[:2])
    copy = Copy(
        root=folder,
        python=folder / "bin" / "python",
        bin=folder / "bin",
        site=folder / "lib" / f"python{major}" / "site-packages",
    )
    copy.bin.mkdir(parents=True)
    copy.site.mkdir(parents=True)
    base = _interpreter(environment, major)
    for name in ("python", "python3", f"python{major}"):
        copy.bin.joinpath(name).symlink_to(base)
    settings = {"home": base.parent, "include-system-site-packages": "false", "version": environment.version}
    folder.joinpath("pyvenv.cfg").write_text("".join(f"{key} = {value}\n" for key, value in settings.items()), "utf-8")
    return copy


def compile_modules(copy: Copy) -> None:
    """Write the bytecode that is missing, as a first start would; what cannot be compiled is left as it is."""
    command = [str(copy.python), "-m", "compileall", "-q", "-j", "0", str(copy.site)]
    subprocess.run(command, capture_output=True, timeout=COMPILING, check=False)  # noqa: S603 - our own command


def install(copy: Copy, requirements: Sequence[str], *, installer: Installer) -> None:
    """Put exactly these into a copy, and nothing that they ask for.

    Raises:
        Conflict: one of them cannot be built or installed here.
    """
    if not requirements:
        return
    place = ["pip", "install", "--python"] if installer.is_uv else ["install", "--upgrade", "--python"]
    done = installer.run([*place, str(copy.python), "--no-deps", *requirements])
    if done.returncode:
        last = [line for line in done.stderr.splitlines() if line.strip()][-3:]
        raise Conflict(
            f"It could not be installed: {' '.join(last)[:500]}",
            field="package",
            value=", ".join(requirements)[:200],
            remedy="See whether it has a wheel for this Python and system.",
        )


def _interpreter(environment: Environment, major: str) -> Path:
    """The interpreter that the environment's own stands on."""
    named = environment.base_prefix / "bin" / f"python{major}"
    return named if named.is_file() else environment.python.resolve()


def _link_tree(source: Path, target: Path, gone: set[str]) -> None:
    for folder, folders, files in os.walk(source):
        here = target / Path(folder).relative_to(source)
        here.mkdir(parents=True, exist_ok=True)
        folders[:] = [name for name in folders if not Path(folder, name).is_symlink()]
        for name in files:
            path = os.path.join(folder, name)  # noqa: PTH118 - of a hundred thousand files
            if path in gone or (name.endswith(".pyc") and source_of(path) in gone):
                continue
            _link(path, str(here / name))
    for folder in sorted(_empty(target), reverse=True):
        folder.rmdir()


def source_of(path: str) -> str:
    """`…/pkg/mod.py` of `…/pkg/__pycache__/mod.cpython-311.pyc`."""
    folder, name = os.path.split(path)
    return os.path.join(os.path.dirname(folder), name.partition(".")[0] + ".py")  # noqa: PTH118, PTH120 - as above


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target, follow_symlinks=False)
    except FileExistsError:
        return
    except OSError:
        # Another disk, or one without links.
        shutil.copy2(source, target, follow_symlinks=False)


def _empty(target: Path) -> Iterator[Path]:
    """Folders that nothing is in but empty folders: a package that is gone must not be importable as a namespace."""
    for folder, _, _ in os.walk(target, topdown=False):
        path = Path(folder)
        if path != target and all(_is_empty(child) for child in path.iterdir()):
            yield path


def _is_empty(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink() and all(_is_empty(child) for child in path.iterdir())


def copy_scripts(environment: Environment, copy: Copy, gone: set[str]) -> None:
    """The environment's commands but those of `gone`; each names the copy's interpreter."""
    if not environment.bin.is_dir() or environment.prefix == environment.base_prefix:
        names = [script for one in environment.distributions.values() for script in one.scripts]
        scripts = [environment.bin / name for name in dict.fromkeys(names)]
    else:
        scripts = sorted(environment.bin.iterdir())
    for script in scripts:
        if not script.is_file() or str(script) in gone or OWN.match(script.name):
            continue
        text = script.read_bytes()
        if not text.startswith(b"#!"):
            _link(str(script), str(copy.bin / script.name))
            continue
        for python in {str(environment.python), str(environment.bin / "python"), str(environment.bin / "python3")}:
            text = text.replace(python.encode(), str(copy.python).encode())
        target = copy.bin / script.name
        target.write_bytes(text)
        target.chmod(0o755)
