"""Any definition, checked: ECS task definitions, CloudFormation templates, scripts of aws commands, Dockerfiles."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Literal

from nis_backend.deployment.report import Findings
from nis_backend.deployment.template.reading import read
from nis_backend.deployment.validate.noted import Notes, lowered, values
from nis_backend.deployment.validate.plain import check_size, without_comments
from nis_backend.deployment.validate.rules import OF_DOCKERFILE, OF_SCRIPT, OF_TASK, OF_TEMPLATE
from nis_backend.errors import InvalidRequest, TooLarge

if TYPE_CHECKING:
    from nis_backend.deployment.template.reading import Template
    from nis_backend.deployment.validate.noted import Values

Kind = Literal["task definition", "template", "script", "Dockerfile"]
LONGEST_LINE = 100_000
"""Most characters of a script's or a Dockerfile's line."""


def findings(
    text: str, *, kind: Kind | None = None, fargate: bool | None = None, measured_start: float | None = None
) -> Findings:
    """What is wrong with a definition, the worst first.

    `measured_start` is in how many seconds it was seen to be healthy after its start.

    Raises:
        InvalidRequest: what it is cannot be told from the text.
        Malformed: it cannot be read as what it is.
        TooLarge: it has more than 1 MiB, or is nested deeper than 64 levels.
        Unavailable: PyYAML is missing.
    """
    check_size(text, "text")
    kind = kind or kind_of(text)
    if kind == "template":
        return _template(text, fargate, measured_start)
    if kind == "task definition":
        return _task(text, fargate, measured_start)
    longest = max(map(len, text.splitlines()), default=0)
    if longest > LONGEST_LINE:
        raise TooLarge(f"A line has at most {LONGEST_LINE} characters.", field="text", value=longest)
    notes = Notes()
    if kind == "Dockerfile":
        from nis_backend.deployment.validate.dockerfiles import check_dockerfile  # noqa: PLC0415 - where one is given

        check_dockerfile(text, notes)
        return Findings(kind=kind, findings=notes.worst_first(), checked=list(OF_DOCKERFILE))
    from nis_backend.deployment.validate.scripts import check_script  # noqa: PLC0415 - as above

    check_script(text, notes)
    return Findings(kind=kind, findings=notes.worst_first(), checked=list(OF_SCRIPT))


def kind_of(text: str) -> Kind:
    """What a text is, by its own words.

    Raises:
        InvalidRequest: none of the four has any of them.
    """
    begin = text[:65_536].lstrip("\ufeff \t\r\n")
    if begin.startswith("#!"):
        return "script"
    looks: tuple[tuple[Kind, str], ...] = (
        ("template", r"(?m)^[ \t]*[\"']?(AWSTemplateFormatVersion|Resources)[\"']?[ \t]*:|\"Type\"\s*:\s*\"AWS::"),
        ("Dockerfile", r"(?mi)\A(?:[ \t]*(?:#.*|ARG\b.*)?\n)*[ \t]*FROM[ \t]+\S+"),
        (
            "task definition",
            r"[\"']?\b(containerDefinitions|requiresCompatibilities|taskDefinition|taskDefinitionArn|family)\b[\"']?\s*:",
        ),
        ("script", r"\baws\s+(--\S+\s+)*[a-z0-9-]+\s+[a-z0-9-]+|\bdocker\s+(push|build|tag)\b"),
    )
    if not begin.startswith(("{", "[")):
        # Scripts hold definitions more often than definitions hold scripts.
        looks = (looks[0], looks[1], looks[3], looks[2])
    for kind, words in looks:
        if re.search(words, begin):
            return kind
    if begin.startswith(("{", "[")):
        return "task definition"
    raise InvalidRequest(
        "What the text is cannot be told.",
        field="text",
        value=begin[:40],
        remedy="Say its kind: task definition, template, script or Dockerfile.",
    )


def _template(text: str, fargate: bool | None, measured_start: float | None) -> Findings:
    from nis_backend.deployment.validate.templates import check_template  # noqa: PLC0415 - where one is given

    bare, comments = without_comments(text)
    template = read(bare)
    plain, spelt = Notes(lambda path: template.line(*path)), Notes(lambda path: template.line(*path), capitals=True)
    check_template(template.document, plain, spelt, fargate, measured_start)
    for line in comments:
        plain.add("json-comment", ("comment",), "JSON has no comments.", line=line)
    notes = Notes.together(plain, spelt)
    return Findings(kind="template", findings=notes, checked=list(OF_TEMPLATE))


def _task(text: str, fargate: bool | None, measured_start: float | None) -> Findings:
    from nis_backend.deployment.validate.tasks import check_task, task_of  # noqa: PLC0415 - where one is given

    bare, comments = without_comments(text)
    template = read(_wrapped(bare))
    document = _unwrapped(template)
    pascal = "ContainerDefinitions" in document
    notes = Notes(lambda path: template.line(*path) or template.line("taskDefinition", *path), capitals=pascal)
    for line in comments:
        notes.add("json-comment", ("comment",), "JSON has no comments.", line=line)
    fault = _no_json(bare) if bare.lstrip().startswith(("{", "[")) else None
    if fault is not None:
        notes.add("json-form", ("text",), fault[0], line=fault[1])
    given: Values = lowered(document) if pascal else document
    check_task(task_of(given, (), fargate), notes, measured_start)
    return Findings(kind="task definition", findings=notes.worst_first(), checked=list(OF_TASK))


def _wrapped(text: str) -> str:
    """A bare list of containers as the definition that it is a part of."""
    return f'{{"containerDefinitions": {text}}}' if text.lstrip().startswith("[") else text


def _unwrapped(template: Template) -> Values:
    """The definition itself, where it is what describe-task-definition answers."""
    inner = values(template.document.get("taskDefinition"))
    return inner or template.document


def _no_json(text: str) -> tuple[str, int] | None:
    """Why a text is no JSON, and where; nothing where it is."""
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return f"It is no JSON: {error.msg}.", error.lineno
    except RecursionError:
        return None
    return None
