"""Views as parts of a message: lines of words, or A2UI for a client that draws it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from a2a.types.a2a_pb2 import Part
from google.protobuf.json_format import ParseDict

from nis_backend.surfaces.a2a.wire import A2UI_MEDIA_TYPE
from nis_backend.surfaces.a2ui import messages
from nis_backend.told import table
from nis_backend.view import Audio, Form, Image, Table, Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from nis_backend.operation import Json
    from nis_backend.view import View

    Draw = Callable[[Sequence[View], str, Mapping[str, str]], list[Part]]
    """How a surface is shown: its views, its id, and an address for each blob that can be shown, as parts."""


def data_part(value: Any, metadata: Json | None = None) -> Part:  # Any: JSON
    """A part that holds JSON."""
    part = Part(metadata=metadata)
    ParseDict(value, part.data)
    return part


def draw_text(views: Sequence[View], _surface_id: str, _contents: Mapping[str, str]) -> list[Part]:
    """Views in lines, for a client that did not ask for A2UI: nothing that a drawing holds is left out."""
    return [Part(text="\n".join(_lines(view))) for view in views]


def draw_a2ui(catalogs: Sequence[str], *, apart: bool = False) -> Draw:
    """Views as one data part with the list of messages, for a client that draws these catalogs.

    With `apart`, each message is a part of its own.
    """

    def draw(views: Sequence[View], surface_id: str, contents: Mapping[str, str]) -> list[Part]:
        drawn = messages(views, surface_id=surface_id, catalogs=catalogs, contents=contents)
        return [data_part(one, {"mimeType": A2UI_MEDIA_TYPE}) for one in (drawn if apart else [drawn] if drawn else [])]

    return draw


def _lines(view: View) -> Iterator[str]:
    match view:
        case Text():
            yield view.text
        case Table():
            yield view.title
            yield from _rows([view.columns, *view.rows])
        case Form():
            yield f"{view.title} ({view.operation})"
            yield from (f"{name}: {json.dumps(value)}" for name, value in view.values.items())
            yield from (f"{name}: wanted" for name in view.missing if name not in view.values)
        case _:
            shown = table(view)
            yield shown.title
            if isinstance(view, Image | Audio):
                yield view.alt
            if shown.rows:
                yield from _rows([shown.columns, *shown.rows])


def _rows(rows: Sequence[Sequence[object]]) -> Iterator[str]:
    return (" | ".join(f"{cell:.10g}" if isinstance(cell, float) else str(cell) for cell in row) for row in rows)
