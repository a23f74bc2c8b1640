"""A plan: what is there and what it becomes, its price and times, what to mind, and what would be refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from stacks import CERTIFIED, GIVEN_DATABASE
from typing_extensions import override

from nis_backend.deployment.plan import plan
from nis_backend.deployment.profiles import PROFILES
from nis_backend.deployment.report import Resource
from nis_backend.deployment.target import Target, Wanted
from nis_backend.deployment.usage import Usage, usage_of
from nis_backend.errors import InvalidRequest, NotFound

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nis_backend.deployment.report import LogLine, Outcome, Service, Status
    from nis_backend.deployment.target import Tell

IMAGE = "1.dkr.ecr.us-east-1.amazonaws.com/nis-backend@sha256:" + "a" * 64


class There(Target):
    """A target that has a stack, and is only asked."""

    def __init__(self, **kept: str) -> None:
        self.kept = kept
        self.asked = 0

    @override
    def changes(self, wanted: Wanted) -> Sequence[Resource]:
        self.asked += 1
        return [Resource(id="ApiTask", kind="AWS::ECS::TaskDefinition", change="replace", told="Image")]

    def parameters(self, wanted: Wanted) -> Mapping[str, str]:
        """What was set before stays."""
        return {**PROFILES[wanted.profile].parameters, **self.kept, **wanted.parameters, "Image": wanted.image}

    @override
    def apply(self, wanted: Wanted, tell: Tell) -> Outcome:
        raise AssertionError

    @override
    def status(self) -> Status:
        raise AssertionError

    @override
    def logs(self, service: Service | None, *, since: float, limit: int, words: str = "") -> Sequence[LogLine]:
        raise AssertionError

    @override
    def scale(self, service: Service, count: int, tell: Tell) -> Outcome:
        raise AssertionError

    @override
    def roll_back(self, to: str, tell: Tell) -> Outcome:
        raise AssertionError

    @override
    def destroy(self, tell: Tell) -> Outcome:
        raise AssertionError


def wanted(profile: str = "small-rds", *, ephemeral: bool = False, image: str = IMAGE, **parameters: str) -> Wanted:
    """Plain HTTP, so that only what is asked about is refused."""
    given = parameters if profile == "box" else {"PlainHttp": "allowed", **parameters}
    return Wanted(profile=profile, image=image, parameters=given, ephemeral=ephemeral)


def test_a_plan_without_a_target_has_every_resource_and_its_price() -> None:
    """Promise: a plan needs no account; what is there is then unknown, and said to be."""
    found = plan(wanted(), region="us-east-1")
    assert {one.change for one in found.resources} == {"unknown"}
    assert {"ApiService", "PostgreSql", "LoadBalancer", "Vpc"} <= {one.id for one in found.resources}
    assert found.price is not None
    assert found.price.month == 54.14
    assert (found.target, found.region, found.refused) == ("aws", "us-east-1", "")
    assert {"Drain of ApiService", "Rollback of ApiService on ECS"} <= {one.what for one in found.times}


def test_a_target_says_what_changes_and_what_was_set_before_is_in_the_price() -> None:
    """Two tasks that somebody scaled to are paid for, though no profile says so."""
    there = There(ApiCount="2", ApiMost="2")
    found = plan(wanted(), region="us-east-1", target=there)
    assert [(one.id, one.change) for one in found.resources] == [("ApiTask", "replace")]
    assert found.price is not None
    assert found.price.month == pytest.approx(54.14 + 7.39 + 3.24 + 3.65, abs=0.02)
    assert not [one for one in found.warnings if one.startswith("One task of api")]


def test_data_on_tasks_own_disks_is_refused_until_it_is_accepted() -> None:
    """Promise: task-local data is lost at each deploy; plan says so, and apply refuses it without a database."""
    assert "--ephemeral" in plan(wanted("small"), region="us-east-1").refused
    assert plan(wanted("small", ephemeral=True), region="us-east-1").refused == ""
    assert plan(wanted("small", Database="own"), region="us-east-1").refused == ""
    assert plan(wanted("box"), region="us-east-1").refused == "", "the box has a disk of its own"


def test_what_the_templates_rules_refuse_is_told_and_the_target_is_not_asked() -> None:
    """HTTP without a certificate crosses the Internet in the clear."""
    there = There()
    found = plan(wanted(PlainHttp="refused"), region="us-east-1", target=there)
    assert "name a certificate" in found.refused
    assert there.asked == 0
    assert any("unencrypted" in one for one in found.warnings)


@pytest.mark.parametrize(
    ("profile", "given"), [("small-rds", "ApiCount"), ("small-rds", "WorkerCount"), ("production", "ApiCount")]
)
def test_more_tasks_than_there_may_be_are_refused(profile: str, given: str) -> None:
    """Application Auto Scaling takes no most below its least, and says so when a database has been made already."""
    asked, most = There(), given.replace("Count", "Most")
    less = Wanted(profile=profile, image=IMAGE, parameters={"PlainHttp": "allowed", given: "9"})
    assert f"set {most} to 9" in plan(less, region="us-east-1", target=asked).refused
    assert asked.asked == 0
    both = Wanted(profile=profile, image=IMAGE, parameters={**less.parameters, most: "9"})
    assert plan(both, region="us-east-1").refused == ""


@pytest.mark.parametrize(
    ("words", "parameters"),
    [
        ("CertificateArn is of us-east-1", {**CERTIFIED}),
        ("DatabaseSecretArn is of us-east-1", {**GIVEN_DATABASE}),
        ("Zones names us-east-1a, us-east-1b", {"Zones": "us-east-1a,us-east-1b"}),
        ("names one zone twice", {"Zones": "eu-central-1a,eu-central-1a"}),
        ("", {"Zones": "eu-central-1a,eu-central-1c"}),
    ],
)
def test_what_is_of_another_region_is_refused(words: str, parameters: dict[str, str]) -> None:
    """AWS says so when the load balancer's listener is made, a quarter of an hour after the network."""
    asked = Wanted(profile="small-rds", image=IMAGE, parameters={"PlainHttp": "allowed", **parameters})
    refused = plan(asked, region="eu-central-1").refused
    assert words in refused
    assert bool(words) is bool(refused)


@pytest.mark.parametrize(
    ("environment", "parameters"),
    [
        ({"NIS_MODEL": "sk-" + "a" * 24}, {}),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "https://me:hunter2@collector.example"}, {}),
        ({}, {"TracesUrl": "https://me:hunter2@collector.example"}),
        ({}, {"NoSuchThing": "AKIA" + "A" * 16}),
    ],
)
def test_what_looks_like_a_secret_is_no_parameter(environment: dict[str, str], parameters: dict[str, str]) -> None:
    """Parameters and variables are read by whoever may look at the stack; the refusal does not repeat the value."""
    asked = Wanted(profile="small-rds", image=IMAGE, parameters=parameters, environment=environment)
    with pytest.raises(InvalidRequest) as refused:
        plan(asked, region="us-east-1")
    assert "KeysArn" in refused.value.remedy
    [value] = [*environment.values(), *parameters.values()]
    assert value not in json.dumps(refused.value.problem())


def test_a_tag_is_refused_and_no_image_is_told() -> None:
    """A tag can move, and with it what one would go back to."""
    assert "a tag can move" in plan(wanted(image="nis:latest"), region="us-east-1").refused
    assert any(one.startswith("No image") for one in plan(wanted(image=""), region="us-east-1").warnings)
    assert plan(wanted(image="sha256:" + "a" * 64), region="us-east-1").refused == ""


def test_another_usage_is_another_price_and_every_assumption_is_told() -> None:
    """Promise: usage is a model that can be set, and is stated."""
    found = plan(wanted(), region="us-east-1", usage=usage_of("small-rds", {"logs_gb": "10"}))
    assert found.price is not None
    assert found.price.month == pytest.approx(54.14 + 4.75 + 0.07)
    assert "logs_gb = 10: What is written to logs." in found.price.assumed
    assert len(found.price.assumed) >= len(Usage.model_fields)
    for name, value in (("logs_gb", "much"), ("colour", "1"), ("hours", "9000")):
        with pytest.raises(InvalidRequest, match=name):
            usage_of("small", {name: value})


def test_a_price_above_the_profiles_bound_is_a_warning() -> None:
    """A parameter set by hand costs, and what was promised does not hold any more."""
    found = plan(wanted("small", ephemeral=True, ApiCpu="1024", ApiMemory="4096"), region="us-east-1")
    assert any("at most 40 USD" in one for one in found.warnings)
    quick = plan(wanted("box", BoxCredits="unlimited"), region="us-east-1").warnings
    assert any("not in the sum" in one for one in quick), "no bound holds of it"
    assert not any("not in the sum" in one for one in plan(wanted("box"), region="us-east-1").warnings)


def test_a_region_of_which_little_is_known_says_what_is_missing() -> None:
    """The sum is less than the bill, and that is said first of all by the warnings."""
    found = plan(wanted(), region="us-west-2")
    assert any("has no known price in us-west-2" in one for one in found.warnings)
    with pytest.raises(InvalidRequest, match="mars-north-1"):
        plan(wanted(), region="mars-north-1")
    with pytest.raises(NotFound, match="huge"):
        plan(wanted("huge"), region="us-east-1")


def test_this_machine_has_no_price() -> None:
    """And the same warning about what tasks keep."""
    found = plan(Wanted(profile="small", image="venv:/srv/nis"), region="us-east-1", to="local", target=There())
    assert (found.target, found.region, found.price) == ("local", "", None)
    assert "--ephemeral" in found.refused
    assert [one.what for one in found.times] == ["Drain"]
    settled = Wanted(profile="small", image="nis:latest", environment={"NIS_DATABASE_URL": "postgresql://x"})
    found = plan(settled, region="", to="local")
    assert (found.refused, found.resources) == ("", [])
    assert any("is no digest" in one for one in found.warnings)
