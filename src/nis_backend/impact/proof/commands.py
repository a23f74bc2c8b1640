"""Commands of a package in a line of shell, of a Dockerfile, of a workflow."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nis_backend.impact.proof.target import Target

RUNNERS = (
    r"(?:sudo|exec|time|nohup|env|xvfb-run|(?:uv|poetry|pipenv|pdm|rye|hatch|conda|pixi)\s+run"
    r"|dumb-init(?:\s+--)?|tini(?:\s+--)?|coverage\s+run|uvx|pipx\s+run)"
)
"""What runs the command that follows it."""
BEFORE = rf"(?:(?:{RUNNERS}|[A-Z_][A-Z0-9_]*=\S*|-\w+(?:=\S+)?)\s+)*"
STARTS = (
    r"(?:^|[;&|({`\[@\"'!]|\$\(|\b(?:RUN|CMD|ENTRYPOINT|then|do|else|if)\s|[:=]\s)"
    r"\s*(?:[-@+]\s*)?[\"']?"
)
"""What a command may follow."""
FOLDERS = r"(?:(?:\.|~|\$\w+|\$\{\w+\}|\$\(\w+\))?/?(?:[\w.\-]+/)*bin/)?"


def commands(target: Target, line: str, *, shell: bool) -> Iterator[str]:
    """The package's commands, and `python -m` of its modules, that a line runs.

    `shell`: whether the line is one of a shell, whose first word is a command; else only what is plainly one.
    """
    modules = "|".join(re.escape(one) for one in target.public)
    if modules and re.search(r"(?:^|\s|[\"'])-m[\s\"',]", line):
        for found in re.finditer(rf"(?:^|[\s\"',])-m[\s\"',]+({modules})(?=[.\s\"',\])]|$)", line):
            yield f"python -m {found[1]}"
    for script in target.scripts:
        if script in line and _runs(script, line, shell=shell):
            yield script


def _runs(script: str, line: str, *, shell: bool) -> bool:
    start = STARTS if shell else rf"(?:[;&|(`]|\$\(|\b{RUNNERS}\s)\s*"
    ends = r"(?=[\s\"',;&|)\]`]|$)(?!\s*[:=](?:\s|$))"
    return bool(re.search(rf"{start}{BEFORE}{FOLDERS}{re.escape(script)}{ends}", line))
