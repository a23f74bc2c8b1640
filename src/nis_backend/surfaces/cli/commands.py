"""The commands: a few of the command line's own, and one for each operation."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.exceptions import NoSuchCommand
from typing_extensions import override

from nis_backend import __version__
from nis_backend.errors import NisError
from nis_backend.lock import address_of
from nis_backend.surfaces.cli import backing, completion, database, mcp, watch
from nis_backend.surfaces.cli.derived import as_json_option, command, short_name
from nis_backend.surfaces.cli.session import Session, say_failure
from nis_backend.surfaces.cli.talk import chat
from nis_backend.surfaces.rest.fixed import COMMANDS, WATCHED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from nis_backend.entry import Entry
    from nis_backend.surfaces.cli.acp import Edit
    from nis_backend.surfaces.cli.backing import Keep
    from nis_backend.surfaces.cli.deploy import Load as LoadDeploy
    from nis_backend.surfaces.cli.impact import Load
    from nis_backend.surfaces.cli.session import Moves, Open, Read, Serve, Work

IMPACT = (
    "What a dependency of a Python project really costs: used or not, removable or not, bytes, start, memory, price. "
    "Exit code 0 is SAFE, 10 UNSAFE, 11 UNPROVEN."
)

AGENTS = "Agents: kept, run, asked and tested; `init` writes one as a file, `apply` keeps it as that says."

DEPLOY = (
    "Bring nis to AWS, or to this machine: planned with its price, applied, watched, taken back. Exit code 0 is done, "
    "10 taken back, 11 failed."
)


def command_line(  # noqa: C901, PLR0913 - each is what the command line itself cannot import, and may be missing
    read: Read,
    serve: Serve,
    open_process: Open,
    arguments: Sequence[str] | None = None,
    *,
    moves: Moves | None = None,
    backups: Mapping[str, Keep] | None = None,
    work: Work | None = None,
    edit: Edit | None = None,
    impact: Load | None = None,
    deploy: LoadDeploy | None = None,
) -> int:
    """Run one command; answers the exit code. `backups` has what `nis backup` and `nis restore` do."""
    session = Session(read, serve, open_process)
    root = Root(session, moves)
    if work is not None:
        root.add_command(_worker(session, work))
    if edit is not None:
        root.add_command(_acp(session, edit))
    if impact is not None:
        root.add_command(Own("impact", IMPACT, lambda: _impact(impact), _family(session, "impact")))
    root.add_command(Own("agents", AGENTS, lambda: _agents(session), _family(session, "agents")))
    if deploy is not None:
        root.add_command(Own("deploy", DEPLOY, lambda: _deploy(session, deploy)))
    for name, keep in (backups or {}).items():
        root.add_command(backing.command(session, name, keep))
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        # Without its standalone mode click answers the code of an `Exit`, and what a command returns.
        code = root.main(given, prog_name="nis", standalone_mode=False)
    except NisError as error:
        return say_failure(error, as_json="--json" in given)
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
    return code if isinstance(code, int) else 0


class Group(click.Group):
    """Commands, of which the nearest are named where there is no such one."""

    unknown = ""
    """What is said besides."""

    @override
    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is meant."""
        try:
            return super().resolve_command(ctx, args)
        except NoSuchCommand as error:
            name, known = error.command_name, self.list_commands(ctx)
            words = f"No such command {name!r}.{self.unknown}"
            raise NoSuchCommand(name, words, known, ctx) from None


class Own(Group):
    """Commands that do their work in this process: made when one is asked for, so that no other command loads them.

    The operations of a family may stand beside them, under names of their own.
    """

    def __init__(
        self, name: str, words: str, make: Callable[[], click.Group], beside: Callable[[], click.Group] | None = None
    ) -> None:
        super().__init__(name, help=words, no_args_is_help=True)
        self._make = make
        self._beside = beside

    @override
    def list_commands(self, ctx: click.Context) -> list[str]:
        """Its own, then the operations."""
        beside = self._beside().list_commands(ctx) if self._beside else []
        return list(dict.fromkeys([*self._make().list_commands(ctx), *beside]))

    @override
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """One of them."""
        return self._make().get_command(ctx, cmd_name) or (
            self._beside().get_command(ctx, cmd_name) if self._beside else None
        )


def _agents(session: Session) -> click.Group:
    from nis_backend.surfaces.cli.agents import group  # noqa: PLC0415 - a start has no use for it

    return group(session)


def _impact(load: Load) -> click.Group:
    from nis_backend.surfaces.cli.impact import command  # noqa: PLC0415 - a start has no use for it

    return command(load)


def _deploy(session: Session, load: LoadDeploy) -> click.Group:
    from nis_backend.surfaces.cli.deploy import command  # noqa: PLC0415 - as above

    return command(session, load)


def _family(session: Session, name: str) -> Callable[[], click.Group]:
    return lambda: Family(session, name, _of_family(session, name))


class Root(Group):
    """`nis`: its own commands, and each family of operations as a group made when it is asked for."""

    unknown = " If it is in a file of yours, have the server add that: nis serve --app FILE."

    def __init__(self, session: Session, moves: Moves | None) -> None:
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
        if moves:
            self.add_command(database.command(session, moves))
        self.add_command(completion.command(self, session))

    def _keep_data(self, _ctx: click.Context, _param: click.Parameter, value: Path | None) -> None:
        self._session.data = value

    @override
    def list_commands(self, ctx: click.Context) -> list[str]:
        """Our own commands, then the families."""
        own = {*self.commands, *COMMANDS}
        return [*sorted(own), *(name for name in self._families() if name not in own)]

    def _families(self) -> list[str]:
        return sorted({entry.collection for entry in self._session.catalog.entries()})

    @override
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Our own command, or a family's group."""
        if cmd_name in self.commands:
            return self.commands[cmd_name]
        if cmd_name in COMMANDS:
            return self._short(cmd_name)
        if cmd_name in self._families():
            return Family(self._session, cmd_name, _of_family(self._session, cmd_name))
        served = self._session.served(cmd_name)
        return Family(self._session, cmd_name, served) if served else None

    def _short(self, name: str) -> click.Command:
        """A short command of an operation: made when it is asked for, since a start reads no schema."""
        entry = self._session.catalog.entry(COMMANDS[name])
        if name == "chat":
            return chat(self._session, entry)
        if name == entry.collection:
            return Family(self._session, name, _of_family(self._session, name), alone=entry)
        return command(self._session, entry, name)


def _of_family(session: Session, family: str) -> list[Entry]:
    return [entry for entry in session.catalog.entries() if family in {entry.collection, entry.family}]


class Family(Group):
    """`nis runs`: the operations of one family by their short names; `alone` is what the family's name alone calls."""

    def __init__(self, session: Session, family: str, entries: Iterable[Entry], alone: Entry | None = None) -> None:
        super().__init__(family, no_args_is_help=alone is None, invoke_without_command=alone is not None)
        self._whole: dict[str, str] = {}
        """Short names by the whole ones, which are taken too."""
        for entry in entries:
            # What has its place in another collection has its whole name here: training.promote_model.
            whole = entry.action.replace("_", "-")
            name = short_name(entry) if entry.collection == family else whole
            self._whole[whole] = name
            self.add_command(command(session, entry, name))
            if entry.name in WATCHED:
                self.add_command(watch.command(session, entry, WATCHED[entry.name]))
        self.help = f"{family.replace('_', ' ').capitalize()}: {', '.join(sorted(self.commands))}."
        if alone:
            self._call_alone(command(session, alone, family))

    @override
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """By its short name, or by its whole one."""
        whole = cmd_name.replace("_", "-")
        return super().get_command(ctx, cmd_name) or self.commands.get(self._whole.get(whole, whole))

    def _call_alone(self, plain: click.Command) -> None:
        def run(**options: Any) -> None:  # Any: what click has read
            context = click.get_current_context()
            if context.invoked_subcommand is None:
                context.invoke(plain, positional=(), **options)

        self.params = [one for one in plain.params if isinstance(one, click.Option)]
        self.callback = run
        self.help = plain.help
        self.short_help = plain.short_help


def _say_version(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if value:
        click.echo(f"nis {__version__}")
        ctx.exit()


def _over() -> list[click.Option]:
    """What a process stands on: its data, and operations of one's own."""
    return [
        click.Option(["--data"], type=click.Path(path_type=Path, file_okay=False), help="Data folder."),
        click.Option(["--app"], type=click.Path(path_type=Path), help="A Python file whose OPERATIONS are added."),
    ]


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
            *_over(),
            click.Option(["--log-level"], help="debug, info, warning or error."),
        ],
    )


def _worker(session: Session, work: Work) -> click.Command:
    def run(queues: str | None, host: str | None, port: int, data: Path | None, app: Path | None) -> None:
        session.data = data or session.data
        work(session.settings(host=host, port=port), app, queues)

    return click.Command(
        "worker",
        callback=run,
        help="Execute runs from the PostgreSQL that servers share, until it is stopped.",
        params=[
            click.Option(["--queues"], help="Queues to serve, comma-separated: compute,default.  [all]"),
            click.Option(["--host"], help="Address where it tells how it is.  [127.0.0.1]"),
            click.Option(["--port"], type=int, default=0, help="Port of /health/ready there.  [a free one]"),
            *_over(),
        ],
    )


def _acp(session: Session, edit: Edit) -> click.Command:
    def run(agent: str, print_config: bool) -> None:
        from nis_backend.surfaces.cli.acp import run  # noqa: PLC0415 - a start serves no editor

        run(session, edit, agent, print_config=print_config)

    return click.Command(
        "acp",
        callback=run,
        help="Serve the Agent Client Protocol over standard input and output, for an editor that starts its agents.",
        params=[
            click.Option(["--agent"], default="", help="The agent that answers, by its name.  [the chat]"),
            click.Option(["--print-config"], is_flag=True, help="Print what to paste into Zed's settings."),
        ],
    )


def _settings(session: Session) -> click.Command:
    def run(as_json: bool) -> None:
        from nis_backend.surfaces.cli.draw import draw_settings  # noqa: PLC0415 - tables load when one is drawn

        settings = session.settings()
        draw_settings(settings, as_json=as_json)
        url = address_of(settings.data)
        if url is not None and not as_json:
            click.echo(f"As read here and now: the server at {url} has those that it was started with.", err=True)

    return click.Command(
        "settings", callback=run, help="Print every setting: value, source, meaning.", params=[as_json_option()]
    )


def _call(session: Session) -> click.Command:
    def run(name: str, rest: tuple[str, ...]) -> Any:  # Any: an exit code, or what a command returns
        if name == "--help":
            click.echo(click.get_current_context().get_help())
            return None
        called = command(session, session.entry(name), name)
        return called.main(list(rest), prog_name=f"nis call {name}", standalone_mode=False)

    return click.Command(
        "call",
        callback=run,
        help="Call any operation by its name: nis call NAME --FIELD VALUE; `nis operations` lists the names.",
        context_settings={"ignore_unknown_options": True, "help_option_names": []},
        params=[click.Argument(["name"]), click.Argument(["rest"], nargs=-1, type=click.UNPROCESSED)],
    )
