"""When a command is ready: an address of this machine answers, a port is listened on, or any port is."""

from __future__ import annotations

import http.client
import re
import ssl
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from nis_backend.errors import InvalidRequest
from nis_backend.impact.running.tree import LINUX, is_taken

if TYPE_CHECKING:
    from nis_backend.impact.running.tree import Tree

ANSWER_SECONDS = 5.0
"""How long one answer may take."""
BAD = 400
REMEDY = "give http://127.0.0.1:PORT/PATH, or `port N`"


@dataclass(frozen=True, kw_only=True)
class Ready:
    """What a command is waited for; port 0 for the first that it listens on, which needs Linux."""

    port: int = 0
    host: str = "127.0.0.1"
    path: str = ""
    """Empty where nothing is asked over HTTP."""
    secure: bool = False

    def check(self, tree: Tree) -> str:
        """Why it is not ready yet; empty when it is."""
        if not self.port:
            return "" if tree.ports() else "it listens on no port"
        # Listening is looked up, not tried: a connection that asks nothing would be a fault in the service's log.
        if not is_taken(self.port):
            return f"nothing listens on port {self.port}"
        if LINUX and self.port not in tree.ports():
            return f"port {self.port} is listened on, but by no process of this command"
        return self._answer() if self.path else ""

    def refuse_taken(self) -> None:
        """Raise where another program answers already: it would be taken for this one."""
        if self.port and is_taken(self.port):
            raise InvalidRequest(
                f"Port {self.port} is listened on by another program before the command was started.",
                field="ready",
                value=self.port,
                remedy="end that program, or have the command and `ready` use another port",
            )

    def _answer(self) -> str:
        if self.secure:
            # Its certificate is for another name than this machine's: it is not what is looked at.
            context = ssl._create_unverified_context()  # noqa: S323, SLF001  # pyright: ignore[reportPrivateUsage]
            asked = http.client.HTTPSConnection(self.host, self.port, timeout=ANSWER_SECONDS, context=context)
        else:
            asked = http.client.HTTPConnection(self.host, self.port, timeout=ANSWER_SECONDS)
        try:
            asked.request("GET", self.path, headers={"Connection": "close"})
            status = asked.getresponse().status
        except (OSError, http.client.HTTPException) as failure:
            return f"port {self.port} gave no answer ({type(failure).__name__})"
        finally:
            asked.close()
        return "" if status < BAD else f"{self.path} answered {status}"


def read_ready(text: str) -> Ready:
    """`""`, `port 8000` or an address of this machine, as `--ready` takes them."""
    if not text:
        return Ready()
    if found := re.fullmatch(r"(?:port\s+)?(\d{1,5})", text.strip(), re.IGNORECASE):
        return Ready(port=_port(int(found[1]), text))
    parts = urlsplit(text.strip())
    try:
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
    except ValueError:
        port = 0
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise InvalidRequest("This is no address to wait for.", field="ready", value=text, remedy=REMEDY)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Ready(port=_port(port, text), host=_local(parts.hostname, text), path=path, secure=parts.scheme == "https")


def _port(port: int, text: str) -> int:
    if not 0 < port <= 0xFFFF:  # noqa: PLR2004 - the greatest port there is
        raise InvalidRequest("A port is from 1 to 65535.", field="ready", value=text, remedy=REMEDY)
    return port


def _local(host: str, text: str) -> str:
    """The loopback address that reaches it."""
    if host == "localhost" or host.endswith(".localhost"):
        return "localhost"
    try:
        address = ip_address(host)
    except ValueError:
        address = None
    if address is None or not (address.is_loopback or address.is_unspecified):
        raise InvalidRequest(
            "What is waited for has to be on this machine, where the command is started.",
            field="ready",
            value=text,
            remedy=REMEDY,
        )
    if address.is_unspecified:
        return "127.0.0.1" if address.version == 4 else "::1"  # noqa: PLR2004 - IPv4
    return host
