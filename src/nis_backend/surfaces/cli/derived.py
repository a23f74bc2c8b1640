"""The command of each operation, derived: its fields are options, its required fields may also stand in order."""

from __future__ import annotations

import difflib
import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from nis_backend.blob import blob_fields
from nis_backend.errors import InvalidRequest, Unavailable, shorten
from nis_backend.fields import choices_of, referred, without_numbers
from nis_backend.surfaces.cli.files import given_files, is_file, save
from nis_backend.surfaces.rest.fixed import VERDICTS, WATCHED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from nis_backend.entry import Entry
    from nis_backend.operation import Json
    from nis_backend.surfaces.cli.session import Session


def short_name(entry: Entry) -> str:
    """`list` of `runs.list_runs`, `events` of `runs.stream_events`: what is left without the family's own words."""
    verb, _, thing = entry.action.partition("_")
    repeats = thing in {entry.family, entry.collection, entry.resource, entry.on, entry.family.removesuffix("s")}
    if entry.on and entry.effect == "reads" and not repeats:
        return thing.replace("_", "-")
    return verb if repeats else entry.action.replace("_", "-")


def as_json_option() -> click.Option:
    """For scripts: the result as it is, failures as problem documents."""
    return click.Option(["--json", "as_json"], is_flag=True, help="Print JSON.")


def _to_file() -> click.Option:
    return click.Option(
        ["--output", "-o", "to_file"],
        type=click.Path(path_type=Path, allow_dash=True),
        help="File to write it to; - is what reads the output, which gets it anyway when it is no terminal.",
    )


def _background() -> click.Option:
    return click.Option(
        ["--background"], is_flag=True, help="Do not wait: the server goes on with it, as a run that can be watched."
    )


def command(session: Session, entry: Entry, name: str) -> click.Command:
    """The command of one operation: its fields are options, its required fields may also stand in order."""
    fields: Json = entry.request_schema.get("properties", {})
    definitions: Json = entry.request_schema.get("$defs", {})

    blobs = blob_fields(entry.request_schema)
    several = {key for key, field in fields.items() if blobs.get(key, _repeats(field))}

    def run(
        as_json: bool,
        input: Path | None,  # noqa: A002 - the option's name
        positional: tuple[str, ...],
        to_file: Path | None = None,
        background: bool = False,
        **options: str | tuple[str, ...] | None,
    ) -> None:
        arguments = _from_file(input) if input else {}
        arguments |= {key: _given(key, fields[key], value) for key, value in options.items() if value not in (None, ())}
        open_fields = [key for key in entry.request_schema.get("required", ()) if key not in arguments]
        refuse_options(positional, fields)
        rest = bool(open_fields) and open_fields[-1] in several  # the last list takes all that follows
        if len(positional) > len(open_fields) and not rest:
            over = positional[len(open_fields)]
            raise InvalidRequest(
                f"{over!r} is one argument too many: only what is required may stand without its name.",
                field=name,
                value=over,
                remedy=f"Name it: `nis call {entry.name} --help` lists the names.",
            )
        for place, key in enumerate(open_fields[: len(positional)]):
            taken = positional[place:] if rest and key == open_fields[-1] else positional[place : place + 1]
            arguments[key] = _given(key, fields[key], taken if key in several else taken[0])
        if not (as_json or input):
            for key in entry.request_schema.get("required", ()):
                required(key, arguments.get(key))
        arguments = given_files(entry, arguments)
        if background:
            _begin(session, entry, arguments, as_json=as_json)
        else:
            _show(session, entry, arguments, as_json=as_json, to_file=to_file)

    options = [
        click.Option(
            shell_complete=_choices(field, definitions),
            param_decls=[*dict.fromkeys([f"--{key.replace('_', '-')}", f"--{key}"]), key],
            help=_help(field, definitions, required=key in entry.request_schema.get("required", ())),
            metavar=_metavar(field, blob=key in blobs, several=key in several),
            multiple=key in several,
        )
        for key, field in fields.items()
        if key not in {"as_json", "input", "positional", "to_file", "background"}
    ]
    params: list[click.Parameter] = [
        *options,
        click.Option(
            ["--input"], type=click.Path(path_type=Path, allow_dash=True), help="Request as a JSON file; - reads stdin."
        ),
        as_json_option(),
        *([_to_file()] if is_file(entry.result_schema) else []),
        *([] if entry.shape == "stream" or entry.secret else [_background()]),
        click.Argument(
            ["positional"], nargs=-1, required=False, metavar=" ".join(entry.request_schema.get("required", ())).upper()
        ),
    ]
    return click.Command(
        name,
        callback=run,
        params=params,
        help=entry.description.replace("\n\n", "\n\n\b\n"),
        short_help=entry.summary,
        # A negative number is a value, not an option.
        context_settings={"ignore_unknown_options": True},
    )


def required(name: str, value: str | None) -> str:
    """The value, which a person has to give; a script that asks for JSON is answered by the operation instead.

    Raises:
        UsageError: it is missing; said with how the command is written.
    """
    if value is None:
        raise click.UsageError(f"Give {name.upper()}.", click.get_current_context())
    return value


def _choices(field: Json, definitions: Json) -> Callable[..., list[str]]:
    """What a shell may offer for a field: its few values, where it has some."""
    found: list[str] = []
    for one in field.get("anyOf", (field,)):
        schema = referred(one, definitions)
        found += map(str, choices_of(schema))
        found += ["true", "false"] if schema.get("type") == "boolean" else []

    def offered(_ctx: click.Context, _param: click.Parameter, begun: str) -> list[str]:
        return [value for value in found if value.startswith(begun)]

    return offered


def refuse_options(given: Iterable[str], fields: Iterable[str]) -> None:
    """Options that are not known arrive as arguments, beside the negative numbers."""
    for one in given:
        option = one.partition("=")[0]
        if re.fullmatch(r"--[a-z][a-z0-9_-]*", option):
            near = difflib.get_close_matches(option, [f"--{key.replace('_', '-')}" for key in fields], n=1)
            raise click.NoSuchOption(option, possibilities=near)


def _from_file(path: Path) -> Json:
    try:
        text = sys.stdin.read() if str(path) == "-" else path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidRequest(
            f"--input cannot be read: {error}.", field="input", value=path.name, remedy="Give a text file, or -."
        ) from None
    try:
        given = json.loads(text)
    except ValueError as error:
        raise InvalidRequest(
            f"--input is not JSON: {error}.", field="input", value=path.name, remedy="Give one JSON object."
        ) from None
    if not isinstance(given, dict):
        raise InvalidRequest(
            "--input is not a JSON object.", field="input", value=path.name, remedy="Give one JSON object."
        )
    return cast("Json", given)  # isinstance says nothing of the keys, which JSON has as text


def _repeats(schema: Json) -> bool:
    """Whether the field is a list of texts: its option may be given several times."""
    items: list[Json] = [one.get("items", {}) for one in schema.get("anyOf", (schema,))]
    return any([form.get("type") for form in without_numbers(one.get("anyOf", (one,)))] == ["string"] for one in items)


def _given(key: str, schema: Json, given: str | tuple[str, ...] | None) -> Any:  # Any: JSON
    """What an option was given: a list of texts may also be one text, or several times one, instead of JSON."""
    if not isinstance(given, tuple):
        return _value(key, schema, given or "")
    if len(given) == 1 and given[0].lstrip().startswith("["):
        return _value(key, schema, given[0])
    return list(given)


def _value(key: str, schema: Json, text: str) -> Any:  # Any: JSON
    """An option's text as the field's JSON: numbers and truth values are read by validation, the rest is JSON here.

    A list may also be its parts, divided by commas.

    Raises:
        InvalidRequest: it begins as JSON does, and is none.
    """
    kinds = {one.get("type", "object") for one in schema.get("anyOf", (schema,)) if "enum" not in one}
    if kinds & {"array", "object"}:
        try:
            return json.loads(text)
        except ValueError as error:
            if text.lstrip().startswith(("{", "[")):
                raise InvalidRequest(
                    f"{key} is not JSON: {error}.",
                    field=key,
                    value=shorten(text),
                    remedy="Put the JSON between single quotes, or give the request as a file with --input.",
                ) from None
            return [part.strip() for part in text.split(",")] if kinds - {"null"} == {"array"} else text
    return text


def _help(field: Json, definitions: Json, *, required: bool) -> str:
    said = str(field.get("description", ""))
    words = [said, *_inside(field, definitions)]
    values = [str(value) for one in field.get("anyOf", (field,)) for value in choices_of(referred(one, definitions))]
    if not all(re.search(rf"(?<![\w-]){re.escape(value)}(?![\w-])", said) for value in values):
        words.append(f"One of: {', '.join(values)}.")
    words += [f"[{one['unit']}]" for one in (field, *field.get("anyOf", ())) if one.get("unit")]
    if required:
        words.append("[required]")
    elif field.get("default") is not None:
        words.append(f"[default: {json.dumps(field['default'])}]")
    return " ".join(word for word in words if word)


def _inside(field: Json, definitions: Json) -> list[str]:
    """The members of an object, or of each object in a list, which a line of help has no options for."""
    for one in field.get("anyOf", (field,)):
        schema = referred(one, definitions)
        inner = referred(schema.get("items", schema), definitions)
        if members := inner.get("properties"):
            wanted = inner.get("required", ())
            names = ", ".join(f"{name} (required)" if name in wanted else name for name in members)
            return [f"{'Each has' if 'items' in schema else 'It has'}: {names}."]
    return []


def _metavar(field: Json, *, blob: bool, several: bool) -> str:
    if blob or several:
        return ("@FILE|ID" if blob else "TEXT") + ("..." if several else "")
    one = next((one for one in field.get("anyOf", (field,)) if one.get("type") != "null"), field)
    return str(one.get("type", "JSON")).upper()


def _begin(session: Session, entry: Entry, arguments: Json, *, as_json: bool) -> None:
    """Call as a run, and say how to watch it."""
    run = session.connection().begin(entry, arguments)
    if as_json:
        click.echo(json.dumps(run, indent=2, ensure_ascii=False))
        return
    [(watched, watch)] = WATCHED.items()
    click.echo(f"{run['id']} is {run['state']}. `nis {watched.partition('.')[0]} {watch} {run['id']}` watches it.")


def _show(session: Session, entry: Entry, arguments: Json, *, as_json: bool, to_file: Path | None = None) -> None:
    """Call, and print: JSON lines as they come, or a drawing at the end with the words streamed."""
    if as_json:
        stream = entry.shape == "stream"
        result = session.call(
            entry, arguments, (lambda item: click.echo(json.dumps(item))) if stream else lambda _: None
        )
        if not stream:
            click.echo(json.dumps(result, indent=2, ensure_ascii=False))
        _judge(entry, result)
        return
    from nis_backend.surfaces.cli.draw import Screen  # noqa: PLC0415 - tables load when one is drawn

    with Screen() as screen:
        result = session.call(entry, arguments, screen.heard)
        if not (is_file(entry.result_schema) and save(session.connection(), result, to_file)):
            screen.result(session.catalog, entry, arguments, result)
    _judge(entry, result)


def _judge(entry: Entry, result: Any) -> None:  # Any: JSON
    """Leave with the code of what is unavailable, where the result says that all is not well."""
    field = VERDICTS.get(entry.name)
    if field is not None and not result[field]:
        raise click.exceptions.Exit(Unavailable("").codes.exit)
