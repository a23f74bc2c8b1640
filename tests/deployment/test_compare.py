"""Two revisions side by side: what differs, and what that means; never a secret's value."""

from __future__ import annotations

import json
from typing import Any

import pytest

from nis_backend.deployment.compare import compare
from nis_backend.deployment.report import Difference
from nis_backend.errors import Malformed, TooLarge

Json = dict[str, Any]


def task(**changes: Any) -> str:  # Any: JSON
    """A task definition with another container, or with other values."""
    container: Json = {
        "name": "nis-backend",
        "image": "registry.example/nis@sha256:" + "a" * 64,
        "user": "10001",
        "stopTimeout": 120,
        "portMappings": [{"containerPort": 8000}],
        "healthCheck": {"command": ["CMD", "true"], "interval": 30, "startPeriod": 60},
        "environment": [{"name": "NIS_DRAIN_SECONDS", "value": "60"}, {"name": "LANG", "value": "C"}],
        "secrets": [{"name": "OPENAI_API_KEY", "valueFrom": "arn:one"}],
    }
    whole: Json = {"family": "nis", "cpu": "512", "memory": "2048", "requiresCompatibilities": ["FARGATE"]}
    for key, value in changes.items():
        (container if key in container else whole)[key] = value
    return json.dumps({**whole, "containerDefinitions": [container]})


def only(**changes: Any) -> Difference:  # Any: JSON
    """The one difference that a change makes."""
    found = compare(task(), task(**changes)).differences
    assert len(found) == 1, found
    return found[0]


IN_WORDS = {
    "another build": ({"image": "registry.example/nis@sha256:" + "b" * 64}, "Another build of the same image"),
    "another image by tag": ({"image": "registry.example/nis:2"}, "by a tag"),
    "half the memory": ({"memory": "1024"}, "Half of the memory"),
    "memory that Fargate has not": ({"memory": "5120"}, "is no pair of Fargate's"),
    "half the processor": ({"cpu": "256"}, "50% of the processor"),
    "a slower check": (
        {"healthCheck": {"command": ["CMD", "true"], "interval": 60, "startPeriod": 60}},
        "replaced later",
    ),
    "less time to start": (
        {"healthCheck": {"command": ["CMD", "true"], "interval": 30, "startPeriod": 10}},
        "a slow start is killed",
    ),
    "no check": ({"healthCheck": None}, "No health check"),
    "less time to stop": ({"stopTimeout": 30}, "is cut after 30 s"),
    "more than Fargate grants": ({"stopTimeout": 300}, "kills after 120 s"),
    "root": ({"user": "root"}, "may run as root"),
}


@pytest.mark.parametrize("name", IN_WORDS)
def test_an_important_difference_is_told_in_words(name: str) -> None:
    """What it means for those who are served."""
    changes, words = IN_WORDS[name]
    found = only(**changes)
    assert words in found.told
    assert (found.before, found.after) != ("", "")


def test_another_port_must_be_followed() -> None:
    """By the target group, the load balancer and the security group."""
    found = compare(task(), task(portMappings=[{"containerPort": 8080}])).differences
    assert any("target group" in one.told for one in found)


def test_variables_are_told_by_their_names() -> None:
    """One that is no setting of nis, one that is gone, one whose figures others follow; the order says nothing."""
    before = [{"name": "NIS_DRAIN_SECONDS", "value": "60"}, {"name": "LANG", "value": "C"}]
    assert compare(task(), task(environment=before[::-1])).differences == []
    assert "NIS_DRAIN_SECONDS" in only(environment=[*before, {"name": "NIS_DRIAN_SECONDS", "value": "5"}]).told
    assert only(environment=before[:1]).told == "LANG is set no more: its default counts."
    changed = only(environment=[{"name": "NIS_DRAIN_SECONDS", "value": "20"}, before[1]])
    assert changed.place == "containerDefinitions.nis-backend.environment.NIS_DRAIN_SECONDS.value"
    assert (changed.before, changed.after) == ("60", "20")
    assert "deregistration delay must follow" in changed.told
    assert "execution role" in only(secrets=[{"name": "OPENAI_API_KEY", "valueFrom": "arn:two"}]).told


def test_secrets_are_masked_wherever_they_stand() -> None:
    """As a value that changes, and within what is new as a whole."""
    one = task(environment=[{"name": "DB_PASSWORD", "value": "correct-horse"}])
    other = task(environment=[{"name": "DB_PASSWORD", "value": "battery-staple"}])
    changed = compare(one, other).model_dump_json()
    gone = compare(one, task(environment=[])).model_dump_json()
    address = compare(task(), task(command=["serve", "amqp://app:s3cretword@mq:5672"])).model_dump_json()
    for told in (changed, gone, address):
        assert "(a secret)" in told
        for word in ("correct-horse", "battery-staple", "s3cretword"):
            assert word not in told


def test_the_same_in_other_words_is_the_same() -> None:
    """Numbers as text, what describe-task-definition adds, CloudFormation's capitals, comments."""
    given = json.loads(task())
    described: Json = {"taskDefinition": {**given, "cpu": 512, "revision": 7, "status": "ACTIVE", "volumes": []}}
    assert compare(task(), json.dumps(described)).differences == []
    assert compare(task(), "// as it was\n" + task()).differences == []


def test_templates_and_plans_are_compared_too() -> None:
    """By their resources, whose names are nobody's keys."""
    before = "Resources:\n  Image: {Type: AWS::ECS::Service, Properties: {DesiredCount: 4, Memory: !Ref M}}\n"
    found = compare(before, before.replace("4", "2")).differences
    assert [(one.place, one.told) for one in found] == [
        ("Resources.Image.Properties.DesiredCount", "2 tasks where there were 4: the others stop.")
    ]
    plan = {"name": "nis", "resources": [{"id": "Task", "change": "keep"}, {"id": "Logs", "change": "add"}]}
    other = {"name": "nis", "resources": [{"id": "Logs", "change": "add"}, {"id": "Task", "change": "replace"}]}
    assert [one.place for one in compare(json.dumps(plan), json.dumps(other)).differences] == ["resources.Task.change"]


def test_what_is_hostile_is_refused_by_type() -> None:
    """As the validator refuses it, and what differs without an end is cut short."""
    for text, error in (("x: &a [*a]", Malformed), ("x" * 2_000_000, TooLarge), ('{"a": "\ud800"}', Malformed)):
        with pytest.raises(error):
            compare(text, task())
    many = json.dumps({f"key{number}": number for number in range(5000)})
    assert len(compare(many, "{}").differences) == 1000
