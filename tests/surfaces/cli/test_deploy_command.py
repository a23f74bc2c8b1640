"""`nis deploy` on the terminal and in a pipeline: what is asked of whom, what is asked first, and the exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import pytest

from nis_backend.deployment import answers
from nis_backend.deployment.known import FORMS
from nis_backend.errors import Conflict, InvalidRequest
from nis_backend.settings import Settings, read_settings
from nis_backend.surfaces.cli.deploy import command
from nis_backend.view import Text, View

Json = dict[str, Any]


class Said:
    """An answer."""

    def __init__(self, word: str = "", **result: Any) -> None:
        self.word = word
        self.result: Json = result

    def views(self, *, charts: bool) -> list[View]:
        """One line."""
        return [Text(text=f"charts {charts}")]

    def written(self, form: str) -> str:
        """Nothing."""
        return form


class Asked:
    """Keeps what it is asked, and answers what it is told to."""

    def __init__(self, **answers: Said) -> None:
        self.calls: list[tuple[str, Json]] = []
        self._answers = answers

    def __getattr__(self, name: str) -> Any:
        def asked(*given: Any) -> Said:
            options = [cast("Json", one) for one in given if isinstance(one, dict)]
            self.calls.append((name, options[0] if options else {}))
            return self._answers.get(name, Said())

        return asked


class Session:
    """What the command takes of a session."""

    def settings(self, **_: object) -> Settings:
        """The usual ones."""
        return read_settings({})


def deploy(asked: Asked, *arguments: object) -> int:
    """One command; its exit code."""
    group = command(Session(), lambda: asked)  # pyright: ignore[reportArgumentType] - what the command takes of them
    code = group.main([str(one) for one in arguments], standalone_mode=False)
    return code if isinstance(code, int) else 0


@pytest.mark.parametrize(("ended", "code"), [("done", 0), ("rolled_back", 10), ("failed", 11)])
@pytest.mark.parametrize(
    "arguments",
    [("apply", "--yes"), ("scale", "api", "2"), ("rollback",), ("destroy", "--yes")],
    ids=lambda one: one[0],
)
def test_the_exit_code_says_how_it_ended(arguments: tuple[str, ...], ended: str, code: int) -> None:
    """Promise: a pipeline tells what was done from what was taken back."""
    asked = Asked(**{arguments[0]: Said(ended)})
    assert deploy(asked, *arguments) == code
    assert [name for name, _ in asked.calls] == [arguments[0]]


@pytest.mark.parametrize("arguments", [("apply",), ("destroy",), ("apply", "--json"), ("destroy", "--json")])
def test_nothing_is_done_unasked_where_nobody_can_be_asked(arguments: tuple[str, ...]) -> None:
    """Promise: `apply` and `destroy` ask first; a script says --yes."""
    asked = Asked()
    with pytest.raises(InvalidRequest) as refused:
        deploy(asked, *arguments)
    assert refused.value.field == "yes"
    assert {name for name, _ in asked.calls} <= {"plan", "status"}


def test_a_deployment_is_named_or_described(capsys: pytest.CaptureFixture[str]) -> None:
    """Promise: one of the settings by its name, or where it is; what is not said is not handed on as said."""
    asked = Asked(plan=Said(price=1))
    deploy(asked, "plan", "production", "--image", "sha256:1", "--set", "A=1", "--set", "B=2", "--json")
    [(_, options)] = asked.calls
    assert (options["deployment"], options["image"], options["parameters"]) == (
        "production",
        "sha256:1",
        ("A=1", "B=2"),
    )
    assert options["region"] is options["name"] is options["to"] is None
    assert json.loads(capsys.readouterr().out) == {"price": 1}


@pytest.mark.parametrize(("worst", "code"), [("error", 10), ("warning", 0), ("", 0)])
def test_a_definition_with_an_error_fails_a_pipeline(
    worst: str, code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Promise: exit code 10 where one of the files has an error; doubts are told and pass."""
    (tmp_path / "task.json").write_text("{}")
    asked = Asked(validate=Said(worst, kind="task definition", findings=[]))
    assert deploy(asked, "validate", tmp_path / "task.json", "--for", "fargate", "--json") == code
    [(_, options)] = asked.calls
    assert options["fargate"] is True
    assert json.loads(capsys.readouterr().out)[0]["kind"] == "task definition"


def test_a_file_that_is_not_there_is_refused_by_its_name(tmp_path: Path) -> None:
    """Promise: bad input names itself."""
    with pytest.raises(InvalidRequest) as refused:
        deploy(Asked(), "diff", tmp_path / "none.json", tmp_path / "none.json")
    assert refused.value.field == "file"


@pytest.mark.parametrize(
    ("option", "value"), [("region", "mars"), ("name", "nis_backend"), ("role", "admin"), ("region", "us-east-1a")]
)
def test_an_option_that_is_not_of_its_form_is_refused_by_its_name(option: str, value: str) -> None:
    """Promise: whatever is typed wrongly is answered with what would be right, before anybody is asked."""
    with pytest.raises(InvalidRequest, match=f"--{option}") as refused:
        answers.status(read_settings({}), {option: value})
    assert (refused.value.field, refused.value.value) == (option, value)
    assert refused.value.remedy == FORMS[option]


def test_a_setting_without_a_value_is_this_shells(monkeypatch: pytest.MonkeyPatch) -> None:
    """Promise: a key need not stand on the command line, where who lists processes sees it; AWS has it refused."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-nobody")
    with pytest.raises(InvalidRequest, match="sets no OPENAI_API_KEY") as refused:
        answers.plan(read_settings({}), {"offline": True, "environment": ("OPENAI_API_KEY",)})
    assert "Secrets Manager" in refused.value.remedy
    assert "sk-of" not in json.dumps(refused.value.problem())
    with pytest.raises(InvalidRequest, match="NIS_UNSET_HERE is not set here"):
        answers.plan(read_settings({}), {"offline": True, "environment": ("NIS_UNSET_HERE",)})
    address = "NIS_DATABASE_URL=postgresql://ann:sesame@host/nis"
    with pytest.raises(InvalidRequest) as refused:
        answers.plan(read_settings({}), {"offline": True, "environment": (address,)})
    assert "DatabaseSecretArn" in refused.value.remedy
    assert "sesame" not in json.dumps(refused.value.problem())


def test_a_plan_is_told_in_short_unless_all_of_it_is_wanted() -> None:
    """The whole has every resource, assumption and source; the short one the sum, the bill and the times."""
    short = answers.plan(read_settings({}), {"offline": True}).views(charts=False)
    whole = answers.plan(read_settings({}), {"offline": True, "whole": True}).views(charts=False)
    told = ["\n".join(one.model_dump_json() for one in views) for views in (short, whole)]
    for words in ("A month in us-east-1 costs", "Times, s", "would be refused"):
        assert words in told[0]
    for words in ("index.json", "AWS::EC2::RouteTable", "reads = 50,000"):
        assert (words in told[0], words in told[1]) == (False, True)


def test_a_plan_that_is_refused_is_not_asked_about() -> None:
    """Nobody is asked for leave to do what would be refused, and nothing is begun."""
    asked = Asked(plan=Said(refused="Data would be lost."))
    with pytest.raises(Conflict):
        deploy(asked, "apply")
    assert [name for name, _ in asked.calls] == ["plan"]
