"""Files on the command line: `@PATH` gives one to a field that takes a blob, and a result's bytes go to one."""

from __future__ import annotations

import json
import sys
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from nis_backend.blob import Blob, blob_fields
from nis_backend.errors import InvalidRequest, TooLarge, shorten
from nis_backend.surfaces.rest.accept import JSON

if TYPE_CHECKING:
    from collections.abc import Callable

    from nis_backend.entry import Entry
    from nis_backend.operation import Json
    from nis_backend.surfaces.cli.connection import Connection

MOST_BYTES = 2**30
"""Of a file: what it is sent to takes far less, and some files, such as /dev/zero, have no end."""


def given_files(entry: Entry, arguments: Json) -> Json:
    """The arguments with what `@PATH` names read; `@-` is what comes in, and a text without `@` an id."""
    for name, many in blob_fields(entry.request_schema).items():
        value: Any = arguments.get(name)
        if many and isinstance(value, str):
            value = [value]
        if isinstance(value, list):
            arguments[name] = [_read(name, one) for one in cast("list[Any]", value)]
        elif value is not None:
            arguments[name] = _read(name, value)
    return arguments


def _read(field: str, value: Any) -> Any:  # Any: JSON, or the blob
    if not isinstance(value, str) or not value.startswith("@"):
        if isinstance(value, str) and _is_place(value):
            raise InvalidRequest(
                f"{shorten(value)!r} is no blob's id.",
                field=field,
                value=value,
                remedy=f"A file is given as @FILE, here @{shorten(value)}; `nis blobs list` shows the ids.",
            )
        return value
    path = Path(value[1:])
    try:
        if value == "@-":
            data = sys.stdin.buffer.read(MOST_BYTES + 1)
        else:
            with path.open("rb") as file:
                data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise InvalidRequest(
            f"{path.name or value[1:]!r} cannot be read: {error.strerror}.",
            field=field,
            value=value,
            remedy="Give @ and a file.",
        ) from None
    if len(data) > MOST_BYTES:
        raise TooLarge(
            f"{path.name!r} has more than {MOST_BYTES} bytes.", field=field, value=value, remedy="Give it in parts."
        )
    return Blob.of(data, name="" if value == "@-" else path.name)


def _is_place(text: str) -> bool:
    """Whether a person has named a file without the @: no id has a dot or a slash."""
    if text.startswith("data:"):
        return False
    return bool({".", "/", "\\"} & set(text)) or (not text.startswith("blob-") and Path(text).is_file())


def body_of(arguments: Json) -> tuple[bytes, str]:
    """The body of a request and its media type: JSON, or a form in parts where a file is among the arguments."""
    flat = [(name, one) for name, value in arguments.items() for one in (value if _files(value) else [value])]
    if not any(isinstance(one, Blob) for _, one in flat):
        return json.dumps(arguments).encode(), JSON
    boundary = uuid.uuid4().hex
    parts = [_part(boundary, name, one) for name, one in flat if one is not None]
    return b"".join([*parts, f"--{boundary}--\r\n".encode()]), f"multipart/form-data; boundary={boundary}"


def _files(value: Any) -> bool:  # Any: JSON, or blobs
    return isinstance(value, list) and any(isinstance(one, Blob) for one in cast("list[Any]", value))


def _part(boundary: str, name: str, value: Any) -> bytes:  # Any: JSON, or a blob
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"'
    if isinstance(value, Blob):
        assert isinstance(value.content, bytes)
        plain = value.name.replace("\\", "_").replace('"', "_").replace("\r", "_").replace("\n", "_")
        return f'{head}; filename="{plain}"\r\n\r\n'.encode() + value.content + b"\r\n"
    text = value if isinstance(value, str) else json.dumps(value)
    return f"{head}\r\n\r\n{text}\r\n".encode()


def is_file(schema: Json) -> bool:
    """Whether a result is a file: bytes that are kept, or a text with a name."""
    return bool(schema.get("blob")) or {"name", "media_type", "text"} <= set(schema.get("properties", ()))


def save(connection: Connection, result: Json, output: Path | None) -> bool:
    """Write a file to the place named, or to what reads our output; False where a person has it drawn instead."""
    text: str | None = result.get("text")
    drawn = text is None or result["media_type"] == "text/markdown"
    if output is None and drawn and sys.stdout.isatty():
        return False
    if output is None or str(output) == "-":
        _copy(connection, result, sys.stdout.buffer.write)
        sys.stdout.buffer.flush()
        return True
    try:
        with output.open("wb") as file:
            _copy(connection, result, file.write)
    except OSError as error:
        raise InvalidRequest(
            f"{output.name!r} cannot be written: {error.strerror}.",
            field="output",
            value=output.name,
            remedy="Give a file that can be.",
        ) from None
    return True


def _copy(connection: Connection, result: Json, write: Callable[[bytes], object]) -> None:
    if "text" in result:
        write(result["text"].encode())
    else:
        connection.read(result["id"], write)
