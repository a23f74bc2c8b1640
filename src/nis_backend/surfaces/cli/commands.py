"""The commands: a few of the command line's own, and one for each operation."""

from __future__ import annotations

import contextlib
import difflib
import importlib
import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click
from typing_extensions import override

from nis_backend import __version__
from nis_backend.blob import blob_fields
from nis_backend.catalog import Catalog
from nis_backend.errors import InvalidRequest, NisError, NotFound
from nis_backend.lock import holder_of
from nis_backend.operation import Entry
from nis_backend.surfaces.cli import mcp
from nis_backend.surfaces.cli.connection import OverFolder, OverHttp
from nis_backend.surfaces.cli.files import given_files, save
from nis_backend.surfaces.rest.fixed import COMMANDS, LOOKUP

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from contextlib import AbstractAsyncContextManager

    from nis_backend.context import Context
    from nis_backend.operation import Json
    from nis_backend.settings import Settings
    from nis_backend.surfaces.cli.connection import Connection

    Read = Callable[..., Settings]
    Serve = Callable[[Settings, Path | None], None]
    Open = Callable[[Settings], AbstractAsyncContextManager[Context]]


def command_line(read: Read, serve: Serve, open_process: Open, arguments: Sequence[str] | None = None) -> int:
    """Run one command; answers the exit code."""
    root = Root(Session(read, serve, open_process))
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        root.main(given, prog_name="nis", standalone_mode=False)
    except NisError as error:
        return _say_failure(error, as_json="--json" in given)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return 130
    except click.exceptions.Exit as left:
        return left.exit_code
    except BrokenPipeError:
        # The reader of our output has seen enough (`nis operations | head`).
        sys.stderr.close()
        return 0
    return 0


def _say_failure(error: NisError, *, as_json: bool) -> int:
    if as_json:
        click.echo(json.dumps(error.problem(), indent=2), err=True)
    else:
        click.echo(f"nis: {error.message}", err=True)
        for wrong in error.fields[1:]:
            click.echo(f"     {wrong.field}: {wrong.message}", err=True)
        if error.remedy:
            click.echo(f"     {error.remedy}", err=True)
    return error.codes.exit


class Session:
    """What every command shares: the settings, the catalog, the way to the operations."""

    def __init__(self, read: Read, serve: Serve, open_process: Open) -> None:
        self._read = read
        self._open = open_process
        self.serve = serve
        self.data: Path | None = None
        self.catalog = Catalog.from_index()

    def settings(self, **given: object) -> Settings:
        """The settings, where arguments of the command win."""
        return self._read(data=self.data, **given)

    def connection(self) -> Connection:
        """The running server if there is one, else the folder."""
        settings = self.settings()
        holder = holder_of(settings.data)
        if holder and holder.get("url"):
            return OverHttp(str(holder["url"]), settings.api_key)
        return OverFolder(lambda: self._open(settings))

    def opened(self) -> AbstractAsyncContextManager[Context]:
        """The data folder, opened by this command itself."""
        return self._open(self.settings())

    def entry(self, name: str) -> Entry:
        """The declaration of this name, from the index or from the running server."""
        try:
            return self.catalog.entry(name)
        except NotFound:
            holder = holder_of(self.settings().data)
            if not holder:
                raise
            found = self.call(self.catalog.entry(LOOKUP), {"id": name})
            fields: Json = {**found, "module": "", "scopes": (), "examples": ()}
            return Entry(name=fields.pop("id"), **fields)

    def call(self, entry: Entry, arguments: Json, heard: Callable[[Json], None] = lambda _: None) -> Any:  # Any: JSON
        """The operation's result as JSON."""
        return self.connection().call(entry, arguments, heard)


class Root(click.Group):
    """`nis`: its own commands, and each family of operations as a group made when it is asked for."""

    def __init__(self, session: Session) -> None:
        super().__init__("nis", help="A self-hosted backend for AI agents.", no_args_is_help=True)
        self._session = session
        self.params = [
            click.Option(
                ["--data"],
                type=click.Path(path_type=Path, file_okay=False),
                help="Data folder.",
                expose_value=False,
                is_eager=True,
                callback=self._keep_data,
            ),
            click.Option(
                ["--version"],
                is_flag=True,
                is_eager=True,
                expose_value=False,
                callback=_say_version,
                help="Print the version.",
            ),
        ]
        self.add_command(_serve(session))
        self.add_command(_call(session))
        self.add_command(_settings(session))
        self.add_command(mcp.command(session))
        for short, name in COMMANDS.items():
            entry = session.catalog.entry(name)
            self.add_command(_chat(session, entry) if short == "chat" else _command(session, entry, short))

    def _keep_data(self, _ctx: click.Context, _param: click.Parameter, value: Path | None) -> None:
        self._session.data = value

    @override
    def list_commands(self, ctx: click.Context) -> list[str]:
        """Our own commands, then the families."""
        return [*sorted(self.commands), *(name for name in self._families() if name not in self.commands)]

    def _families(self) -> list[str]:
        return sorted({entry.family for entry in self._session.catalog.entries()})

    @override
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Our own command, or a family's group."""
        if cmd_name in self.commands:
            return self.commands[cmd_name]
        if cmd_name in self._families():
            return Family(self._session, cmd_name)
        return None


class Family(click.Group):
    """`nis runs`: the operations of one family by their short names."""

    def __init__(self, session: Session, family: str) -> None:
        super().__init__(family, help=f"Operations of {family}.", no_args_is_help=True)
        for entry in session.catalog.entries():
            if entry.family == family:
                self.add_command(_command(session, entry, _short(entry)))


def _short(entry: Entry) -> str:
    """`list` of `runs.list_runs`, `events` of `runs.stream_events`: what is left without the family's own words."""
    verb, _, thing = entry.action.partition("_")
    if entry.on and entry.effect == "reads":
        return thing.replace("_", "-")
    repeats = thing in {entry.family, entry.resource, entry.on, entry.family.removesuffix("s")}
    return verb if repeats else entry.action.replace("_", "-")


def _say_version(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if value:
        click.echo(f"nis {__version__}")
        ctx.exit()


def _as_json() -> click.Option:
    return click.Option(["--json", "as_json"], is_flag=True, help="Print JSON.")


def _to_file() -> click.Option:
    return click.Option(
        ["--output", "-o", "to_file"],
        type=click.Path(path_type=Path, allow_dash=True),
        help="File for the bytes; - is what reads the output, which gets them anyway when it is no terminal.",
    )


def _serve(session: Session) -> click.Command:
    def run(host: str | None, port: int | None, data: Path | None, app: Path | None, log_level: str | None) -> None:
        session.data = data or session.data
        session.serve(session.settings(host=host, port=port, log_level=log_level), app)

    return click.Command(
        "serve",
        callback=run,
        help="Serve every protocol until it is stopped.",
        params=[
            click.Option(["--host"], help="Address to listen on.  [127.0.0.1]"),
            click.Option(["--port"], type=int, help="Port to listen on; 0 takes a free one.  [8000]"),
            click.Option(["--data"], type=click.Path(path_type=Path, file_okay=False), help="Data folder."),
            click.Option(["--app"], type=click.Path(path_type=Path), help="A Python file whose OPERATIONS are added."),
            click.Option(["--log-level"], help="debug, info, warning or error."),
        ],
    )


def _settings(session: Session) -> click.Command:
    def run(as_json: bool) -> None:
        from nis_backend.surfaces.cli.draw import draw_settings  # noqa: PLC0415 - tables load when one is drawn

        draw_settings(session.settings(), as_json=as_json)

    return click.Command(
        "settings", callback=run, help="Print every setting: value, source, meaning.", params=[_as_json()]
    )


def _call(session: Session) -> click.Command:
    def run(name: str, rest: tuple[str, ...]) -> None:
        if name == "--help":
            click.echo(click.get_current_context().get_help())
            return
        command = _command(session, session.entry(name), name)
        command.main(list(rest), prog_name=f"nis call {name}", standalone_mode=False)

    return click.Command(
        "call",
        callback=run,
        help="Call any operation by its name: nis call NAME --FIELD VALUE; `nis operations` lists the names.",
        context_settings={"ignore_unknown_options": True, "help_option_names": []},
        params=[click.Argument(["name"]), click.Argument(["rest"], nargs=-1, type=click.UNPROCESSED)],
    )


def _command(session: Session, entry: Entry, name: str) -> click.Command:
    """The command of one operation: its fields are options, its required fields may also stand in order."""
    fields: Json = entry.request_schema.get("properties", {})
    blobs = blob_fields(entry.request_schema)

    def run(
        as_json: bool,
        input: Path | None,  # noqa: A002 - the option's name
        positional: tuple[str, ...],
        to_file: Path | None = None,
        **options: str | None,
    ) -> None:
        arguments = _from_file(input) if input else {}
        arguments |= {key: _value(fields[key], value) for key, value in options.items() if value is not None}
        open_fields = [key for key in entry.request_schema.get("required", ()) if key not in arguments]
        _refuse_options(positional, fields)
        if len(positional) > len(open_fields):
            over = positional[len(open_fields)]
            raise InvalidRequest(
                f"{over!r} is one argument too many: only what is required may stand without its name.",
                field=name,
                value=over,
                remedy=f"Name it: `nis call {entry.name} --help` lists the names.",
            )
        arguments |= {key: _value(fields[key], value) for key, value in zip(open_fields, positional, strict=False)}
        _show(session, entry, given_files(entry, arguments), as_json=as_json, to_file=to_file)

    options = [
        click.Option(
            [*dict.fromkeys([f"--{key.replace('_', '-')}", f"--{key}"]), key],
            help=_help(field, required=key in entry.request_schema.get("required", ())),
            metavar=_metavar(field, blob=key in blobs),
        )
        for key, field in fields.items()
        if key not in {"as_json", "input", "positional", "to_file"}
    ]
    params: list[click.Parameter] = [
        *options,
        click.Option(
            ["--input"], type=click.Path(path_type=Path, allow_dash=True), help="Request as a JSON file; - reads stdin."
        ),
        _as_json(),
        *([_to_file()] if entry.result_schema.get("blob") else []),
        click.Argument(
            ["positional"], nargs=-1, required=False, metavar=" ".join(entry.request_schema.get("required", ()))
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


def _refuse_options(given: Iterable[str], fields: Iterable[str]) -> None:
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


def _value(schema: Json, text: str) -> Any:  # Any: JSON
    """An option's text as the field's JSON: numbers and truth values are read by validation, the rest is JSON here."""
    kinds = {one.get("type", "object") for one in schema.get("anyOf", (schema,)) if "enum" not in one}
    if kinds & {"array", "object"}:
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text


def _help(field: Json, *, required: bool) -> str:
    words = [str(field.get("description", ""))]
    words += [f"[{one['unit']}]" for one in (field, *field.get("anyOf", ())) if one.get("unit")]
    if required:
        words.append("[required]")
    elif field.get("default") is not None:
        words.append(f"[default: {json.dumps(field['default'])}]")
    return " ".join(word for word in words if word)


def _metavar(field: Json, *, blob: bool) -> str:
    if blob:
        return "@FILE|ID"
    one = next((one for one in field.get("anyOf", (field,)) if one.get("type") != "null"), field)
    return str(one.get("type", "JSON")).upper()


def _show(session: Session, entry: Entry, arguments: Json, *, as_json: bool, to_file: Path | None = None) -> None:
    """Call, and print: JSON lines as they come, or a drawing at the end with the words streamed."""
    if as_json:
        stream = entry.shape == "stream"
        result = session.call(
            entry, arguments, (lambda item: click.echo(json.dumps(item))) if stream else lambda _: None
        )
        if not stream:
            click.echo(json.dumps(result, indent=2, ensure_ascii=False))
        return
    from nis_backend.surfaces.cli.draw import Screen  # noqa: PLC0415 - tables load when one is drawn

    with Screen() as screen:
        result = session.call(entry, arguments, screen.heard)
        if not (entry.result_schema.get("blob") and save(session.connection(), result, to_file)):
            screen.result(session.catalog, entry, arguments, result)


def _chat(session: Session, entry: Entry) -> click.Command:
    """`nis chat`: one message, or a conversation on a terminal."""
    one = _command(session, entry, "chat")

    def run(**given: Any) -> None:  # Any: click's values
        said = given["positional"] or given.get("message")
        _refuse_options(given["positional"], entry.request_schema["properties"])
        if said or given["input"] or not sys.stdin.isatty():
            given["positional"] = given["positional"] or (
                () if given.get("message") or given["input"] else (sys.stdin.read(),)
            )
            given["positional"] = (" ".join(given["positional"]),) if given["positional"] else ()
            assert one.callback is not None
            one.callback(**given)
            return
        _converse(
            session,
            entry,
            {key: value for key, value in given.items() if value and key in {"model", "provider", "conversation_id"}},
        )

    return click.Command("chat", callback=run, params=one.params, help=one.help, short_help="Talk, or ask one thing.")


def _converse(session: Session, entry: Entry, options: Json) -> None:
    from nis_backend.surfaces.cli.draw import Screen  # noqa: PLC0415

    with contextlib.suppress(ImportError):
        # Its import gives the prompt its arrow keys and its history.
        importlib.import_module("readline")
    click.echo("Ctrl+D ends the conversation.", err=True)
    while True:
        try:
            message = input("› ").strip()  # noqa: RUF001 - a prompt, not an apostrophe
        except EOFError:
            click.echo()
            return
        if not message:
            continue
        screen = Screen()
        try:
            with screen:
                result = session.call(entry, {**options, "message": message}, screen.heard)
                screen.result(session.catalog, entry, {}, result)
            options["conversation_id"] = result["conversation_id"]
        except NisError as error:
            _say_failure(error, as_json=False)
        except KeyboardInterrupt:
            # A run belongs to its server: leaving it does not end it.
            click.echo(f"\nLeft; `nis runs cancel {screen.run_id}` ends it." if screen.run_id else "", err=True)
