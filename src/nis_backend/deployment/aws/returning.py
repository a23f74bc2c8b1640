"""The way back, and the number of tasks: both through the stack, so that what it says stays true."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.deployment.aws import images
from nis_backend.deployment.aws.applying import take_back
from nis_backend.deployment.aws.changing import stuck
from nis_backend.deployment.aws.course import Course
from nis_backend.deployment.aws.stack import GOOD, in_progress, token
from nis_backend.deployment.aws.template import COUNTS
from nis_backend.errors import Conflict, InvalidRequest

if TYPE_CHECKING:
    from nis_backend.deployment.aws.changing import Changing
    from nis_backend.deployment.aws.stack import Found
    from nis_backend.deployment.report import Outcome, Service
    from nis_backend.deployment.target import Tell


def roll_back(changing: Changing, to: str, tell: Tell) -> Outcome:
    """Serve an earlier revision again; an update that is under way is cancelled, a way back that got stuck goes on.

    Raises:
        NotFound: there is no such revision.
        Conflict: the stack is in a state that takes no way back.
    """
    course = Course(tell=tell, clock=changing.account.clock)
    found = changing.there()
    if found.state in {"UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_FAILED"}:
        found = _out_of(changing, found, course)
        if found.state not in GOOD:
            why = "; ".join(changing.stack.reasons(found.id)) or found.state
            return course.outcome("failed", told=f"The way back is stuck: {why}. AWS's console can skip a resource.")
        # One that ended well before it could be cancelled is gone back from like any other.
        if not to and found.state == "UPDATE_ROLLBACK_COMPLETE":
            told = "What was under way was taken back; what served before still does."
            return course.outcome("done", revision=changing.serving(), told=told)
    if found.busy:
        raise in_progress(found, changing.stack.events(found.id))
    if found.state not in GOOD:
        raise stuck(found)
    with course.step("looking for what served before", 0.0, 0.1) as doing:
        one = changing.history.find(to, found.parameters)
        there = images.check(changing.account, one.image, one.parameters.get("Architecture", "X86_64"))
        doing.told = f"revision {one.number}: {there}"
    changed = take_back(changing, found, one.parameters, course)
    if changed.why:
        why = "\n".join(changed.why)
        return course.outcome(
            "failed", revision=changing.serving(), told=f"Revision {one.number} did not come up. {why}"
        )
    if changed.empty:
        return course.outcome("done", revision=str(one.number), told="It was so already.")
    bad = changing.trial(changed.found, course)
    number = changing.history.keep(changed.found.parameters) if not bad else one.number
    told = f"Revision {one.number} serves again."
    if bad:
        told = f"Revision {one.number} runs again and does not answer: {'; '.join(step.told for step in bad)}."
    return course.outcome("failed" if bad else "done", revision=str(number), told=told)


def _out_of(changing: Changing, found: Found, course: Course) -> Found:
    """The stack when what is under way has been taken back, by whoever began it."""
    with course.step("taking back what is under way", 0.0, 0.5) as doing:
        mark = token("rollback", changing.account.who())
        if found.state == "UPDATE_IN_PROGRESS":
            changing.stack.cancel(mark)
        elif found.state == "UPDATE_ROLLBACK_FAILED":
            changing.stack.continue_back(mark)
            return changing.stack.wait(found.id, doing.hear, token=mark)
        return changing.stack.wait(found.id, doing.hear)


def scale(changing: Changing, service: Service, count: int, tell: Tell) -> Outcome:
    """Have so many tasks of a service; the stack's own parameter says so, and the next apply leaves it.

    Where a service scales by itself, it is the least number.

    Raises:
        InvalidRequest: it would be more than scaling may have, or no service at all.
        Conflict: the stack is being changed, or is a box.
    """
    course = Course(tell=tell, clock=changing.account.clock)
    found = changing.there()
    if found.busy:
        raise in_progress(found, changing.stack.events(found.id))
    if found.state not in GOOD:
        raise stuck(found)
    if found.parameters.get("Shape") == "box":
        raise Conflict("A box is one.", remedy="Take a larger BoxType, or a profile with tasks.")
    least, most = COUNTS[service]
    scales = found.parameters[least] != found.parameters[most]
    if service == "api" and not count:
        raise InvalidRequest("Nobody would answer.", field="count", value=count, remedy="Have one task at least.")
    if scales and count > int(found.parameters[most]):
        raise InvalidRequest(
            f"{service} scales by itself up to {found.parameters[most]} tasks.",
            field="count",
            value=count,
            remedy=f"Allow more first: nis deploy apply --set {most}={count}.",
        )
    sent = {least: str(count)} if scales else {least: str(count), most: str(count)}
    changed = changing.alter("scale", sent, found, course, share=(0.0, 1.0))
    revision = changing.serving()
    if changed.why:
        return course.outcome("rolled_back", revision=revision, told="\n".join(changed.why))
    told = f"At least {count} tasks, at most {found.parameters[most]}, by load." if scales else f"{count} tasks."
    return course.outcome("done", revision=revision, told="It was so already." if changed.empty else told)
