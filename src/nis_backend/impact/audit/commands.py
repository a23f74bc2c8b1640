"""Commands that do not do what a note says, ways back by names that move, and JSON that is none."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from nis_backend.impact.audit.checking import Case, finding
from nis_backend.impact.audit.note import Fence
from nis_backend.impact.audit.rules import Case as Wrong
from nis_backend.impact.audit.rules import Rule, pattern, words
from nis_backend.impact.report import Finding

SHELLS = {"", "sh", "bash", "shell", "console", "zsh", "text", "fish", "powershell"}
CLAUSE = re.compile(r"[,;.:]|\b(?:and|but|und|aber)\b")
COMMENT = re.compile(r"(?:^|\s)#\s(.*)$")
ELIDED = re.compile(r"(?:^|[\s,\[{:])(?:\.\.\.|…)|<[A-Za-z][\w -]{0,40}>|\{\{|\$\{?[A-Z_]+\}?(?=\s*[,}\]])")


def effect(rule: Rule, case: Case) -> Iterator[Finding | None]:
    """A command in a sentence or in code, beside what is said of it."""
    for statement in case.asserted:
        if not pattern(rule.words["hint"]).search(statement.text):
            continue
        for wrong in rule.cases:
            for match in pattern(wrong.pattern).finditer(statement.text):
                yield _said(rule, wrong, statement.text, statement.line(match.start()))
                break
    for fence in case.note.fences:
        if fence.language in SHELLS:
            yield from _in_code(rule, case, fence)


def _said(rule: Rule, wrong: Wrong, text: str, line: int) -> Finding | None:
    """Whether the false effect is said of the command, and not denied."""
    if wrong.unless and pattern(wrong.unless).search(text):
        return None
    for claim in pattern(wrong.says).finditer(text):
        lead = CLAUSE.split(text[max(0, claim.start() - 45) : claim.start()])[-1]
        rest = text[claim.start() : claim.end() + 12]
        if words()["denied"].search(lead) or words()["denied"].search(rest):
            continue
        return finding(rule, line, text, right=wrong.right, source=wrong.source, said=text[claim.start() : claim.end()])
    return None


def _in_code(rule: Rule, case: Case, fence: Fence) -> Iterator[Finding | None]:
    """Within code, what is said stands in a comment on the line or above it, or in what introduces the block."""
    comment = ""
    for at, line in enumerate(fence.lines):
        own = COMMENT.search(line)
        if own and line.lstrip().startswith("#"):
            comment = own[1]
            continue
        for wrong in rule.cases:
            if not pattern(wrong.pattern).search(line) or (wrong.unless and pattern(wrong.unless).search(line)):
                continue
            commands = [text for text in fence.lines if text.strip() and not text.lstrip().startswith("#")]
            lead = " ".join((case.note.headings[fence.section], fence.lead)) if len(commands) == 1 else ""
            said = own[1] if own else comment or lead
            yield _said(rule, wrong, said, fence.line + at)
        if not line.strip():
            comment = ""


def mutable(rule: Rule, case: Case) -> Iterator[Finding | None]:
    """A way back that goes by a tag which may have moved."""
    back, moves = pattern(rule.words["back"]), pattern(rule.words["moves"])
    for statement in case.asserted:
        heading = case.note.headings[statement.section]
        match = moves.search(statement.text)
        if match is None or not (back.search(statement.text) or back.search(heading)):
            continue
        if words()["denied"].search(statement.text) or pattern(rule.words["unless"]).search(statement.text):
            yield None
        else:
            yield finding(rule, statement.line(match.start()), statement.text, said=match[0].strip("`\"' "))
    for fence in case.note.fences:
        comment = ""
        for at, line in enumerate(fence.lines):
            if line.lstrip().startswith("#"):
                comment = line
                continue
            intent = case.note.headings[fence.section] + " " + fence.lead + " " + comment
            if words()["denied"].search(comment) or not back.search(intent):
                continue
            match = moves.search(line)
            if match and pattern(rule.words["uses"]).search(line) and not pattern(rule.words["unless"]).search(line):
                yield finding(rule, fence.line + at, line, said=match[0].strip("`\"' "))
    yield from _by_revision(rule, case)


def _by_revision(rule: Rule, case: Case) -> Iterator[Finding]:
    """A way back by revision, where the task definition that the note shows names a tag that moves."""
    shown = [pattern(rule.words["image"]).search("\n".join(fence.lines)) for fence in case.note.fences]
    image = next((match[0] for match in shown if match), "")
    if not image:
        return
    for fence in case.note.fences:
        intent = case.note.headings[fence.section] + " " + fence.lead
        for at, line in enumerate(fence.lines):
            if pattern(rule.words["revision"]).search(line) and pattern(rule.words["back"]).search(intent):
                yield finding(rule, fence.line + at, line, said=image)


def invalid_json(rule: Rule, case: Case) -> Iterator[Finding | None]:
    """Fenced JSON that a parser refuses, where nothing in it is left out on purpose."""
    for fence in case.note.fences:
        text = "\n".join(fence.lines)
        if fence.language != "json" or not text.strip() or ELIDED.search(text):
            continue
        try:
            json.loads(text)
        except RecursionError:
            continue
        except json.JSONDecodeError as error:
            if _lines_of_json(fence) or not text.lstrip().startswith(("{", "[")):
                continue
            line, why = _where(text, error)
            yield finding(rule, fence.line + line, fence.lines[min(line, len(fence.lines) - 1)], why=why)
        else:
            yield None


def _lines_of_json(fence: Fence) -> bool:
    """Whether each line is a document of its own."""
    filled = [line for line in fence.lines if line.strip()]
    try:
        for line in filled:
            json.loads(line)
    except (json.JSONDecodeError, RecursionError):
        return False
    return len(filled) > 1


def _where(text: str, error: json.JSONDecodeError) -> tuple[int, str]:
    """The line of what is wrong, from 0, and what it is: a comma too many is where it stands."""
    before = text[: error.pos].rstrip()
    rest = text[error.pos :].lstrip()
    if before.endswith(",") and rest.startswith(("}", "]")):
        return before.count("\n"), "a comma stands after the last entry"
    if rest.startswith(("//", "#", "/*")):
        return text.count("\n", 0, error.pos + len(text[error.pos :]) - len(rest)), "JSON has no comments"
    if error.msg.startswith("Expecting ',' delimiter"):
        return before.count("\n"), "a comma is missing after this"
    return error.lineno - 1, error.msg
