"""Views as A2UI components: with `Table` and `Chart`, or with the basic catalog's alone."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from nis_backend.drawing import draw
from nis_backend.surfaces.a2ui import CALL
from nis_backend.surfaces.a2ui.forms import Field, fields_of, text_of
from nis_backend.told import number, table, words
from nis_backend.view import Audio, Form, Image, Series, Table, Text, View

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nis_backend.operation import Json
    from nis_backend.told import Drawing

NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, kw_only=True)
class Page:
    """A surface's components, which name each other by id, and the data they are bound to."""

    basic: bool
    """Whether the client has the basic catalog alone."""
    contents: Mapping[str, str]
    """An address for each blob that can be shown."""
    components: list[Json] = field(default_factory=list["Json"])
    data: Json = field(default_factory=dict[str, object])

    def add(self, kind: str, **properties: object) -> str:
        """Add a component; answers its id."""
        name = f"c{len(self.components)}"
        self.components.append({"id": name, "component": kind, **properties})
        return name

    def hold(self, value: object) -> str:
        """Add to the data; answers the path."""
        name = f"d{len(self.data)}"
        self.data[name] = value
        return f"/{name}"


def compose(views: Sequence[View], *, basic: bool, contents: Mapping[str, str] = NOTHING) -> Page:
    """The views one below the other."""
    page = Page(basic=basic, contents=contents)
    children = [_draw(page, view) for view in views]
    page.components.append({"id": "root", "component": "Column", "children": children})
    return page


def _draw(page: Page, view: View) -> str:
    match view:
        case Text():
            return page.add("Text", text=view.text)
        case Table() if page.basic:
            return _rows(page, view)
        case Table():
            return page.add("Table", title=view.title, columns=view.columns, rows=view.rows)
        case Form():
            return _form(page, view)
        case _:
            return _drawing(page, view)


def _drawing(page: Page, view: Drawing) -> str:
    match view:
        case Image():
            return _picture(page, view)
        case Audio():
            return _sound(page, view)
        case Series() if not page.basic:
            axis, *lines = (one.model_dump(mode="json") for one in (view.x, *view.lines))
            measured = {"y": view.y} if view.y else {}
            return page.add("Chart", title=view.title, x=axis, lines=lines, **measured)
        case _:
            return _image(page, _drawn(view), words(view))


def _image(page: Page, url: str, description: str) -> str:
    return page.add("Image", url=url, description=description, fit="contain", variant="largeFeature")


def _drawn(view: Drawing, content: str = "") -> str:
    return f"data:image/svg+xml;base64,{base64.b64encode(draw(view, content=content).encode()).decode()}"


def _picture(page: Page, view: Image) -> str:
    """The pixels with what was found over them.

    An image within an image is only drawn when it travels with it: of one that has to be fetched, and of one that is
    not there, what was found is a table beside it.
    """
    found, address = table(view), page.contents.get(view.blob, "")
    if address.startswith("data:") or not address:
        shown = address if address and not found.rows else _drawn(view, address)
        return _image(page, shown, view.alt)
    parts = [_image(page, address, view.alt)]
    parts += [_draw(page, found)] if found.rows else []
    return page.add("Column", children=parts)


def _sound(page: Page, view: Audio) -> str:
    """A player, where there is something to play, and what is said when."""
    said, address = table(view), page.contents.get(view.blob, "")
    parts = [page.add("AudioPlayer", url=address, description=view.alt)] if address else []
    parts += [] if address else [page.add("Text", text=view.alt)]
    parts += [_draw(page, said)] if said.rows else []
    return page.add("Column", children=parts)


def _rows(page: Page, table: Table) -> str:
    """A row of the names, and one row as the pattern for all the others."""

    def row(texts: Sequence[object], variant: str) -> str:
        cells = [page.add("Text", text=text, variant=variant, weight=1) for text in texts]
        return page.add("Row", children=cells)

    title = page.add("Text", text=table.title, variant="h4")
    head = row(table.columns, "h5")
    width = max(map(len, [table.columns, *table.rows]))
    pattern = row([{"path": f"c{index}"} for index in range(width)], "body")
    cells = [[cell if isinstance(cell, str) else number(cell) for cell in one] for one in table.rows]
    # A short row is filled up: a path without a value is an error in some renderers.
    filled = [one + [""] * (width - len(one)) for one in cells]
    path = page.hold([{f"c{index}": cell for index, cell in enumerate(one)} for one in filled])
    body = page.add("Column", children={"componentId": pattern, "path": path})
    return page.add("Column", children=[title, head, body])


def _form(page: Page, form: Form) -> str:
    fields = fields_of(form)
    path = page.hold({one.name: _initial(one) for one in fields})
    inputs = [_input(page, one, f"{path}/{_escape(one.name)}") for one in fields]
    event = {"name": CALL, "context": {"operation": form.operation, "arguments": {"path": path}}}
    run = page.add("Button", child=page.add("Text", text="Run"), variant="primary", action={"event": event})
    title = page.add("Text", text=form.title, variant="h4")
    return page.add("Card", child=page.add("Column", children=[title, *inputs, run]))


def _initial(one: Field) -> object:
    if one.kind == "choice":
        return [] if one.value is None else [text_of(one.value)]
    if one.kind == "flag" or one.bounds:
        return one.value
    return text_of(one.value)


def _input(page: Page, one: Field, path: str) -> str:
    value = {"path": path}
    given: Json = {"label": one.label, "value": value}
    if one.description:
        given["accessibility"] = {"description": one.description}
    if one.required and not one.bounds and one.kind != "flag":
        test = {"call": "required", "args": {"value": value}, "returnType": "boolean"}
        given["checks"] = [{"condition": test, "message": f"{one.label} is needed."}]
    if one.kind == "flag":
        return page.add("CheckBox", **given)
    if one.kind == "choice":
        options = [{"label": choice, "value": choice} for choice in one.choices]
        return page.add("ChoicePicker", options=options, variant="mutuallyExclusive", **given)
    if one.bounds:
        return page.add("Slider", min=one.bounds[0], max=one.bounds[1], **given)
    variant = {"integer": "number", "number": "number", "text": "shortText"}.get(one.kind, "longText")
    return page.add("TextField", variant=variant, **given)


def _escape(name: str) -> str:
    """A name as one step of a JSON pointer."""
    return name.replace("~", "~0").replace("/", "~1")
