"""Operations over deployments and definitions: what is answered, what is refused, and what no caller is told."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from ground import Ground
from keyed import holder
from over_mcp import over_mcp

from nis_backend.app import Process
from nis_backend.capabilities.deployment.asked import PriceProfile
from nis_backend.capabilities.deployment.callers import Telling, image_of
from nis_backend.capabilities.deployment.operations import price_profile
from nis_backend.deployment.known import Known, find, known, settled
from nis_backend.deployment.profiles import PROFILES
from nis_backend.deployment.report import Outcome, Plan, Revision, Status, Step
from nis_backend.errors import InvalidRequest, NisError, NotFound, Unavailable
from nis_backend.settings import read_settings
from nis_backend.view import Table, Text

Json = dict[str, Any]
DIGEST = f"sha256:{'a' * 64}"
REGISTRY = "123456789012.dkr.ecr.eu-central-1.amazonaws.com"
OPERATED = {
    "deployment.plan_deployment": {"deployment": "rehearsal"},
    "deployment.get_status": {"deployment": "rehearsal"},
    "deployment.list_logs": {"deployment": "rehearsal"},
    "deployment.apply_deployment": {"deployment": "rehearsal"},
    "deployment.scale_deployment": {"deployment": "rehearsal", "count": 1},
    "deployment.roll_back_deployment": {"deployment": "rehearsal"},
}


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Generator[Ground]:
    """A whole nis with one deployment on this machine, of which nothing was applied."""
    with Ground(tmp_path_factory.mktemp("ground")).open() as ground:
        yield ground


def words_of(error: NisError) -> str:
    """All that a caller is told of a failure."""
    return json.dumps([error.problem(), str(error)])


@pytest.mark.parametrize("name", OPERATED)
def test_what_reaches_a_deployment_wants_a_scope_of_its_own(ground: Ground, name: str) -> None:
    """Promise: deployment:read is not enough, and the refusal names what is."""
    who = holder(ground, owner="ann", scopes=["deployment:read"])
    status, problem = who.ask("POST", f"/{name.replace('.', '/').replace('_', '-')}", OPERATED[name])
    assert (status, "deployment:operate" in json.dumps(problem)) == (403, True), problem


def test_what_is_only_computed_is_had_with_the_scope_to_read(ground: Ground) -> None:
    """Nobody's account is asked for a price, a check or a comparison."""
    who = holder(ground, owner="ann", scopes=["deployment:read"])
    price = who.done("POST", "/deployment/price-profile", {"profile": "small"})["price"]
    assert 0 < price["month"] <= (PROFILES["small"].most_dollars or 0)
    assert sum(round(line["month"] * 100) for line in price["lines"]) == round(price["month"] * 100)


@pytest.mark.parametrize(
    ("name", "request_", "field", "words"),
    [
        ("get_status", {"deployment": "other"}, "deployment", "rehearsal"),
        ("price_profile", {"profile": "huge"}, "profile", "small-rds"),
        ("price_profile", {"region": "moon-1"}, "region", "us-east-1"),
        ("price_profile", {"parameters": {"Nope": "1"}}, "parameters", "ApiMemory"),
        ("plan_deployment", {"deployment": "rehearsal", "image": "venv:/usr"}, "image", "sha256"),
        ("apply_deployment", {"deployment": "rehearsal", "image": f"evil.example/x@{DIGEST}"}, "image", "sha256"),
        ("apply_deployment", {"deployment": "rehearsal", "image": DIGEST, "ephemeral": True}, "image", "Leave image"),
        ("apply_deployment", {"deployment": "rehearsal"}, "ephemeral", "NIS_DATABASE_URL"),
        ("roll_back_deployment", {"deployment": "rehearsal", "revision": "99"}, None, "not_found"),
        ("validate_definition", {"text": "x" * 500_001}, "text", "500"),
        ("validate_definition", {"text": "nothing of the kind"}, "kind", "task definition"),
        ("compare_revisions", {"before": "{}", "after": "- 1"}, "after", "task definition"),
    ],
)
def test_what_is_wrong_is_refused_by_its_field_with_what_may_be(
    ground: Ground, name: str, request_: Json, field: str | None, words: str
) -> None:
    """Never a fault of the server; an image that is not the deployment's own is a program of the caller's."""
    with pytest.raises(NisError) as caught:
        ground.call(f"deployment.{name}", request_)
    said = words_of(caught.value)
    assert caught.value.codes.http < 500, said
    assert words in said
    if field is not None:
        assert field in said
    assert str(ground.data) not in said
    assert sys.prefix not in said


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\nResources: {}\n",
        "!!python/object/apply:os.system ['true']",
        '{"family": ' + "[" * 5000 + "]" * 5000 + "}",
        "\ud800 family",
        "FROM " + "x" * 400_000,
    ],
    ids=["aliases", "objects", "nesting", "half a character", "a line"],
)
def test_hostile_texts_are_refused_as_the_callers(ground: Ground, text: str) -> None:
    """Nothing is built of them; the worker lives on and answers the next."""
    with pytest.raises(NisError) as caught:
        ground.call("deployment.validate_definition", {"text": text})
    assert caught.value.codes.http < 500, words_of(caught.value)
    assert ground.call("deployment.validate_definition", {"text": "FROM python:latest"})["kind"] == "Dockerfile"


def test_no_answer_tells_where_a_deployment_is(ground: Ground) -> None:
    """Its folder and its environment are the operator's: planned, applied, looked at, scaled and refused."""
    given = {"deployment": "rehearsal", "ephemeral": True}
    told = [ground.call("deployment.plan_deployment", given), ground.call("deployment.apply_deployment", given)]
    assert told[1]["ended"] == "done"
    told.append(ground.call("deployment.get_status", {"deployment": "rehearsal"}))
    told.append(ground.call("deployment.plan_deployment", given))
    assert told[2]["revisions"][0]["image"] == f"venv:{Path(sys.prefix).name}"
    told.append(over_mcp(ground.url, "deployment.get_status", {"deployment": "rehearsal"}))
    with pytest.raises(NisError) as caught:
        ground.call("deployment.roll_back_deployment", {"deployment": "rehearsal", "revision": "99"})
    words = json.dumps(told) + words_of(caught.value)
    assert str(ground.rehearsal) not in words
    assert sys.prefix not in words
    lines = ground.call("deployment.list_logs", {"deployment": "rehearsal", "limit": 5})["lines"]
    assert 0 < len(lines) <= 5


def test_accounts_keys_and_folders_are_left_out_of_words() -> None:
    """Of a name in a registry its repository and digest stay, by which it can be named again."""
    telling = Telling("/srv/nis/here", "here")
    status = Status(
        name="nis-backend",
        target="aws",
        exists=True,
        revisions=[Revision(id="7", image=f"{REGISTRY}/nis-backend@{DIGEST}", created=1, state="serving")],
        alarms=["arn:aws:cloudwatch:eu-central-1:123456789012:alarm:nis-backend-5xx"],
    )
    told = telling.of(status)
    assert told.revisions[0].image == f"nis-backend@{DIGEST}"
    assert told.alarms == ["alarm:nis-backend-5xx"]
    steps = [Step(what="start", ok=False, seconds=1, told="/srv/nis/here/logs/a: venv:/home/ada/v1 did not start")]
    done = telling.of(Outcome(ended="failed", steps=steps, seconds=1.0))
    assert done.steps[0].told == "here/logs/a: venv:v1 did not start"
    heard: list[str] = []
    telling.tell(lambda _fraction, what: heard.append(what))(0.0, f"looking for venv:{sys.prefix}")
    assert heard == [f"looking for venv:{Path(sys.prefix).name}"]
    with pytest.raises(Unavailable) as caught, telling.failures():
        raise Unavailable("No /srv/nis/here/x.", field="image", value="venv:/home/ada/v1", remedy="See /srv/nis/here.")
    assert words_of(caught.value).count("/srv") == 0
    assert (caught.value.message, caught.value.value, caught.value.remedy) == ("No here/x.", "venv:v1", "See here.")


@pytest.mark.parametrize(
    ("there", "named"),
    [
        ({"to": "aws"}, DIGEST),
        (
            {"to": "aws", "image": f"ghcr.example:5000/ada/nis:1@sha256:{'b' * 64}"},
            f"ghcr.example:5000/ada/nis@{DIGEST}",
        ),
        ({"to": "aws", "image": f"sha256:{'b' * 64}"}, DIGEST),
        ({"to": "local", "image": "nis-backend:latest"}, f"nis-backend@{DIGEST}"),
    ],
)
def test_an_image_comes_from_where_the_deployment_has_its_images(there: Json, named: str) -> None:
    """Promise: a caller names a digest; the repository is the operator's."""
    assert image_of(Known.model_validate(there), DIGEST) == named
    assert image_of(Known.model_validate(there), "") == ""


def test_a_deployment_that_runs_an_environment_has_no_image_to_name() -> None:
    """A folder of the server is not a caller's to name, and a digest is no folder."""
    with pytest.raises(InvalidRequest) as caught:
        image_of(Known(to="local", image="venv:/srv/v1"), DIGEST)
    assert "/srv" not in words_of(caught.value)


@pytest.mark.parametrize(
    ("given", "where"),
    [
        ('{"a": 1}', "a"),
        ('{"a": {"to": "moon"}}', "a.to"),
        ('{"a": {"to": "aws", "profile": "huge"}}', "a.profile"),
        ('{"a": {"to": "aws", "region": "x"}}', "a.region"),
        ('{"a": {"to": "aws", "unknown": 1}}', "a.unknown"),
        ('{"a": {"to": "local", "rules": {"health_seconds": "x"}}}', "a.rules.health_seconds"),
    ],
)
def test_deployments_that_are_set_down_wrongly_are_told_at_the_start(tmp_path: Path, given: str, where: str) -> None:
    """Promise: by the variable and the place in it, before anybody calls; never with a value, which may be a key."""
    settings = read_settings({"NIS_DEPLOYMENTS": given}, data=tmp_path)

    async def start() -> None:
        async with Process(settings).open():
            raise AssertionError

    with pytest.raises(InvalidRequest) as caught:
        asyncio.run(start())
    assert caught.value.field == "NIS_DEPLOYMENTS"
    assert where in caught.value.message


def test_a_mistake_in_deployments_does_not_show_the_keys_in_them() -> None:
    """What is no JSON is refused all the same without being repeated."""
    with pytest.raises(InvalidRequest) as caught:
        read_settings({"NIS_DEPLOYMENTS": '{"a": {"environment": {"OPENAI_API_KEY": "sk-aaaaaaaa"}},}'})
    assert "sk-aaaaaaaa" not in words_of(caught.value)


def test_a_deployment_on_this_machine_has_a_folder_below_the_data(tmp_path: Path) -> None:
    """As `nis deploy` has it, so that operation and command mean the same one."""
    given = settled('{"here": {"to": "local"}, "there": {"to": "local", "folder": "/srv/x"}}', tmp_path)
    assert {name: one.folder for name, one in known(given).items()} == {
        "here": str(tmp_path / "deployments" / "nis-backend"),
        "there": "/srv/x",
    }


def test_where_nothing_is_set_down_the_refusal_names_the_setting() -> None:
    """A newcomer's first call."""
    with pytest.raises(NotFound) as caught:
        find("", "production")
    assert "NIS_DEPLOYMENTS" in caught.value.remedy


def test_a_price_is_drawn_in_short_and_a_plan_names_what_changes(ground: Ground) -> None:
    """A person reads the sum, the refusal and the bill; the result itself has every resource and assumption."""
    found = Plan.model_validate(ground.call("deployment.price_profile", {"profile": "small"}))
    views = price_profile.draw(PriceProfile(), found)
    titles = [view.title for view in views if isinstance(view, Table)]
    assert titles == ["A month in us-east-1, USD", "Times, s"]
    assert isinstance(views[0], Text)
    assert found.price is not None
    assert f"{found.price.month:.2f} USD" in views[0].text
    assert "would be refused" in views[0].text
    assert len(found.resources) > 30


def test_a_chat_reaches_the_price_and_checks_what_is_pasted(ground: Ground) -> None:
    """Promise: a question in words, and a Dockerfile in a block of code, with the quotation marks that are in it."""
    price = ground.call("operations.route_message", {"message": "What does it cost to run nis on AWS?"})
    assert price["operation"] == "deployment.price_profile"
    words = 'Check this Dockerfile:\n```\nFROM python:latest\nCMD ["nis", "serve"]\n```'
    pasted = ground.call("operations.route_message", {"message": words})
    assert pasted["operation"] == "deployment.validate_definition"
    assert pasted["arguments"]["text"] == 'FROM python:latest\nCMD ["nis", "serve"]'
