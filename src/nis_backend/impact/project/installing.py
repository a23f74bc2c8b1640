"""What a project asks for outside its tables: `pip install` in Dockerfiles, scripts and workflows; conda's files."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nis_backend.impact.project.declared import Declaration, Section, declaration
from nis_backend.impact.report import Place

INSTALL = re.compile(
    r"(?:\bpip3?(?:\.\d+)?|\buv\s+pip|\bpipx|\buv\s+tool|\buv|\bpoetry|\bpdm|\bconda|\bmamba)\s+(?:install|add|run\s+--with)\s+([^;&|\n]*)"
)
VALUED = frozenset(
    {
        *(
            "-r",
            "-c",
            "-e",
            "-t",
            "-i",
            "-f",
            "-G",
            "--requirement",
            "--constraint",
            "--editable",
            "--target",
            "--group",
        ),
        *("--index-url", "--extra-index-url", "--find-links", "--prefix", "--root", "--python", "--upgrade-strategy"),
        *(
            "--platform",
            "--only-binary",
            "--no-binary",
            "--cache-dir",
            "--progress-bar",
            "--trusted-host",
            "--no-deps-of",
        ),
        *("--extra", "--with", "--timeout", "--retries", "-p", "-n", "-C", "--channel", "--index", "--default-index"),
    }
)
"""Options whose value is no requirement."""
NAME = re.compile(r"^[A-Za-z][A-Za-z0-9._-]*(?:\[[^\]]*\])?(?:[<>=!~@].*)?$")
CONDA = re.compile(r"^(\s*)-\s+[\"']?([A-Za-z][A-Za-z0-9._-]*(?:\[[^\]]*\])?)\s*([<>=!~].*?)?[\"']?\s*(?:#.*)?$")


def installs(relative: str, text: str, section: Section, name: str) -> Iterator[Declaration]:
    """What the commands of a Dockerfile, a script or a workflow install by name."""
    number, held = 0, ""
    for count, line in enumerate(text.splitlines(), 1):
        number = number if held else count
        held += line.rstrip("\\") if line.endswith("\\") else line
        if line.endswith("\\"):
            held += " "
            continue
        whole, held = held, ""
        if "install" in whole or " add " in whole:
            for found in INSTALL.finditer(whole.partition(" #")[0]):
                for asked in _named(found[1].split()):
                    place = Place(file=relative, line=number, text=whole.strip()[:200])
                    one = declaration(asked, place, section, name)
                    if one is not None:
                        yield one


def _named(words: list[str]) -> Iterator[str]:
    """The requirements among the words of a command."""
    option = ""
    for word in words:
        plain = word.strip("\"'`,)]}")
        if word.startswith("-"):
            option = word if "=" not in word else ""
        elif option in VALUED:
            option = ""
        else:
            option = ""
            if NAME.match(plain) and not plain.endswith((".txt", ".whl", ".toml", ".gz", ".zip")):
                yield plain


def read_conda(relative: str, text: str) -> Iterator[Declaration]:
    """What conda's `environment.yml` asks for, its `pip:` part too; conda's names are taken for PyPI's."""
    inside = False
    for number, line in enumerate(text.splitlines(), 1):
        if re.match(r"^\w", line):
            inside = line.startswith("dependencies")
            continue
        found = CONDA.match(line) if inside else None
        if found and found[2] not in {"python", "pip"}:
            bound = re.sub(r"^=(?!=)", "==", (found[3] or "").strip())
            asked = f"{found[2]}{bound.split('=')[0] if bound.count('=') > 3 else bound}"  # noqa: PLR2004 - a build
            place = Place(file=relative, line=number, text=line.strip()[:200])
            one = declaration(asked, place, "main") or declaration(found[2], place, "main")
            if one is not None:
                yield one
