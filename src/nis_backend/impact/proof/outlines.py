"""What is no Python, line by line: what a file is written in, and the table and the key that each line stands under."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal

from nis_backend.impact.project.files import SourceFile, read_text
from nis_backend.impact.project.opening import LOCKS
from nis_backend.impact.project.requirements import is_requirements

Form = Literal["shell", "docker", "make", "yaml", "toml", "ini", "json", "lines"]

ENDINGS: dict[str, Form] = {
    **dict.fromkeys(("sh", "bash", "zsh", "fish", "ps1", "bat", "cmd"), "shell"),
    **dict.fromkeys(("yml", "yaml"), "yaml"),
    **dict.fromkeys(("ini", "cfg", "conf", "env", "properties", "service", "flake8", "coveragerc", "pylintrc"), "ini"),
    **dict.fromkeys(("mk", "mak"), "make"),
    **dict.fromkeys(("json", "json5"), "json"),
    **dict.fromkeys(("tf", "hcl", "j2", "tpl", "template"), "lines"),
    "dockerfile": "docker",
    "toml": "toml",
}
NAMES: dict[str, Form] = {
    **dict.fromkeys(("dockerfile", "containerfile"), "docker"),
    **dict.fromkeys(("makefile", "gnumakefile"), "make"),
    **dict.fromkeys(("procfile", "justfile", "jenkinsfile"), "lines"),
}
KEY = re.compile(r"""^\s*(?:-\s+)?["']?([\w.\-]+)["']?\s*(?:[:=])(?:\s|$|["'\[])""")
HEADER = re.compile(r"^\s*\[{1,2}\s*([^\]]+?)\s*\]{1,2}\s*$")
LONGEST_LINE = 4000
MOST_BYTES = 1_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """A line without its comment, and what it stands under."""

    number: int
    text: str
    key: str
    """The last key before it, or its own."""
    table: str
    header: bool
    """Whether it begins the table."""


class Outline:
    """The lines of a text, found by where a word stands in it."""

    def __init__(self, form: Form, data: bytes) -> None:
        self.form: Form = form
        raw = data.split(b"\n")
        self.starts = [0, *accumulate(len(one) + 1 for one in raw)]
        self.raw = [one[:LONGEST_LINE].decode("utf-8", "replace") for one in raw]
        self.lines: list[Line] = []
        key, table = "", ""
        for number, whole in enumerate(self.raw, 1):
            line = _bare_of_comment(form, whole)
            header = HEADER.match(line) if form in {"toml", "ini"} else None
            found = None if header else KEY.match(line)
            table = header[1].replace('"', "") if header else table
            key = "" if header else found[1] if found else key
            self.lines.append(Line(number=number, text=line, key=key, table=table, header=header is not None))

    def at(self, positions: list[int]) -> list[Line]:
        """The lines in which bytes stand, each once."""
        return [self.lines[number - 1] for number in dict.fromkeys(bisect_right(self.starts, one) for one in positions)]


def form_of(file: SourceFile) -> Form | None:
    """What a file is written in, where it may say what is run or loaded; locks, declarations and prose do not."""
    name = file.relative.rpartition("/")[2]
    plain = name.lower()
    if file.bytes > MOST_BYTES:
        return None
    if name in LOCKS or is_requirements(file.relative) or plain in {"package-lock.json", "pipfile", "environment.yml"}:
        return None
    if plain.startswith(("dockerfile", "containerfile")):
        return "docker"
    if plain.startswith(".env"):
        return "ini"
    found = NAMES.get(plain) or ENDINGS.get(plain.rpartition(".")[2])
    if found is None and "." not in name:
        first = (read_text(file.path, 120) or "").partition("\n")[0]
        return "shell" if first.startswith("#!") and "python" not in first else None
    return found


def _bare_of_comment(form: Form, line: str) -> str:
    if form == "json":
        return "" if line.lstrip().startswith("//") else line
    if line.lstrip().startswith(("#", ";") if form == "ini" else "#"):
        return ""
    return re.split(r"\s#\s", line, maxsplit=1)[0] if "#" in line else line
