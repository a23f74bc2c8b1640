"""A deployment in an account: applied, broken, taken back by itself and by hand, scaled, watched, taken down."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from fake_aws import FakeAws, Killed, Refused, arn
from fake_services import ADDRESS, KEY, FakeServices, image, whole

from nis_backend.deployment.aws.account import Account
from nis_backend.deployment.aws.target import AwsTarget
from nis_backend.deployment.report import Step
from nis_backend.deployment.target import Tell, Wanted
from nis_backend.errors import Conflict, InvalidRequest, NotFound

CHANGED = ("cloudformation:CreateChangeSet", "cloudformation:ExecuteChangeSet")
PLAIN = {"PlainHttp": "allowed"}
KEPT = ("ssm:PutParameter",)
MIGRATED = (*CHANGED, "ecs:RunTask")


@dataclass
class Caller:
    """Who asks what was deployed; `mute` answers nothing."""

    mute: bool = False
    asked: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    def __call__(self, address: str, key: str, tell: Tell) -> Sequence[Step]:
        """One question."""
        self.asked.append((address, key))
        tell(0.5, "GET /health")
        return [Step(what="GET /health", ok=not self.mute, seconds=0.1, told="nothing" if self.mute else "ok")]


@pytest.fixture
def services(aws: FakeAws) -> FakeServices:
    """The account with all that a stack is made of."""
    return whole(aws)


@pytest.fixture
def caller() -> Caller:
    """Who asks."""
    return Caller()


@pytest.fixture
def target(services: FakeServices, account: Account, caller: Caller) -> AwsTarget:
    """What is tested."""
    return AwsTarget("nis-backend", "us-east-1", account=account, ask=caller)


def hush(share: float, said: str) -> None:
    """Hear nothing, and that the share is one."""
    assert 0 <= share <= 1
    assert said


def wanted(letter: str = "", **more: str) -> Wanted:
    """The smallest with a database."""
    named = image(letter) if letter else ""
    return Wanted(profile="small-rds", image=named, parameters={**PLAIN, **more})


def applied(target: AwsTarget, letter: str, **more: str) -> None:
    """Have it serve."""
    assert target.apply(wanted(letter, **more), hush).ended == "done"


def test_a_stack_that_gets_data_later_is_protected_from_then_on(
    aws: FakeAws, target: AwsTarget, services: FakeServices
) -> None:
    """Promise: what holds data is not deleted unasked, whenever it came; taken off by hand, it is not put on again."""
    plain = Wanted(profile="small", parameters=PLAIN, ephemeral=True)
    assert target.apply(plain, hush).ended == "done"
    assert services.stack.stack
    assert not services.stack.stack["EnableTerminationProtection"]
    applied(target, "a")
    assert services.stack.stack["EnableTerminationProtection"]
    services.stack.stack["EnableTerminationProtection"] = False
    applied(target, "b")
    assert not services.stack.stack["EnableTerminationProtection"]


def test_from_nothing_to_broken_and_back_and_gone(
    aws: FakeAws, target: AwsTarget, services: FakeServices, caller: Caller
) -> None:
    """Promise: each change is asked first, a broken build is taken back by itself, a good one by one command."""
    told = list[str]()
    made = target.apply(wanted(), lambda _share, said: told.append(said))
    assert (made.ended, made.revision) == ("done", "")
    assert "PostgreSql is being made" in told
    assert aws.asked() == [*CHANGED, "cloudformation:UpdateTerminationProtection"]
    assert caller.asked == []

    aws.calls.clear()
    first = target.apply(wanted("a"), hush)
    assert (first.ended, first.revision, first.told) == ("done", "1", ADDRESS)
    assert caller.asked == [(ADDRESS, KEY)]
    assert aws.asked() == [*MIGRATED, *CHANGED, *KEPT]
    assert [step.what.partition(" resources")[0].rstrip("0123456789") for step in first.steps] == [
        *("looking for the image", "asking what would change", "changing ", "bringing the schema forward"),
        *("asking what would change", "changing ", "GET /health"),
    ]

    aws.calls.clear()
    assert target.apply(wanted("b"), hush).revision == "2"

    aws.calls.clear()
    services.broken.add(image("c"))
    broken = target.apply(wanted("c"), hush)
    assert (broken.ended, broken.revision) == ("rolled_back", "2")
    assert aws.asked() == [*MIGRATED, *CHANGED]
    assert "Circuit Breaker was triggered" in broken.told
    assert "exit code 70\nNIS_MODEL names no model" in broken.told
    assert "111122223333" not in broken.told
    assert target.status().state == "UPDATE_ROLLBACK_COMPLETE"
    assert [(one.id, one.state) for one in target.status().revisions] == [("2", "serving"), ("1", "before")]

    aws.calls.clear()
    back = target.roll_back("", hush)
    assert (back.ended, back.revision, back.told) == ("done", "3", "Revision 1 serves again.")
    assert aws.asked() == [*CHANGED, *KEPT]
    assert aws.last("cloudformation:CreateChangeSet")["UsePreviousTemplate"] is True
    assert {"ParameterKey": "Image", "ParameterValue": image("a")} in aws.last("cloudformation:CreateChangeSet")[
        "Parameters"
    ]
    assert target.apply(wanted(), hush).told == "It was so already."

    with pytest.raises(Conflict, match="protected"):
        target.destroy(hush)
    aws.calls.clear()
    gone = AwsTarget("nis-backend", "us-east-1", account=target.account, ask=caller, unprotect=True).destroy(hush)
    assert gone.ended == "done"
    assert "a snapshot of the database nis-backend-PostgreSql stays" in gone.told
    assert "the bucket nis-backend-Blobs stays" in gone.told
    assert aws.asked() == [
        "cloudformation:UpdateTerminationProtection",
        "cloudformation:DeleteStack",
        "ssm:DeleteParameter",
    ]
    assert not target.status().exists


def test_what_does_not_answer_is_taken_back(target: AwsTarget, services: FakeServices, caller: Caller) -> None:
    """Promise: healthy is not enough; what does not answer a caller goes, and what served before is served."""
    applied(target, "a")
    caller.mute = True
    out = target.apply(wanted("b"), hush)
    assert (out.ended, out.revision) == ("rolled_back", "1")
    assert "did not answer" in out.told
    assert services.stack.stack
    assert services.stack.stack["values"]["Image"] == image("a")


def test_a_schema_that_stays_ahead_is_told(target: AwsTarget, services: FakeServices) -> None:
    """Promise: where the image is taken back and the schema is not, nobody finds that out at the next restart."""
    applied(target, "a")
    services.newer = True
    services.broken.add(image("b"))
    out = target.apply(wanted("b"), hush)
    assert out.ended == "rolled_back"
    assert "from schema version 7 to 8 before, and stays there" in out.told
    services.newer = False
    assert "schema" not in target.apply(wanted("b"), hush).told


def test_a_migration_that_fails_switches_nothing(aws: FakeAws, target: AwsTarget, services: FakeServices) -> None:
    """Promise: the schema comes first; without it the new image is not served."""
    applied(target, "a")
    services.migrating_badly.add(image("b"))
    aws.calls.clear()
    out = target.apply(wanted("b"), hush)
    assert (out.ended, out.revision) == ("failed", "1")
    assert "exit code 1" in out.told
    assert "the disk is full" in out.told
    assert aws.asked() == [*CHANGED, "ecs:RunTask"]
    assert services.stack.stack
    assert services.stack.stack["values"]["Image"] == image("a")
    run = aws.last("ecs:RunTask")
    command = ["sh", "-c", "nis database current; nis database upgrade"]
    assert run["overrides"] == {"containerOverrides": [{"name": "nis-backend", "command": command}]}
    assert run["networkConfiguration"]["awsvpcConfiguration"] == {
        "subnets": ["subnet-1", "subnet-2"],
        "securityGroups": ["sg-1"],
        "assignPublicIp": "ENABLED",
    }
    assert services.definitions[run["taskDefinition"]] == image("b")


@pytest.mark.parametrize(
    ("spared", "then"),
    [
        (0, ["ecs:RunTask", *CHANGED, *KEPT]),
        (1, ["cloudformation:CreateChangeSet", "cloudformation:DeleteChangeSet", *KEPT]),
    ],
    ids=["before the migration", "after it"],
)
def test_a_killed_apply_is_gone_on_with(
    aws: FakeAws, target: AwsTarget, services: FakeServices, spared: int, then: list[str]
) -> None:
    """Promise: what a dead process began is waited for by the next that wants the same, and ends as if it had lived."""
    applied(target, "a")
    aws.kill_after, aws.spared = "cloudformation:ExecuteChangeSet", spared
    with pytest.raises(Killed):
        target.apply(wanted("b"), hush)
    aws.revive()
    out = target.apply(wanted("b"), hush)
    assert (out.ended, out.revision) == ("done", "2")
    assert out.steps[0].what == "going on with what was begun before"
    looked = ["cloudformation:CreateChangeSet", "cloudformation:DeleteChangeSet"]
    assert aws.asked() == (then if spared else [*looked, *then])
    assert services.stack.stack
    assert services.stack.stack["values"]["Image"] == image("b")


def test_another_apply_meanwhile_is_a_conflict(aws: FakeAws, target: AwsTarget, services: FakeServices) -> None:
    """Promise: two that want different things do not mix; who was first is told."""
    applied(target, "a")
    aws.kill_after, aws.spared = "cloudformation:ExecuteChangeSet", 1
    with pytest.raises(Killed):
        target.apply(wanted("b"), hush)
    aws.revive()
    with pytest.raises(Conflict, match="by alice"):
        target.apply(wanted("d"), hush)
    back = target.roll_back("", hush)
    assert (back.ended, back.revision) == ("done", "1")
    assert services.stack.stack
    assert (services.stack.stack["StackStatus"], services.stack.stack["values"]["Image"]) == (
        "UPDATE_ROLLBACK_COMPLETE",
        image("a"),
    )


def test_an_update_that_ended_before_it_was_cancelled_is_gone_back_from(
    aws: FakeAws, target: AwsTarget, services: FakeServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Promise: a rollback that comes a moment late still ends with what served before."""
    applied(target, "a")
    aws.kill_after, aws.spared = "cloudformation:ExecuteChangeSet", 1
    with pytest.raises(Killed):
        target.apply(wanted("b"), hush)
    aws.revive()

    def late(_asked: object) -> None:
        while services.stack.course is not None:
            aws.pause(5.0)
        raise Refused("ValidationError", "CancelUpdateStack cannot be called from current stack status")

    monkeypatch.setattr(services.stack, "cloudformation_cancel_update_stack", late)
    back = target.roll_back("", hush)
    assert (back.ended, back.told) == ("done", "Revision 1 serves again.")
    assert services.stack.stack
    assert services.stack.stack["values"]["Image"] == image("a")


def test_an_apply_killed_before_it_began_leaves_nothing_in_the_way(aws: FakeAws, target: AwsTarget) -> None:
    """Promise: an empty stack that a dead process left is taken up by the next."""
    aws.kill_after = "cloudformation:CreateChangeSet"
    with pytest.raises(Killed):
        target.apply(wanted("a"), hush)
    aws.revive()
    assert not target.status().exists
    assert target.apply(wanted("a"), hush).revision == "1"


def test_tasks_without_a_database_are_refused_unless_told(aws: FakeAws, target: AwsTarget) -> None:
    """Promise: nobody loses what tasks keep by a deploy that did not say so."""
    with pytest.raises(Conflict, match="own disks") as caught:
        target.apply(Wanted(profile="small", image=image("a")), hush)
    assert "--ephemeral" in caught.value.remedy
    assert aws.asked() == []
    assert (
        target.apply(Wanted(profile="small", image=image("a"), parameters=PLAIN, ephemeral=True), hush).ended == "done"
    )


def test_what_was_scaled_stays_scaled(aws: FakeAws, target: AwsTarget, services: FakeServices) -> None:
    """Promise: the number is the stack's own, so that the next apply leaves it."""
    applied(target, "a")
    out = target.scale("api", 3, hush)
    assert (out.ended, out.told) == ("done", "3 tasks.")
    assert services.desired == 3
    applied(target, "b")
    assert services.desired == 3
    asked = {one["ParameterKey"]: one for one in aws.last("cloudformation:CreateChangeSet")["Parameters"]}
    assert asked["ApiCount"] == {"ParameterKey": "ApiCount", "UsePreviousValue": True}
    assert [(one.service, one.desired, one.healthy) for one in target.status().services] == [("api", 3, 3)]
    assert target.parameters(wanted())["ApiCount"] == "3"
    with pytest.raises(InvalidRequest, match="Nobody would answer"):
        target.scale("api", 0, hush)
    applied(target, "b", ApiMost="6")
    with pytest.raises(InvalidRequest, match="up to 6 tasks"):
        target.scale("api", 7, hush)


def test_tasks_are_told_of_brokers_that_the_stack_made(aws: FakeAws, target: AwsTarget, services: FakeServices) -> None:
    """Promise: what CloudFormation does not tell is asked, and set once."""
    services.stack.outputs["BrokersArn"] = arn("kafka", "cluster/nis-backend/1")
    applied(target, "a", Kafka="own")
    assert services.stack.stack
    assert services.stack.stack["values"]["KafkaServers"] == "b-1.example:9096,b-2.example:9096"
    aws.calls.clear()
    applied(target, "b", Kafka="own")
    assert "kafka:GetBootstrapBrokers" not in [call.action for call in aws.calls]


def test_tags_of_others_stay(aws: FakeAws, target: AwsTarget, services: FakeServices) -> None:
    """Promise: what an organization wrote on the stack is still on it after an apply."""
    applied(target, "a")
    assert services.stack.stack
    services.stack.stack["Tags"].append({"Key": "cost-centre", "Value": "7"})
    applied(target, "b")
    assert {"Key": "cost-centre", "Value": "7"} in services.stack.stack["Tags"]


def test_a_plan_leaves_the_stack_as_it_is(aws: FakeAws, target: AwsTarget) -> None:
    """Promise: looking makes a change set and removes it."""
    fresh = {row.id: row.change for row in target.changes(wanted("a"))}
    assert set(fresh.values()) == {"add"}
    assert {"PostgreSql", "ApiService", "MigrationTask"} - set(fresh) == {"MigrationTask"}
    assert aws.asked() == []
    applied(target, "a")
    aws.calls.clear()
    rows = target.changes(wanted("b", DatabaseStorage="40"))
    assert [(row.id, row.change) for row in rows] == [
        ("PostgreSql", "replace"),
        ("ApiTask", "replace"),
        ("ApiService", "change"),
    ]
    assert rows[0].told.startswith("LOSES THE DATABASE")
    assert rows[1].told == "ContainerDefinitions (by Image)"
    assert aws.asked() == ["cloudformation:CreateChangeSet", "cloudformation:DeleteChangeSet"]
    with pytest.raises(Conflict, match="PostgreSql"):
        target.apply(wanted("a", DatabaseStorage="40"), hush)


def test_a_stack_that_never_came_up_is_removed_first(aws: FakeAws, target: AwsTarget, services: FakeServices) -> None:
    """Promise: ROLLBACK_COMPLETE is not a dead end."""
    services.broken.add(image("a"))
    first = target.apply(wanted("a"), hush)
    assert first.ended == "failed"
    assert "nothing does now" in first.told
    services.broken.clear()
    aws.calls.clear()
    again = target.apply(wanted("a"), hush)
    assert again.ended == "done"
    assert aws.asked()[0] == "cloudformation:DeleteStack"
    assert "nis-backend-Blobs" in again.steps[0].told, "a bucket stays of it, and is told of"


@pytest.mark.parametrize(
    ("given", "kind", "words"),
    [
        (Wanted(profile="smal", ephemeral=True), NotFound, "smal"),
        (Wanted(profile="small-rds", parameters={"ApiCpus": "1"}), InvalidRequest, "ApiCpus"),
        (Wanted(profile="small-rds", environment={"NIS_DATA": "/x"}), InvalidRequest, "NIS_DATA"),
        (Wanted(profile="small-rds", image="nis-backend:latest"), InvalidRequest, "by its digest"),
        (Wanted(profile="small-rds"), InvalidRequest, "CertificateArn"),
        (Wanted(profile="small-rds", parameters={"ApiCpu": "1536"}), InvalidRequest, "ApiCpu"),
        (Wanted(profile="small-rds", image=image("9"), parameters=PLAIN), NotFound, "has no image"),
        (
            Wanted(profile="small-rds", image=image("a"), parameters={**PLAIN, "Architecture": "ARM64"}),
            InvalidRequest,
            "amd64",
        ),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_made(
    aws: FakeAws, target: AwsTarget, given: Wanted, kind: type[Exception], words: str
) -> None:
    """Promise: a wrong name costs a second, not a quarter of an hour."""
    with pytest.raises(kind, match=words) as caught:
        target.apply(given, hush)
    assert getattr(caught.value, "remedy", "")
    assert aws.asked() == []


def test_a_named_revision_is_served_again(target: AwsTarget) -> None:
    """Promise: by its number, its image or its digest; what is not known is not found."""
    for letter in "abd":
        applied(target, letter)
    assert target.roll_back("1", hush).revision == "4"
    assert target.roll_back(image("b"), hush).revision == "5"
    assert target.roll_back("5", hush).told == "It was so already."
    with pytest.raises(NotFound, match="99"):
        target.roll_back("99", hush)


def test_lines_are_the_newest_and_say_whose_they_are(aws: FakeAws, target: AwsTarget, services: FakeServices) -> None:
    """Promise: the newest first looked for, the oldest first told, across a week."""
    applied(target, "a")
    services.lines.clear()
    for number in range(20):
        kind = "worker" if number % 2 else "api"
        services.lines.append((aws.now - 3600 * number - 1, f"{kind}/nis-backend/task{number}", f'line "{number}"'))
    lines = target.logs(None, since=aws.now - 86_400, limit=4)
    assert [line.text for line in lines] == ['line "3"', 'line "2"', 'line "1"', 'line "0"']
    assert [line.service for line in lines] == ["worker", "api", "worker", "api"]
    assert [line.task for line in target.logs("worker", since=aws.now - 86_400, limit=2)] == ["task3", "task1"]
    assert [line.text for line in target.logs(None, since=aws.now - 86_400, limit=9, words='"17"')] == ['line "17"']
    assert target.logs(None, since=aws.now - 1800, limit=9)[0].text == 'line "0"'


def test_the_status_tells_what_comes_up_and_what_rings(aws: FakeAws, target: AwsTarget, services: FakeServices) -> None:
    """Promise: a rollout under way shows both, by their images."""
    applied(target, "a")
    services.ringing.append("nis-backend-api-5xx")
    assert target.status().alarms == ["nis-backend-api-5xx"]
    aws.kill_after, aws.spared = "cloudformation:ExecuteChangeSet", 1
    with pytest.raises(Killed):
        target.apply(wanted("b"), hush)
    aws.revive()
    while len(services.deployments) < 2:
        aws.pause(5.0)
    rows = target.status().revisions
    assert [(row.image, row.state) for row in rows] == [
        (image("b"), "starting"),
        (image("a"), "draining"),
        (image("a"), "before"),
    ]


def test_the_key_is_told_to_nobody(aws: FakeAws, target: AwsTarget, caller: Caller) -> None:
    """Promise: the deployment's key goes to its own address and into nothing that is told."""
    told = list[str]()
    caller.mute = True
    out = target.apply(wanted("a"), lambda _share, said: told.append(said))
    assert KEY not in json.dumps([told, out.model_dump()])
    assert KEY not in repr([call.parameters for call in aws.calls])
