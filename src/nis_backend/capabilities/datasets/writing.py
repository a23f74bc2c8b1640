"""Rows written into a version's file: each checked, what is wrong gathered, and nothing of it kept where one is."""

from __future__ import annotations

import itertools
import os
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from pydantic import Field, ValidationError

from nis_backend.capabilities.datasets.dataset import MOST_BYTES, MOST_ROWS
from nis_backend.capabilities.datasets.forms import shaped
from nis_backend.capabilities.datasets.kinds import GROUPED, LONGEST_ROW, Kind, canonical
from nis_backend.capabilities.datasets.reading import Format, Parts, Raw, rows_of
from nis_backend.capabilities.datasets.work import POOL, opened, writing
from nis_backend.errors import FieldError, InvalidRequest, TooLarge, shorten
from nis_backend.operation import Json, Model, operation

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nis_backend.drivers.compute.base import WorkerContext

MOST_TOLD = 20
"""Rows that are told with what is wrong in them."""
PIECE = 1_000_000
"""Bytes that are copied at once."""


class Written(Model):
    """What a version's file holds."""

    rows: int
    bytes: int
    digest: str = Field(description="SHA-256 of all of it.")
    grouped: bool = Field(default=False, description="Whether a row may have a group.")
    wrong: int = Field(default=0, description="Rows that were left out.")
    wrong_rows: list[str] = Field(default_factory=list[str])


class WriteRows(Model):
    """Rows for a version: of a file, or as they are."""

    kind: Kind
    out: str
    parent: str | None = Field(default=None, description="The file that they are added to.")
    parent_rows: int = 0
    parent_grouped: bool = False
    source: str | None = None
    rows: list[Json] | None = None
    format: Format = "jsonl"
    parts: Parts = "paragraphs"
    columns: dict[str, str] | None = None
    skip_wrong: bool = False
    fields: str = "file"


@dataclass(kw_only=True)
class Lines:
    """A version's file as it is written."""

    file: BinaryIO
    rows: int = 0
    size: int = 0
    grouped: bool = False
    _digest: Any = field(default_factory=sha256)  # Any: hashlib has no type for it

    def copy(self, path: str, rows: int, *, grouped: bool) -> None:
        """Begin with all lines of another version."""
        with opened(path) as source:
            for piece in iter(lambda: source.read(PIECE), b""):
                self._digest.update(piece)
                self.size += self.file.write(piece)
        self.rows += rows
        self.grouped = self.grouped or grouped

    def add(self, line: bytes) -> None:
        """Add a line.

        Raises:
            TooLarge: there are too many, or they are too long together.
        """
        self.rows += 1
        self.size += len(line)
        if self.rows > MOST_ROWS or self.size > MOST_BYTES:
            raise TooLarge(
                f"A version holds at most {MOST_ROWS} rows and {MOST_BYTES} bytes.",
                field="id",
                remedy="Keep the rest in another dataset.",
            )
        self._digest.update(line)
        self.file.write(line)
        self.grouped = self.grouped or GROUPED in line

    def done(self) -> Written:
        """What it holds."""
        self.file.flush()
        os.fsync(self.file.fileno())
        return Written(rows=self.rows, bytes=self.size, digest=self._digest.hexdigest(), grouped=self.grouped)


@dataclass(kw_only=True)
class Wrongs:
    """What is wrong with rows: the first of them with their reasons."""

    of: str
    """The request's field that they came in."""
    count: int = 0
    told: list[FieldError] = field(default_factory=list[FieldError])

    def add(self, number: int, where: str, value: object, why: str, remedy: str) -> None:
        """One more row, by its number from 1."""
        self.count += 1
        if len(self.told) < MOST_TOLD:
            name = f"rows.{number - 1}" if self.of == "rows" else f"{self.of}:{number}"
            at = f"{name}.{where}" if where else name
            self.told.append(FieldError(field=at, value=shorten(value), message=why, remedy=remedy))

    def refuse(self, kind: Kind, rows: int) -> None:
        """Refuse all, where one is wrong.

        Raises:
            InvalidRequest: with the first of them.
        """
        if not self.count:
            return
        first = self.told[0]
        raise InvalidRequest(
            f"{self.count} of {rows} rows {'is' if self.count == 1 else 'are'} none of kind {kind}; nothing is kept. "
            f"{first.field}: {first.message}",
            field=first.field,
            value=first.value,
            fields=self.told,
            remedy=first.remedy,
        )


REMEDY = "Mend the row; or give skip_wrong, which leaves such rows out."
UNKNOWN = "Give columns: the row's members, each with the column it is in; the other columns are left out."


def checked(raw: Iterable[Raw], request: WriteRows, wrongs: Wrongs) -> Iterator[tuple[int, bytes]]:
    """The lines of rows that are right, each with how far the source is read; the others go to `wrongs`."""
    for number, end, found in raw:
        if isinstance(found, str):
            wrongs.add(number, "", "", f"{found}.", REMEDY)
            continue
        try:
            line = canonical(request.kind, shaped(request.kind, found, request.columns))
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=True)[0]
            extra = first["type"] == "extra_forbidden"
            places, message = first["loc"], first["msg"]
            if places[-1] in {"int", "float"}:  # the first kind that a cell might have been
                places, message = places[:-1], "Input should be a number, a text or null"
            where = ".".join(str(part) for part in places if isinstance(part, int) or part.isidentifier())
            value = "" if first["type"] in {"missing", "extra_forbidden"} else first["input"]
            wrongs.add(number, where, value, f"{message}.", UNKNOWN if extra else REMEDY)
        except ValueError as error:
            wrongs.add(number, "", "", f"{error}.", UNKNOWN if "column" in str(error) else REMEDY)
        else:
            if len(line) > LONGEST_ROW:
                wrongs.add(number, "", f"{len(line)} bytes", f"it has more than {LONGEST_ROW} bytes.", REMEDY)
            else:
                yield end, line


@operation("datasets.write_rows", effect="reads", pool=POOL, time_limit=3600.0)
def write_rows(request: WriteRows, ctx: WorkerContext) -> Written:
    """Write rows into the file of a version, behind those of its parent.

    Raises:
        InvalidRequest: a row is none of the kind; the first of them are told.
        TooLarge: a limit on rows or bytes was crossed.
    """
    wrongs = Wrongs(of=request.fields)
    if request.source is not None:
        source = Path(request.source)
        size = max(source.stat().st_size, 1)
        raw = rows_of(source, request.format, request.parts, typed=request.kind == "table")
    else:
        size = max(len(request.rows or ()), 1)
        raw = ((number, number, row) for number, row in enumerate(request.rows or (), 1))
    with writing(), Path(request.out).open("wb") as file:
        lines = Lines(file=file)
        if request.parent is not None:
            lines.copy(request.parent, request.parent_rows, grouped=request.parent_grouped)
        before = lines.rows
        for end, line in checked(raw, request, wrongs):
            lines.add(line)
            if lines.rows % 1000 == 0:
                ctx.progress(min(1.0, end / size), f"{lines.rows - before} rows")
        if not request.skip_wrong:
            wrongs.refuse(request.kind, lines.rows - before + wrongs.count)
        written = lines.done()
    told = [f"{one.field}: {one.message}" for one in wrongs.told]
    return written.model_copy(update={"wrong": wrongs.count, "wrong_rows": told})


def lines_in(path: str, start: int = 0, most: int | None = None) -> Iterator[bytes]:
    """Lines of a version's file, from this place on."""
    with opened(path) as file:
        yield from itertools.islice(file, start, None if most is None else start + most)
