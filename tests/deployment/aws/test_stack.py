"""A stack through change sets: asked, watched, refused, taken back, deleted."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator

import pytest
from fake_aws import FakeAws, Killed, Refused
from fake_stack import FakeStack

from nis_backend.deployment.aws.account import Account
from nis_backend.deployment.aws.stack import Stack, in_progress, token
from nis_backend.errors import Busy, Conflict, DeadlineExceeded, InvalidRequest, Unavailable, UpstreamFailed

MADE = {
    "Cluster": {"Type": "AWS::ECS::Cluster"},
    "ApiTask": {"Type": "AWS::ECS::TaskDefinition", "Properties": {"Image": {"Ref": "Image"}}},
    "Api": {"Type": "AWS::ECS::Service", "Properties": {"TaskDefinition": {"Ref": "ApiTask"}}},
    "Database": {"Type": "AWS::RDS::DBInstance", "Properties": {"DBName": {"Ref": "DatabaseName"}}},
}
TEMPLATE = {"TemplateBody": json.dumps({"Resources": MADE})}


@pytest.fixture
def fake(aws: FakeAws) -> FakeStack:
    """CloudFormation, with no stack yet."""
    made = FakeStack(aws=aws)
    aws.parts.append(made)
    return made


@pytest.fixture
def stack(account: Account, fake: FakeStack) -> Stack:
    """What is tested."""
    return Stack(account=account, name="nis-backend")


def hush(share: float, said: str) -> None:
    """Hear nothing, and that the share is one."""
    assert 0 <= share <= 1
    assert said


def made(stack: Stack) -> None:
    """Have it there."""
    proposal = stack.propose(TEMPLATE, {"Image": "a", "DatabaseName": "nis"}, {}, None)
    mark = token("apply", "alice")
    stack.execute(proposal, mark)
    assert stack.wait(proposal.stack_id, hush, token=mark).state == "CREATE_COMPLETE"


def failing(wanted: str, reason: str) -> Callable[[str, dict[str, str]], Generator[None, None, str]]:
    """A resource that does not take a new image."""

    def become(id_: str, parameters: dict[str, str]) -> Generator[None, None, str]:
        yield
        return reason if id_ == wanted and parameters["Image"] != "a" else ""

    return become


def never(_id: str, _parameters: dict[str, str]) -> Generator[None, None, str]:
    """A resource that does not come to an end."""
    while True:
        yield


def test_a_new_stack_is_proposed_executed_and_waited_for(aws: FakeAws, stack: Stack) -> None:
    """Promise: what is there is told while it comes, in words."""
    told = list[str]()
    proposal = stack.propose(TEMPLATE, {"Image": "a"}, {"nis:profile": "small"}, None)
    assert [(one.id, one.change) for one in proposal.resources] == [(id_, "add") for id_ in MADE]
    mark = token("apply", "alice", "abc")
    stack.execute(proposal, mark)
    found = stack.wait(proposal.stack_id, lambda _share, said: told.append(said), token=mark, of=4)
    assert (found.state, found.parameters, found.tags) == ("CREATE_COMPLETE", {"Image": "a"}, {"nis:profile": "small"})
    assert told[0] == "nis-backend is being made"
    assert told[-1] == "nis-backend is made"
    assert "Database is being made" in told
    assert len(told) == len(set(told)) == 2 * (len(MADE) + 1)
    assert aws.asked() == ["cloudformation:CreateChangeSet", "cloudformation:ExecuteChangeSet"]
    assert aws.last("cloudformation:CreateChangeSet") | {"ChangeSetName": "", "ClientToken": ""} == {
        "StackName": "nis-backend",
        "ChangeSetName": "",
        "ChangeSetType": "CREATE",
        "ClientToken": "",
        "Capabilities": ["CAPABILITY_IAM"],
        "Parameters": [{"ParameterKey": "Image", "ParameterValue": "a"}],
        "Tags": [{"Key": "nis:profile", "Value": "small"}],
        **TEMPLATE,
    }


def test_what_a_stack_told_before_it_began_is_not_taken_for_its_end(
    aws: FakeAws, stack: Stack, fake: FakeStack
) -> None:
    """Promise: CloudFormation answers for a moment as if nothing had begun, and that is no success."""
    made(stack)
    fake.lag = 2
    proposal = stack.propose(None, {"Image": "b", "DatabaseName": None}, {}, stack.found())
    mark = token("apply", "alice")
    stack.execute(proposal, mark)
    assert stack.wait(proposal.stack_id, hush, token=mark).parameters["Image"] == "b"
    assert aws.last("cloudformation:CreateChangeSet")["UsePreviousTemplate"] is True


def test_what_never_begins_is_told(aws: FakeAws, stack: Stack, fake: FakeStack) -> None:
    """Promise: a stack that stays as it was is neither a success nor waited for until the next day."""
    made(stack)
    fake.lag = 1000
    proposal = stack.propose(None, {"Image": "b", "DatabaseName": None}, {}, stack.found())
    mark, begun = token("apply", "alice"), aws.now
    stack.execute(proposal, mark)
    with pytest.raises(UpstreamFailed, match="did not begin"):
        stack.wait(proposal.stack_id, hush, token=mark)
    assert aws.now - begun < 600


def test_nothing_to_change_is_a_good_outcome(aws: FakeAws, stack: Stack) -> None:
    """Promise: an apply of what is there is done, and the change set that it made is gone."""
    made(stack)
    aws.calls.clear()
    proposal = stack.propose(None, {"Image": None, "DatabaseName": None}, {}, stack.found())
    assert proposal.empty
    assert aws.asked() == ["cloudformation:CreateChangeSet", "cloudformation:DeleteChangeSet"]
    assert aws.last("cloudformation:CreateChangeSet")["Parameters"] == [
        {"ParameterKey": "DatabaseName", "UsePreviousValue": True},
        {"ParameterKey": "Image", "UsePreviousValue": True},
    ]


def test_a_plan_of_a_new_stack_leaves_nothing(aws: FakeAws, stack: Stack, fake: FakeStack) -> None:
    """Promise: looking changes nothing; the empty stack that a first change set makes goes with it."""
    stack.discard(stack.propose(TEMPLATE, {"Image": "a"}, {}, None))
    assert fake.stack is None
    assert aws.asked() == [
        "cloudformation:CreateChangeSet",
        "cloudformation:DeleteChangeSet",
        "cloudformation:DeleteStack",
    ]


def test_a_replaced_database_is_refused_unless_told(stack: Stack) -> None:
    """Promise: what holds data is not replaced because a parameter says so."""
    made(stack)
    proposal = stack.propose(None, {"Image": None, "DatabaseName": "other"}, {}, stack.found())
    assert proposal.resources[0].told.startswith("LOSES THE DATABASE (nothing stays).")
    assert proposal.resources[0].change == "replace"
    with pytest.raises(Conflict, match="Database") as caught:
        proposal.check(replace_data=False)
    assert "--replace-data" in caught.value.remedy
    proposal.check(replace_data=True)


def test_a_failed_update_says_why_first(stack: Stack, fake: FakeStack) -> None:
    """Promise: the reason is that of the resource that failed first, without the account's number."""
    made(stack)
    fake.become = failing(
        "Api", "Circuit breaker: arn:aws:ecs:us-east-1:111122223333:service/nis-backend/api is broken"
    )
    proposal = stack.propose(None, {"Image": "b", "DatabaseName": None}, {}, stack.found())
    mark = token("apply", "alice")
    stack.execute(proposal, mark)
    found = stack.wait(proposal.stack_id, hush, token=mark)
    assert (found.state, found.parameters) == ("UPDATE_ROLLBACK_COMPLETE", {"Image": "a", "DatabaseName": "nis"})
    assert stack.reasons(found.id, mark) == [
        "Api could not be changed: Circuit breaker: service/nis-backend/api is broken"
    ]


def test_a_way_back_that_got_stuck_goes_on(stack: Stack, fake: FakeStack) -> None:
    """Promise: UPDATE_ROLLBACK_FAILED is not the end."""
    made(stack)
    fake.become, fake.stuck = failing("Api", "broken"), True
    proposal = stack.propose(None, {"Image": "b", "DatabaseName": None}, {}, stack.found())
    mark = token("apply", "alice")
    stack.execute(proposal, mark)
    found = stack.wait(proposal.stack_id, hush, token=mark)
    assert found.state == "UPDATE_ROLLBACK_FAILED"
    again = token("rollback", "alice")
    stack.continue_back(again)
    assert stack.wait(found.id, hush, token=again).state == "UPDATE_ROLLBACK_COMPLETE"


def test_who_changes_it_is_told(stack: Stack, aws: FakeAws) -> None:
    """Promise: a stack that is busy says since when and by whom."""
    made(stack)
    proposal = stack.propose(None, {"Image": "b", "DatabaseName": None}, {}, stack.found())
    stack.execute(proposal, token("apply", "user/Alice Example"))
    found = stack.found()
    assert found
    assert found.busy
    refusal = in_progress(found, stack.events(found.id))
    assert f"since {aws.moment():%Y-%m-%d}" in refusal.message
    assert "by user-Alice-Example" in refusal.message


def test_a_stack_is_deleted_once_it_is_not_protected(stack: Stack) -> None:
    """Promise: protection holds until it is taken off by name; the end is seen by the stack's id."""
    made(stack)
    stack.protect(on=True)
    found = stack.found()
    assert found
    assert found.protected
    stack.protect(on=False)
    mark = token("destroy", "alice")
    stack.delete(found.id, mark)
    assert stack.wait(found.id, hush, token=mark).state == "DELETE_COMPLETE"
    assert stack.found() is None


def test_a_killed_process_leaves_what_it_began(stack: Stack, aws: FakeAws, fake: FakeStack) -> None:
    """Promise: after the change set is executed, nothing of ours is needed for it to end."""
    made(stack)
    proposal = stack.propose(None, {"Image": "b", "DatabaseName": None}, {}, stack.found())
    aws.kill_after = "cloudformation:ExecuteChangeSet"
    with pytest.raises(Killed):
        stack.execute(proposal, token("apply", "alice", "abc"))
    for _ in range(20):
        aws.pause(5.0)
    assert fake.stack
    assert (fake.stack["StackStatus"], fake.stack["values"]["Image"]) == ("UPDATE_COMPLETE", "b")


def test_what_takes_too_long_says_that_it_goes_on(stack: Stack, aws: FakeAws, fake: FakeStack) -> None:
    """Promise: a wait has an end."""
    made(stack)
    fake.become = never
    proposal = stack.propose(None, {"Image": "b", "DatabaseName": None}, {}, stack.found())
    mark = token("apply", "alice")
    stack.execute(proposal, mark)
    with pytest.raises(DeadlineExceeded) as caught:
        stack.wait(proposal.stack_id, hush, token=mark, within=60.0)
    assert "nis deploy status" in caught.value.remedy


@pytest.mark.parametrize(
    ("code", "said", "kind", "words"),
    [
        ("ExpiredToken", "expired", Unavailable, "run out"),
        ("InvalidClientTokenId", "invalid", Unavailable, "does not know the key"),
        ("Throttling", "Rate exceeded", Busy, "less often"),
        (
            "AccessDenied",
            "User: arn:aws:iam::111122223333:user/alice is not authorized to perform: cloudformation:DescribeStacks",
            Unavailable,
            "does not allow cloudformation:DescribeStacks",
        ),
    ],
)
def test_refusals_are_typed_and_name_no_account(
    aws: FakeAws, stack: Stack, code: str, said: str, kind: type[Exception], words: str
) -> None:
    """Promise: each says what to do; of a missing right, the statement that has it."""
    aws.refusing["cloudformation:DescribeStacks"] = Refused(code, said)
    with pytest.raises(kind, match=words) as caught:
        stack.found()
    told = f"{caught.value} {getattr(caught.value, 'remedy', '')}"
    assert getattr(caught.value, "remedy", "")
    assert "111122223333" not in told
    if code == "AccessDenied":
        assert '"Sid": "Stack"' in told


@pytest.mark.parametrize("name", ["", "1nis", "nis_backend", "n" * 33])
def test_a_name_that_no_stack_may_have_is_refused_here(name: str) -> None:
    """Promise: before anything is asked."""
    with pytest.raises(InvalidRequest, match="cannot be called"):
        Stack(account=Account(), name=name)


def test_nothing_is_asked_that_the_policy_does_not_have(stack: Stack) -> None:
    """Promise: the policy of who deploys has every call, because no other is made."""
    with pytest.raises(Exception, match="no statement"):
        stack.account.call("cloudformation:CreateStack", StackName="x")
