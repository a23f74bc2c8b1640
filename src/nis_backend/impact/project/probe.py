"""What an interpreter has installed, told by itself: run as a file in it, with the standard library of Python ≥ 3.8.

It prints one line, the marker and a JSON object: what else is printed, a `.pth` file's code may have.
"""

from __future__ import annotations

import ast
import csv
import importlib.machinery
import json
import os
import platform
import sys
import sysconfig

if sys.path and os.path.realpath(sys.path[0] or ".") == os.path.dirname(os.path.realpath(__file__)):  # noqa: PTH120
    del sys.path[0]  # our own folder is none of the interpreter's

from importlib import metadata

TYPE_CHECKING = False  # typing takes 10 ms to load
if TYPE_CHECKING:
    from typing import Any

MARKER = "nis-impact-probe:"
MOST_FILES = 400_000
ENDINGS = tuple(importlib.machinery.EXTENSION_SUFFIXES)
NAMESPACES = ("extend_path", "declare_namespace")


def distributions() -> tuple[list[dict[str, Any]], list[str]]:
    """Each distribution once, as `import` would find it: the first on the path; and the folders that tell of none."""
    found: dict[str, dict[str, Any]] = {}
    broken: list[str] = []
    left = MOST_FILES
    for one in metadata.distributions():
        try:
            name = one.metadata["Name"]
            plain = (name or "").lower().replace("_", "-").replace(".", "-")
            if not name or plain in found:
                continue
            found[plain] = told(one, name, left)
        except (AttributeError, ValueError, csv.Error, OSError):  # what is no text, no table, or cannot be read
            broken.append(os.path.basename(str(getattr(one, "_path", one.locate_file("")))))  # noqa: PTH119
            continue
        left -= len(found[plain]["files"])
    return list(found.values()), broken


def told(one: metadata.Distribution, name: str, left: int) -> dict[str, Any]:
    """A distribution's own account of itself, and its files as they are on the disk."""
    base = os.path.realpath(str(one.locate_file("")))
    listed = recorded(one)
    top = (one.read_text("top_level.txt") or "").split()
    if listed is None:
        listed = walked(base, top or [name.replace("-", "_")])
    sizes = sized(base, listed[:left])
    folder = editable(one, base)
    pth = [path for path in listed if path.endswith(".pth") and "/" not in path]
    sources = [os.path.join(base, path) for path in listed]  # noqa: PTH118 - ten times as quick, for 100,000 files
    return {
        "name": name,
        "version": one.version or "",
        "requires": one.requires or [],
        "extras": one.metadata.get_all("Provides-Extra") or [],
        "base": base,
        "files": sizes,
        "modules": sorted({*modules(base, listed), *pointed(sources), *(top if not listed else [])}),
        "entry_points": [[point.group, point.name, point.value] for point in one.entry_points],
        "editable": folder,
        "pth": [os.path.join(base, path) for path in pth],  # noqa: PTH118
    }


def recorded(one: metadata.Distribution) -> list[str] | None:
    """The files of RECORD, as paths from the folder that the distribution is in; None where it has none."""
    text = one.read_text("RECORD")
    if text is None:
        return None
    return [row[0].replace("\\", "/") for row in csv.reader(text.splitlines()) if row and row[0]]


def walked(base: str, names: list[str]) -> list[str]:
    """The files of top modules, for a distribution that keeps no record: Debian's, conda's, of `setup.py develop`."""
    found: list[str] = []
    for name in names:
        found += [name + end for end in (".py", *ENDINGS) if os.path.isfile(os.path.join(base, name + end))]  # noqa: PTH113, PTH118
        for folder, inside, files in os.walk(os.path.join(base, name)):  # noqa: PTH118
            inside[:] = [one for one in inside if one != "__pycache__"]
            found += [os.path.relpath(os.path.join(folder, file), base) for file in files]  # noqa: PTH118
            if len(found) > MOST_FILES:
                return found
    return found


def sized(base: str, listed: list[str]) -> list[tuple[str, int]]:
    """Each file that is there, by its full path, with its bytes; compiled files beside it too."""
    sizes: dict[str, int] = {}
    caches: dict[str, dict[str, list[os.DirEntry[str]]]] = {}
    for path in listed:
        full = os.path.normpath(os.path.join(base, path))  # noqa: PTH118
        try:
            sizes[full] = os.stat(full).st_size  # noqa: PTH116
        except OSError:
            continue
        if path.endswith(".py"):
            folder, name = os.path.split(full)
            cache = caches.setdefault(folder, compiled(folder)) if folder not in caches else caches[folder]
            sizes.update((entry.path, entry.stat().st_size) for entry in cache.get(name[:-3], ()))
    return sorted(sizes.items())


def compiled(folder: str) -> dict[str, list[os.DirEntry[str]]]:
    """The compiled files of a folder, by the module that each is of."""
    found: dict[str, list[os.DirEntry[str]]] = {}
    try:
        with os.scandir(os.path.join(folder, "__pycache__")) as entries:  # noqa: PTH118
            for entry in entries:
                if entry.name.endswith(".pyc"):
                    found.setdefault(entry.name.split(".")[0], []).append(entry)
    except OSError:
        pass
    return found


def modules(base: str, listed: list[str]) -> set[str]:
    """What can be imported of these files: top modules, and of a namespace package the parts that are theirs."""
    inits = {path.rsplit("/", 1)[0] for path in listed if is_init(path)}
    spaces: dict[str, bool] = {}
    found: set[str] = set()
    for path in listed:
        name = module_of(path)
        if name is None:
            continue
        parts = name.split("/")
        for depth in range(1, len(parts) + 1):
            folder = "/".join(parts[:depth])
            if folder in inits and folder not in spaces:
                spaces[folder] = is_space(base, folder)
            if not spaces.get(folder, folder not in inits) or (depth == len(parts) and folder not in inits):
                found.add(".".join(parts[:depth]))
                break
    return found


def is_init(path: str) -> bool:
    """Whether a file makes its folder a package."""
    return path.rsplit("/", 1)[-1].split(".", 1)[0] == "__init__" and "/" in path and path.endswith((".py", *ENDINGS))


def module_of(path: str) -> str | None:
    """The module that a file is, with slashes; a package's for its `__init__`; None for what is no module."""
    for end in (*ENDINGS, ".py"):
        if path.endswith(end):
            name = path[: -len(end)]
            name = name.removesuffix("/__init__")
            return name if all(part.isidentifier() for part in name.split("/")) else None
    return None


def is_space(base: str, folder: str) -> bool:
    """Whether a package is one that several distributions share, in the way of before Python 3.3."""
    try:
        with open(os.path.join(base, folder, "__init__.py"), encoding="utf-8") as file:  # noqa: PTH118, PTH123
            text = file.read(4000)
    except (OSError, ValueError):
        return False
    return len(text) < 4000 and any(word in text for word in NAMESPACES)  # noqa: PLR2004


def editable(one: metadata.Distribution, base: str) -> str:
    """The folder of an editable install, else nothing."""
    try:
        said: dict[str, Any] = json.loads(one.read_text("direct_url.json") or "{}")
    except ValueError:
        return ""
    folder: dict[str, Any] = said.get("dir_info") or {}
    if folder.get("editable") and str(said.get("url", "")).startswith("file://"):
        from urllib.parse import unquote, urlsplit  # noqa: PLC0415 - few need it

        return os.path.realpath(unquote(urlsplit(str(said["url"])).path))
    in_site = {os.path.realpath(path) for path in sysconfig.get_paths().values()}
    egg = one.read_text("PKG-INFO") is not None and one.read_text("RECORD") is None
    return base if egg and base not in in_site and "site-packages" not in base else ""


def pointed(files: list[str]) -> set[str]:
    """Modules that an editable install points to: a `.pth` file's folders, a finder's table."""
    found: set[str] = set()
    for path in files:
        name = os.path.basename(path)  # noqa: PTH119
        if name.endswith(".pth") and ("editable" in name or name.startswith("_")):
            for line in lines(path):
                if os.path.isdir(line):  # noqa: PTH112
                    found |= inside(line)
        elif name.startswith("__editable__") and name.endswith("_finder.py"):
            found |= mapped(path)
    return found


def lines(path: str) -> list[str]:
    """A small file's lines that are no code."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:  # noqa: PTH123
            return [line for line in file.read(100_000).splitlines() if line and not line.startswith(("#", "import"))]
    except OSError:
        return []


def inside(folder: str) -> set[str]:
    """The packages and modules that stand in a folder."""
    found: set[str] = set()
    try:
        names = os.listdir(folder)[:5000]  # noqa: PTH208 - names are wanted
    except OSError:
        return found
    for name in names:
        if name.endswith(".py") and name[:-3].isidentifier() and name != "setup.py":
            found.add(name[:-3])
        elif name.isidentifier() and os.path.isfile(os.path.join(folder, name, "__init__.py")):  # noqa: PTH113, PTH118
            found.add(name)
    return found


def mapped(path: str) -> set[str]:
    """The modules in the table of setuptools' finder of an editable install."""
    try:
        with open(path, encoding="utf-8") as file:  # noqa: PTH123
            tree = ast.parse(file.read(1_000_000))
        for node in tree.body:
            target = node.target if isinstance(node, ast.AnnAssign) else getattr(node, "targets", [None])[0]
            if getattr(target, "id", "") == "MAPPING":
                return set(ast.literal_eval(node.value))  # type: ignore[attr-defined]
    except (OSError, ValueError, SyntaxError):
        pass
    return set()


def standard() -> list[str]:
    """The names of the standard library's modules."""
    known = getattr(sys, "stdlib_module_names", None)
    if known is not None:
        return sorted(known)
    folder = os.path.dirname(os.__file__)  # noqa: PTH120
    return sorted({*sys.builtin_module_names, *inside(folder), *inside(os.path.join(folder, "lib-dynload"))})  # noqa: PTH118


def markers() -> dict[str, str]:
    """The values that requirements' markers are held against (PEP 508)."""
    held = sys.implementation.version
    full = f"{held.major}.{held.minor}.{held.micro}" + (
        "" if held.releaselevel == "final" else held.releaselevel[0] + str(held.serial)
    )
    return {
        "implementation_name": sys.implementation.name,
        "implementation_version": full,
        "os_name": os.name,
        "platform_machine": platform.machine(),
        "platform_python_implementation": platform.python_implementation(),
        "platform_release": platform.release(),
        "platform_system": platform.system(),
        "platform_version": platform.version(),
        "python_full_version": platform.python_version(),
        "python_version": ".".join(platform.python_version_tuple()[:2]),
        "sys_platform": sys.platform,
    }


def main() -> None:
    """Print it."""
    paths = sysconfig.get_paths()
    found, broken = distributions()
    answer = {
        "executable": sys.executable,
        "version": platform.python_version(),
        "prefix": sys.prefix,
        "base_prefix": sys.base_prefix,
        "paths": [path for path in sys.path if path],
        "site": sorted({paths["purelib"], paths["platlib"]}),
        "bin": paths["scripts"],
        "standard": standard(),
        "markers": markers(),
        "distributions": found,
        "broken": broken,
    }
    sys.stdout.write("\n" + MARKER + json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
