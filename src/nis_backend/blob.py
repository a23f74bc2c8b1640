"""What a blob is: bytes under an id. In a request it is an id, a `data:` address, base64 or a file; a call resolves it.

    "blob-0192…"   "data:image/png;base64,…"   {"id": "blob-0192…"}   {"base64": "…", "media_type": "…", "name": "…"}

An operation reads the bytes of a field at `blob.path`, and makes a blob with `Blob.of(data, media_type=…)`: a call puts
down what is in its result.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Self, TypeVar, cast, get_args
from urllib.parse import unquote_to_bytes

from pydantic import Field, GetJsonSchemaHandler, ModelWrapValidatorHandler, PrivateAttr, model_validator

from nis_backend.fields import referred
from nis_backend.limits import USUAL, Limits, Media
from nis_backend.operation import Json, Model

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import CoreSchema

T = TypeVar("T")

NAME_LENGTH = 200
"""Characters of a blob's name."""

LONGEST_ESCAPED = 262_144
"""Characters of an address without base64: they are read one by one."""

INPUT: Json = {
    "title": "Blob",
    "blob": True,
    "description": "Bytes: a blob's id, a data: address, base64, or a part of a multipart body.",
    "anyOf": [
        {
            "type": "string",
            "title": "Id or data: address",
            "pattern": r"^([A-Za-z0-9._:-]{1,64}|data:[^,]*,.*)$",
        },
        {
            "type": "object",
            "title": "A blob that is kept",
            "properties": {"id": {"type": "string", "minLength": 1, "maxLength": 64}},
            "required": ["id"],
        },
        {
            "type": "object",
            "title": "Base64",
            "properties": {
                "base64": {"type": "string", "contentEncoding": "base64"},
                "media_type": {"type": "string", "description": "What they are, where the bytes do not tell."},
                "name": {"type": "string", "maxLength": NAME_LENGTH, "description": "What a person calls it."},
            },
            "required": ["base64"],
            "additionalProperties": False,
        },
    ],
}
"""How a request gives a blob."""


class Blob(Model):
    """Bytes by their id: what they are, how many, and their fingerprint."""

    id: str = Field(description="Its id.")
    media_type: str = Field(description="What the bytes are, told by themselves where they tell.")
    size: int = Field(ge=0, description="How many bytes.")
    name: str = Field(description="What a person calls it; nothing is told by it.")
    sha256: str = Field(description="Fingerprint of the bytes, SHA-256 in hexadecimal digits.")

    _content: bytes | BinaryIO | None = PrivateAttr(default=None)
    _path: Path | None = PrivateAttr(default=None)
    _taken: Media | None = PrivateAttr(default=None)
    _limits: Limits = PrivateAttr(default=USUAL)

    @classmethod
    def of(cls, data: bytes | BinaryIO, *, media_type: str = "", name: str = "") -> Self:
        """A blob that has no id yet; the call that it is given to, or comes from, puts it down.

        A file is read from its current place on, and left there.
        """
        size, digest = _measured(data)
        blob = cls(id="", media_type=media_type, size=size, name=name[:NAME_LENGTH], sha256=digest)
        blob._content = data
        return blob

    @property
    def described(self) -> dict[str, str]:
        """What is said of bytes that come anew."""
        return {"media_type": self.media_type, "name": self.name}

    @property
    def content(self) -> bytes | BinaryIO | None:
        """What is not put down yet."""
        return self._content

    @property
    def path(self) -> Path:
        """A file with the bytes, to be read and not changed; in an operation, and in its worker."""
        if self._path is None:
            msg = "this blob was not resolved by a call"
            raise RuntimeError(msg)
        return self._path

    @property
    def taken(self) -> Media | None:
        """What the field takes that holds it, where it says that."""
        return self._taken

    @property
    def limits(self) -> Limits:
        """How much of it is decoded at most; in an operation, and in its worker."""
        return self._limits

    def taken_as(self, media: Media | None) -> Self:
        """This blob, in a field that takes such media."""
        found = self.model_copy()
        found._taken = media  # noqa: SLF001 - its own kind
        return found

    def at(self, path: Path, limits: Limits = USUAL) -> Self:
        """This blob, with a file that has its bytes, to be decoded within these limits of the server."""
        found = self.model_copy()
        found._path = path  # noqa: SLF001 - as above
        found._limits = limits if self._taken is None else self._taken.within(limits)  # noqa: SLF001 - as above
        return found

    @model_validator(mode="wrap")
    @classmethod
    def _read(cls, given: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:  # Any: what the caller sent
        if isinstance(given, str):
            return _from_address(cls, given) if given.startswith("data:") else handler(_unresolved(given))
        if isinstance(given, Mapping):
            fields = cast("Mapping[str, Any]", given)  # isinstance says nothing of the keys, which JSON has as text
            if "base64" in fields:
                return _from_base64(cls, fields)
            if set(fields) == {"id"}:
                return handler(_unresolved(fields["id"]))
        return handler(given)

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """The schema of what a request may give, or of what is answered; `"blob": true` marks both."""
        schema = handler(core)
        resolved = handler.resolve_ref_schema(schema)
        if handler.mode == "validation":
            resolved.clear()
            resolved.update(INPUT)
        resolved["blob"] = True
        return schema


def _measured(data: bytes | BinaryIO) -> tuple[int, str]:
    if isinstance(data, bytes):
        return len(data), hashlib.sha256(data).hexdigest()
    start = data.tell()
    digest = hashlib.file_digest(data, "sha256").hexdigest()  # pyright: ignore[reportArgumentType] - a readable file
    size = data.tell() - start
    data.seek(start)
    return size, digest


def _unresolved(id_: Any) -> Json:  # Any: the handler says what is wrong with it
    return {"id": id_, "media_type": "", "size": 0, "name": "", "sha256": ""}


def _from_base64(kind: type[Blob], given: Mapping[str, Any]) -> Any:  # Any: a Blob of that kind
    wrong = next((name for name, value in given.items() if not isinstance(value, str)), None)
    unknown = set(given) - {"base64", "media_type", "name"}
    if wrong or unknown:
        msg = f"{wrong or min(unknown)} is not a text that goes with base64; media_type and name may stand beside it"
        raise ValueError(msg)
    if len(given.get("name", "")) > NAME_LENGTH:
        msg = f"a name has at most {NAME_LENGTH} characters"
        raise ValueError(msg)
    data = _decoded(given["base64"])
    return kind.of(data, media_type=given.get("media_type", ""), name=given.get("name", ""))


def _from_address(kind: type[Blob], address: str) -> Any:  # Any: a Blob of that kind
    """RFC 2397."""
    head, comma, body = address.removeprefix("data:").partition(",")
    if not comma:
        msg = "a data: address has a comma before its data"
        raise ValueError(msg)
    if len(body) > LONGEST_ESCAPED and not head.endswith(";base64"):
        msg = f"a data: address without base64 has at most {LONGEST_ESCAPED} characters"
        raise ValueError(msg)
    media_type, base, _ = head.rpartition(";base64") if head.endswith(";base64") else (head, "", "")
    return kind.of(_decoded(body) if base else unquote_to_bytes(body), media_type=media_type)


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        msg = f"base64 cannot be read: {error}"
        raise ValueError(msg) from None


def blobs_in(value: Any, where: str = "") -> Iterator[tuple[str, Blob]]:  # Any: a model, or what a field of one holds
    """Every blob in a model, and the path of the field that holds it."""
    if isinstance(value, Blob):
        yield where, value
    else:
        for key, part in _parts(value):
            yield from blobs_in(part, f"{where}.{key}" if where else str(key))


MOST_TOLD = 32
"""Blobs that are told of in one result."""


def blobs_told(result: Any) -> list[Blob]:  # Any: JSON
    """The blobs in a result as JSON has it, each once, in order."""
    found: dict[str, Blob] = {}
    waiting = [result]
    while waiting and len(found) < MOST_TOLD:
        value = waiting.pop()
        if isinstance(value, dict):
            fields = cast("Json", value)
            if fields.get("id") and set(fields) == set(Blob.model_fields):
                found.setdefault(str(fields["id"]), Blob.model_validate(fields))
            else:
                waiting += reversed(fields.values())
        elif isinstance(value, list):
            waiting += reversed(cast("list[Any]", value))
    return list(found.values())


def replaced(value: T, change: Callable[[Blob], Blob]) -> T:
    """The model with each of its blobs changed."""
    if isinstance(value, Blob):
        return cast("T", change(value))
    new = {key: replaced(part, change) for key, part in _parts(value)}
    if isinstance(value, Model):
        return cast("T", value.model_copy(update=new)) if new else value
    if isinstance(value, dict):
        return cast("T", new)
    return cast("T", type(value)(new.values())) if isinstance(value, list | tuple) else value  # pyright: ignore[reportCallIssue, reportUnknownArgumentType, reportUnknownVariableType] - of its own kind


def _parts(value: Any) -> Iterator[tuple[Any, Any]]:
    """What a model, a list or a dictionary holds."""
    if isinstance(value, Model):
        yield from ((name, getattr(value, name)) for name in type(value).model_fields)
    elif isinstance(value, list | tuple):
        yield from enumerate(cast("Sequence[Any]", value))
    elif isinstance(value, dict):
        yield from cast("dict[Any, Any]", value).items()


def holds_blob(kind: Any, seen: frozenset[Any] = frozenset()) -> bool:  # Any: an annotation
    """Whether values of this type may hold blobs."""
    if kind in seen:
        return False
    if isinstance(kind, type) and issubclass(kind, Blob):
        return True
    inner = list(get_args(kind))
    if isinstance(kind, type) and issubclass(kind, Model):
        inner += [field.annotation for field in kind.model_fields.values()]
    return any(holds_blob(one, seen | {kind}) for one in inner if isinstance(one, Hashable))


def blob_fields(schema: Json) -> dict[str, bool]:
    """The fields of a request that take a blob, by its schema, and whether they take a list of them."""
    definitions: Json = schema.get("$defs", {})

    def takes(field: Json) -> bool:
        own = referred(field, definitions)
        return bool(own.get("blob")) or any(takes(one) for one in own.get("anyOf", ()))

    fields: dict[str, Json] = schema.get("properties", {})
    single = {name: False for name, field in fields.items() if takes(field)}
    many = {name: True for name, field in fields.items() if field.get("type") == "array" and takes(field["items"])}
    return {**single, **many}
