"""A deployment is taken down: what holds data stays as snapshots and buckets, and is named."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.deployment.aws.course import Course
from nis_backend.deployment.aws.stack import in_progress, token
from nis_backend.errors import Conflict

if TYPE_CHECKING:
    from nis_backend.deployment.aws.changing import Changing
    from nis_backend.deployment.aws.stack import Found
    from nis_backend.deployment.report import Outcome
    from nis_backend.deployment.target import Tell

SNAPSHOTS = {"AWS::RDS::DBInstance": "database", "AWS::EC2::Volume": "data volume"}
"""What the template leaves a snapshot of."""
DAILY = "AWS::DLM::LifecyclePolicy"
"""What makes snapshots, which are there without it too."""
LEFT = {"AWS::S3::Bucket": "bucket"}
"""What the template leaves as it is."""


def remove(changing: Changing, tell: Tell, *, unprotect: bool) -> Outcome:
    """Take it down.

    Raises:
        Conflict: it is protected, or being changed.
    """
    course = Course(tell=tell, clock=changing.account.clock)
    found = changing.there()
    if found.busy:
        raise in_progress(found, changing.stack.events(found.id))
    _check(found, unprotect=unprotect)
    with course.step("looking at what holds data", 0.0, 0.05) as doing:
        kept = _kept(changing)
        doing.told = "; ".join(kept) or "nothing does"
    if found.protected:
        with course.step("taking its protection off", 0.05, 0.1):
            changing.stack.protect(on=False)
    with course.step("deleting the stack", 0.1, 0.95) as doing:
        mark = token("destroy", changing.account.who())
        changing.stack.delete(found.id, mark)
        gone = changing.stack.wait(found.id, doing.hear, token=mark)
        doing.told = gone.state
        if gone.state != "DELETE_COMPLETE":
            doing.ok = False
            doing.told = "\n".join([gone.state, *changing.stack.reasons(found.id, mark)])
    if gone.state != "DELETE_COMPLETE":
        return course.outcome("failed", told=f"{doing.told}\nMend that, and go on: nis deploy destroy.")
    with course.step("forgetting what was served", 0.95, 1.0):
        changing.history.forget()
    return course.outcome("done", told="; ".join(kept) or "Nothing is left.")


def _check(found: Found, *, unprotect: bool) -> None:
    if found.protected and not unprotect:
        raise Conflict(
            "The stack holds data and is protected against being deleted.",
            remedy="Say that it may go: nis deploy destroy --unprotect.",
        )
    if found.parameters.get("Database") == "own" and found.parameters.get("DatabaseProtected") == "yes":
        raise Conflict(
            "The database refuses to be deleted (DatabaseProtected).",
            remedy="Take that off first: nis deploy apply --set DatabaseProtected=no.",
        )


def _kept(changing: Changing) -> list[str]:
    """What stays, in words, and costs until it is removed by hand."""
    told = list[str]()
    for one in changing.stack.resources():
        kind, name = one["ResourceType"], one.get("PhysicalResourceId", one["LogicalResourceId"])
        if kind in SNAPSHOTS:
            told.append(f"a snapshot of the {SNAPSHOTS[kind]} {name} stays, and costs until it is deleted")
        elif kind == DAILY:
            tagged = f"Name=tag:nis-snapshots,Values={changing.stack.name}"
            told.append(f"up to seven daily snapshots stay, and cost: aws ec2 describe-snapshots --filters {tagged}")
        elif kind in LEFT:
            told.append(f"the {LEFT[kind]} {name} stays with what is in it: aws s3 rb --force s3://{name}")
    return told
