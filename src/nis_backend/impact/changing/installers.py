"""What resolves and installs: uv where it is to be had, else pip; both with the indexes of pip's settings."""

from __future__ import annotations

import configparser
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from nis_backend.errors import DeadlineExceeded, Unavailable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LIMIT = 1800.0
"""Seconds that an installer may take: large wheels come over slow lines."""
HANDED = {
    "find-links": ("PIP_FIND_LINKS", "UV_FIND_LINKS", ","),
    "index-url": ("PIP_INDEX_URL", "UV_DEFAULT_INDEX", " "),
    "extra-index-url": ("PIP_EXTRA_INDEX_URL", "UV_INDEX", " "),
    "trusted-host": ("PIP_TRUSTED_HOST", "UV_INSECURE_HOST", " "),
    "cert": ("PIP_CERT", "SSL_CERT_FILE", " "),
}
"""pip's settings that uv does not read: by which variables each is told, and what stands between several values."""
YES = ("1", "true", "yes", "on")
OUT_OF_REACH = ("error sending request", "Failed to fetch", "dns error", "Connection refused", "network was disabled")
"""What an installer says when it is the network that failed, not the requirements."""


@dataclass(frozen=True, kw_only=True)
class Installer:
    """uv or pip, and the environment it is started in."""

    command: tuple[str, ...]
    variables: Mapping[str, str]
    offline: bool = False
    """Whether pip's settings forbid an index, which uv is told by an argument alone."""

    @property
    def is_uv(self) -> bool:
        """Whether it is uv."""
        return len(self.command) == 1

    @cached_property
    def name(self) -> str:
        """`uv 0.13.9`."""
        said = self.run(["--version"]).stdout.split()
        return " ".join(said[:2])

    def run(self, arguments: Sequence[str], *, limit: float = LIMIT) -> subprocess.CompletedProcess[str]:
        """The program's exit code and what it wrote.

        Raises:
            DeadlineExceeded: it took longer than `limit` seconds, and was ended.
            Unavailable: it could not reach an index.
        """
        command = [*self.command, *arguments]
        if self.is_uv and self.offline and arguments[0] == "pip":
            command.append("--no-index")
        try:
            done = subprocess.run(  # noqa: S603 - our own arguments, no shell
                command,
                stdin=subprocess.DEVNULL,
                env=dict(self.variables),
                capture_output=True,
                text=True,
                timeout=limit,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise DeadlineExceeded(
                f"{self.command[0]} was not done in {limit:.0f} s.", remedy="Try again: what it has fetched is kept."
            ) from None
        if done.returncode and any(words in done.stderr for words in OUT_OF_REACH):
            raise Unavailable(
                f"{Path(self.command[0]).name} could not reach an index.",
                remedy="Connect to the network, or name wheels on this disk by PIP_FIND_LINKS.",
            )
        return done


def find_installer(variables: Mapping[str, str], python: Path) -> Installer:
    """Uv beside this Python or on PATH, else the pip of the project's Python.

    Raises:
        Unavailable: there is neither.
    """
    beside = Path(sys.executable).with_name("uv")
    found = str(beside) if beside.is_file() else shutil.which("uv", path=variables.get("PATH"))
    if found:
        offline = (variables.get("PIP_NO_INDEX") or _pip_settings(variables).get("no-index", "")).lower() in YES
        return Installer(command=(found,), variables={**_handed(variables), **variables}, offline=offline)
    for each in (python, Path(sys.executable)):
        installer = Installer(command=(str(each), "-m", "pip"), variables=variables)
        if each.is_file() and installer.run(["--version"]).returncode == 0:
            return installer
    raise Unavailable(
        "Neither uv nor pip is here, so nothing can be resolved or installed.",
        remedy="pip install 'nis-backend[impact]' brings uv.",
    )


def _handed(variables: Mapping[str, str]) -> dict[str, str]:
    settings = _pip_settings(variables)
    values = {key: variables.get(name) or settings.get(key, "") for key, (name, _, _) in HANDED.items()}
    handed = {uv: mark.join(values[key].split()) for key, (_, uv, mark) in HANDED.items() if values[key]}
    if "UV_INDEX" in handed:
        handed["UV_INDEX_STRATEGY"] = "unsafe-best-match"  # as pip looks at several indexes
    return {"UV_LINK_MODE": "hardlink", **handed}


def _pip_settings(variables: Mapping[str, str]) -> dict[str, str]:
    """What pip's own files say, the later over the earlier.

    Source: pip's documentation, "Configuration", its order of files.
    """
    home = Path(variables.get("HOME") or Path.home())
    files = [Path("/etc/pip.conf"), home / ".pip/pip.conf", home / ".config/pip/pip.conf", Path(sys.prefix, "pip.conf")]
    if variables.get("PIP_CONFIG_FILE"):
        files.append(Path(variables["PIP_CONFIG_FILE"]))
    settings: dict[str, str] = {}
    for file in files:
        parser = configparser.RawConfigParser()
        try:
            parser.read(file, encoding="utf-8")
        except (configparser.Error, OSError, UnicodeDecodeError):
            continue  # pip will say what is wrong with it
        if parser.has_section("global"):
            settings |= dict(parser.items("global"))
    return settings
