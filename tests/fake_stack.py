"""CloudFormation in this process: change sets and stacks go through the states that AWS documents, a step at a time."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any

from fake_aws import FakeAws, Refused, arn

Course = Generator[None]
TASK = "AWS::ECS::TaskDefinition"
MAY_REPLACE = frozenset({"DatabaseStorage", "DatabaseName"})
"""Parameters of which CloudFormation does not know whether a resource has to be replaced for them."""


@dataclass(kw_only=True)
class FakeStack:
    """One stack, and those of its name that are gone."""

    aws: FakeAws
    become: Callable[[str, dict[str, str]], Generator[None, None, str]] | None = None
    """How a resource takes new parameters: a step at a time, and in the end why it failed, if it did."""
    defaults: Mapping[str, str] = field(default_factory=dict[str, str])
    """The template's parameters that need not be sent."""
    outputs: dict[str, str] = field(default_factory=dict[str, str])
    stack: dict[str, Any] | None = None
    gone: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    events: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    sets: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    course: Course | None = None
    lag: int = 0
    """Steps for which a stack tells how it was before a change set that was executed."""
    stuck: bool = False
    """Whether the next way back gets stuck."""
    _count: int = 0
    _cancelled: str = ""

    def tick(self) -> None:
        """A step of time."""
        for one in self.sets.values():
            if one["course"]:
                one["Status"] = one["course"].pop(0)
        if self.course is not None and next(self.course, "over") == "over":
            self.course = None

    # ── what is asked ──

    def cloudformation_create_change_set(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Made in three steps."""
        if self.course is not None:
            raise Refused("ValidationError", f"Stack:{self._id()} is in {self._state()} state and can not be updated.")
        creates = asked["ChangeSetType"] == "CREATE"
        if not creates and (self.stack is None or self._state() in {"ROLLBACK_COMPLETE", "REVIEW_IN_PROGRESS"}):
            raise Refused("ValidationError", f"Stack [{asked['StackName']}] does not exist")
        if creates and self.stack is None:
            self.stack = self._new(asked)
        assert self.stack is not None
        made = self.stack["made"]
        if "TemplateBody" in asked:
            assert len(asked["TemplateBody"].encode()) <= 51_200
            made = json.loads(asked["TemplateBody"])["Resources"]
        parameters = dict(self.defaults) | {
            one["ParameterKey"]: self.stack["values"][one["ParameterKey"]]
            if one.get("UsePreviousValue")
            else one["ParameterValue"]
            for one in asked["Parameters"]
        }
        changes = self._changes(made, parameters)
        ends = "CREATE_COMPLETE" if changes else "FAILED"
        id_ = arn("cloudformation", f"changeSet/{asked['ChangeSetName']}/{self._next()}")
        self.sets[id_] = {
            "Status": "CREATE_PENDING",
            "course": ["CREATE_IN_PROGRESS", ends],
            "changes": changes,
            "values": parameters,
            "made": made,
            "tags": asked["Tags"],
            "creates": creates,
        }
        return {"Id": id_, "StackId": self._id()}

    def cloudformation_describe_change_set(self, asked: dict[str, Any]) -> dict[str, Any]:
        """A page of ten changes at a time."""
        one, start = self._set(asked), int(asked.get("NextToken", "0"))
        answer = {"ChangeSetId": asked["ChangeSetName"], "StackId": self._id(), "Status": one["Status"]}
        if one["Status"] == "FAILED":
            return answer | {
                "StatusReason": "The submitted information didn't contain changes. Submit different information."
            }
        if one["Status"] == "CREATE_COMPLETE":
            answer["Changes"] = one["changes"][start : start + 10]
            if start + 10 < len(one["changes"]):
                answer["NextToken"] = str(start + 10)
        return answer

    def cloudformation_delete_change_set(self, asked: dict[str, Any]) -> None:
        """Gone at once."""
        self._set(asked)
        del self.sets[asked["ChangeSetName"]]

    def cloudformation_execute_change_set(self, asked: dict[str, Any]) -> None:
        """Begins; all change sets of the stack are gone."""
        one = self._set(asked)
        assert one["Status"] == "CREATE_COMPLETE"
        self.sets.clear()
        self.course = self._run(one, asked["ClientRequestToken"])
        if not self.lag:
            next(self.course)

    def cloudformation_describe_stacks(self, asked: dict[str, Any]) -> dict[str, Any]:
        """The stack of that name, or one that is gone, by its id."""
        found = self._found(asked["StackName"])
        answer = {key: value for key, value in found.items() if key not in {"values", "made"}}
        answer["Parameters"] = [{"ParameterKey": k, "ParameterValue": v} for k, v in found["values"].items()]
        answer["Outputs"] = [{"OutputKey": k, "OutputValue": v} for k, v in self.outputs.items()]
        return {"Stacks": [answer]}

    def cloudformation_describe_stack_events(self, asked: dict[str, Any]) -> dict[str, Any]:
        """The newest first, twenty to a page."""
        found, start = self._found(asked["StackName"]), int(asked.get("NextToken", "0"))
        own = [one for one in reversed(self.events) if one["StackId"] == found["StackId"]]
        more = {"NextToken": str(start + 20)} if start + 20 < len(own) else {}
        return {"StackEvents": own[start : start + 20], **more}

    def cloudformation_list_stack_resources(self, asked: dict[str, Any]) -> dict[str, Any]:
        """All that the template makes."""
        found = self._found(asked["StackName"])
        rows = [
            {
                "LogicalResourceId": id_,
                "PhysicalResourceId": self.physical(id_),
                "ResourceType": one["Type"],
                "ResourceStatus": self._fate(one),
                "LastUpdatedTimestamp": self.aws.moment(),
            }
            for id_, one in found["made"].items()
        ]
        return {"StackResourceSummaries": rows}

    def _fate(self, one: Mapping[str, Any]) -> str:
        """Of a making that was taken back all goes but what is to be kept."""
        if self._state() != "ROLLBACK_COMPLETE":
            return "CREATE_COMPLETE"
        return "DELETE_SKIPPED" if one.get("DeletionPolicy") == "Retain" else "DELETE_COMPLETE"

    def cloudformation_cancel_update_stack(self, asked: dict[str, Any]) -> None:
        """The update under way goes back."""
        if self._state() != "UPDATE_IN_PROGRESS":
            raise Refused("ValidationError", "CancelUpdateStack cannot be called from current stack status")
        self._cancelled = asked["ClientRequestToken"]

    def cloudformation_continue_update_rollback(self, asked: dict[str, Any]) -> None:
        """The way back that got stuck goes on."""
        if self._state() != "UPDATE_ROLLBACK_FAILED":
            raise Refused("ValidationError", "Stack is not in UPDATE_ROLLBACK_FAILED state")
        self.course = self._back(None, {}, asked["ClientRequestToken"])
        next(self.course)

    def cloudformation_update_termination_protection(self, asked: dict[str, Any]) -> dict[str, Any]:
        """At once."""
        self._found(asked["StackName"])["EnableTerminationProtection"] = asked["EnableTerminationProtection"]
        return {"StackId": self._id()}

    def cloudformation_delete_stack(self, asked: dict[str, Any]) -> None:
        """Begins; a protected one is refused."""
        found = self._found(asked["StackName"])
        if found["EnableTerminationProtection"]:
            raise Refused(
                "ValidationError",
                f"Stack [{found['StackName']}] cannot be deleted while TerminationProtection is enabled",
            )
        if found["StackStatus"] == "REVIEW_IN_PROGRESS":
            self._forget()
            return
        self.course = self._delete(asked.get("ClientRequestToken", ""))
        next(self.course)

    # ── what happens ──

    def physical(self, id_: str) -> str:
        """The name of a resource in the account."""
        return f"{self.stack['StackName'] if self.stack else ''}-{id_}"

    def _run(self, one: dict[str, Any], token: str) -> Course:
        for _ in range(self.lag):
            yield
        assert self.stack is not None
        before, word = (self.stack["values"], self.stack["made"]), "CREATE" if one["creates"] else "UPDATE"
        self._be(f"{word}_IN_PROGRESS", token, "User Initiated")
        self.stack["values"], self.stack["Tags"], self.stack["made"] = one["values"], one["tags"], one["made"]
        yield
        for change in one["changes"]:
            adds = change["ResourceChange"]["Action"] == "Add"
            failed = yield from self._one(change["ResourceChange"], "CREATE" if adds else word, token)
            if failed and word == "CREATE":
                self._be("ROLLBACK_IN_PROGRESS", token, failed)
                yield
                self._be("ROLLBACK_COMPLETE", token)
                return
            if failed:
                yield from self._back(before, one, token)
                return
        if word == "UPDATE":
            self._be("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", token)
            yield
        self._be(f"{word}_COMPLETE", token)

    def _one(self, change: dict[str, Any], word: str, token: str) -> Generator[None, None, str]:
        id_ = change["LogicalResourceId"]
        self._event(id_, f"{word}_IN_PROGRESS", token)
        failed = ""
        if self.become:
            assert self.stack is not None
            steps = self.become(id_, self.stack["values"])
            while True:
                if self._cancelled:
                    failed, token, self._cancelled = "Resource update cancelled", self._cancelled, ""
                    break
                try:
                    next(steps)
                except StopIteration as end:
                    failed = end.value or ""
                    break
                yield
        self._event(id_, f"{word}_FAILED" if failed else f"{word}_COMPLETE", token, failed)
        return failed

    def _back(self, before: tuple[dict[str, str], dict[str, Any]] | None, one: dict[str, Any], token: str) -> Course:
        assert self.stack is not None
        self.stack["values"], self.stack["made"] = before or (self.stack["values"], self.stack["made"])
        self._be("UPDATE_ROLLBACK_IN_PROGRESS", token, "The following resource(s) failed to update")
        yield
        if self.stuck:
            self.stuck = False
            self._be("UPDATE_ROLLBACK_FAILED", token, "a resource could not be taken back")
            return
        for change in one.get("changes", ()):
            if self.become:
                yield from self.become(change["ResourceChange"]["LogicalResourceId"], self.stack["values"])
        self._be("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", token)
        yield
        self._be("UPDATE_ROLLBACK_COMPLETE", token)

    def _delete(self, token: str) -> Course:
        self._be("DELETE_IN_PROGRESS", token, "User Initiated")
        yield
        assert self.stack is not None
        for id_ in self.stack["made"]:
            self._event(id_, "DELETE_COMPLETE", token)
        self._be("DELETE_COMPLETE", token)
        self._forget()

    # ── what it is made of ──

    def _new(self, asked: dict[str, Any]) -> dict[str, Any]:
        return {
            "StackId": arn("cloudformation", f"stack/{asked['StackName']}/{self._next()}"),
            "StackName": asked["StackName"],
            "StackStatus": "REVIEW_IN_PROGRESS",
            "CreationTime": self.aws.moment(),
            "EnableTerminationProtection": False,
            "Tags": asked["Tags"],
            "values": {},
            "made": {},
        }

    def _changes(self, made: dict[str, Any], values: dict[str, str]) -> list[dict[str, Any]]:
        """What differs: by the template, by a parameter that a resource names, by another that is replaced."""
        assert self.stack is not None
        before, had = self.stack["made"], self.stack["values"]
        differing = [key for key, value in values.items() if had.get(key, value) != value]
        changes = {id_: _change(id_, before[id_]["Type"], "Remove") for id_ in before if id_ not in made}
        for id_, one in made.items():
            if id_ not in before:
                changes[id_] = _change(id_, one["Type"], "Add")
                continue
            text = json.dumps(one)
            named = [key for key in differing if f'"Ref": "{key}"' in text or f"${{{key}}}" in text]
            named += [
                other
                for other, change in changes.items()
                if change["ResourceChange"].get("Replacement") == "True" and f'"Ref": "{other}"' in text
            ]
            if named or before[id_] != one:
                word = "True" if one["Type"] == TASK else "Conditional" if MAY_REPLACE.intersection(named) else "False"
                changes[id_] = _change(id_, one["Type"], word, named[0] if named else "")
        return list(changes.values())

    def _be(self, state: str, token: str, reason: str = "") -> None:
        assert self.stack is not None
        self.stack["StackStatus"], self.stack["LastUpdatedTime"] = state, self.aws.moment()
        self._event(self.stack["StackName"], state, token, reason)

    def _event(self, id_: str, state: str, token: str, reason: str = "") -> None:
        assert self.stack is not None
        whole = id_ == self.stack["StackName"]
        self.events.append(
            {
                "StackId": self._id(),
                "EventId": f"event-{self._next()}",
                "StackName": self.stack["StackName"],
                "LogicalResourceId": id_,
                "PhysicalResourceId": self._id() if whole else self.physical(id_),
                "ResourceType": "AWS::CloudFormation::Stack"
                if whole
                else self.stack["made"].get(id_, {}).get("Type", ""),
                "Timestamp": self.aws.moment(),
                "ResourceStatus": state,
                "ClientRequestToken": token,
                **({"ResourceStatusReason": reason} if reason else {}),
            }
        )

    def _forget(self) -> None:
        assert self.stack is not None
        self.gone.append(self.stack)
        self.stack = None

    def _found(self, name: str) -> dict[str, Any]:
        for one in ([self.stack] if self.stack else []) + self.gone:
            if name == one["StackId"] or (one is self.stack and name == one["StackName"]):
                return one
        raise Refused("ValidationError", f"Stack with id {name} does not exist")

    def _set(self, asked: dict[str, Any]) -> dict[str, Any]:
        if asked["ChangeSetName"] not in self.sets:
            raise Refused("ChangeSetNotFound", f"ChangeSet [{asked['ChangeSetName']}] does not exist")
        return self.sets[asked["ChangeSetName"]]

    def _id(self) -> str:
        assert self.stack is not None
        return str(self.stack["StackId"])

    def _state(self) -> str:
        assert self.stack is not None
        return str(self.stack["StackStatus"])

    def _next(self) -> int:
        self._count += 1
        return self._count


def _change(id_: str, kind: str, word: str, because: str = "") -> dict[str, Any]:
    action = word if word in {"Add", "Remove"} else "Modify"
    change: dict[str, Any] = {"Action": action, "LogicalResourceId": id_, "ResourceType": kind}
    if action == "Modify":
        change["Replacement"] = word
        change["Details"] = [
            {
                "Target": {
                    "Attribute": "Properties",
                    "Name": "ContainerDefinitions" if word == "True" else "TaskDefinition",
                },
                "ChangeSource": "ParameterReference",
                "CausingEntity": because,
            }
        ]
    return {"Type": "Resource", "ResourceChange": change}
