"""How the values of settings are written: what each may be, and what it is read as.

A kind of value is a type with its check, so that one setting can be checked alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, cast

from pydantic import AfterValidator, Field, SecretStr

QUEUE = "[a-z][a-z0-9_-]{0,31}=[0-9]{1,4}"
"""A queue and its number as they are written in `NIS_QUEUES`."""


def _printable(key: SecretStr | None) -> SecretStr | None:
    """A key travels in a header: what surrounds it goes, and what a header cannot carry is refused."""
    text = key.get_secret_value().strip() if key else ""
    if not (text.isascii() and text.isprintable()):
        msg = "a key is printable ASCII"
        raise ValueError(msg)
    return SecretStr(text) if text else None


def _paired(keys: SecretStr | None) -> SecretStr | None:
    text = keys.get_secret_value().replace(" ", "") if keys else ""
    if text and not re.fullmatch(r"([A-Za-z0-9_-]{1,64}=[!-+\--~]+,)*[A-Za-z0-9_-]{1,64}=[!-+\--~]+", text):
        msg = "keys are written NAME=KEY,NAME=KEY"
        raise ValueError(msg)
    return SecretStr(text) if text else None


def by_name(keys: SecretStr | None) -> dict[str, SecretStr]:
    """Keys by their names, of what `Keys` is."""
    text = keys.get_secret_value() if keys else ""
    pairs = (pair.partition("=") for pair in text.split(",") if pair)
    return {name: SecretStr(key) for name, _, key in pairs}


def _database(url: SecretStr | None) -> SecretStr | None:
    if url is not None and not re.match(r"postgres(ql)?://", url.get_secret_value()):
        msg = "an address is written postgresql://USER:PASSWORD@HOST:PORT/DATABASE"
        raise ValueError(msg)
    return url


def _whole(url: str | None) -> str | None:
    if url is not None and not re.fullmatch(r"https?://[^/\s?#@]+(/[^\s?#]*)?", url):
        msg = "an address is written http://HOST or https://HOST"
        raise ValueError(msg)
    return url and url.rstrip("/")


def _bare(host: str | None) -> str | None:
    if host is not None and not re.fullmatch(r"[^\s/:@]+|[0-9a-fA-F]*:[0-9a-fA-F]*:[0-9a-fA-F:.]*", host):
        msg = "a host is a name or an address, with no scheme and no port"
        raise ValueError(msg)
    return host


def _own(namespace: str | None) -> str | None:
    if namespace is not None and namespace.lower().startswith("aws/"):
        msg = "a namespace that begins with AWS/ is Amazon's own"
        raise ValueError(msg)
    return namespace


def _counted(queues: str) -> str:
    if not re.fullmatch(rf"({QUEUE},)*{QUEUE}", queues.replace(" ", "")):
        msg = "queues are written NAME=NUMBER,NAME=NUMBER"
        raise ValueError(msg)
    names = [pair.partition("=")[0].strip() for pair in queues.split(",")]
    if len(set(names)) < len(names):
        msg = "each queue is named once"
        raise ValueError(msg)
    return queues.replace(" ", "")


def _known(packages: str) -> str:
    if not {name.strip() for name in packages.split(",")} <= {"", "a2a", "mcp"}:
        msg = "what can be loaded at start is a2a and mcp"
        raise ValueError(msg)
    return packages


def objects(text: str) -> dict[str, Any]:  # Any: JSON
    """Names with what they stand for, as JSON.

    Raises:
        ValueError: it is not that.
    """
    given: Any = json.loads(text) if text.strip() else {}
    if not isinstance(given, dict):
        msg = "it is no JSON object"
        raise ValueError(msg)  # noqa: TRY004 - what a validator raises
    return cast("dict[str, Any]", given)


def commands(text: str) -> dict[str, tuple[str, ...]]:
    """Names, each with a program and its arguments, as JSON.

    Raises:
        ValueError: it is not that.
    """
    found: dict[str, tuple[str, ...]] = {}
    for name, words in objects(text).items():
        line = cast("list[Any]", words) if isinstance(words, list) else []
        if not line or not all(isinstance(word, str) and word for word in line):
            msg = f"{name} is no list of a program and its arguments"
            raise ValueError(msg)
        found[name] = tuple(line)
    return found


def named_folders(text: str) -> dict[str, Path]:
    """Folders by their names; a folder without a name has its own.

    Raises:
        ValueError: a name is empty, or there twice.
    """
    found: dict[str, Path] = {}
    for one in filter(None, (part.strip() for part in text.split(","))):
        named = re.fullmatch(r"([\w.-]{1,100})=(.+)", one)
        folder = Path(named[2] if named else one).expanduser().absolute()
        name = named[1] if named else folder.name
        if not name or name in found:
            msg = f"{name or one!r} names two folders, or none: write NAME=FOLDER"
            raise ValueError(msg)
        found[name] = folder
    return found


def _as_written(text: str, read: Callable[[str], object]) -> str:
    read(text)
    return text


Key = Annotated[SecretStr | None, AfterValidator(_printable)]
Keys = Annotated[SecretStr | None, AfterValidator(_paired)]
"""Names, each with its key."""
Database = Annotated[SecretStr | None, AfterValidator(_database)]
"""An address of PostgreSQL: another database's would be tried as one."""
Address = Annotated[str | None, AfterValidator(_whole)]
"""A whole address, without the slash at its end."""
Host = Annotated[str | None, AfterValidator(_bare)]
"""A host alone: its port and its user have settings of their own."""
Namespace = Annotated[str | None, Field(pattern=r"^[A-Za-z0-9._#:/-]{1,255}$"), AfterValidator(_own)]
"""A namespace of one's own."""
Queues = Annotated[str, AfterValidator(_counted)]
"""Names, each with how many of its runs are executed at once."""
Packages = Annotated[str, AfterValidator(_known)]
"""What can be loaded at start."""
Commands = Annotated[str, AfterValidator(lambda text: _as_written(text, commands))]
Deployments = Annotated[str, AfterValidator(lambda text: _as_written(text, objects))]
"""Names, each with where it is; what that may hold is the deployment's to say."""
Folders = Annotated[str, AfterValidator(lambda text: _as_written(text, named_folders))]
"""Folders, each under a name of its own."""
