"""A CloudFormation template, YAML or JSON, as plain dicts in which every value has its line.

Read from the parser's events, not by a loader: so that nothing recurses, no tag makes an object, and an alias is seen
before it is followed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from importlib import import_module
from importlib.resources import files
from typing import TYPE_CHECKING, Any, cast

from nis_backend.errors import Malformed, TooLarge, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

LARGEST = 1_048_576
"""Most bytes of a template: what CloudFormation takes from S3."""
DEEPEST = 64
MOST_VALUES = 100_000

FUNCTIONS = frozenset(
    {
        *("And", "Base64", "Cidr", "Contains", "EachMemberEquals", "EachMemberIn", "Equals", "FindInMap", "GetAtt"),
        *("GetAZs", "If", "ImportValue", "Join", "Length", "Not", "Or", "RefAll", "Select", "Split", "Sub"),
        *("ToJsonString", "Transform", "ValueOf", "ValueOfAll"),
    }
)
"""What has a short tag, beside !Ref and !Condition."""

Path = tuple[str | int, ...]
"""Keys and places on the way to a value, in the long form: ("Resources", "Keys", "Properties")."""

_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+|[0-9]+)([eE][-+]?[0-9]+)?")
# What YAML 1.1, which CloudFormation reads, takes for something else than its text.
_TRAPS = {
    "a boolean": re.compile(r"y|Y|yes|Yes|YES|n|N|no|No|NO|on|On|ON|off|Off|OFF"),
    "an octal number": re.compile(r"[-+]?0[0-7_]+"),
    "another number": re.compile(r"[-+]?(0x[0-9a-fA-F_]+|0b[01_]+|[0-9][0-9]*_[0-9_]*)"),
    "a number to the base 60": re.compile(r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?"),
    "a date": re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ].*)?"),
}


@dataclass(frozen=True, kw_only=True)
class Trap:
    """A plain word that YAML 1.1 takes for something else; it was read as its text."""

    line: int
    text: str
    taken_for: str


@dataclass(frozen=True, kw_only=True)
class Template:
    """What was read."""

    document: dict[str, Any]  # Any: a template's values differ in type
    lines: dict[Path, int] = field(default_factory=dict["Path", int], repr=False)
    """The line of every key and every place in a list, from 1."""
    traps: tuple[Trap, ...] = ()

    def line(self, *path: str | int) -> int | None:
        """The line of a value, or of the nearest that it is in."""
        for end in range(len(path), 0, -1):
            found = self.lines.get(path[:end])
            if found is not None:
                return found
        return None


@dataclass(kw_only=True)
class _Open:
    """A mapping or a list whose end was not seen yet."""

    value: dict[str, Any] | list[Any]  # Any: a template's values differ in type
    path: Path
    wrapped: str
    """The function in whose long form it will stand; empty where it has no tag."""
    outer: Path
    line: int
    key: str | None = None


def own_template() -> str:
    """The text of the template that nis deploys."""
    return files("nis_backend.deployment.template").joinpath("nis.yaml").read_text(encoding="utf-8")


def read(text: str) -> Template:
    """A template, or any mapping that is written as YAML or JSON.

    Raises:
        Malformed: it is neither, or has what CloudFormation refuses: aliases, a key that stands twice, unknown tags.
        TooLarge: it is larger than 1 MiB, or nested deeper than 64 levels.
        Unavailable: PyYAML is missing.
    """
    if len(text.encode()) > LARGEST:
        raise TooLarge(
            f"A template has at most {LARGEST} bytes.", remedy="Move parts of it to a template of their own."
        )
    reader = _Reader()
    for event in _events(text):
        reader.take(event)
    root = reader.root
    if not isinstance(root, dict):
        raise _malformed("it is no mapping at its top", 1)
    return Template(document=cast("dict[str, Any]", root), lines=reader.lines, traps=tuple(reader.traps))


def _events(text: str) -> Iterator[Any]:  # Any: PyYAML has no types of its own
    try:
        yaml: Any = import_module("yaml")  # of the extra aws, and loads where a template is read; Any: as above
    except ImportError:
        raise Unavailable(
            "Templates are read with PyYAML, which is not installed.", remedy="Run: pip install 'nis-backend[aws]'."
        ) from None
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # Any: as above
    # JSON may be indented by tabs, which YAML refuses; within its strings there are none.
    given = text.replace("\t", " ") if text.lstrip()[:1] in {"{", "["} else text
    try:
        yield from yaml.parse(given, Loader=loader)
    except yaml.YAMLError as error:
        mark: Any = getattr(error, "problem_mark", None)  # Any: as above
        problem: Any = getattr(error, "problem", None) or "it cannot be read"
        raise _malformed(str(problem), mark.line + 1 if mark is not None else None) from None


class _Reader:
    """Puts the parser's events together."""

    def __init__(self) -> None:
        self.root: Any = None  # Any: a template's values differ in type
        self.lines: dict[Path, int] = {}
        self.traps: list[Trap] = []
        self._open: list[_Open] = []
        self._values = 0
        self._documents = 0

    def take(self, event: Any) -> None:  # Any: PyYAML has no types of its own
        """The next event."""
        kind = type(event).__name__
        line = event.start_mark.line + 1
        match kind:
            case "DocumentStartEvent":
                self._documents += 1
                if self._documents > 1:
                    raise _malformed("there is a second document in it", line)
            case "AliasEvent":
                raise _malformed(f"there is an alias, *{event.anchor}, and CloudFormation takes none", line)
            case "ScalarEvent":
                self._scalar(event, line)
            case "MappingStartEvent" | "SequenceStartEvent":
                self._begin(event, {} if kind.startswith("Mapping") else [], line)
            case "MappingEndEvent" | "SequenceEndEvent":
                closed = self._open.pop()
                self._put({closed.wrapped: closed.value} if closed.wrapped else closed.value, closed.line)
            case _:
                pass

    def _begin(self, event: Any, value: Any, line: int) -> None:  # Any: as above
        if event.anchor is not None:
            raise _malformed(f"there is an anchor, &{event.anchor}, and CloudFormation takes none", line)
        if len(self._open) >= DEEPEST:
            raise TooLarge(f"A template is nested at most {DEEPEST} levels deep; line {line} is deeper.", value=line)
        if self._awaits_key():
            raise _malformed("a key is a mapping or a list", line)
        wrapped = _function(event.tag, line)
        outer = self._path()
        self._open.append(
            _Open(value=value, path=(*outer, wrapped) if wrapped else outer, wrapped=wrapped, outer=outer, line=line)
        )

    def _scalar(self, event: Any, line: int) -> None:  # Any: as above
        if event.anchor is not None:
            raise _malformed(f"there is an anchor, &{event.anchor}, and CloudFormation takes none", line)
        text: str = event.value
        if self._awaits_key():
            inside = self._open[-1]
            if text == "<<" and event.implicit[0]:
                raise _malformed("there is a merge, <<, and CloudFormation takes none", line)
            if text in inside.value:
                raise _malformed(f"the key {text!r} stands twice", line)
            inside.key = text
            self.lines[*inside.path, text] = line
            return
        wrapped = _function(event.tag, line)
        if wrapped == "Fn::GetAtt":
            value: Any = {wrapped: text.split(".", 1)}  # Any: a template's values differ in type
        elif wrapped:
            value = {wrapped: text}
        else:
            value = self._plain(text, line) if event.implicit[0] else text
        self._put(value, line)

    def _plain(self, text: str, line: int) -> str | int | float | bool | None:
        """An unquoted word, as YAML 1.2 has it."""
        if text in {"", "~", "null", "Null", "NULL"}:
            return None
        if text in {"true", "True", "TRUE", "false", "False", "FALSE"}:
            return text.lower() == "true"
        if len(text) <= 40 and _INTEGER.fullmatch(text):  # noqa: PLR2004 - longer ones are names, not numbers
            return int(text)
        for taken_for, trap in _TRAPS.items():
            if trap.fullmatch(text):
                self.traps.append(Trap(line=line, text=text, taken_for=taken_for))
                return text
        return float(text) if len(text) <= 40 and _FLOAT.fullmatch(text) else text  # noqa: PLR2004 - as above

    def _put(self, value: Any, line: int) -> None:  # Any: a template's values differ in type
        self._values += 1
        if self._values > MOST_VALUES:
            raise TooLarge(f"A template has at most {MOST_VALUES} values.", value=self._values)
        if not self._open:
            self.root = value
            return
        inside = self._open[-1]
        if isinstance(inside.value, list):
            self.lines[*inside.path, len(inside.value)] = line
            inside.value.append(value)
        else:
            inside.value[str(inside.key)] = value
            inside.key = None

    def _awaits_key(self) -> bool:
        return bool(self._open) and isinstance(self._open[-1].value, dict) and self._open[-1].key is None

    def _path(self) -> Path:
        """Where the next value will stand."""
        if not self._open:
            return ()
        inside = self._open[-1]
        return (*inside.path, len(inside.value) if isinstance(inside.value, list) else str(inside.key))


def _function(tag: str | None, line: int) -> str:
    """The long form of a short tag; empty where there is none."""
    if tag is None or tag == "!":
        return ""
    name = tag.removeprefix("!")
    if name in {"Ref", "Condition"}:
        return name
    if name in FUNCTIONS:
        return f"Fn::{name}"
    if tag in {f"tag:yaml.org,2002:{kind}" for kind in ("str", "int", "float", "bool", "null", "map", "seq")}:
        return ""
    raise _malformed(f"the tag {tag} is none of CloudFormation's", line)


def _malformed(why: str, line: int | None) -> Malformed:
    place = "" if line is None else f" in line {line}"
    return Malformed(f"The template cannot be read{place}: {why}.", field="template", value=line)
