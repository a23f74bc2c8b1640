"""The items of a response's input, read; as the turns of an operation's request, and those turns as items again.

Source: https://platform.openai.com/docs/api-reference/responses/create#responses-create-input
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, model_validator
from pydantic_core import PydanticCustomError, from_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nis_backend.operation import Json

LONGEST = 400_000
"""Characters of a text."""


class Lenient(BaseModel):
    """What may have members that are not read: clients send back what they were answered, later members included."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class TextPart(Lenient):
    """Words."""

    type: Literal["input_text", "output_text", "text"]
    text: str = Field(max_length=LONGEST)


class RefusalPart(Lenient):
    """A model's words that it does not answer."""

    type: Literal["refusal"]
    refusal: str = Field(max_length=LONGEST)


class ImagePart(Lenient):
    """An image."""

    type: Literal["input_image"]
    image_url: str | None = Field(default=None, min_length=1)
    file_id: str | None = Field(default=None, min_length=1, max_length=64)
    detail: Literal["auto", "low", "high", "original"] | None = None

    @model_validator(mode="after")
    def _has_bytes(self) -> ImagePart:
        if self.image_url is None and self.file_id is None:
            raise PydanticCustomError("bytes", "image_url or file_id is missing", {})
        return self


class FilePart(Lenient):
    """A file."""

    type: Literal["input_file"]
    file_data: str | None = Field(default=None, min_length=1)
    file_id: str | None = Field(default=None, min_length=1, max_length=64)
    file_url: str | None = Field(default=None, min_length=1, max_length=8192)
    filename: str | None = Field(default=None, max_length=1000)

    @model_validator(mode="after")
    def _has_bytes(self) -> FilePart:
        if self.file_data is None and self.file_id is None and self.file_url is None:
            raise PydanticCustomError("bytes", "file_data, file_id or file_url is missing", {})
        return self


class Sound(Lenient):
    """Its bytes."""

    data: str
    format: Literal["wav", "mp3"]


class AudioPart(Lenient):
    """A sound."""

    type: Literal["input_audio"]
    input_audio: Sound


def _listed(content: object) -> object:
    """A text alone is a list of one part."""
    return [{"type": "input_text", "text": content}] if isinstance(content, str) else content


Part = Annotated[TextPart | RefusalPart | ImagePart | FilePart | AudioPart, Field(discriminator="type")]
Parts = Annotated[list[Part], BeforeValidator(_listed)]


class MessageItem(Lenient):
    """A turn."""

    type: Literal["message"]
    role: Literal["user", "assistant", "system", "developer"]
    content: Parts = Field(max_length=2048)


class CallItem(Lenient):
    """A function that the model wanted called."""

    type: Literal["function_call"]
    call_id: str = Field(min_length=1, max_length=256)
    name: str = Field(min_length=1, max_length=256)
    arguments: str = Field(max_length=LONGEST)


class OutputItem(Lenient):
    """What came of a call."""

    type: Literal["function_call_output"]
    call_id: str = Field(min_length=1, max_length=256)
    output: Parts = Field(max_length=128)


class ThoughtText(Lenient):
    """What was thought, or its summary."""

    text: str = Field(max_length=LONGEST)


def _opened(text: str) -> str:
    _unsealed(text)
    return text


class ReasoningItem(Lenient):
    """What the model thought."""

    type: Literal["reasoning"]
    summary: list[ThoughtText] = Field(default_factory=list[ThoughtText], max_length=128)
    content: list[ThoughtText] | None = Field(default=None, max_length=128)
    encrypted_content: Annotated[str, AfterValidator(_opened)] | None = Field(default=None, max_length=4_000_000)


class ReferenceItem(Lenient):
    """An item of a response that is kept here."""

    type: Literal["item_reference"]
    id: str = Field(min_length=1, max_length=128)


def _typed(item: object) -> object:
    """An item with its type, which a turn and a reference may leave out."""
    if not isinstance(item, dict):
        return item
    given = cast("dict[str, object]", item)
    if given.get("type") is not None:
        return given
    return {**given, "type": "message" if "role" in given else "item_reference"}


Item = Annotated[
    Annotated[
        MessageItem | CallItem | OutputItem | ReasoningItem | ReferenceItem,
        Field(discriminator="type"),
    ],
    BeforeValidator(_typed),
]


ITEM: TypeAdapter[Item] = TypeAdapter(Item)


def _items(given: object) -> object:
    """A text alone is one turn of the user's."""
    return [{"type": "message", "role": "user", "content": given}] if isinstance(given, str) else given


Items = Annotated[list[Item], BeforeValidator(_items)]


# -- as turns ----------------------------------------------------------------------------------------------------------


def turns(items: Sequence[Item]) -> list[Json]:
    """The turns of an operation's request: what an assistant said, thought and wanted called is one of them."""
    found: list[Json] = []
    for item in items:
        if isinstance(item, MessageItem):
            if item.role == "assistant":
                _assistant(found, begins=("content", "tool_calls")).update(said(item.content))
            else:
                found.append({"role": "user" if item.role == "user" else "system", **said(item.content)})
        elif isinstance(item, CallItem):
            call = {"id": item.call_id, "name": item.name, "arguments": item.arguments}
            _assistant(found).setdefault("tool_calls", []).append(call)
        elif isinstance(item, OutputItem):
            found.append({"role": "tool", "tool_call_id": item.call_id, **said(item.output)})
        elif isinstance(item, ReasoningItem):
            _assistant(found, begins=("content", "tool_calls")).setdefault("reasoning", []).extend(_thoughts(item))
    return found


def _assistant(found: list[Json], begins: Sequence[str] = ()) -> Json:
    """The assistant's turn that is under way, or a new one where it has what `begins` a new one."""
    if not found or found[-1]["role"] != "assistant" or any(found[-1].get(name) for name in begins):
        found.append({"role": "assistant"})
    return found[-1]


def said(parts: Sequence[Part]) -> Json:
    """The words, and where there is more than words all of it in its order."""
    read = [_part(part) for part in parts]
    words = "".join(one["text"] for one in read if one["kind"] == "text")
    only_words = all(one["kind"] == "text" for one in read)
    return {"content": words} if only_words else {"content": words, "parts": read}


def _part(part: Part) -> Json:
    if isinstance(part, TextPart):
        return {"kind": "text", "text": part.text}
    if isinstance(part, RefusalPart):
        return {"kind": "text", "text": part.refusal}
    if isinstance(part, AudioPart):
        sound = part.input_audio
        return {"kind": "audio", "blob": {"base64": sound.data, "media_type": f"audio/{sound.format}"}}
    if isinstance(part, ImagePart):
        found = _bytes(part.image_url, part.file_id)
        return {"kind": "image", **found, "detail": part.detail or "auto"}
    return _file(part)


def _file(part: FilePart) -> Json:
    if part.file_data is None or part.file_id is not None:
        return {"kind": "file", **_bytes(part.file_url, part.file_id)}
    name = {"name": part.filename[:200]} if part.filename else {}
    head, comma, data = part.file_data.removeprefix("data:").partition(";base64,")
    if comma:
        return {"kind": "file", "blob": {"base64": data, "media_type": head, **name}}
    # The reference has base64 alone, and its examples a data: address.
    bare = {"blob": {"base64": part.file_data, **name}}
    return {"kind": "file", **(_bytes(part.file_data, None) if part.file_data.startswith("data:") else bare)}


def _bytes(address: str | None, file_id: str | None) -> Json:
    if file_id is not None:
        return {"blob": blob_of(file_id)}
    address = address or ""
    return {"blob": address} if address.startswith("data:") else {"url": address}


def blob_of(file_id: str) -> str:
    """The blob that a file of this dialect is."""
    return f"blob-{file_id.removeprefix('file-')}" if file_id.startswith("file-") else file_id


def file_of(blob_id: str) -> str:
    """The file that a blob is in this dialect."""
    return f"file-{blob_id.removeprefix('blob-')}"


# -- thoughts ----------------------------------------------------------------------------------------------------------


def sealed(thoughts: Sequence[Json]) -> str:
    """What a model thought, with its provider's proof of it, to be given back: clients do not look into it."""
    return base64.b64encode(json.dumps(list(thoughts)).encode()).decode("ascii")


def _thoughts(item: ReasoningItem) -> list[Json]:
    if item.encrypted_content is None:
        text = "\n\n".join(one.text for one in item.content or item.summary)
        return [{"text": text}] if text else []
    return _unsealed(item.encrypted_content)


def _unsealed(text: str) -> list[Json]:
    try:
        found: Any = from_json(base64.b64decode(text, validate=True))
    except (ValueError, binascii.Error):
        found = None
    if not isinstance(found, list):
        raise PydanticCustomError("sealed", "encrypted_content is none of this server's", {})
    return cast("list[Json]", found)


# -- as items again ----------------------------------------------------------------------------------------------------

_KEPT = re.compile(r"(?:msg|rs|fc|fco)_([A-Za-z0-9.:-]{1,64})_(i?)(\d{1,6})")


def item_id(kind: str, suffix: str, number: int, *, given: bool = False) -> str:
    """The id of a response's item: of its input where `given`, else of its output."""
    return f"{kind}_{suffix}_{'i' if given else ''}{number}"


def place_of(name: str) -> tuple[str, bool, int] | None:
    """The response that an item's id names, whether it is one of the input, and its place."""
    found = _KEPT.fullmatch(name)
    return (found[1], bool(found[2]), int(found[3])) if found else None


def input_items(messages: Sequence[Json], suffix: str) -> list[Json]:
    """The turns of a request as items, in their order."""
    items: list[Json] = []
    for message in messages:
        for kind, item in _of_turn(message):
            items.append({"id": item_id(kind, suffix, len(items), given=True), "status": "completed", **item})
    return items


def _of_turn(message: Json) -> Iterator[tuple[str, Json]]:
    thoughts: list[Json] = message.get("reasoning") or []
    if thoughts:
        content = [{"type": "reasoning_text", "text": one["text"]} for one in thoughts if one.get("text")]
        yield (
            "rs",
            {"type": "reasoning", "summary": [], "content": content, "encrypted_content": sealed(thoughts)},
        )
    if message["role"] == "tool":
        output: Any = message.get("content", "")
        if message.get("parts"):
            output = list(_shown(message, "input_text"))
        yield "fco", {"type": "function_call_output", "call_id": message["tool_call_id"], "output": output}
        return
    calls: list[Json] = message.get("tool_calls") or []
    if message.get("content") or message.get("parts") or not (calls or thoughts):
        kind = "output_text" if message["role"] == "assistant" else "input_text"
        yield "msg", {"type": "message", "role": message["role"], "content": list(_shown(message, kind))}
    for call in calls:
        named = {"call_id": call["id"], "name": call["name"], "arguments": call["arguments"]}
        yield "fc", {"type": "function_call", **named}


def _shown(message: Json, kind: str) -> Iterator[Json]:
    """The parts of a turn; bytes are named as files."""
    parts: list[Json] = message.get("parts") or []
    if message.get("content") and not any(part["kind"] == "text" for part in parts):
        parts = [{"kind": "text", "text": message["content"]}, *parts]
    for part in parts:
        found = part.get("blob")
        where = {"file_id": file_of(found["id"])} if found else {}
        if part["kind"] == "text":
            yield {"type": kind, "text": part["text"], **({"annotations": []} if kind == "output_text" else {})}
        elif part["kind"] == "image":
            place = where or {"image_url": part.get("url")}
            yield {"type": "input_image", "detail": part.get("detail", "auto"), **place}
        else:
            name = {"filename": found["name"]} if found and found["name"] else {}
            yield {"type": "input_file", **(where or {"file_url": part.get("url")}), **name}
