"""`nis database`: which schema the database has, and the way from one to another."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from nis_backend.errors import InvalidRequest
from nis_backend.surfaces.cli.derived import as_json_option

if TYPE_CHECKING:
    from nis_backend.surfaces.cli.session import Moves, Schema, Session


def command(session: Session, moves: Moves) -> click.Group:
    """The group and its commands."""

    def current(as_json: bool) -> None:
        _say(moves.of(session.settings()), as_json)

    def upgrade(version: int | None, as_json: bool) -> None:
        settings = session.settings()
        found = moves.of(settings)
        wanted = found.newest if version is None else version
        if 1 <= wanted < found.version <= found.newest:
            raise _other_way(found, wanted, "downgrade")
        _say(moves.to(settings, wanted), as_json)

    def downgrade(version: int, as_json: bool) -> None:
        settings = session.settings()
        found = moves.of(settings)
        if found.version < version <= found.newest:
            raise _other_way(found, version, "upgrade")
        _say(moves.to(settings, version), as_json)
        click.echo(f"Start the nis that knows version {version} now: this one would bring it forward again.", err=True)

    group = click.Group("database", help="The database and the version of its schema.", no_args_is_help=True)
    group.add_command(
        click.Command("current", callback=current, help="Print both.", params=[as_json_option()]),
    )
    group.add_command(
        click.Command(
            "upgrade",
            callback=upgrade,
            help="Bring the schema forward, to the newest version or to VERSION. A start does it by itself.",
            params=[click.Argument(["version"], type=int, required=False), as_json_option()],
        )
    )
    group.add_command(
        click.Command(
            "downgrade",
            callback=downgrade,
            help="Take the schema back to VERSION, for an earlier nis; data that it has no place for goes.",
            params=[click.Argument(["version"], type=int), as_json_option()],
        )
    )
    return group


def _other_way(found: Schema, version: int, way: str) -> InvalidRequest:
    return InvalidRequest(
        f"From version {found.version} to {version} is the other way.",
        field="version",
        value=version,
        remedy=f"If that is meant: nis database {way} {version}",
    )


def _say(found: Schema, as_json: bool) -> None:
    if as_json:
        names = ("database", "version", "newest")
        click.echo(json.dumps({name: getattr(found, name) for name in names}, indent=2))
    else:
        click.echo(f"{found.database}, schema version {found.version}; this nis knows up to {found.newest}.")
