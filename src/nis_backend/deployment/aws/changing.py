"""One change of the stack, from the question what it would do to why it did not come up."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nis_backend.deployment.aws import rollout, template
from nis_backend.deployment.aws.history import History
from nis_backend.deployment.aws.stack import GOOD, NEVER_CAME_UP, Found, in_progress, token, wanted_by
from nis_backend.errors import Conflict, NisError, NotFound

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from nis_backend.deployment.aws.account import Account, Answer
    from nis_backend.deployment.aws.course import Course
    from nis_backend.deployment.aws.proposal import Proposal
    from nis_backend.deployment.aws.stack import Stack
    from nis_backend.deployment.report import Step
    from nis_backend.deployment.target import Tell

CAME_UP = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE"})


@dataclass(frozen=True, kw_only=True)
class Changed:
    """What came of a change."""

    found: Found
    empty: bool = False
    """Whether the stack was so already."""
    why: Sequence[str] = ()
    """Why it did not come up; then it was taken back, or is stuck."""


@dataclass(kw_only=True)
class Changing:
    """A stack, and how it is changed."""

    account: Account
    stack: Stack
    verify: Callable[[Found, Tell], Sequence[Step]]
    key: Callable[[Found], str]
    """The key with which it is verified."""
    replace_data: bool = False
    history: History = field(init=False)

    def __post_init__(self) -> None:
        self.history = History(account=self.account, name=self.stack.name)

    def there(self) -> Found:
        """The stack.

        Raises:
            NotFound: there is none.
        """
        found = self.stack.found()
        if found is None or found.state == "REVIEW_IN_PROGRESS":
            raise NotFound(
                f"There is no deployment {self.stack.name} in {self.account.where()}.",
                field="name",
                value=self.stack.name,
                remedy="Look to the region and the name, or make it: nis deploy apply.",
            )
        return found

    def free(self, found: Found | None, mark: str, course: Course) -> Found | None:
        """The stack, when it takes a change: what is under way and was wanted the same is waited for.

        Raises:
            Conflict: somebody else changes it, or it is in a state that has to be left first.
        """
        if found and found.busy:
            events = self.stack.events(found.id)
            if not events or wanted_by(str(events[0].get("ClientRequestToken", ""))) != mark:
                raise in_progress(found, events)
            with course.step("going on with what was begun before", 0.0, 0.5) as doing:
                found = self.stack.wait(found.id, doing.hear)
                doing.told = found.state
        if found and found.state == "ROLLBACK_COMPLETE":
            with course.step("removing a stack that never came up", 0.0, 0.1) as doing:
                left = [str(one.get("PhysicalResourceId", "")) for one in self._left()]
                self._delete(found, doing.hear)
                doing.told = "CloudFormation takes nothing else of it; " + (
                    f"of it stay, and cost until they are removed by hand: {', '.join(left)}"
                    if left
                    else "nothing was in it"
                )
            return None
        if found and found.state not in GOOD | NEVER_CAME_UP:
            raise stuck(found)
        return found

    def change(  # noqa: PLR0913 - each is a part of a change set
        self,
        what: str,
        sent: Mapping[str, str | None],
        found: Found | None,
        course: Course,
        *,
        body: Mapping[str, str] | None = None,
        tags: Mapping[str, str] | None = None,
        mark: str = "",
        share: tuple[float, float] = (0.0, 0.8),
    ) -> Changed:
        """Ask what would change, refuse what loses data, do it, wait, and find out why where it did not come up."""
        start, end = share
        with course.step("asking what would change", start, start + 0.05) as doing:
            proposal = self.stack.propose(body, sent, found.tags if tags is None and found else tags or {}, found)
            self._look(proposal)
            doing.told = _counted(proposal)
        if proposal.empty:
            assert found is not None
            return Changed(found=found, empty=True)
        marked = token(what, self.account.who(), mark)
        with course.step(f"changing {len(proposal.resources)} resources", start + 0.05, end) as doing:
            self.stack.execute(proposal, marked)
            now = self.stack.wait(proposal.stack_id, doing.hear, token=marked, of=len(proposal.resources))
            doing.told, why = now.state, list[str]()
            if now.state not in CAME_UP:
                why = [*self.stack.reasons(now.id, marked), *rollout.why(self.account, now)] or [now.state]
            elif said := rollout.settle(self.account, now, doing.hear):
                why = [said, *rollout.why(self.account, now)]
            if why:
                doing.ok, doing.told = False, "\n".join([now.state, *why])
        return Changed(found=now, why=why)

    def alter(  # noqa: PLR0913 - as above
        self,
        what: str,
        to: Mapping[str, str],
        found: Found,
        course: Course,
        *,
        mark: str = "",
        share: tuple[float, float],
    ) -> Changed:
        """Change some parameters and leave all else: with the template that the stack has, where that can be."""
        region, after = self.account.where(), {**found.parameters, **to}
        known = {key: value for key, value in after.items() if key in template.defaults()}
        before = {key: value for key, value in found.parameters.items() if key in template.defaults()}
        template.check(known, region, self.stack.name)
        body = None if template.same_shape(before, known, region) else template.body(known, region)
        sent: dict[str, str | None] = {**dict.fromkeys(found.parameters), **to}
        if body is not None:
            sent = {key: value for key, value in sent.items() if key in known}
        return self.change(what, sent, found, course, body=body, mark=mark, share=share)

    def trial(self, found: Found, course: Course, start: float = 0.9) -> Sequence[Step]:
        """Ask it as a caller would; what did not answer."""
        steps = self.verify(found, lambda share, said: course.tell(start + share * (1 - start), said))
        course.steps.extend(steps)
        return [one for one in steps if not one.ok]

    def serving(self) -> str:
        """The number of what was verified last."""
        served = self.history.all()
        return str(served[0].number) if served else ""

    def _left(self) -> list[Answer]:
        """What a making that was taken back left where it was, because it may hold data."""
        return [one for one in self.stack.resources() if one["ResourceStatus"] == "DELETE_SKIPPED"]

    def _look(self, proposal: Proposal) -> None:
        try:
            proposal.check(replace_data=self.replace_data)
        except NisError:
            self.stack.discard(proposal)
            raise

    def _delete(self, found: Found, tell: Tell) -> None:
        marked = token("apply", self.account.who())
        self.stack.delete(found.id, marked)
        if self.stack.wait(found.id, tell, token=marked).state != "DELETE_COMPLETE":
            raise Conflict(
                "The stack that never came up could not be removed.", remedy="Delete it in AWS's console, and apply."
            )


def stuck(found: Found) -> Conflict:
    """The refusal of a stack in a state that it has to be brought out of."""
    back = "Go on with the way back: nis deploy rollback."
    remedies = {
        "UPDATE_ROLLBACK_FAILED": back,
        "DELETE_FAILED": "Look at what could not be deleted, and go on: nis deploy destroy.",
    }
    return Conflict(
        f"The stack is {found.state}.",
        remedy=remedies.get(found.state, "Take it down (nis deploy destroy), and apply again."),
    )


def _counted(proposal: Proposal) -> str:
    """How many of each kind of change, and what of it is loud."""
    if proposal.empty:
        return "nothing: it is so already"
    counts = dict[str, int]()
    for one in proposal.resources:
        counts[one.change] = counts.get(one.change, 0) + 1
    loud = [f"{one.id}: {one.told}" for one in proposal.losing]
    return "; ".join([", ".join(f"{number} to {change}" for change, number in counts.items()), *loud])
