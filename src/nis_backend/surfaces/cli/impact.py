"""`nis impact`: what a dependency of a Python project costs, on the terminal and as files; no server is needed."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import click

from nis_backend.errors import InvalidRequest
from nis_backend.surfaces.cli.derived import as_json_option
from nis_backend.surfaces.cli.shown import Told, read_text, with_progress

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from nis_backend.operation import Json
    from nis_backend.surfaces.cli.shown import Tell

    Load = Callable[[], "Impact"]

CODES = {"SAFE": 0, "UNSAFE": 10, "UNPROVEN": 11}
"""Exit codes of a verdict; other failures have those of every command."""
FOUND = 10
"""Exit code of an audit that found something."""


class Written(Told, Protocol):
    """An answer that is also written as a file."""

    def written(self, form: str) -> str:
        """As a document: `markdown` or `html`."""
        ...


class Impact(Protocol):
    """What finds it out."""

    def assess(self, change: Mapping[str, str], options: Json, tell: Tell) -> Written:
        """A change of a project's dependencies."""
        ...

    def scan(self, options: Json, tell: Tell) -> Written:
        """All dependencies of a project."""
        ...

    def audit(self, text: str) -> Written:
        """A note."""
        ...

    def apply(self, change: Mapping[str, str], options: Json) -> list[str]:
        """Make the change; answers what was written, and what is left to do."""
        ...

    def undo(self, options: Json) -> list[str]:
        """Take the last change back; answers the same."""
        ...


def command(load: Load) -> click.Group:
    """The group and its commands."""
    group = click.Group("impact")
    for kind, words, to in (
        ("drop", "Whether PACKAGE can go, and what that saves.", None),
        ("add", "What adding REQUIREMENT costs.", None),
        ("swap", "What it means to put TO in the place of PACKAGE.", True),
        ("upgrade", "What it means to bring PACKAGE to version TO, or to its newest.", False),
    ):
        group.add_command(_change(load, kind, words, to=to))
    group.add_command(_scan(load))
    group.add_command(_audit(load))
    group.add_command(_undo(load))
    return group


def _change(load: Load, kind: str, words: str, *, to: bool | None) -> click.Command:
    def run(  # noqa: PLR0913 - each is an option of the command
        *,
        package: str,
        as_json: bool,
        apply: bool,
        html: Path | None,
        markdown: Path | None,
        to: str = "",
        **options: Any,
    ) -> int:
        impact, change = load(), {"kind": kind, "package": package, "to": to or ""}
        _check_written(html, markdown)
        told = with_progress(as_json, lambda tell: impact.assess(change, options, tell))
        _show(told, as_json=as_json, html=html, markdown=markdown)
        code = CODES[told.word]
        if apply and code:
            click.echo(f"nis: not applied, the verdict is {told.word}.", err=True)
        elif apply:
            for line in impact.apply(change, options):
                click.echo(line, err=True)
        return code

    arguments = [click.Argument(["package"], metavar="REQUIREMENT" if kind == "add" else "PACKAGE")]
    if to is not None:
        arguments.append(click.Argument(["to"], metavar="TO", required=to))
    return click.Command(
        kind,
        callback=run,
        help=words,
        params=[
            *arguments,
            *_of_project(),
            click.Option(["--start"], help="The command that starts it: it is watched, hidden from, measured."),
            click.Option(["--ready"], help="An address that answers once it has started; else its first port."),
            click.Option(["--smoke"], help="A command that ends with 0 when what matters works."),
            click.Option(["--test"], help="The command that runs its tests."),
            click.Option(["--runs"], type=click.IntRange(3, 200), help="Starts of each environment.  [10]"),
            click.Option(["--no-install", "no_install"], is_flag=True, help="Make no environment: what seconds prove."),
            click.Option(["--no-measure", "no_measure"], is_flag=True, help="Measure no starts."),
            click.Option(["--region"], help="AWS region of the prices.  [us-east-1]"),
            *_files(),
            click.Option(
                ["--apply"], is_flag=True, help="Make the change if the verdict is SAFE; `undo` takes it back."
            ),
            as_json_option(),
        ],
    )


def _scan(load: Load) -> click.Command:
    def run(as_json: bool, html: Path | None, markdown: Path | None, **options: Any) -> None:
        _check_written(html, markdown)
        told = with_progress(as_json, lambda tell: load().scan(options, tell))
        _show(told, as_json=as_json, html=html, markdown=markdown)

    return click.Command(
        "scan",
        callback=run,
        help="Rank all dependencies by cost against use.",
        params=[
            *_of_project(),
            click.Option(["--start"], help="The command that starts it, to time its imports."),
            click.Option(["--ready"], help="An address that answers once it has started."),
            *_files(),
            as_json_option(),
        ],
    )


def _audit(load: Load) -> click.Command:
    def run(document: Path, as_json: bool, html: Path | None, markdown: Path | None) -> int:
        told = load().audit(read_text(document, "Give a Markdown file."))
        _show(told, as_json=as_json, html=html, markdown=markdown)
        return FOUND if told.result["findings"] else 0

    return click.Command(
        "audit",
        callback=run,
        help="Check the claims of DOCUMENT, a migration or impact note in Markdown; - reads stdin.",
        params=[
            click.Argument(["document"], type=click.Path(path_type=Path, allow_dash=True)),
            *_files(),
            as_json_option(),
        ],
    )


def _undo(load: Load) -> click.Command:
    def run(**options: Any) -> None:
        for line in load().undo(options):
            click.echo(line)

    return click.Command(
        "undo", callback=run, help="Take back the last change that --apply made.", params=_of_project()
    )


def _of_project() -> list[click.Parameter]:
    return [
        click.Option(
            ["--project"], type=click.Path(path_type=Path, file_okay=False), default=Path(), help="Its folder.  [.]"
        ),
        click.Option(["--python"], type=click.Path(path_type=Path), help="Its interpreter.  [its .venv's]"),
    ]


def _files() -> list[click.Option]:
    file = click.Path(path_type=Path, dir_okay=False)
    return [
        click.Option(["--html"], type=file, help="Write it as a page with charts."),
        click.Option(["--markdown"], type=file, help="Write it as Markdown, for a pull request."),
    ]


def _check_written(*files: Path | None) -> None:
    """Refuse a file that could not be written before minutes are spent on what stands in it."""
    for file in files:
        if file is not None and not os.access(file if file.exists() else file.parent, os.W_OK):
            raise InvalidRequest(
                f"{file} cannot be written.",
                field="file",
                value=str(file),
                remedy="Name a file in a folder that is there.",
            )


def _show(told: Written, *, as_json: bool, html: Path | None, markdown: Path | None) -> None:
    from nis_backend.surfaces.cli.draw import Screen  # noqa: PLC0415 - tables load when one is drawn

    for form, file in (("html", html), ("markdown", markdown)):
        if file is not None:
            file.write_text(told.written(form), "utf-8")
    if as_json:
        click.echo(json.dumps(told.result, indent=2, ensure_ascii=False))
    else:
        Screen().drawn(told.views(charts=False))
