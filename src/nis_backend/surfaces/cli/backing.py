"""`nis backup` and `nis restore`: a running system's data in one file, and back."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import click

from nis_backend.surfaces.cli.derived import as_json_option
from nis_backend.view import moment

if TYPE_CHECKING:
    from collections.abc import Callable

    from nis_backend.settings import Settings
    from nis_backend.surfaces.cli.session import Session

HELP = {
    "backup": "Write all data to FILE: the database as it is now, and every blob. A server may go on using them.",
    "restore": "Bring the data of FILE, a backup, into the data folder; nobody may be using it.",
}
DONE = {"backup": "Written", "restore": "Brought back"}


class Keep(Protocol):
    """Takes a backup, or brings one back."""

    def __call__(
        self, settings: Settings, file: Path, tell: Callable[[str, int, int], None], *, force: bool
    ) -> dict[str, Any]:
        """Answers the backup's manifest."""
        ...


def command(session: Session, name: str, keep: Keep) -> click.Command:
    """One of the two."""

    def run(file: Path, force: bool, as_json: bool) -> None:
        shows = sys.stderr.isatty() and not as_json
        manifest = keep(session.settings(), file, _show if shows else _hide, force=force)
        if shows:
            click.echo("\r\x1b[K", err=True, nl=False)
        click.echo(json.dumps(manifest) if as_json else _told(name, file, manifest))

    return click.Command(
        name,
        callback=run,
        help=HELP[name],
        params=[
            click.Argument(["file"], type=click.Path(path_type=Path, dir_okay=False)),
            click.Option(["--force"], is_flag=True, help="Replace what is there."),
            as_json_option(),
        ],
    )


def _show(what: str, done: int, total: int) -> None:
    click.echo(f"\r\x1b[K{what}: {_size(done)} of {_size(total)}", err=True, nl=False)


def _hide(what: str, done: int, total: int) -> None:
    """Nobody looks on."""


def _told(name: str, file: Path, manifest: dict[str, Any]) -> str:
    blobs, database = manifest["blobs"], manifest["database"]
    what = (
        f"{DONE[name]}: {file}, as of {moment(manifest['created'])} UTC, by nis {manifest['nis']}, "
        f"schema {manifest['database_schema']}: a database of {_size(database['size'])}, "
        f"{blobs['count']} blobs of {_size(blobs['size'])}."
    )
    lines = [what]
    if blobs["gone"]:
        lines.append(f"Removed meanwhile, and not in it: {', '.join(blobs['gone'])}.")
    if blobs["damaged"]:
        lines.append(f"Damaged where they lay, and in it as they were: {', '.join(blobs['damaged'])}.")
    return "\n".join(lines)


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB"
