"""`nis acp`: the agent over standard input and output, for editors that start their agents."""

from __future__ import annotations

import json
import logging
import signal
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING

import click

from nis_backend.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from nis_backend.operation import Json
    from nis_backend.settings import Settings
    from nis_backend.surfaces.cli.session import Session

    Edit = Callable[[Settings, str], None]


def run(session: Session, edit: Edit, agent: str, *, print_config: bool) -> None:
    """Serve an editor by `edit`, with an agent that is kept or the chat; or print what to give it.

    Raises:
        Unavailable: the protocol's package is not installed.
    """
    settings = session.settings()
    if print_config:
        # An editor starts its agents without the variables of this shell.
        data = settings.data if "data" in settings.model_fields_set else None
        click.echo(json.dumps(config(data, agent), indent=2))
        return
    if find_spec("acp") is None:
        raise Unavailable(
            "The package agent-client-protocol is not installed.", remedy="Run: pip install 'nis-backend[acp]'."
        )
    if sys.stdin.isatty():
        click.echo("An editor starts this; `nis acp --print-config` prints what to give it. Ctrl+C ends it.", err=True)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    logging.basicConfig(level=settings.log_level.upper(), format="%(levelname)s %(name)s %(message)s")
    edit(settings, agent)


def config(data: Path | None, agent: str = "") -> Json:
    """What to paste into Zed's settings: this very Python by its path, for an editor knows no environment of ours."""
    named = ["--agent", agent] if agent else []
    arguments = ["-m", "nis_backend", *(["--data", str(data.absolute())] if data else []), "acp", *named]
    return {
        "agent_servers": {agent or "nis": {"type": "custom", "command": sys.executable, "args": arguments, "env": {}}}
    }
