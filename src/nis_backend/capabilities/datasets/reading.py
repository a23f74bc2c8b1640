"""The rows of a file, one after the other, bounded: lines of JSON, a JSON list, a table, a text.

A number begins at 1: of a line of JSON it is the line's, else the row's, the names of columns not counted.
"""

from __future__ import annotations

import csv
import itertools
import json
import re
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, NoReturn, cast

from nis_backend.capabilities.datasets.kinds import LONGEST_ROW, LONGEST_TEXT
from nis_backend.errors import InvalidRequest, TooLarge, WrongMedia, shorten

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nis_backend.operation import Json

Format = Literal["jsonl", "json", "csv", "parquet", "text"]
Parts = Literal["paragraphs", "lines", "whole"]
Raw = tuple[int, int, "Json | str"]
"""A row's number, how many bytes of the file are read with it, and its object, or why it is none."""

MOST_COLUMNS = 1000
LONGEST_LIST = 50_000_000
"""Bytes of a JSON list: it is read at once."""
BOM = b"\xef\xbb\xbf"
NUMBER = re.compile(r"(?a)[+-]?(?:0|[1-9]\d{0,15})(?P<part>\.\d{1,17})?(?P<power>[eE][+-]?\d{1,2})?")
"""A cell that is a number; one that begins with 0, as a postcode does, is a text."""
COMMA = re.compile(r"(?a)^\s*([+-]?\d{1,16}),(\d{1,17})\s*$")
MARKS = ",;\t|"
"""What may part cells; of equally many the first."""
NO_MARK = "\x1f"
"""Parts nothing: of a table with one column."""
SEP = re.compile(r"(?i)sep=(?P<mark>[^\s\w\"])")
FOREIGN = (
    (b"\x1f\x8b", "compressed by gzip", "Unpack it first."),
    (b"PK\x03\x04", "an archive", "Unpack it first, and send what is in it."),
    (b"\x28\xb5\x2f\xfd", "compressed by Zstandard", "Unpack it first."),
    (b"\xff\xfe", "UTF-16", "Save it as UTF-8."),
    (b"\xfe\xff", "UTF-16", "Save it as UTF-8."),
)
"""What begins so is none of ours: what it is, and what helps."""


def format_of(path: Path, name: str, wanted: Format | None) -> Format:
    """What a file is: as it is said, or by its beginning and its name.

    Raises:
        WrongMedia: it is compressed, or no text and no Parquet.
        InvalidRequest: there is nothing in it.
    """
    with path.open("rb") as file:
        head = file.read(65_536)
    if head.startswith(b"PAR1"):
        return "parquet"
    for mark, what, remedy in FOREIGN:
        if head.startswith(mark):
            raise WrongMedia(f"The file is {what}.", field="file", value=what, remedy=remedy)
    if b"\0" in head or wanted == "parquet":
        what = "no Parquet file" if wanted == "parquet" else "no text: it has the character NUL"
        raise WrongMedia(f"The file is {what}.", field="file", remedy="Send lines of JSON, CSV, text or Parquet.")
    words = head.removeprefix(BOM).lstrip()
    if not words:
        raise InvalidRequest("There is nothing in the file.", field="file", remedy="Send a file that has rows.")
    if wanted is not None:
        return wanted
    ending = Path(name).suffix.lower()
    told: dict[str, Format] = {".csv": "csv", ".tsv": "csv", ".txt": "text", ".md": "text", ".json": "json"}
    if ending in {".csv", ".tsv", ".txt", ".md"}:
        return told[ending]
    if words.startswith(b"["):
        return "json"
    return "jsonl" if words.startswith(b"{") else told.get(ending, "text")


def rows_of(path: Path, form: Format, parts: Parts, *, typed: bool) -> Iterator[Raw]:
    """The rows of a file; `typed`, cells of a table that are numbers are read as such.

    Raises:
        InvalidRequest: the file as a whole cannot be read.
    """
    match form:
        case "jsonl":
            return _lines_of_json(path)
        case "json":
            return _list_of_json(path)
        case "csv":
            return _table(path, typed=typed)
        case "text":
            return _texts(path, parts)
        case "parquet":
            from nis_backend.capabilities.datasets.columnar import rows_of_parquet  # noqa: PLC0415 - where it is wanted

            return rows_of_parquet(path)


def _lines_of_json(path: Path) -> Iterator[Raw]:
    end = 0
    with path.open("rb") as file:
        for number in itertools.count(1):
            text = file.readline(LONGEST_ROW + 1)
            if not text:
                return
            end += len(text)
            if len(text) > LONGEST_ROW:
                yield number, end, f"it has more than {LONGEST_ROW} bytes"
                while text and not text.endswith(b"\n"):
                    text = file.readline(LONGEST_ROW)
                    end += len(text)
                continue
            if number == 1:
                text = text.removeprefix(BOM)
            if text.strip():
                yield number, end, _object(text)


def _json(text: bytes) -> Any:  # Any: JSON
    """What a text holds.

    Raises:
        ValueError: it is no JSON, nested too deep, or an object says something twice: one of both would be lost.
    """
    try:
        return json.loads(text.decode(), object_pairs_hook=_once, parse_constant=_no_number)
    except RecursionError:
        raise ValueError("it is nested too deep") from None


def _once(members: list[tuple[str, Any]]) -> Json:  # Any: JSON
    found = dict(members)
    if len(found) < len(members):
        names = [name for name, _ in members]
        raise ValueError(f"{next(name for name in names if names.count(name) > 1)!r} is in an object twice")
    return found


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def _object(text: bytes) -> Json | str:
    try:
        found = _json(text)
    except ValueError as error:
        return f"it is not JSON: {shorten(str(error))}"
    return cast("Json", found) if isinstance(found, dict) else "it is not a JSON object"


def _list_of_json(path: Path) -> Iterator[Raw]:
    size = path.stat().st_size
    if size > LONGEST_LIST:
        raise TooLarge(
            f"A JSON list is read at once, and this one has {size} bytes.",
            field="file",
            value=size,
            remedy="Write an object on each line instead.",
        )
    try:
        found = _json(path.read_bytes().removeprefix(BOM))
    except ValueError as error:
        raise InvalidRequest(
            f"The file is not JSON: {shorten(str(error))}.", field="file", remedy="Write an object on each line."
        ) from None
    rows = cast("list[Any]", found) if isinstance(found, list) else [found]
    for number, row in enumerate(rows, 1):
        yield number, size * number // len(rows), row if isinstance(row, dict) else "it is not a JSON object"


def _decoded(path: Path, read: list[int]) -> Iterator[str]:
    """The lines of a text; how many bytes they have is added to `read`."""
    with path.open("rb") as file:
        old = _ends_with_returns(file.read(65_536))
        file.seek(0)
        lines = _parted_by_returns(file) if old else iter(lambda: file.readline(LONGEST_ROW + 1), b"")
        for number, text in enumerate(lines, 1):
            read[0] += len(text)
            if len(text) > LONGEST_ROW:
                raise TooLarge(
                    f"Line {number} of the file has more than {LONGEST_ROW} bytes.",
                    field="file",
                    value=f"line {number}",
                    remedy="Break it.",
                )
            try:
                yield text.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError as error:
                what = f"byte {error.start + 1} of it is 0x{text[error.start]:02x}"
                raise WrongMedia(
                    f"Line {number} of the file is not UTF-8: {what}.",
                    field="file",
                    value=f"line {number}",
                    remedy="Save the file as UTF-8.",
                ) from None


def _ends_with_returns(head: bytes) -> bool:
    """Whether lines end as they did on old Macs, and in some of Excel's files since."""
    return b"\r" in head[:-1] and b"\n" not in head


def _parted_by_returns(file: BinaryIO) -> Iterator[bytes]:
    held = b""
    while piece := file.read(65_536):
        *lines, held = (held + piece).split(b"\r")
        yield from (line + b"\n" for line in lines)
        if len(held) > LONGEST_ROW:
            break
    if held:
        yield held


@dataclass(frozen=True, kw_only=True)
class _Dialect:
    """How a table is written, by its first line."""

    mark: str
    """Between cells."""
    spaced: bool
    """Whether a space behind each of them is no part of the cell."""


def _first(lines: Iterator[str]) -> str:
    """The line of names: it may go on over several, in quotation marks."""
    first = next(lines, "")
    for line in itertools.islice(lines, MOST_COLUMNS if first.count('"') % 2 else 0):
        first += line
        if not first.count('"') % 2:
            break
    return first


def _dialect(first: str) -> _Dialect:
    # What stands in quotation marks parts nothing.
    plain = "".join(first.split('"')[::2])
    mark = max(MARKS, key=plain.count)
    if not plain.count(mark):
        return _Dialect(mark=NO_MARK, spaced=False)
    return _Dialect(mark=mark, spaced=plain.count(mark) == plain.count(f"{mark} "))


def _table(path: Path, *, typed: bool) -> Iterator[Raw]:
    # Of the whole process, and no limit here: a cell may be as long as a text.
    csv.field_size_limit(max(csv.field_size_limit(), LONGEST_TEXT))
    read = [0]
    lines = itertools.dropwhile(lambda line: not line.strip(), _decoded(path, read))
    first = _first(lines)
    if told := SEP.fullmatch(first.strip()):
        # Excel says so how its files are parted.
        dialect, first = _Dialect(mark=told["mark"], spaced=False), _first(lines)
    else:
        dialect = _dialect(first)
    reader = csv.reader(
        itertools.chain(first.splitlines(keepends=True), lines),
        delimiter=dialect.mark,
        skipinitialspace=dialect.spaced,
        strict=True,
    )
    names = _names_of(reader)
    cell = partial(_cell, comma=dialect.mark == ";") if typed else str
    for number in itertools.count(1):
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield number, read[0], f"it cannot be read: {error}"
            continue
        if not names[-1] and len(cells) == len(names) and not cells[-1]:
            cells = cells[:-1]
        wanted = len(names) - (not names[-1])
        if len(cells) != wanted:
            if cells:
                yield number, read[0], f"it has {len(cells)} cells for {wanted} columns"
            continue
        yield number, read[0], dict(zip(names, map(cell, cells), strict=False))


def _names_of(reader: Iterator[list[str]]) -> list[str]:
    """The columns; the last may be empty, where each line ends with a sign that parts."""
    try:
        names = [name.strip() for name in next(reader)]
    except (csv.Error, StopIteration) as error:
        raise _no_columns(f"cannot be read: {error}") from None
    if len(names) > MOST_COLUMNS:
        raise _no_columns(f"names {len(names)} columns, which is more than {MOST_COLUMNS}")
    own = names[:-1] if len(names) > 1 and not names[-1] else names
    if twice := [name for place, name in enumerate(own) if name in own[:place] or not name]:
        raise _no_columns(f"names {twice[0]!r} twice" if twice[0] else "has a column without a name")
    return names


def _no_columns(why: str) -> InvalidRequest:
    return InvalidRequest(
        f"The table's first line {why}.", field="file", remedy="Name each column once, on the first line."
    )


def _cell(text: str, *, comma: bool) -> str | float | None:
    """A cell as what it is; `comma`, a fraction may be written with one: the table is parted otherwise."""
    text = COMMA.sub(r"\1.\2", text) if comma else text
    found = NUMBER.fullmatch(text.strip())
    if found is None:
        return text if text.strip() else None
    return float(text) if found["part"] or found["power"] else int(text)


def _texts(path: Path, parts: Parts) -> Iterator[Raw]:
    read, number = [0], 0
    held: list[str] = []
    size = 0
    for line in _decoded(path, read):
        ends = not line.strip() if parts == "paragraphs" else parts == "lines"
        if not ends or parts == "lines":
            held.append(line)
            size += len(line)
        if size > LONGEST_TEXT:
            raise TooLarge(
                f"A text of the file has more than {LONGEST_TEXT} characters.",
                field="parts",
                value=parts,
                remedy="Part it: by paragraphs or by lines.",
            )
        if ends:
            text = "".join(held).strip()
            held, size = [], 0
            if text:
                number += 1
                yield number, read[0], {"text": text}
    if text := "".join(held).strip():
        yield number + 1, read[0], {"text": text}
