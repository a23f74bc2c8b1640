"""`nis deploy`: from a checkout to what serves, on AWS or on this machine, and back; no server is needed."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import click

from nis_backend.errors import Conflict, InvalidRequest
from nis_backend.surfaces.cli.derived import as_json_option
from nis_backend.surfaces.cli.shown import read_text, with_progress

if TYPE_CHECKING:
    from collections.abc import Callable

    from nis_backend.operation import Json
    from nis_backend.settings import Settings
    from nis_backend.surfaces.cli.session import Session
    from nis_backend.surfaces.cli.shown import Tell, Told

    Load = Callable[[], "Deploy"]

CODES = {"done": 0, "rolled_back": 10, "failed": 11}
"""Exit codes of what was applied; other failures have those of every command."""
FOUND = 10
"""Exit code of definitions with an error in them."""


class Deploy(Protocol):
    """What does it; options are those of the command, by their names."""

    def plan(self, settings: Settings, options: Json) -> Told:
        """What applying would do."""
        ...

    def build(self, options: Json, tell: Tell) -> Told:
        """An image from a checkout."""
        ...

    def push(self, settings: Settings, options: Json, tell: Tell) -> Told:
        """An image to the deployment's registry."""
        ...

    def apply(self, settings: Settings, options: Json, tell: Tell) -> Told:
        """Bring it there."""
        ...

    def status(self, settings: Settings, options: Json) -> Told:
        """How it is."""
        ...

    def logs(self, settings: Settings, options: Json) -> Told:
        """What its tasks wrote."""
        ...

    def scale(self, settings: Settings, options: Json, tell: Tell) -> Told:
        """So many tasks."""
        ...

    def rollback(self, settings: Settings, options: Json, tell: Tell) -> Told:
        """What served before."""
        ...

    def destroy(self, settings: Settings, options: Json, tell: Tell) -> Told:
        """All of it down."""
        ...

    def control(self, settings: Settings, options: Json) -> None:
        """Be the controller of a deployment on this machine."""
        ...

    def validate(self, text: str, options: Json) -> Told:
        """What is wrong with a definition."""
        ...

    def diff(self, before: str, after: str) -> Told:
        """What differs between two."""
        ...


def command(session: Session, load: Load) -> click.Group:
    """The group and its commands."""
    group = click.Group(
        "deploy",
        help="Bring nis to AWS, or to this machine: planned with its price, applied, watched, taken back.",
        no_args_is_help=True,
    )
    for one in (
        _plan(session, load),
        _build(load),
        _push(session, load),
        _apply(session, load),
        _status(session, load),
        _logs(session, load),
        _scale(session, load),
        _rollback(session, load),
        _destroy(session, load),
        _controller(session, load),
        _validate(load),
        _diff(load),
    ):
        group.add_command(one)
    return group


def _plan(session: Session, load: Load) -> click.Command:
    def run(as_json: bool, **options: Any) -> None:
        _show(load().plan(session.settings(), options), as_json=as_json)
        if sys.stdout.isatty() and not (as_json or options["whole"]):
            click.echo("\nnis deploy plan --all shows all that it stands on; --usage NAME=NUMBER assumes otherwise.")

    return click.Command(
        "plan",
        callback=run,
        help="Show what would change, the price of a month to the cent, the times of a drain and a rollback. Changes "
        "nothing. --offline needs no key.",
        params=[
            *_of_deployment(),
            *_of_wanted(),
            click.Option(["--offline"], is_flag=True, help="Ask no account what is there."),
            click.Option(["--refresh"], is_flag=True, help="Ask AWS for today's prices first."),
            click.Option(
                ["--usage"],
                multiple=True,
                metavar="NAME=NUMBER",
                help="Assume another figure of a month: requests=3000000, out_gb=60.",
            ),
            click.Option(
                ["--all", "whole"], is_flag=True, help="Show also each resource, assumption, source and part of a time."
            ),
            as_json_option(),
        ],
    )


def _build(load: Load) -> click.Command:
    def run(as_json: bool, **options: Any) -> None:
        _show(with_progress(as_json, lambda tell: load().build(options, tell)), as_json=as_json)

    return click.Command(
        "build",
        callback=run,
        help="Build the image of a checkout with docker, podman or buildah, and say what it weighs.",
        params=[
            click.Option(
                ["--context"],
                type=click.Path(path_type=Path, file_okay=False, exists=True),
                default=Path(),
                help="The checkout.  [.]",
            ),
            click.Option(
                ["--target"],
                type=click.Choice(["core", "local", "full"]),
                default="local",
                help="core: providers only. local: answers with no key. full: every extra.  [local]",
            ),
            click.Option(["--tag"], default="nis-backend", help="What it is called here.  [nis-backend]"),
            click.Option(["--platform"], help="linux/amd64 or linux/arm64.  [this machine's]"),
            click.Option(["--base"], help="The image that it stands on.  [python:3.11-slim]"),
            as_json_option(),
        ],
    )


def _push(session: Session, load: Load) -> click.Command:
    def run(as_json: bool, **options: Any) -> None:
        _show(with_progress(as_json, lambda tell: load().push(session.settings(), options, tell)), as_json=as_json)

    return click.Command(
        "push",
        callback=run,
        help="Push an image to the deployment's registry, and print what names it there: by its digest.",
        params=[
            *_of_deployment(),
            click.Option(["--tag"], default="nis-backend", help="What it is called here.  [nis-backend]"),
            as_json_option(),
        ],
    )


def _apply(session: Session, load: Load) -> click.Command:
    def run(as_json: bool, yes: bool, **options: Any) -> int:
        deploy, settings = load(), session.settings()
        if not (yes or as_json):
            planned = deploy.plan(settings, {**options, "offline": False, "refresh": False})
            _show(planned, as_json=False)
            if planned.result.get("refused"):
                raise Conflict("It is not applied, for what the plan says.", remedy="Nothing was changed.")
        if not yes:
            _ask("Apply this?", as_json=as_json)
        told = with_progress(as_json, lambda tell: deploy.apply(settings, options, tell))
        return _ended(told, as_json=as_json)

    return click.Command(
        "apply",
        callback=run,
        help="Do what `plan` shows, wait and verify. Exit code 0: done. 10: taken back. 11: failed.",
        params=[
            *_of_deployment(),
            *_of_wanted(),
            click.Option(["--role"], help="On AWS: what makes resources from now on, by its ARN.  [who deploys]"),
            click.Option(["--replace-data"], is_flag=True, help="Let it replace or remove what holds data."),
            _yes(),
            as_json_option(),
        ],
    )


def _status(session: Session, load: Load) -> click.Command:
    def run(as_json: bool, **options: Any) -> None:
        _show(load().status(session.settings(), options), as_json=as_json)

    return click.Command(
        "status",
        callback=run,
        help="Show its services, what is served, what could be gone back to, and which alarms ring.",
        params=[*_of_deployment(), as_json_option()],
    )


def _logs(session: Session, load: Load) -> click.Command:
    def run(as_json: bool, **options: Any) -> None:
        told = load().logs(session.settings(), options)
        if as_json:
            _show(told, as_json=True)
            return
        for line in told.result["lines"]:
            click.echo(f"{line['service']} {line['task'][-8:]} {line['text']}")

    return click.Command(
        "logs",
        callback=run,
        help="Print what its tasks wrote, the oldest line first.",
        params=[
            *_of_deployment(),
            click.Option(["--service"], type=click.Choice(["api", "worker"]), help="One of them.  [both]"),
            click.Option(["--minutes"], type=click.FloatRange(min=0), default=60.0, help="How far back.  [60]"),
            click.Option(["--limit"], type=click.IntRange(1, 10_000), default=200, help="Most lines.  [200]"),
            click.Option(["--words"], default="", help="Only lines that have them."),
            as_json_option(),
        ],
    )


def _scale(session: Session, load: Load) -> click.Command:
    def run(as_json: bool, **options: Any) -> int:
        told = with_progress(as_json, lambda tell: load().scale(session.settings(), options, tell))
        return _ended(told, as_json=as_json)

    return click.Command(
        "scale",
        callback=run,
        help="Have COUNT tasks of SERVICE.",
        params=[
            click.Argument(["service"], type=click.Choice(["api", "worker"])),
            click.Argument(["count"], type=click.IntRange(0, 200)),
            *_of_deployment(argument=False),
            as_json_option(),
        ],
    )


def _rollback(session: Session, load: Load) -> click.Command:
    def run(as_json: bool, **options: Any) -> int:
        told = with_progress(as_json, lambda tell: load().rollback(session.settings(), options, tell))
        return _ended(told, as_json=as_json)

    return click.Command(
        "rollback",
        callback=run,
        help="Serve again what served before.",
        params=[
            *_of_deployment(),
            click.Option(["--revision"], default="", help="As `status` names it.  [the one before]"),
            as_json_option(),
        ],
    )


def _destroy(session: Session, load: Load) -> click.Command:
    def run(as_json: bool, yes: bool, **options: Any) -> int:
        deploy, settings = load(), session.settings()
        if not (yes or as_json):
            _show(deploy.status(settings, options), as_json=False)
        if not yes:
            _ask("Take all of this down?", as_json=as_json)
        told = with_progress(as_json, lambda tell: deploy.destroy(settings, options, tell))
        return _ended(told, as_json=as_json)

    return click.Command(
        "destroy",
        callback=run,
        help="Take it down; asks first. What databases and disks held stays as snapshots.",
        params=[
            *_of_deployment(),
            click.Option(["--unprotect"], is_flag=True, help="Take down also what is protected from it."),
            _yes(),
            as_json_option(),
        ],
    )


def _controller(session: Session, load: Load) -> click.Command:
    def run(**options: Any) -> None:
        load().control(session.settings(), options)

    return click.Command(
        "controller",
        callback=run,
        help="Go on with a deployment on this machine, in the foreground: for what starts programs at boot. "
        "`apply --to local` starts one by itself.",
        params=[one for one in _of_deployment() if one.name in {"deployment", "name", "folder"}],
    )


def _validate(load: Load) -> click.Command:
    def run(as_json: bool, files: tuple[Path, ...], where: str | None, **options: Any) -> int:
        results: list[Json] = []
        deploy, code = load(), 0
        for file in files:
            told = deploy.validate(_text(file), {**options, "fargate": None if where is None else where == "fargate"})
            results.append({"file": str(file), **told.result})
            if told.word == "error":
                code = FOUND
            if not as_json:
                click.echo(f"{file}: {told.result['kind']}")
                _show(told, as_json=False)
        if as_json:
            click.echo(json.dumps(results, indent=2, ensure_ascii=False))
        return code

    return click.Command(
        "validate",
        callback=run,
        help="Check FILES: ECS task definitions, CloudFormation templates, scripts of aws commands, Dockerfiles; - is "
        "standard input. Exit code 10 where one has an error.",
        params=[
            click.Argument(["files"], nargs=-1, required=True, type=click.Path(path_type=Path, allow_dash=True)),
            click.Option(
                ["--for", "where"], type=click.Choice(["fargate", "ec2"]), help="Where it is to run.  [as it says]"
            ),
            click.Option(
                ["--measured-start"],
                type=click.FloatRange(min=0),
                help="Seconds in which it was healthy after its start; `make image` measures them.",
            ),
            as_json_option(),
        ],
    )


def _diff(load: Load) -> click.Command:
    def run(as_json: bool, before: Path, after: Path) -> None:
        _show(load().diff(_text(before), _text(after)), as_json=as_json)

    file = click.Path(path_type=Path, allow_dash=True)
    return click.Command(
        "diff",
        callback=run,
        help="Compare two task definitions or templates: what differs, and what it means.",
        params=[click.Argument(["before"], type=file), click.Argument(["after"], type=file), as_json_option()],
    )


def _of_deployment(*, argument: bool = True) -> list[click.Parameter]:
    """Which deployment: one that the settings name, or where it is."""
    named: click.Parameter = (
        click.Argument(["deployment"], required=False)
        if argument
        else click.Option(["--deployment"], help="One of NIS_DEPLOYMENTS.")
    )
    return [
        named,
        click.Option(["--to"], type=click.Choice(["aws", "local"]), help="An AWS account, or this machine.  [aws]"),
        click.Option(["--name"], help="What it is called.  [nis-backend]"),
        click.Option(["--region"], help="AWS region.  [us-east-1]"),
        click.Option(["--folder"], help="On this machine: where it keeps what it knows.  [DATA/deployments/NAME]"),
        click.Option(["--port"], type=click.IntRange(0, 65535), help="On this machine: where it answers.  [8000]"),
    ]


def _of_wanted() -> list[click.Parameter]:
    return [
        click.Option(["--profile"], help="small, small-rds, box, production or gpu.  [small]"),
        click.Option(["--image"], help="By its digest; on this machine also venv:FOLDER.  [as it is]"),
        click.Option(["--set", "parameters"], multiple=True, metavar="NAME=VALUE", help="A parameter of the template."),
        click.Option(
            ["--env", "environment"],
            multiple=True,
            metavar="NAME[=VALUE]",
            help="A setting of nis; without a value, this shell's. On AWS keys go into the stack's secret instead.",
        ),
        click.Option(["--ephemeral"], is_flag=True, help="Accept that what tasks keep on their own disks is lost."),
    ]


def _yes() -> click.Option:
    return click.Option(["--yes", "-y"], is_flag=True, help="Do not ask.")


def _ask(question: str, *, as_json: bool) -> None:
    if as_json or not sys.stdin.isatty():
        raise InvalidRequest(
            "Nobody is here to ask.", field="yes", value=False, remedy="Add --yes where no terminal is."
        )
    click.confirm(question, abort=True, err=True)


def _ended(told: Told, *, as_json: bool) -> int:
    _show(told, as_json=as_json)
    return CODES[told.word]


def _text(file: Path) -> str:
    return read_text(file, "Give a text file.")


def _show(told: Told, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(told.result, indent=2, ensure_ascii=False))
        return
    from nis_backend.surfaces.cli.draw import Screen  # noqa: PLC0415 - tables load when one is drawn

    Screen().drawn(told.views(charts=False))
