"""A deployment is brought to what is wanted: image, schema, stack, trial; and back where it does not answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nis_backend.deployment.aws import images, template
from nis_backend.deployment.aws.course import Course
from nis_backend.deployment.aws.history import TAKEN_BACK
from nis_backend.deployment.aws.migration import Moved, migrate
from nis_backend.errors import Conflict, UpstreamFailed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nis_backend.deployment.aws.changing import Changed, Changing
    from nis_backend.deployment.aws.stack import Found
    from nis_backend.deployment.report import Outcome, Step
    from nis_backend.deployment.target import Tell, Wanted

BACK = ("CloudFormation took it back; what served before still does.", "Nothing served before, and nothing does now.")


@dataclass(kw_only=True)
class Applying:
    """One apply."""

    changing: Changing
    wanted: Wanted
    course: Course
    moved: Moved = field(default_factory=lambda: Moved(before=0, after=0))
    """What became of the schema."""

    def run(self) -> Outcome:
        """All of it."""
        changing, course = self.changing, self.course
        found = changing.stack.found()
        sent = template.values(self.wanted, found)
        check_kept(template.becoming(sent, found), ephemeral=self.wanted.ephemeral)
        mark = template.digest(sent, found)
        found = changing.free(found, mark, course)
        sent = template.values(self.wanted, found)
        becoming, region = template.becoming(sent, found), changing.account.where()
        template.check(becoming, region, changing.stack.name)
        image, served = becoming["Image"], found.parameters.get("Image", "") if found else ""
        if found and image:
            # What cannot be verified in the end is not begun.
            changing.key(found)
        if image and image != served:
            with course.step("looking for the image", 0.0, 0.05) as doing:
                doing.told = images.check(changing.account, image, becoming["Architecture"])
        if image and image != served and holds(becoming, "Database"):
            becoming["MigrationImage"] = sent["MigrationImage"] = image
            migrates = found and holds(found.parameters, "Database")
            if found and migrates and (told := self._migrated(found, image, mark)):
                return course.outcome("failed", revision=changing.serving(), told=told)
        changed = changing.change(
            "apply",
            sent,
            found,
            course,
            body=template.body(becoming, region),
            tags={**(found.tags if found else {}), template.PROFILE_TAG: self.wanted.profile},
            mark=mark,
            share=(0.3, 0.9),
        )
        if changed.why:
            return self._taken_back(changed)
        if keeps(becoming) and not (found and keeps(found.parameters)):
            with course.step("protecting the stack, which holds data, against being deleted", 0.9, 0.9):
                changing.stack.protect(on=True)
        changed = self._brokers(changed.found) or changed
        if changed.why:
            return self._taken_back(changed)
        if not image:
            return course.outcome("done", told="Nothing runs yet: push an image (nis deploy push), and apply it.")
        if bad := changing.trial(changed.found, course):
            return self._untrue(changed, bad, found)
        return self._done(changed)

    def _brokers(self, found: Found) -> Changed | None:
        """Tell tasks of brokers that the stack has made: CloudFormation knows the cluster, and not where it answers."""
        if "BrokersArn" not in found.outputs or found.parameters.get("KafkaServers"):
            return None
        asked = self.changing.account.call("kafka:GetBootstrapBrokers", ClusterArn=found.outputs["BrokersArn"])
        servers = str(asked["BootstrapBrokerStringSaslScram"])
        return self.changing.alter("apply", {"KafkaServers": servers}, found, self.course, share=(0.85, 0.9))

    def _done(self, changed: Changed) -> Outcome:
        served = self.changing.history.all()
        if (
            changed.empty
            and served
            and all(changed.found.parameters.get(key) == value for key, value in served[0].parameters.items())
        ):
            return self.course.outcome("done", revision=str(served[0].number), told="It was so already.")
        number = self.changing.history.keep(changed.found.parameters)
        return self.course.outcome("done", revision=str(number), told=changed.found.outputs.get("Address", ""))

    def _migrated(self, found: Found, image: str, mark: str) -> str:
        """Bring the schema forward with the new image; why it could not be, else nothing."""
        made = self.changing.alter("apply", {"MigrationImage": image}, found, self.course, mark=mark, share=(0.05, 0.2))
        if made.why:
            return f"The migration's task could not be made, and nothing was switched. {made.why[0]}"
        try:
            with self.course.step("bringing the schema forward", 0.2, 0.3) as doing:
                self.moved = migrate(self.changing.account, made.found, self.changing.account.who(), doing.hear)
                doing.told = self.moved.told
        except (Conflict, UpstreamFailed) as error:
            return f"{error} {error.remedy}"
        return ""

    def _taken_back(self, changed: Changed) -> Outcome:
        state, why = changed.found.state, "\n".join(changed.why)
        if state == "UPDATE_ROLLBACK_COMPLETE":
            return self.course.outcome(
                "rolled_back", revision=self.changing.serving(), told=f"{why}\n{BACK[0]} {self.moved.warning}".rstrip()
            )
        if state == "ROLLBACK_COMPLETE":
            return self.course.outcome("failed", told=f"{why}\n{BACK[1]}")
        remedy = "Go on with the way back: nis deploy rollback." if state == "UPDATE_ROLLBACK_FAILED" else ""
        return self.course.outcome("failed", revision=self.changing.serving(), told=f"{why}\n{remedy}".strip())

    def _untrue(self, changed: Changed, bad: Sequence[Step], before: Found | None) -> Outcome:
        """It runs and does not answer: back to what was, where something was."""
        why = "; ".join(f"{one.what}: {one.told}" for one in bad)
        if before is None or not before.parameters.get("Image") or changed.empty:
            hint = changed.found.outputs.get("PointDomainAt", "")
            hint = f" Its name has to point at {hint}." if hint else " See nis deploy logs."
            return self.course.outcome("failed", told=f"It runs, and does not answer: {why}.{hint}")
        back = take_back(self.changing, changed.found, before.parameters, self.course)
        if back.why:
            return self.course.outcome(
                "failed", told=f"It does not answer ({why}), nor can be taken back: {back.why[0]}"
            )
        told = f"It came up and did not answer, and was taken back: {why}. {self.moved.warning}".rstrip()
        return self.course.outcome("rolled_back", revision=self.changing.serving(), told=told)


def take_back(changing: Changing, found: Found, to: Mapping[str, str], course: Course) -> Changed:
    """Have the stack make earlier tasks again, with its own template."""
    earlier = {key: value for key, value in to.items() if key in TAKEN_BACK and key in found.parameters}
    return changing.alter("rollback", earlier, found, course, share=(0.1, 0.9))


def holds(parameters: Mapping[str, str], store: str) -> bool:
    """Whether there is such a store."""
    return parameters.get("Shape", "tasks") == "tasks" and parameters.get(store, "none") != "none"


def keeps(parameters: Mapping[str, str]) -> bool:
    """Whether the stack itself holds data that would go with it."""
    box = parameters.get("Shape") == "box"
    return box or (holds(parameters, "Database") and parameters["Database"] == "own")


def check_kept(becoming: Mapping[str, str], *, ephemeral: bool) -> None:
    """Refuse what would lose what tasks keep on their own disks.

    Raises:
        Conflict: tasks have no database, and that their data is lost was not accepted.
    """
    if becoming["Shape"] == "tasks" and not holds(becoming, "Database") and not ephemeral:
        raise Conflict(
            "Tasks keep their data on their own disks, and lose it with each deploy and each restart.",
            field="ephemeral",
            value=False,
            remedy="Configure a database (--profile small-rds, or --set Database=own), or accept it: --ephemeral.",
        )


def apply(changing: Changing, wanted: Wanted, tell: Tell) -> Outcome:
    """Bring it to what is wanted."""
    return Applying(changing=changing, wanted=wanted, course=Course(tell=tell, clock=changing.account.clock)).run()
