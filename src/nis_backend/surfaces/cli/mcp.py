"""`nis mcp`: the tools over standard input and output, for desktop clients and editors that start their servers."""

from __future__ import annotations

import json
import logging
import signal
import sys
from typing import TYPE_CHECKING

import click

from nis_backend.lock import address_of

if TYPE_CHECKING:
    from pathlib import Path

    from nis_backend.operation import Json
    from nis_backend.surfaces.cli.session import Session

CLIENTS = {"desktop": "mcpServers", "vscode": "servers"}
"""Who reads which member: most desktop clients and editors the first, VS Code's `mcp.json` the second."""


def command(session: Session) -> click.Command:
    """The command."""

    def run(toolset: str | None, print_config: str | None) -> None:
        if print_config is not None:
            settings = session.settings()
            _check(session, toolset)
            # A client starts its servers without the variables of this shell.
            data = settings.data if "data" in settings.model_fields_set else None
            click.echo(json.dumps(config(print_config, data, toolset), indent=2))
            return
        from nis_backend.surfaces.mcp import stdio  # noqa: PLC0415 - the protocol's package is only for serving it

        if sys.stdin.isatty():
            click.echo(
                "A client starts this; `nis mcp --print-config` prints what to give it. Ctrl+C ends it.", err=True
            )
            # The input is read in a thread, which an interrupt would wait for.
            signal.signal(signal.SIGINT, signal.SIG_DFL)
        settings = session.settings()
        logging.basicConfig(level=settings.log_level.upper(), format="%(levelname)s %(name)s %(message)s")
        url = address_of(settings.data)
        if url is not None:
            stdio.serve_over_http(url, settings.api_key, toolset)
        else:
            stdio.serve_folder(session.opened(), toolset)

    return click.Command(
        "mcp",
        callback=run,
        help="Serve MCP over standard input and output, for a client that starts its servers itself.",
        params=[
            click.Option(["--toolset"], help="Tools to list: families separated by commas, or all.  [essential]"),
            click.Option(
                ["--print-config"],
                type=click.Choice(list(CLIENTS)),
                is_flag=False,
                flag_value="desktop",
                help="Print what to paste into the client's configuration, and end.",
            ),
        ],
    )


def _check(session: Session, toolset: str | None) -> None:
    """Refuse a toolset that there is not.

    A running server may have families of its own, and says so itself when the client starts.

    Raises:
        NotFound: no family has this name.
    """
    if toolset and address_of(session.settings().data) is None:
        from nis_backend.surfaces.mcp.tools import choose  # noqa: PLC0415 - as above

        choose(session.catalog.entries(), toolset)


def config(client: str, data: Path | None, toolset: str | None) -> Json:
    """What to paste: this very Python by its path, because a client knows no environment of ours."""
    arguments = ["-m", "nis_backend", *(["--data", str(data.absolute())] if data else []), "mcp"]
    arguments += ["--toolset", toolset] if toolset else []
    return {CLIENTS[client]: {"nis": {"type": "stdio", "command": sys.executable, "args": arguments}}}
