"""What is looked at in a script, or a CI file, that deploys with the AWS CLI."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nis_backend.deployment.validate.secrets import FORMS, looks_secret

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nis_backend.deployment.validate.noted import Notes

AWS = re.compile(r"\baws\s+(?:--\S+\s+(?:[^-\s]\S*\s+)?)*([a-z0-9-]+)\s+([a-z0-9-]+)")
IMAGE = re.compile(r"\bdocker\s+(?:image\s+)?(push|tag|build|buildx)\b|\b(?:podman|buildah)\s+(push|tag|build|bud)\b")
LATEST = re.compile(r":latest(?![\w.-])")
ASSIGNED = re.compile(r"^\s*(?:export\s+|-\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*[=:]\s*(.+?)\s*$")
STOPS = re.compile(r"^\s*set\s+-[a-z]*e|^\s*set\s+-o\s+errexit|^#!.*\s-[a-z]*e", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Command:
    """A line of the script, with those that it goes on in."""

    line: int
    text: str


def _commands(text: str) -> Iterator[Command]:
    begun, words = 0, ""
    for number, line in enumerate(text.splitlines(), 1):
        plain = line.rstrip()
        if not words:
            begun = number
        if plain.endswith("\\"):
            words += plain[:-1] + " "
            continue
        whole, words = words + plain, ""
        if not whole.lstrip().startswith("#"):
            yield Command(line=begun, text=whole)
    if words:
        yield Command(line=begun, text=words)


def check_script(text: str, notes: Notes) -> None:
    """Note what is wrong with it."""
    updated: Command | None = None
    registered: Command | None = None
    waits = False
    for one in _commands(text):
        called = AWS.search(one.text)
        what = (called[1], called[2]) if called else ("", "")
        if what == ("ecs", "register-task-definition"):
            registered = one
        elif what == ("ecs", "update-service"):
            updated = one
            _update(one, registered, notes)
        elif what == ("ecs", "wait") or "services-stable" in one.text or what == ("deploy", "wait"):
            waits = True
        elif what == ("ecr", "get-login"):
            notes.add("command-gone", ("aws ecr get-login",), "It was taken out of the AWS CLI 2.", line=one.line)
        if called and re.search(r"\|\|\s*(true|:)\s*$", one.text):
            said = f"aws {what[0]} {what[1]} fails, and nobody hears of it."
            notes.add("failure-hidden", (f"aws {what[0]} {what[1]}",), said, line=one.line)
        if IMAGE.search(one.text) and LATEST.search(one.text):
            notes.add("pushes-latest", ("docker",), "The tag latest is moved.", line=one.line)
        _secrets(one, notes)
    if updated is not None and not waits:
        notes.add("not-waited-for", ("aws ecs update-service",), "Nothing waits for it.", line=updated.line)
    if text.startswith("#!") and re.match(r"#!.*\b(ba|z|da)?sh\b", text) and not STOPS.search(text):
        notes.add("goes-on-after-failure", ("set",), "A command that fails does not end it.", line=1)


def _update(one: Command, registered: Command | None, notes: Notes) -> None:
    place = ("aws ecs update-service",)
    if re.search(r"--(task-definition|cli-input-json|cli-input-yaml)\b", one.text):
        return
    # A scaling of what runs is no deployment.
    if "--desired-count" in one.text and "--force-new-deployment" not in one.text:
        return
    if registered is not None:
        said = f"Line {registered.line} registers a revision, and the service is not told of it."
        notes.add("registered-unused", place, said, line=one.line)
    elif "--force-new-deployment" in one.text:
        notes.add("no-task-definition", place, "The service's own revision is started again.", line=one.line)
    else:
        notes.add("deploys-nothing", place, "The service goes on as it is.", line=one.line)


def _secrets(one: Command, notes: Notes) -> None:
    if FORMS.search(one.text):
        notes.add("secret-in-plain", ("line",), "Something in it has the form of a key.", line=one.line)
        return
    assigned = ASSIGNED.match(one.text)
    value = assigned[2].strip("\"'") if assigned else ""
    if assigned and "$" not in value and "(" not in value and looks_secret(assigned[1], value):
        said = f"{assigned[1][:60]}: its name is that of a secret, and its value stands there."
        notes.add("secret-in-plain", (assigned[1][:60],), said, line=one.line)
