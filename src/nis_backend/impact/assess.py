"""All that is found out about one change, in order: texts, a run, without it, for real, measured, priced, judged."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from nis_backend.errors import NisError
from nis_backend.impact.changing.asked import package_of
from nis_backend.impact.changing.patch import way
from nis_backend.impact.environments import make_environments
from nis_backend.impact.figures import measured_in, measurement_of, price_of
from nis_backend.impact.outcome import find_outcome
from nis_backend.impact.pricing import check_region
from nis_backend.impact.project.opening import open_project
from nis_backend.impact.report import Counterfactual, Report
from nis_backend.impact.running.comparing import WORKS
from nis_backend.impact.running.ready import read_ready
from nis_backend.impact.running.scratch import scratch
from nis_backend.impact.trials import compared_in, hidden_from, watched_by, works
from nis_backend.impact.verdict import judge
from nis_backend.impact.work import Work

if TYPE_CHECKING:
    from nis_backend.impact.question import Question, Tell
    from nis_backend.impact.report import Way


def assess(question: Question, tell: Tell) -> Report:
    """Find out what a change of a project's dependencies does; nothing of the project is changed.

    Raises:
        NotFound: there is no such project, interpreter or package.
        InvalidRequest: an argument is wrong; it is named.
    """
    begun, made = time.monotonic(), datetime.now(UTC)
    question = _checked(question)
    tell(0.0, "reading the project")
    project = open_project(question.root, question.python)
    with scratch() as folder:
        work = Work(question=question, tell=tell, folder=folder, project=project)
        report = _report(work, made.strftime("%Y-%m-%d %H:%M UTC"))
    return report.model_copy(update={"seconds": time.monotonic() - begun, "installing": work.installing})


def _checked(question: Question) -> Question:
    """The question, with what would be found wrong in minutes refused at once; what is added by its name."""
    change = question.change
    check_region(question.region)
    if question.commands.start:
        read_ready(question.commands.ready).refuse_taken()
    if change.kind == "add":
        asked = change.to or change.package
        change = change.model_copy(update={"package": package_of(asked), "to": asked})
    return replace(question, change=change)


def _report(work: Work, made: str) -> Report:
    change, project = work.change, work.project
    work.left_out += project.left_out
    if not work.has_commands:
        work.leave_out("Nothing was run: give --start, --smoke or --test.")
    work.tell(0.05, "reading its texts")
    static = work.static
    watched = watched_by(work)
    outcome = find_outcome(work)
    hidden = hidden_from(work, watched, stays=bool(outcome.after and outcome.after.stays_for))
    both = make_environments(work, outcome)
    pairs = compared_in(work, both) if both and (watched is None or works(watched)) else []
    starts = bool(pairs) and all(one.without_it.outcome in WORKS for one in pairs if one.with_it.name == "start")
    measures, told = measured_in(work, both, outcome) if both and starts else ([], "")
    found = Counterfactual(
        resolved_now=outcome.now,
        resolved=outcome.after,
        hidden=hidden,
        installed=pairs,
        check=both.check if both else [],
    )
    takes_over = both.modules_of(package_of(change.to, "to")) if both and change.kind == "swap" else []
    installed = project.environment.find(change.package)
    return Report(
        project=project.name,
        change=change,
        version=installed.version if installed else "",
        made=made,
        python=project.environment.version,
        verdict=judge(change, static, watched.proof if watched else None, found, coming=takes_over),
        static=static,
        runtime=watched.proof if watched else None,
        counterfactual=found,
        measurement=measurement_of(work, both, measures, told, watched),
        price=price_of(work, measures, both),
        way=_way(work),
        left_out=work.left_out,
        seconds=0.0,
    )


def _way(work: Work) -> Way | None:
    """How the change is made, where a rule can make it."""
    try:
        return way(work.project, work.change)
    except NisError as error:
        work.leave_out("No patch", error)
        return None
