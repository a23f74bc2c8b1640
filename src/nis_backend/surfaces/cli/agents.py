"""`nis agents init` and `nis agents apply`: an agent as a file, which is kept as it says."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nis_backend.errors import Conflict, InvalidRequest, NotFound, shorten
from nis_backend.surfaces.cli.definitions import differing, read_definition
from nis_backend.surfaces.cli.derived import as_json_option
from nis_backend.surfaces.rest.fixed import CREATE_AGENT, GET_AGENT, UPDATE_AGENT

if TYPE_CHECKING:
    from nis_backend.operation import Json
    from nis_backend.surfaces.cli.session import Session

LONGEST_SHOWN = 120
"""Characters of a value that a difference shows."""

TEMPLATE = """\
# The agent {name}.
#
#   nis agents apply {file}            keeps it, or changes it to what is said here
#   nis agents run {name} "..."        has it do something, and shows how it goes
#   nis agents test {name}             puts the tests below to it
#
# What is commented out is left to its default.

name = "{name}"
description = "Answers questions of physics with numbers that are computed."

# What its model is told before every message.
instructions = \"\"\"
You answer questions of physics. Compute every number with your tools, quote it with its unit and error,
and say what was assumed. When something is missing that has no default, ask for it.
\"\"\"

# provider:name or a route; one that can choose tools. `nis models list` shows them.
# model = "openai:gpt-5-mini"

# What it may use: operations by name or family. Never more than whoever runs it may.
operations = ["physics.*", "mathematics.*"]

# Other agents that it may ask, each by its name.
# agents = ["librarian"]

# When a person decides first: "writes" (before what writes or destroys), "destroys", "tainted" (the same, and once it
# has read what somebody else may have written, before what writes or reaches out), or "nothing".
asks = "writes"

# Bounds of one run: times its model is asked with tools, and dollars.
steps = 8
# budget = 0.10

# What the answer has to hold: words that are in it, or the number that it ends with.
[[tests]]
message = "How far does a ball fly that is thrown at 20 m/s and 40 degrees, without drag?"
expected = "40.17"
"""


def group(session: Session) -> click.Group:
    """The commands that are no operations."""
    made = click.Group("agents")
    made.add_command(_init())
    made.add_command(_apply(session))
    return made


def _init() -> click.Command:
    def run(name: str, file: Path | None, as_json: bool) -> None:
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,47}", name):
            raise InvalidRequest(
                f"{shorten(name)!r} is no agent's name.",
                field="name",
                value=name,
                remedy="Give letters, digits, - and _, 48 at most, the first no sign.",
            )
        path = file or Path(f"{name}.toml")
        try:
            with path.open("x", encoding="utf-8") as out:
                out.write(TEMPLATE.format(name=name, file=path.name))
        except FileExistsError:
            raise Conflict(
                f"{path.name!r} is there already.", field="file", value=path.name, remedy="Name another with --file."
            ) from None
        except OSError as error:
            raise InvalidRequest(
                f"{path.name!r} cannot be written: {error.strerror}.",
                field="file",
                value=path.name,
                remedy="Give a file that can be.",
            ) from None
        if as_json:
            click.echo(json.dumps({"name": name, "file": str(path)}))
        else:
            click.echo(f"{path} is written. Look it through, then `nis agents apply {path}` keeps the agent.")

    return click.Command(
        "init",
        callback=run,
        help="Write a file with a working agent and a test of it, to begin from.",
        short_help="Write an agent's file to begin from.",
        params=[
            click.Argument(["name"], default="physicist"),
            click.Option(["--file"], type=click.Path(path_type=Path, dir_okay=False), help="Where to.  [NAME.toml]"),
            as_json_option(),
        ],
    )


def _apply(session: Session) -> click.Command:
    def run(files: tuple[Path, ...], dry_run: bool, as_json: bool) -> None:
        read = [(path, read_definition(path)) for path in files]
        coming: set[str] = set()
        for path, given in read:
            told = _brought(session, {"name": path.stem, **given}, coming, dry_run=dry_run)
            click.echo(json.dumps(told, ensure_ascii=False) if as_json else "\n".join(_lines(told)))

    return click.Command(
        "apply",
        callback=run,
        help="Keep agents as their files say: made where there are none of their names, changed where they differ, and "
        "left alone where they do not. What a file leaves out has its default.",
        short_help="Keep agents as their files say.",
        params=[
            click.Argument(["files"], nargs=-1, required=True, type=click.Path(path_type=Path, dir_okay=False)),
            click.Option(["--dry-run"], is_flag=True, help="Tell what would change or be refused, and change nothing."),
            as_json_option(),
        ],
    )


def _brought(session: Session, given: Json, coming: set[str], *, dry_run: bool) -> Json:
    """What was done to have the agent be as it is said to be; a dry run would have made those that are `coming`."""
    catalog, name = session.catalog, given["name"]
    create = catalog.entry(CREATE_AGENT)
    schema: Json = {**create.request_schema, "properties": {**create.request_schema["properties"]}}
    # How it is applied is no field of what is kept.
    schema["properties"].pop("dry_run")
    unknown = sorted(given.keys() - schema["properties"].keys())
    if unknown or not isinstance(name, str):
        field = unknown[0] if unknown else "name"
        raise InvalidRequest(
            f"{field} is no field of an agent." if unknown else "The name is no text.",
            field=field,
            value=shorten(str(given[field])),
            remedy=f"Its fields are: {', '.join(schema['properties'])}.",
        )
    try:
        kept: Json = session.call(catalog.entry(GET_AGENT), {"id": name})
    except NotFound:
        made = session.call(create, {**_there(given, coming), "dry_run": dry_run})
        coming |= {name} if dry_run else set()
        new: Json = {"did": "create", "version": made["version"], "changed": {}, "warnings": made["warnings"]}
        return {"name": name, **new, "dry_run": dry_run}
    # One that is found by its id has another name, which no change gives it.
    fields = {field: one for field, one in schema["properties"].items() if field != "name"}
    changed = differing(given, kept, {**schema, "properties": fields})
    told = {field: {"before": before, "after": after} for field, (before, after) in changed.items()}
    version, warnings = kept["version"], []
    if changed:
        change = {field: _there(given, coming).get(field) for field in changed}
        request = {"id": kept["id"], "change": change, "after": version, "dry_run": dry_run}
        written = session.call(catalog.entry(UPDATE_AGENT), request)
        version, warnings = version if dry_run else written["version"], written["warnings"]
    did = "update" if changed else "nothing"
    told = {"name": kept["name"], "did": did, "version": version, "changed": told, "dry_run": dry_run}
    return {**told, "warnings": warnings}


def _there(given: Json, coming: set[str]) -> Json:
    """The definition without the agents that it names and that would only have been made before it."""
    others = {field: given[field] for field in ("agents", "hands_off_to") if isinstance(given.get(field), list)}
    return {**given, **{field: [one for one in named if one not in coming] for field, named in others.items()}}


def _lines(told: Json) -> list[str]:
    return [*_done(told), *(f"  {one}" for one in told["warnings"])]


def _done(told: Json) -> list[str]:
    name, version = told["name"], told["version"]
    if told["did"] == "nothing":
        return [f"{name} is as the file says: version {version}."]
    if told["did"] == "create":
        return [f"{name} would be made." if told["dry_run"] else f"{name} is made: version {version}."]
    head = f"{name} would change from version {version}:" if told["dry_run"] else f"{name} is version {version} now:"
    lines = [head]
    for field, both in told["changed"].items():
        lines += [f"  {field}", f"  - {_shown(both['before'])}", f"  + {_shown(both['after'])}"]
    return lines


def _shown(value: Any) -> str:  # Any: JSON
    return "default" if value is None else shorten(json.dumps(value, ensure_ascii=False), LONGEST_SHOWN)
