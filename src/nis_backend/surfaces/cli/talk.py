"""`nis chat`: one message, or a conversation on a terminal."""

from __future__ import annotations

import contextlib
import importlib
import json
import sys
from typing import TYPE_CHECKING, Any

import click

from nis_backend.errors import NisError
from nis_backend.surfaces.cli.derived import command, refuse_options
from nis_backend.surfaces.cli.session import say_failure

if TYPE_CHECKING:
    from nis_backend.entry import Entry
    from nis_backend.operation import Json
    from nis_backend.surfaces.cli.session import Session

ALONE = (
    "Without a message, a terminal gets a conversation, which Ctrl+D ends; what is piped in is the message. With "
    "--attach FILE, a picture, a sound or a text is looked at, also without words."
)


ATTACH = "A picture, a sound or a text to look at; may be given several times."


def chat(session: Session, entry: Entry) -> click.Command:
    """`nis chat`: one message, or a conversation on a terminal."""
    one = command(session, entry, "chat")

    def run(attach: tuple[str, ...], **given: Any) -> None:  # Any: click's values
        said = given["positional"] or given.get("message")
        refuse_options(given["positional"], entry.request_schema["properties"])
        if attach:
            given["attachments"] = json.dumps([f"@{path}" for path in attach])
            # What is piped in may be the message, or nothing.
            given["message"] = given.get("message") or (None if said or given["input"] else _piped())
            said = True
        if said or given["input"] or not sys.stdin.isatty():
            given["positional"] = given["positional"] or (
                () if given.get("message") is not None or given["input"] else (sys.stdin.read(),)
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

    return click.Command(
        "chat",
        callback=run,
        params=[*one.params, click.Option(["--attach"], multiple=True, metavar="FILE", help=ATTACH)],
        help=f"{one.help}\n\n{ALONE}",
        short_help="Talk, or ask one thing.",
    )


def _piped() -> str:
    return "" if sys.stdin.isatty() else sys.stdin.read()


def _converse(session: Session, entry: Entry, options: Json) -> None:
    from nis_backend.surfaces.cli.draw import Screen  # noqa: PLC0415 - tables load when one is drawn

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
            say_failure(error, as_json=False)
        except KeyboardInterrupt:
            # A run belongs to its server: leaving it does not end it.
            click.echo(f"\nLeft; `nis runs cancel {screen.run_id}` ends it." if screen.run_id else "", err=True)
