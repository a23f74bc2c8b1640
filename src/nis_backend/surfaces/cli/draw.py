"""Views on a terminal: words, tables, charts of characters, progress."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Self

from pydantic import SecretStr, TypeAdapter, ValidationError
from rich.box import SIMPLE_HEAD
from rich.console import Console, ConsoleOptions, ConsoleRenderable, RenderHook, RenderResult
from rich.markdown import Markdown
from rich.progress import BarColumn, Progress, TextColumn
from rich.segment import Segment
from rich.table import Table as RichTable
from rich.text import Text as RichText
from typing_extensions import override

from nis_backend.drawing.scale import Scale
from nis_backend.settings import Settings
from nis_backend.surfaces.cli.plain import harmless
from nis_backend.surfaces.cli.watch import progress_words
from nis_backend.told import table, title_of
from nis_backend.view import Audio, Form, Grid, Image, Series, Table, Text, View

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from nis_backend.catalog import Catalog
    from nis_backend.entry import Entry
    from nis_backend.operation import Json
    from nis_backend.told import Drawing

_VIEW: TypeAdapter[View] = TypeAdapter(View)

MARKS = "•×+o"
WIDE, HIGH = 64, 14
"""Cells of a chart."""
NAME = 40
"""Characters of a table's first column that are kept on one line: it has the names to copy."""
EXACT = 2**53
"""Up to here a double holds every whole number."""
_NAMED_SECRET = re.compile(r'("[^"]*(?:KEY|PASSWORD|SECRET|TOKEN)[^"]*"\s*:\s*)"(?:[^"\\]|\\.)*"', re.IGNORECASE)
UNBROKEN = 10_000
"""Columns of a pipe or a file: what reads it wants one row on one line."""


class Screen:
    """One command's output: text as it comes, progress while it runs, views at the end."""

    def __init__(self) -> None:
        self.run_id: str | None = None
        self._console = _console()
        self._streamed = False
        self._said = ""
        self._speaking: int | None = None
        self._asked: list[int] = []  # steps whose model has not been read to its end, in order
        self._answered: set[int] = set()
        self._waiting: dict[int, str] = {}
        self._held = ""
        self._bold = self._code = False
        self._progress: Progress | None = None

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """End the line or the bar that is open."""
        self._stop_progress()

    def heard(self, item: Json) -> None:
        """One event of a run, or one item of a stream."""
        self.run_id = item.get("run_id", self.run_id)
        body = item.get("body", item)
        match body.get("type"):
            case "text_delta" | "text":
                self._stop_progress()
                self._hear(body.get("step"), body["text"])
            case "model_called":
                self._asked += [] if body["step"] in self._asked else [body["step"]]
            case "model_answered":
                self._answered.add(body["step"])
                self._next_step()
            case "step_retried":
                self._waiting.pop(body["step"], None)
                self._remark(f"again: {body['reason']}", "dim")
            case "progress":
                self._show_progress(body["fraction"], progress_words(body))
            case "warning":
                self._remark(body["message"], "yellow")
            case None if "fraction" in body:
                self._show_progress(body["fraction"], progress_words(body))
            case _:
                return

    def _hear(self, step: int | None, text: str) -> None:
        """Words of a step; where several models speak at once, those of one after the other."""
        if step in self._asked[1:]:
            self._waiting[step] = self._waiting.get(step, "") + text
            return
        if self._streamed and step != self._speaking:
            self._console.print()
        self._say(text)
        self._said += text
        self._speaking = step
        self._streamed = True

    def _next_step(self) -> None:
        """Go on to the words of the next step, where the first has said all of its own."""
        while self._asked and self._asked[0] in self._answered:
            self._answered.discard(self._asked.pop(0))
            if self._asked and (words := self._waiting.pop(self._asked[0], "")):
                self._hear(self._asked[0], words)

    def _remark(self, text: str, style: str) -> None:
        """A line of its own, which nobody said."""
        if self._streamed:
            self._console.print()
        self._console.print(text, style=style, markup=False, highlight=False)

    def _say(self, text: str) -> None:
        """Words as they come: a terminal shows what is bold or code, a pipe gets them as they are."""
        if not self._console.is_terminal:
            self._console.print(text, end="", markup=False, highlight=False, soft_wrap=True)
            return
        # A star at the end may be half of a pair.
        text = self._held + text
        self._held = "*" if text.endswith("*") and not text.endswith("**") else ""
        for part in re.split(r"(\*\*|`)", text.removesuffix(self._held)):
            if part == "**":
                self._bold = not self._bold
            elif part == "`":
                self._code = not self._code
            else:
                style = "bold" if self._bold else "cyan" if self._code else ""
                self._console.print(part, style=style, end="", markup=False, highlight=False, soft_wrap=True)

    def result(self, catalog: Catalog, entry: Entry, arguments: Json, result: Json | None) -> None:
        """What the call answered."""
        self._stop_progress()
        if self._streamed:
            self._console.print()
        views = self._views(catalog, entry, arguments, result)
        for view in views:
            if not (isinstance(view, Text) and self._has_said(view.text)) and not _repeats(view, views):
                self._draw(view)

    def _has_said(self, text: str) -> bool:
        """Whether these words came as they were written; a verdict on several answers did not."""
        return bool(self._said) and "".join(text.split()) in "".join(self._said.split())

    def _views(self, catalog: Catalog, entry: Entry, arguments: Json, result: Json | None) -> Sequence[View]:
        if result and "views" in result:
            own = [_VIEW.validate_python(view) for view in result["views"]]
            said = [] if any(isinstance(view, Text) for view in own) else [Text(text=result["response"])]
            return [*said, *own]
        if entry.shape == "stream":
            return [] if self._streamed or not result else [_unknown(entry, result)]
        if not entry.module:
            return [_unknown(entry, result)]
        operation = catalog.find(entry.name)
        try:
            return operation.draw(operation.validate(arguments), operation.result.model_validate(result))
        except ValidationError:
            # The running server is of another version: what it said is shown as it came.
            return [_unknown(entry, result)]

    def views(self, given: Sequence[Json]) -> None:
        """Views as JSON, drawn."""
        self.drawn([_VIEW.validate_python(view) for view in given])

    def drawn(self, views: Sequence[View]) -> None:
        """Views, one below the other."""
        for index, view in enumerate(views):
            if index and isinstance(views[index - 1], Text):
                self._console.print()
            self._draw(view)

    def _draw(self, view: View) -> None:
        match view:
            case Text():
                if self._console.is_terminal:
                    self._console.print(Markdown(view.text))
                else:
                    self._console.print(RichText(view.text), soft_wrap=True)
            case Table():
                _print_table(self._console, view)
            case Series() if _lines_only(view):
                # Lines of different units in one picture would invite false comparison.
                for unit in dict.fromkeys(line.unit for line in view.lines):
                    lines = [line for line in view.lines if line.unit == unit]
                    self._console.print(RichText(chart(view.model_copy(update={"lines": lines}))))
            case Form():
                wanted = ", ".join(view.missing)
                if wanted:
                    self._console.print(RichText(f"To answer it: {wanted}"))
            case Image() | Audio():
                self._console.print(RichText(f"{title_of(view)}: {view.alt}"), soft_wrap=True)
                if view.blob:
                    self._remark(f"nis blobs content {view.blob} --output FILE", "dim")
                self._numbers(view)
            case _:
                self._numbers(view)

    def _numbers(self, view: Drawing) -> None:
        shown = table(view)
        if isinstance(view, Grid) and len(shown.columns) > WIDE:
            self._remark(f"{len(shown.rows)} × {len(shown.columns) - 1} numbers; --json has them", "dim")
        elif shown.rows:
            _print_table(self._console, shown)

    def _show_progress(self, fraction: float, message: str) -> None:
        if not self._console.is_terminal:
            return
        if self._progress is None:
            self._progress = Progress(
                TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %")
            )
            self._progress.start()
            self._progress.add_task("", total=1.0)
        self._progress.update(self._progress.task_ids[0], completed=fraction, description=message)

    def _stop_progress(self) -> None:
        if self._progress is not None:
            self._progress.stop()
            self._progress = None


def _unknown(entry: Entry, result: Json | None) -> Table:
    """The result of an operation, or of a version of one, that only the running server has; a stream's last item."""
    rows: list[list[str | float]] = [
        [key, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)]
        for key, value in (result or {}).items()
    ]
    return Table(title=entry.name, columns=["field", "value"], rows=rows)


def _console() -> Console:
    console = Console()
    if console.is_terminal:
        console.push_render_hook(_Harmless())
    else:
        console.width = UNBROKEN
    return console


class _Harmless(RenderHook):
    """Whatever is printed is printed so that a terminal obeys nothing of it."""

    @override
    def process_renderables(self, renderables: list[ConsoleRenderable]) -> list[ConsoleRenderable]:
        return [_Obeyed(one) for one in renderables]


class _Obeyed:
    """Something printed, whose words the terminal would obey."""

    def __init__(self, inner: ConsoleRenderable) -> None:
        self._inner = inner

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for segment in console.render(self._inner, options):
            yield segment if segment.control else Segment(harmless(segment.text), segment.style)


def _print_table(console: Console, view: Table) -> None:
    if console.is_terminal:
        console.print(_table(view))
        return
    with console.capture() as captured:
        console.print(_table(view))
    # Cells are padded to their column, which a pipe has no use for.
    console.print("\n".join(line.rstrip() for line in captured.get().splitlines()), markup=False, highlight=False)


def _table(view: Table) -> RichTable:
    """Nothing in it is cut short; a column of numbers is set as one."""
    table = RichTable(title=view.title, title_justify="left", title_style="bold", box=SIMPLE_HEAD)
    table.padding, table.pad_edge = (0, 1, 0, 0), False
    for index, column in enumerate(view.columns):
        cells = [row[index] for row in view.rows]
        numbers = bool(cells) and not any(isinstance(cell, str) for cell in cells)
        table.add_column(
            column,
            justify="right" if numbers else "left",
            no_wrap=index == 0 and max((len(_cell(cell)) for cell in cells), default=0) <= NAME,
            overflow="fold",
        )
    for row in view.rows:
        table.add_row(*(RichText(_cell(cell)) for cell in row))
    return table


def _cell(cell: str | float) -> str:
    if isinstance(cell, str):
        return cell
    # A count has all its digits.
    return str(int(cell)) if float(cell).is_integer() and abs(cell) <= EXACT else f"{cell:.6g}"


def _repeats(view: View, views: Sequence[View]) -> bool:
    """Whether a table has a row for each of some fields of a form: the words of the answer name them."""
    fields = {
        name.replace("_", " ") for form in views if isinstance(form, Form) for name in form.request_schema["properties"]
    }
    return isinstance(view, Table) and bool(fields) and all(row[0] in fields for row in view.rows)


def _lines_only(series: Series) -> bool:
    """Whether it can be drawn with characters: numbers over numbers, in no more lines than there are marks."""
    even = all(one.scale == "linear" for one in (series.x, *series.lines))
    return even and not series.x.names and len(series.lines) <= len(MARKS)


def chart(series: Series) -> str:
    """The lines of a series as characters, with the ends of both axes."""
    xs = [value for value in series.x.values if value is not None]
    ys = [value for line in series.lines for value in line.values if value is not None]
    if not xs or not ys:
        return series.title
    left, right, low, high = min(xs), max(xs), min(ys), max(ys)
    across = Scale(low=left, high=right, start=0, end=WIDE - 1)
    up = Scale(low=low, high=high, start=0, end=HIGH - 1)
    grid = [[" "] * WIDE for _ in range(HIGH)]
    for mark, line in zip(MARKS, series.lines, strict=False):
        for x, y in zip(series.x.values, line.values, strict=True):
            if x is None or y is None:
                continue
            column = round(across.at(x))
            row = HIGH - 1 - round(up.at(y))
            grid[row][column] = mark
    names = ", ".join(
        f"{mark} {_axis(line.label, line.unit)}" if len(series.lines) > 1 else _axis(line.label, line.unit)
        for mark, line in zip(MARKS, series.lines, strict=False)
    )
    top, bottom = f"{high:>9.4g} ┤", f"{low:>9.4g} ┤"
    rows = [
        (top if row == 0 else bottom if row == HIGH - 1 else " " * 10 + "│") + "".join(cells)
        for row, cells in enumerate(grid)
    ]
    foot = " " * 10 + "└" + "─" * WIDE
    ends = " " * 11 + f"{left:<.4g}".ljust(WIDE - 12) + f"{right:.4g}".rjust(12)
    return "\n".join([f"{series.title}: {names}", *rows, foot, ends, " " * 11 + _axis(series.x.label, series.x.unit)])


def _axis(label: str, unit: str) -> str:
    return f"{label} ({unit})" if unit else label


def draw_settings(settings: Settings, *, as_json: bool) -> None:
    """Every setting with its value, where it came from, and what it means; secrets masked."""
    rows: list[dict[str, str]] = []
    for name, field in Settings.model_fields.items():
        value = getattr(settings, name)
        shown = "***" if isinstance(value, SecretStr) else "" if value is None else str(value)
        # An address may hold a password.
        shown = re.sub(r"//[^/@]*@", "//***@", shown)
        # So may the settings of a deployment, which are JSON.
        shown = _NAMED_SECRET.sub(r'\1"***"', shown)
        source = "default" if name not in settings.model_fields_set else "set"
        rows.append({"name": str(field.alias), "value": shown, "source": source, "meaning": field.description or ""})
    if as_json:
        Console().print_json(json.dumps(rows))
        return
    columns = ["name", "value", "source", "meaning"]
    _print_table(_console(), Table(title="Settings", columns=columns, rows=[list(row.values()) for row in rows]))
