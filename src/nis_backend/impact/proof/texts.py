"""The texts of a project, read once: which are Python, in whatever file they stand, and what each says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from nis_backend.impact.project.files import MOST_BYTES, SourceFile, read_source, read_text
from nis_backend.impact.project.opening import Project
from nis_backend.impact.project.toml import list_of
from nis_backend.impact.proof.facts import Facts
from nis_backend.impact.proof.outlines import Outline, form_of
from nis_backend.impact.proof.target import Target
from nis_backend.impact.proof.tree import read_facts
from nis_backend.impact.report import Place

PYTHON = (".py", ".pyi", ".pyw", ".ipynb", ".pyx", ".pxd")
CYTHON = (".pyx", ".pxd")
COMPUTED = re.compile(rb"import_module|__import__|find_spec|resolve_name|import_string|find_loader|run_module")
MAGIC = re.compile(r"^([ \t]*)([%!?])(.*)$")
LOOSE = re.compile(
    r"^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+c?import\b|c?import[ \t]+([\w.]+(?:[ \t]*,[ \t]*[\w.]+)*))", re.MULTILINE
)
"""An import as a line tells it, where no tree can be had."""


@dataclass(frozen=True, kw_only=True)
class Text:
    """The Python of a file, and its facts."""

    file: SourceFile
    text: str
    facts: Facts
    unread: Place | None = None
    """Why no tree could be had; the facts are then what single lines tell."""

    def place(self, line: int | None) -> Place:
        """Where a line stands in the file; of a notebook, its line there."""
        lines = self.text.splitlines()
        text = lines[line - 1].strip() if line and line <= len(lines) else ""
        if self.file.relative.endswith(".ipynb"):
            line = _line_in_notebook(self.file, text)
        return Place(file=self.file.relative, line=line, text=text[:200])


class Texts:
    """The Python texts of a project, each read and parsed once at most."""

    def __init__(self, project: Project) -> None:
        self.files = [one for one in project.files if is_python(one)]
        python = {one.relative for one in self.files}
        self.others = [one for one in project.files if one.relative not in python]
        self._parsed: dict[str, Text] = {}
        self._bytes: dict[str, bytes] = {}
        self._words: dict[str, set[bytes]] = {}
        self._computing: dict[str, bool] = {}
        self._outlines: dict[str, Outline | None] = {}

    def holding(self, target: Target) -> Iterator[tuple[SourceFile, bool]]:
        """Each text that may name a package, or computes the name of a module; and whether it may do the first."""
        for file in self.files:
            named = self.may_name(file, target)
            if named or self._computes(file):
                yield file, named

    def _computes(self, file: SourceFile) -> bool:
        if file.relative not in self._computing:
            self._computing[file.relative] = bool(COMPUTED.search(self.data(file)))
        return self._computing[file.relative]

    def data(self, file: SourceFile) -> bytes:
        """A file's bytes, up to the most that is read."""
        if file.relative not in self._bytes:
            try:
                with file.path.open("rb") as opened:
                    self._bytes[file.relative] = opened.read(MOST_BYTES)
            except OSError:
                self._bytes[file.relative] = b""
        return self._bytes[file.relative]

    def may_name(self, file: SourceFile, target: Target) -> bool:
        """Whether a file holds a word by which it could name a package."""
        words = self._words.get(file.relative)
        return bool(target.needles.search(self.data(file))) if words is None else not target.tokens.isdisjoint(words)

    def index(self) -> None:
        """Know the words of each text: for who will ask after many packages."""
        for file in (*self.files, *self.others):
            self._words[file.relative] = {*re.findall(rb"\w+", self.data(file).lower())}

    def outline(self, file: SourceFile) -> Outline | None:
        """The lines of a file that is no Python; None where it says nothing of what is run or loaded."""
        if file.relative not in self._outlines:
            form = form_of(file)
            self._outlines[file.relative] = None if form is None else Outline(form, self.data(file))
        return self._outlines[file.relative]

    def text(self, file: SourceFile) -> Text:
        """A file's Python and its facts."""
        if file.relative not in self._parsed:
            self._parsed[file.relative] = _parsed(file, self.data(file))
        return self._parsed[file.relative]


def is_python(file: SourceFile) -> bool:
    """Whether a file holds Python: by its name, or by its first line where it has no ending."""
    if file.relative.endswith(PYTHON):
        return True
    name = file.relative.rpartition("/")[2]
    if "." in name or not file.bytes:
        return False
    first = (read_text(file.path, 120) or "").partition("\n")[0]
    return first.startswith("#!") and "python" in first


def _parsed(file: SourceFile, data: bytes) -> Text:
    try:
        text = _notebook(data) if file.relative.endswith(".ipynb") else read_source(data)
    except (SyntaxError, ValueError, LookupError, AttributeError, RecursionError) as failure:
        return _loose(file, data.decode("latin-1"), f"its text cannot be read: {failure}", None)
    if file.relative.endswith(CYTHON):
        return Text(file=file, text=text, facts=_lines(text))
    if file.bytes > MOST_BYTES:
        return _loose(file, text, f"only the first {MOST_BYTES} of its {file.bytes} bytes were read, by lines", None)
    try:
        return Text(file=file, text=text, facts=read_facts(text))
    except SyntaxError as failure:
        return _loose(file, text, f"{failure.msg}, in line {failure.lineno}: read by lines only", failure.lineno)
    except (ValueError, RecursionError, MemoryError) as failure:
        return _loose(file, text, f"no tree could be made of it ({failure}): read by lines only", None)


def _loose(file: SourceFile, text: str, why: str, line: int | None) -> Text:
    return Text(file=file, text=text, facts=_lines(text), unread=Place(file=file.relative, line=line, text=why[:200]))


def _lines(text: str) -> Facts:
    """The imports that single lines tell."""
    facts = Facts()
    for found in LOOSE.finditer(text):
        line = text.count("\n", 0, found.start(found.lastindex or 0)) + 1
        for module in (found[1] or found[2]).split(","):
            facts.add(module.strip(), line)
    return facts


def _notebook(data: bytes) -> str:
    """The code of a notebook's cells; magics and commands are taken out.

    Raises:
        ValueError, LookupError, AttributeError: it is no notebook.
    """
    read: Any = json.loads(data)  # Any: JSON
    cells = list_of(read.get("cells")) or [one for sheet in list_of(read.get("worksheets")) for one in sheet["cells"]]
    sources = [one.get("source") or one.get("input", "") for one in cells if one.get("cell_type") == "code"]
    return "\n".join(_plain("".join(map(str, list_of(one)))) for one in sources)


def _plain(cell: str) -> str:
    """A cell as Python: extensions it loads as an import, commands as what starts them, other magics as nothing."""
    if cell.lstrip().startswith("%%") and not cell.lstrip().startswith(("%%time", "%%capture", "%%prun")):
        return ""
    return "\n".join(MAGIC.sub(_magic, line, count=1) for line in cell.splitlines())


def _magic(found: re.Match[str]) -> str:
    indent, sign, rest = found[1], found[2], found[3].strip()
    if sign == "!":
        return f"{indent}run({rest!r})"
    return (
        f"{indent}import_extension({rest.removeprefix('load_ext').strip()!r})"
        if rest.startswith("load_ext ")
        else f"{indent}pass"
    )


def _line_in_notebook(file: SourceFile, text: str) -> int | None:
    wanted = json.dumps(text)[1:-1]
    for number, line in enumerate((read_text(file.path) or "").splitlines(), 1):
        if wanted and wanted in line:
            return number
    return None
