"""`nis runs watch`: the events of a run as they come, in words, up to its end, whose outcome is the exit code."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import click

from nis_backend.errors import NisError, Unavailable, shorten
from nis_backend.run import TERMINAL
from nis_backend.surfaces.cli.connection import outcome
from nis_backend.surfaces.cli.derived import as_json_option, required

if TYPE_CHECKING:
    from nis_backend.entry import Entry
    from nis_backend.operation import Json
    from nis_backend.surfaces.cli.session import Session

PATIENCE = 30.0
"""Seconds within which a server is usually started again."""

WIDE = 100
"""Characters of what one event tells besides words and drawings."""


def command(session: Session, entry: Entry, name: str) -> click.Command:
    """The command that watches by the operation `entry`, a stream of a run's events."""

    def run(run_id: str | None, after: str | None, wait: float, as_json: bool) -> None:
        given: Json = {"id": required("id", run_id), **({} if after is None else {"after": after})}
        from nis_backend.surfaces.cli.draw import Screen  # noqa: PLC0415 - tables load when one is drawn

        with Screen() as screen:
            seen = _Seen(screen, as_json=as_json)
            again = f"nis {entry.collection} {name} {given['id']} --after"
            try:
                _follow(session, entry, given, seen, wait)
            except KeyboardInterrupt:
                seen.end_line()
                click.echo(f"Left; the run goes on. `{again} {seen.number or after or 0}` goes on watching.", err=True)
                raise
            except Unavailable as error:
                seen.end_line()
                if seen.number:
                    error.remedy = f"{error.remedy} `{again} {seen.number}` goes on watching."
                raise
            seen.end_line()
        result = outcome(seen.last, f"`{again} {seen.number}` goes on watching.")
        if not (seen.shown or as_json):
            _draw(session, entry, given["id"], result)

    return click.Command(
        name,
        callback=run,
        help="Watch a run: its events as they come, drawn, up to its end.\n\n\b\n"
        "It exits with 0 when the run has succeeded, else with the code of its failure, 130 when it was cancelled.\n"
        "Ctrl+C ends the watching, not the run.",
        params=[
            click.Argument(["run_id"], required=False, metavar="ID"),
            click.Option(["--after"], metavar="INTEGER", help="Number of the last event already seen.  [0]"),
            click.Option(
                ["--wait"],
                type=click.FloatRange(0, 86_400),
                default=PATIENCE,
                metavar="SECONDS",
                help=f"How long a server that went away is waited for.  [{PATIENCE:g}]",
            ),
            as_json_option(),
        ],
    )


def _draw(session: Session, entry: Entry, run_id: str, result: Any) -> None:  # Any: JSON
    """Show a result as the run's own operation has it shown."""
    from nis_backend.surfaces.cli.draw import Screen  # noqa: PLC0415 - tables load when one is drawn

    try:
        run = session.call(session.catalog.entry(f"{entry.family}.get_{entry.on}"), {"id": run_id})
        with Screen() as screen:
            screen.result(session.catalog, session.entry(run["operation"]), run["input"], result)
    except NisError:
        # The server has gone, or knows the operation no more: the result is at hand.
        click.echo(json.dumps(result, indent=2, ensure_ascii=False))


def _follow(session: Session, entry: Entry, given: Json, seen: _Seen, wait: float) -> None:
    """Hear the run to its end; a server that went away is waited for, since the next one goes on with the run.

    Raises:
        Unavailable: none came for `wait` seconds.
    """
    number, until = -1, 0.0
    while not seen.ended:
        if seen.number != number:
            number, until = seen.number, time.monotonic() + wait
        try:
            session.call(entry, {**given, **({"after": number} if number else {})}, seen.heard)
            gone = Unavailable("The server has gone.", remedy="Start it again with `nis serve`.")
        except Unavailable as error:
            gone = error
        if seen.ended:
            return
        if wait and seen.number != number:
            seen.end_line()
            click.echo(f"There is no server now; the next one is waited for, for {wait:g} s.", err=True)
        if not session.server_by(until):
            raise gone


class _Seen:
    """What was heard of the run so far, and is on the screen."""

    def __init__(self, screen: Any, *, as_json: bool) -> None:  # Any: `Screen`, which is imported late
        self.number = 0
        self._screen = screen
        self._as_json = as_json
        self._in_words = self.shown = False
        self.last: Json = {}

    @property
    def ended(self) -> bool:
        """Whether the run's end was heard."""
        return self.last.get("type") in TERMINAL

    def heard(self, event: Json) -> None:
        """Show one event."""
        self.number, self.last = event["seq"], event["body"]
        if self._as_json:
            click.echo(json.dumps(event, ensure_ascii=False))
            return
        from nis_backend.surfaces.cli.plain import harmless  # noqa: PLC0415 - loads with the first event

        body = event["body"]
        if body["type"] == "text_delta":
            if not self._in_words:
                click.echo(f"{self.number:>5}  ", nl=False)
            click.echo(harmless(body["text"]), nl=False)
            self._in_words = self.shown = True
            return
        if body["type"] == "noted":
            # Times and ids that the run has noted so as to be replayed tell a person nothing.
            return
        self.end_line()
        click.echo(harmless(f"{self.number:>5}  {told(body)}"))
        if body["type"] == "surface":
            self._screen.views(body["views"])
            self.shown = True

    def end_line(self) -> None:
        """Begin a new line after words."""
        if self._in_words:
            click.echo()
        self._in_words = False


def progress_words(body: Json) -> str:
    """What is said of a progress, and what was measured by then; an older server measures nothing."""
    return "  ".join([body["message"], *(f"{name} {value:.4g}" for name, value in body.get("values", {}).items())])


def told(body: Json) -> str:  # noqa: C901, PLR0911, PLR0912 - one line a kind of event
    """An event in words."""
    match body:
        case {"type": "started", "operation": operation, "attempt": attempt}:
            return f"{operation} has begun" + (f" again, attempt {attempt}" if attempt > 1 else "")
        case {"type": "model_called", "provider": provider, "model": model}:
            return f"asks {provider}: {model}"
        case {"type": "model_answered", "input_tokens": given, "output_tokens": made, "finish_reason": reason}:
            counts = f", {given} tokens in, {made} out" if given is not None and made is not None else ""
            return f"the model has answered ({reason}{counts})"
        case {"type": "reasoning_delta", "text": text}:
            return shorten(f"thinks: {' '.join(text.split())}", WIDE)
        case {"type": "tool_called", "operation": operation, "arguments": arguments}:
            return shorten(f"calls {operation} {json.dumps(arguments, ensure_ascii=False)}", WIDE)
        case {"type": "tool_answered", "operation": operation, "problem": {"detail": detail}}:
            return shorten(f"{operation} refused: {detail}", WIDE)
        case {"type": "tool_answered", "operation": operation, "result": result}:
            return shorten(f"{operation} answered {json.dumps(result, ensure_ascii=False)}", WIDE)
        case {"type": "progress", "fraction": fraction}:
            return f"{fraction:>4.0%}  {progress_words(body)}".rstrip()
        case {"type": "step_retried", "reason": reason}:
            return f"begins the step again, without the words above: {reason}"
        case {"type": "input_required", "operation": operation, "missing": missing}:
            return f"asks for {', '.join(missing)} of {operation}"
        case {"type": "approval_required", "operation": operation, "reason": reason}:
            return shorten(f"asks for approval of {operation}: {reason}", WIDE)
        case {"type": "retry_scheduled", "problem": {"detail": detail}}:
            return shorten(f"is tried again: {detail}", WIDE)
        case {"type": "released", "reason": reason}:
            return {"paused": "rests", "waiting": "waits"}.get(reason, "goes on once a server is there again")
        case {"type": "artifact", "name": artifact, "blob_id": blob}:
            return f"has made {artifact} ({blob})"
        case {"type": "warning", "message": message}:
            return f"warning: {message}"
        case {"type": kind}:
            return str(kind).replace("_", " ")
        case _:
            return json.dumps(body)
