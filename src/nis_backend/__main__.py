"""The command `nis`: hands the command line the two things it cannot import, `serve` and `open`."""

from __future__ import annotations

import contextlib
import gc
import os
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator
    from pathlib import Path

    from nis_backend.backups.archive import Tell
    from nis_backend.context import Context
    from nis_backend.database import Schema
    from nis_backend.settings import Settings
    from nis_backend.surfaces.cli.deploy import Deploy
    from nis_backend.surfaces.cli.impact import Impact


def serve(settings: Settings, app_file: Path | None) -> None:
    """Serve until SIGTERM or SIGINT."""
    gc.disable()  # as in main; `settle` has garbage looked for again
    from nis_backend.logs import SERVING, log_to_terminal  # noqa: PLC0415 - as below
    from nis_backend.server import serve  # noqa: PLC0415 - a command that only calls needs no server

    log_to_terminal(settings, SERVING)
    _say_misspelt(settings)
    serve(settings, app_file)


def work(settings: Settings, app_file: Path | None, queues: str | None) -> None:
    """Execute runs until SIGTERM or SIGINT."""
    from nis_backend.logs import WORKING, log_to_terminal  # noqa: PLC0415 - as above
    from nis_backend.worker import work  # noqa: PLC0415 - as above

    log_to_terminal(settings, WORKING)
    _say_misspelt(settings)
    work(settings, app_file, queues)


def _say_misspelt(settings: Settings) -> None:
    from nis_backend.logs import say  # noqa: PLC0415 - as above
    from nis_backend.settings import misspelt  # noqa: PLC0415 - as in main

    for line in misspelt(os.environ):
        say(settings, f"nis: {line} `nis settings` lists them.\n", f"{line} `nis settings` lists them.")


def edit(settings: Settings, agent: str) -> None:
    """Talk to an editor until it leaves, as an agent that is kept or, where none is named, as the chat."""
    from nis_backend.lock import address_of  # noqa: PLC0415 - as above
    from nis_backend.surfaces.acp.serving import serve  # noqa: PLC0415 - as above

    serve(settings, lambda: address_of(settings.data), lambda: open_process(settings), agent)


@contextlib.asynccontextmanager
async def open_process(settings: Settings) -> AsyncGenerator[Context]:
    """Open the data folder for the length of one command."""
    from nis_backend.app import Process  # noqa: PLC0415 - a command to a running server opens nothing
    from nis_backend.caller import LOCAL  # noqa: PLC0415 - as above
    from nis_backend.lock import FolderLock  # noqa: PLC0415 - as above

    with FolderLock(settings.data):
        async with Process(settings, serves=False).open() as process:
            yield process.context(LOCAL)


def schema_of(settings: Settings) -> Schema:
    """The version of the database's schema."""
    from nis_backend.database import schema_of  # noqa: PLC0415 - as above

    return schema_of(settings)


def move_schema(settings: Settings, version: int) -> Schema:
    """Bring the database's schema to a version."""
    from nis_backend.database import move_schema  # noqa: PLC0415 - as above

    return move_schema(settings, version)


def back_up(settings: Settings, file: Path, tell: Tell, *, force: bool) -> dict[str, Any]:
    """Write the folder's data to a file; a server may go on using them. Answers the manifest."""
    from nis_backend.backups.taking import take  # noqa: PLC0415 - as above

    return take(settings, file, tell, force=force).model_dump(mode="json")


def restore(settings: Settings, file: Path, tell: Tell, *, force: bool) -> dict[str, Any]:
    """Bring a backup's data into the folder. Answers the manifest."""
    from nis_backend.backups.restoring import restore  # noqa: PLC0415 - as above

    return restore(settings, file, tell, force=force).model_dump(mode="json")


def load_impact() -> Impact:
    """What a dependency costs, and how it is found out."""
    with _of_extra("impact"):
        from nis_backend.impact import answers  # noqa: PLC0415 - as above
    return answers


def load_deploy() -> Deploy:
    """What brings nis to where it serves."""
    with _of_extra("aws"):
        from nis_backend.deployment import answers  # noqa: PLC0415 - as above
    return answers


@contextlib.contextmanager
def _of_extra(extra: str) -> Generator[None]:
    """Say which extra has a package that is missing."""
    try:
        yield
    except ModuleNotFoundError as error:
        from nis_backend.errors import Unavailable  # noqa: PLC0415 - as above

        raise Unavailable(
            f"The package {error.name} is not installed.", remedy=f"pip install 'nis-backend[{extra}]'"
        ) from None


def main() -> None:
    """Run the command line."""
    # Next to nothing that imports make is garbage: looking for it would be a quarter of their time.
    gc.disable()
    from nis_backend.settings import read_settings  # noqa: PLC0415 - with nobody looking for garbage
    from nis_backend.surfaces.cli.commands import command_line  # noqa: PLC0415 - as above
    from nis_backend.surfaces.cli.session import Moves  # noqa: PLC0415 - as above

    gc.freeze()
    gc.enable()

    def settings(**given: object) -> Settings:
        return read_settings(os.environ, **given)

    moves, backups = Moves(of=schema_of, to=move_schema), {"backup": back_up, "restore": restore}
    sys.exit(
        command_line(
            settings,
            serve,
            open_process,
            moves=moves,
            backups=backups,
            work=work,
            edit=edit,
            impact=load_impact,
            deploy=load_deploy,
        )
    )


if __name__ == "__main__":
    main()
