"""What is looked at in a Dockerfile; what is served is its last stage."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nis_backend.deployment.validate.containers import BARE, TOOL
from nis_backend.deployment.validate.secrets import looks_secret

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nis_backend.deployment.validate.noted import Notes


@dataclass(frozen=True, kw_only=True)
class Instruction:
    """One instruction, with the lines that it goes on in."""

    line: int
    name: str
    rest: str


@dataclass(kw_only=True)
class Stage:
    """What stands from one FROM to the next."""

    base: str
    name: str
    line: int
    instructions: list[Instruction] = field(default_factory=list[Instruction])


def instructions(text: str) -> Iterator[Instruction]:
    """Each instruction; what a heredoc holds is passed over."""
    begun, words, until = 0, "", ""
    for number, line in enumerate(text.splitlines(), 1):
        plain = line.strip()
        if until:
            until = "" if plain == until else until
            continue
        if not plain or plain.startswith("#"):
            continue
        if not words:
            begun = number
        if plain.endswith("\\"):
            words += plain[:-1] + " "
            continue
        name, _, rest = (words + plain).partition(" ")
        words = ""
        heredoc = re.search(r"<<-?\s*[\"']?(\w+)[\"']?", rest) if name.upper() in {"RUN", "COPY"} else None
        until = heredoc[1] if heredoc else ""
        yield Instruction(line=begun, name=name.upper(), rest=rest.strip())


def check_dockerfile(text: str, notes: Notes) -> None:
    """Note what is wrong with it."""
    arguments: dict[str, str] = {}
    stages: list[Stage] = []
    for one in instructions(text):
        if one.name == "FROM":
            words = [word for word in one.rest.split() if not word.startswith("--")]
            name = words[2].lower() if len(words) > 2 and words[1].lower() == "as" else ""  # noqa: PLR2004 - X AS Y
            stages.append(Stage(base=_filled(words[0] if words else "", arguments), name=name, line=one.line))
        elif not stages and one.name == "ARG":
            key, _, default = one.rest.partition("=")
            arguments[key.strip()] = default.strip().strip("\"'")
        elif stages:
            stages[-1].instructions.append(one)
        if one.name in {"ENV", "ARG"}:
            _variables(one, notes)
    if not stages:
        return
    named = {stage.name: stage for stage in stages if stage.name}
    for stage in stages:
        if stage.base.lower() not in {*named, "scratch"}:
            _base(stage, notes)
    _served(_chain(stages[-1], named), stages[-1], notes)


def _filled(base: str, arguments: dict[str, str]) -> str:
    """A base image with the defaults of the arguments above."""
    return re.sub(r"\$\{?(\w+)(?::-([^}]*))?\}?", lambda told: arguments.get(told[1]) or told[2] or told[0], base)


def _chain(last: Stage, named: dict[str, Stage]) -> list[Stage]:
    """The stages that the last one stands on, from itself down."""
    chain = [last]
    while (below := named.get(chain[-1].base.lower())) is not None and below not in chain:
        chain.append(below)
    return chain


def _base(stage: Stage, notes: Notes) -> None:
    if "@sha256:" in stage.base or "$" in stage.base:
        return
    tag = stage.base.rpartition("/")[2].partition(":")[2]
    if tag in {"", "latest"}:
        notes.add("base-mutable", ("FROM",), f"{stage.base[:80]} is whatever latest is.", line=stage.line)


def _variables(one: Instruction, notes: Notes) -> None:
    pairs = re.findall(r"(\w+)=(\"[^\"]*\"|'[^']*'|\S+)", one.rest)
    if one.name == "ENV" and not pairs:
        name, _, value = one.rest.partition(" ")
        pairs = [(name, value)]
    for name, value in pairs:
        why = looks_secret(name, value.strip("\"'"))
        if why and "$" not in value:
            notes.add("secret-in-plain", (one.name, name), f"{name[:60]}: {why}.", line=one.line)


def _served(chain: list[Stage], last: Stage, notes: Notes) -> None:
    all_ = [one for stage in reversed(chain) for one in stage.instructions]
    users = [one for one in all_ if one.name == "USER"]
    if not users:
        notes.add("root-user", ("USER",), "No USER is set, so it is root.", line=last.line)
    elif re.split(r":", users[-1].rest)[0] in {"root", "0"}:
        notes.add("root-user", ("USER",), f"The user is {users[-1].rest[:40]!r}.", line=users[-1].line)
    checks = [one for one in all_ if one.name == "HEALTHCHECK"]
    installs = " ".join(one.rest for one in all_ if one.name == "RUN")
    base = chain[-1].base
    if not checks:
        notes.add("no-health-check", ("HEALTHCHECK",), "Docker and compose do not learn how it is.", line=last.line)
    elif (found := TOOL.search(checks[-1].rest)) and BARE.search(base) and not _installs(found[2], installs):
        said = f"It calls {found[2]}, which {base[:60]} does not have and nothing installs."
        notes.add("health-check-tool", ("HEALTHCHECK",), said, line=checks[-1].line)
    for name in ("CMD", "ENTRYPOINT"):
        forms = [one for one in all_ if one.name == name]
        if forms and not forms[-1].rest.startswith("[") and not forms[-1].rest.startswith("exec "):
            notes.add("shell-form", (name,), "A shell is process 1, and hands no signal on.", line=forms[-1].line)
    for one in last.instructions:
        if one.name == "COPY" and re.fullmatch(r"(--\S+\s+)*\.\s+\S+", one.rest):
            notes.add("copies-everything", ("COPY",), "Everything beside the Dockerfile is copied.", line=one.line)


def _installs(tool: str, commands: str) -> bool:
    return (
        re.search(rf"\b(apt-get|apt|apk|microdnf)\b.{{0,2000}}\b(install|add)\b.{{0,2000}}\b{tool}\b", commands)
        is not None
    )
