"""An AWS account in this process: the package's own clients check and write each request, and nothing is sent.

What happens in it happens while one waits: `pause` is a step of its time. Each answer is held to the package's own
description of it. Its states are those that AWS documents; it is no evidence of how long they take.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from importlib import import_module
from typing import Any, Protocol

REGION, NUMBER = "us-east-1", "111122223333"

# What IAM calls otherwise than the package does.
PREFIXES = {"elbv2": "elasticloadbalancing"}


class Refused(Exception):
    """What an action answers instead: a code and words."""

    def __init__(self, code: str, said: str = "") -> None:
        super().__init__(code)
        self.code, self.said = code, said or code


class Killed(BaseException):
    """The process that asks is no more: nothing that it would do afterwards is done."""


class Part(Protocol):
    """A service of AWS: its actions are methods, `service_action`."""

    def tick(self) -> None:
        """A step of time."""
        ...


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request, as IAM names it."""

    action: str
    parameters: dict[str, Any]


@dataclass(kw_only=True)
class FakeAws:
    """The account: its services, the requests that were made, and its clock."""

    parts: list[Part] = field(default_factory=list[Part])
    calls: list[Call] = field(default_factory=list[Call])
    refusing: dict[str, Refused] = field(default_factory=dict[str, Refused])
    """Actions that are refused, by their names."""
    kill_after: str = ""
    """The action after which the asking process is killed."""
    spared: int = 0
    """How many of those it outlives."""
    dead: bool = False
    now: float = 1_790_000_000.0

    def pause(self, seconds: float) -> None:
        """Wait: things go on."""
        self.now += seconds
        for part in self.parts:
            part.tick()

    def clock(self) -> float:
        """Seconds since 1970."""
        return self.now

    def moment(self) -> datetime:
        """The same as a time."""
        return datetime.fromtimestamp(self.now, UTC)

    def session(self) -> Any:
        """A session of the package whose requests come here."""
        session = import_module("botocore.session").Session()
        session.register_component("data_loader", _descriptions())
        session.set_credentials("AKIAIOSFODNN7EXAMPLE", "tests")
        events = session.get_component("event_emitter")
        events.register("before-parameter-build", self._noted)
        events.register("before-call", self._answered)
        return import_module("boto3.session").Session(botocore_session=session, region_name=REGION)

    def revive(self) -> None:
        """Another process asks now."""
        self.dead, self.kill_after = False, ""
        self.calls.clear()

    def asked(self, *services: str) -> list[str]:
        """The names of the requests that change something, in their order."""
        reading = ("Describe", "List", "Get", "Filter", "BatchGet", "Head")
        named = [call.action for call in self.calls if not call.action.partition(":")[2].startswith(reading)]
        return [one for one in named if not services or one.partition(":")[0] in services]

    def last(self, action: str) -> dict[str, Any]:
        """The parameters of the last request of that name."""
        return next(call.parameters for call in reversed(self.calls) if call.action == action)

    def _noted(self, params: dict[str, Any], context: dict[str, Any], **_: object) -> None:
        context["asked"] = copy.deepcopy(params)

    def _answered(self, model: Any, context: dict[str, Any], **_: object) -> tuple[Any, dict[str, Any]]:
        if self.dead:
            raise Killed
        service, asked = model.service_model.service_name, context["asked"]
        action = f"{PREFIXES.get(service, service)}:{model.name}"
        self.calls.append(Call(action=action, parameters=asked))
        code, answer = 200, dict[str, Any]()
        try:
            if action in self.refusing:
                raise self.refusing[action]
            answer = dict[str, Any](self._part(service, model.name)(asked) or {})
        except Refused as error:
            code, answer = 400, {"Error": {"Code": error.code, "Message": error.said}}
        else:
            _held(answer, model)
        if action == self.kill_after:
            self.spared -= 1
            if self.spared < 0:
                self.dead = True
                raise Killed
        return _Http(code), {**answer, "ResponseMetadata": {"HTTPStatusCode": code}}

    def _part(self, service: str, operation: str) -> Any:
        name = f"{service.replace('-', '_')}_{import_module('botocore').xform_name(operation)}"
        for part in self.parts:
            if hasattr(part, name):
                return getattr(part, name)
        raise AssertionError(f"the account has no {name}")


@cache
def _descriptions() -> Any:
    """The package's descriptions of services, read once."""
    return import_module("botocore.session").Session().get_component("data_loader")


@dataclass(frozen=True)
class _Http:
    status_code: int
    headers: dict[str, str] = field(default_factory=dict[str, str])


def _held(answer: dict[str, Any], model: Any) -> None:
    """An answer has the shape that AWS describes."""
    if model.output_shape is None:
        assert not answer, f"{model.name} answers nothing"
        return
    report = import_module("botocore.validate").ParamValidator().validate(answer, model.output_shape)
    assert not report.has_errors(), f"{model.name}: {report.generate_report()}"


def arn(service: str, rest: str) -> str:
    """The name of a thing in this account."""
    return f"arn:aws:{service}:{REGION}:{NUMBER}:{rest}"
