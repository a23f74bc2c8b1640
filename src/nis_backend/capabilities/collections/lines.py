"""The lines of a file of items, read one after the other: of each an item, or why it is none."""

from __future__ import annotations

import csv
import itertools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypedDict, cast

from pydantic import ValidationError
from pydantic_core import from_json

from nis_backend.capabilities.collections.items import NewItem, id_of
from nis_backend.errors import InvalidRequest, shorten

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from nis_backend.capabilities.collections.transferring import Format

Json = dict[str, Any]
# Any: a JSON object's values differ in type.

LONGEST_LINE = 1_000_000
"""Bytes of a line; a text has at most 32,768 characters."""
MOST_LINES = 1_000_000
LEFT_OUT = frozenset({"vector", "created", "updated"})
"""Members that are told of an item and not read."""
NUMBER = re.compile(r"[+-]?(?:0|[1-9]\d{0,15})(?P<part>\.\d+)?(?P<power>[eE][+-]?\d{1,2})?")
"""A cell that is a number; one that begins with 0, as a postcode does, is a text."""
TRUTHS = {"true": True, "false": False}


class Bad(TypedDict):
    """A line that is no item."""

    line: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line of a file: an item, or why it is none."""

    number: int
    end: int
    """Bytes of the file up to its end."""
    item: NewItem | None = None
    bad: Bad | None = None


def look_at(path: Path, form: Format | None, text_column: str) -> Format:
    """What the file is.

    Raises:
        InvalidRequest: it has no line; it is no text; a table's columns are not such.
    """
    with path.open("rb") as file:
        beginning = file.read(65_536)
    if b"\0" in beginning:
        raise InvalidRequest("The file is no text.", field="file", remedy="Give lines of JSON, or CSV, in UTF-8.")
    if not beginning.strip().removeprefix(b"\xef\xbb\xbf"):
        raise InvalidRequest("The file has no line.", field="file", remedy="Give an item on each line.")
    if form is None:
        form = "jsonl" if beginning.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{") else "csv"
    if form == "csv":
        _names(path, text_column)
    return form


def _names(path: Path, text_column: str) -> list[str]:
    """The columns of a table.

    Raises:
        InvalidRequest: they cannot be read; there is none of texts, or one twice.
    """
    try:
        names = next(csv.reader(_rows(path, [0]), strict=True), list[str]())
    except csv.Error as error:
        raise InvalidRequest(
            f"The table's first line cannot be read: {error}.", field="file", remedy="Name each column on it."
        ) from None
    if text_column not in names:
        raise InvalidRequest(
            f"The table has no column {text_column!r}.",
            field="text_column",
            value=text_column,
            remedy=f"Its first line names: {shorten(', '.join(names) or 'none')}.",
        )
    if twice := [name for place, name in enumerate(names) if name in names[:place]]:
        raise InvalidRequest(
            f"The table has two columns {twice[0]!r}.", field="file", value=twice[0], remedy="Give each its own name."
        )
    return names


def _rows(path: Path, read: list[int]) -> Iterator[str]:
    """The lines of a table; how many bytes they have is added to `read`."""
    with path.open("rb") as file:
        for number, text in enumerate(iter(lambda: file.readline(LONGEST_LINE), b"")):
            read[0] += len(text)
            # What is no UTF-8 is no text either: the item that it would be of is refused.
            yield text.decode("utf-8-sig" if number == 0 else "utf-8", "surrogateescape")


def items_of(path: Path, form: Format, text_column: str) -> Iterator[Line]:
    """The lines that are not empty.

    Raises:
        InvalidRequest: there are more than a million.
    """
    lines = _of_json(path) if form == "jsonl" else _of_table(path, text_column)
    for place, line in enumerate(lines):
        if place == MOST_LINES:
            raise InvalidRequest(
                f"The file has more than {MOST_LINES} lines.", field="file", remedy="Send it as several files."
            )
        yield line


def batches(lines: Iterable[Line], most: int) -> Iterator[list[Line]]:
    """The lines, several at once; none of them has two items of one id."""
    batch: list[Line] = []
    ids: set[str] = set()
    for line in lines:
        id_ = line.item and id_of(line.item)
        if len(batch) == most or id_ in ids:
            yield batch
            batch, ids = [], set()
        batch.append(line)
        if id_ is not None:
            ids.add(id_)
    if batch:
        yield batch


def _of_json(path: Path) -> Iterator[Line]:
    end = 0
    with path.open("rb") as file:
        for number in itertools.count(1):
            text = file.readline(LONGEST_LINE + 1)
            if not text:
                return
            end += len(text)
            if len(text) > LONGEST_LINE:
                while text and not text.endswith(b"\n"):
                    text = file.readline(LONGEST_LINE)
                    end += len(text)
                yield _bad(number, end, f"It has more than {LONGEST_LINE} bytes.")
            elif number == 1:
                text = text.removeprefix(b"\xef\xbb\xbf")
            if text.strip() and len(text) <= LONGEST_LINE:
                yield _line(number, end, text)


def _line(number: int, end: int, text: bytes) -> Line:
    try:
        found: Any = from_json(text, allow_inf_nan=False)  # Any: JSON
    except ValueError as error:
        return _bad(number, end, f"It is not JSON: {error}.")
    if not isinstance(found, dict):
        return _bad(number, end, "It is not a JSON object.")
    return _item(number, end, {name: value for name, value in cast("Json", found).items() if name not in LEFT_OUT})


def _item(number: int, end: int, given: Mapping[str, Any]) -> Line:  # Any: as above
    try:
        return Line(number=number, end=end, item=NewItem.model_validate(given))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        return _bad(number, end, f"{'.'.join(map(str, first['loc'])) or 'It'}: {first['msg']}.")


def _bad(number: int, end: int, reason: str) -> Line:
    return Line(number=number, end=end, bad={"line": number, "reason": shorten(reason)})


def _of_table(path: Path, text_column: str) -> Iterator[Line]:
    names, read = _names(path, text_column), [0]
    reader = csv.reader(_rows(path, read), strict=True)
    next(reader)
    while True:
        # A cell may have several lines: the number is that of the first.
        number = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield _bad(number, read[0], f"It cannot be read: {error}.")
            continue
        if not cells:
            continue
        if len(cells) != len(names):
            yield _bad(number, read[0], f"It has {len(cells)} cells for {len(names)} columns.")
            continue
        yield _item(number, read[0], _members(dict(zip(names, cells, strict=True)), text_column))


def _members(row: dict[str, str], text_column: str) -> Json:
    """An item's members; what is empty is not there."""
    text = row.pop(text_column)
    own = {"id": row.pop("id", ""), "document_id": row.pop("document_id", "")}
    metadata = {name: _value(cell) for name, cell in row.items() if cell.strip()}
    return {"text": text, "metadata": metadata, **{name: cell for name, cell in own.items() if cell}}


def _value(cell: str) -> bool | float | str:
    """A number or a truth where a cell is one."""
    cell = cell.strip()
    found = NUMBER.fullmatch(cell)
    if found is None:
        return TRUTHS.get(cell.lower(), cell)
    return float(cell) if found["part"] or found["power"] else int(cell)
