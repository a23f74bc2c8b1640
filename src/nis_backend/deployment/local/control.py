"""How a command and the controller speak: a line with the token, then lines of how far it is, then the outcome."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import json
import logging
import socket
from typing import TYPE_CHECKING, Any

from nis_backend.errors import Forbidden, InternalError, Malformed, NisError, Unavailable, from_problem

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from nis_backend.deployment.target import Tell
    from nis_backend.operation import Json

    Answer = Callable[[str, Json, Tell], Awaitable[Json]]

log = logging.getLogger("nis.deployment.local")

LONGEST = 1024 * 1024
"""Bytes of a line."""
CONNECT_SECONDS = 5.0
LAST_SECONDS = 1.0


class Control:
    """Listens on loopback for who has the token."""

    def __init__(self, token: str, answer: Answer) -> None:
        self.token = token
        self._answer = answer
        self._server: asyncio.Server | None = None
        self._asking: set[asyncio.Task[None]] = set()

    async def listen(self) -> int:
        """Begin on a free port, which it answers."""
        self._server = await asyncio.start_server(self._begin, "127.0.0.1", 0, limit=LONGEST)
        return int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Take no more; who has an answer by now gets it."""
        if self._server is not None:
            self._server.close()
        if self._asking:
            await asyncio.wait(self._asking, timeout=LAST_SECONDS)
        for one in self._asking:
            one.cancel()

    def _begin(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        def say(line: Json) -> None:
            if not writer.is_closing():
                writer.write(json.dumps(line).encode() + b"\n")

        try:
            line = await reader.readline()
            say({"result": await self._ask(line, lambda share, text: say({"share": share, "text": text}))})
        except NisError as error:
            say({"problem": error.problem()})
        except (OSError, ValueError):
            pass
        except Exception:
            log.exception("a command failed")
            say({"problem": InternalError("The controller failed.", remedy="Its log has the reason.").problem()})
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _ask(self, line: bytes, tell: Tell) -> Json:
        try:
            asked: Any = json.loads(line)
            token, what, given = str(asked["token"]), str(asked["do"]), asked.get("with", {})
        except (ValueError, TypeError, KeyError, AttributeError):
            raise Malformed("That is no command of a controller's.") from None
        if not hmac.compare_digest(token.encode(), self.token.encode()):
            raise Forbidden("The token is another one.", remedy="Use the folder of this deployment.")
        # It goes on where whoever asked leaves: as ECS does when a terminal is closed.
        return await asyncio.shield(asyncio.ensure_future(self._answer(what, given, tell)))


def ask(port: int, token: str, what: str, given: Json, tell: Tell) -> Json:
    """Have the controller do something, and hear of it until it is done.

    Raises:
        Unavailable: nobody answers there, or the controller died meanwhile.
        NisError: what it refuses.
    """
    line = json.dumps({"token": token, "do": what, "with": given}).encode() + b"\n"
    try:
        connection = socket.create_connection(("127.0.0.1", port), CONNECT_SECONDS)
    except OSError:
        away = Unavailable("No controller answers.", remedy="The next apply starts one.")
        away.sent = "no"
        raise away from None
    try:
        with connection:
            connection.settimeout(None)
            connection.sendall(line)
            with connection.makefile("rb") as answers:
                for answer in answers:
                    said = json.loads(answer)
                    if "result" in said:
                        return said["result"]
                    if "problem" in said:
                        raise from_problem(said["problem"])
                    tell(float(said["share"]), str(said["text"]))
    except OSError as error:
        raise Unavailable(f"The controller does not answer: {error.strerror}.", remedy="Try again.") from None
    raise Unavailable(
        "The controller ended before it had an answer.",
        remedy="Ask again: the next one takes over what is there, and goes on.",
    )
