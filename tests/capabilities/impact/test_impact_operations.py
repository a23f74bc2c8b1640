"""Operations over projects and notes: what is answered, what is refused, and that nothing tells where a project is."""

from __future__ import annotations

import json
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from ground import Ground

from nis_backend.capabilities.impact.projects import find_project, telling, without_paths
from nis_backend.errors import InvalidRequest, NisError, NotFound, Unavailable
from nis_backend.impact.stated import stated
from nis_backend.settings import read_settings
from nis_backend.written import named_folders

Json = dict[str, Any]


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Generator[Ground]:
    """A whole nis whose one project is `orders`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PIP_NO_INDEX", "1")
        with Ground(tmp_path_factory.mktemp("ground")).open() as ground:
            yield ground


def test_a_notes_wrong_percentage_is_found_and_its_right_ones_are_not(ground: Ground) -> None:
    """The operation's own example: 1,500 MB less of 2,000 are 75 %; the price of the task is right."""
    note = ground.process.operations.entry("impact.audit_note").examples[0]["request"]
    found = ground.call("impact.audit_note", note)
    assert [one["line"] for one in found["findings"]] == [3]
    assert "75" in found["findings"][0]["right"]


def test_the_bill_of_an_image_is_answered_where_both_are_given(ground: Ground) -> None:
    """What was not asked is not answered with nothing."""
    peaks = {"peak_before": 10**9, "peak_after": 10**8}
    assert ground.call("impact.price_memory", peaks)["image_before"] is None
    both = ground.call("impact.price_memory", {**peaks, "image_before": 10**9, "image_after": 10**8})
    assert (both["image_before"], both["image_after"]) == (pytest.approx(0.1), pytest.approx(0.01))


def test_projects_are_listed_by_name_with_the_commands_that_they_state(ground: Ground) -> None:
    """Never where they are."""
    found = ground.call("impact.list_projects", {})
    assert found == {"projects": [{"name": "orders", "commands": ["smoke"], "told": ""}]}


def test_a_report_is_written_as_a_page_and_as_markdown(ground: Ground) -> None:
    """The bytes are a blob's: a page that needs nothing else, and text for a pull request."""
    report = ground.process.operations.entry("impact.write_report").examples[0]["request"]["report"]
    page = ground.call("impact.write_report", {"report": report})
    assert (page["media_type"], page["name"]) == ("text/html", "impact-drop-heavy.html")
    text = ground.call("impact.write_report", {"report": report, "form": "markdown"})
    assert text["media_type"] == "text/markdown"
    assert text["name"].endswith(".md")


def test_what_is_no_report_is_refused_by_the_field_that_is_wrong(ground: Ground) -> None:
    """A report travels as JSON, so its model is asked here."""
    with pytest.raises(InvalidRequest) as caught:
        ground.call("impact.write_report", {"report": {"project": "orders"}})
    assert caught.value.field == "report"
    assert "change" in caught.value.message


def test_a_report_whose_figures_cannot_be_drawn_is_refused(ground: Ground) -> None:
    """It is the caller's text: bills of one side alone, and more bytes than a float has, are no fault of the server."""
    report = ground.process.operations.entry("impact.write_report").examples[0]["request"]["report"]
    bill = {"service": "ec2", "size": "t3.small", "monthly": 15.0}
    price = {"region": "x", "dated": "x", "source": "x", "needed_before": 1, "needed_after": 1, "told": "x"}
    machine = {"processor": "x", "cores": 1, "memory": 1, "load": 0.0}
    sizes = {"before": 10**400, "after": 1, "layer_before": 1, "layer_after": 1}
    for more in (
        {"price": {**price, "before": [bill], "after": []}},
        {"measurement": {"machine": machine, "sizes": sizes}},
    ):
        with pytest.raises(InvalidRequest, match="figures") as caught:
            ground.call("impact.write_report", {"report": {**report, **more}})
        assert caught.value.field == "report"


@pytest.mark.parametrize(("kind", "field"), [("add", "package"), ("swap", "to")])
def test_nothing_is_fetched_from_an_address_that_a_caller_names(ground: Ground, kind: str, field: str) -> None:
    """A package is built by its own code: commands are never a caller's, and neither is that."""
    for address in ("x @ file:///etc/hostname", "x@git+https://127.0.0.1/x", "x[y] @ http://169.254.169.254/x.whl"):
        request = {"project": "orders", "kind": kind, "package": "heavy", field: address}
        with pytest.raises(InvalidRequest, match="address") as caught:
            ground.call("impact.assess_change", request)
        assert caught.value.field == field
        assert "index" in str(caught.value.remedy)


def test_a_project_is_named_by_the_operator_alone(tmp_path: Path) -> None:
    """A folder is no name, nor is a way out of one."""
    folders = f"/srv/orders,shop={tmp_path}"
    assert find_project(folders, "shop") == tmp_path
    with pytest.raises(Unavailable, match="is not there") as gone:
        find_project(folders, "orders")
    assert "/srv" not in f"{gone.value.message} {gone.value.remedy}"
    for name in ("/srv/orders", "../orders", "www", ""):
        with pytest.raises(NotFound) as caught:
            find_project(folders, name)
        assert "orders, shop" in str(caught.value.remedy)
        assert "/srv" not in str(caught.value.remedy)
    with pytest.raises(NotFound, match="No project") as caught:
        find_project("", "orders")
    assert "NIS_IMPACT_PROJECTS" in str(caught.value.remedy)


def test_folders_are_named_once_each() -> None:
    """Two of one name could not be told apart."""
    assert list(named_folders("/a/x, y=/b/x")) == ["x", "y"]
    for wrong in ("/a/x,/b/x", "/", "x=/a,x=/b"):
        with pytest.raises(InvalidRequest) as caught:
            read_settings({"NIS_IMPACT_PROJECTS": wrong})
        assert caught.value.field == "NIS_IMPACT_PROJECTS"


def test_answers_and_failures_do_not_tell_where_a_project_is(tmp_path: Path) -> None:
    """What a traceback or an installer says names folders of the server; what a project wrote itself stays."""
    root = tmp_path / "orders"
    found: Json = {
        "project": str(root),
        "told": [f'File "{root}/app/main.py", line 3', "/usr/lib/python3.11/site-packages/x.py", "https://a.b/c/d"],
        "place": {"file": "Dockerfile", "text": "COPY /opt/tool/bin /bin"},
        "way": {"patch": "--- a/x\n+RUN /opt/tool/bin", "apply": f"nis impact drop x --project {root} --apply"},
        "count": 3,
    }
    clean = without_paths(found, root, "orders")
    assert str(tmp_path) not in json.dumps(clean)
    assert clean["told"] == ['File "app/main.py", line 3', "…/x.py", "https://a.b/c/d"]
    assert (clean["place"], clean["way"]["patch"], clean["count"]) == (found["place"], found["way"]["patch"], 3)
    assert clean["way"]["apply"] == "nis impact drop x --project orders --apply"
    with pytest.raises(NotFound) as caught, telling(root, "orders"):
        raise NotFound(f"there is no folder {root}", field="project", value=str(root), remedy=f"Make {root}/x.")
    assert (caught.value.message, caught.value.value, caught.value.remedy) == (
        "there is no folder orders",
        "orders",
        "Make x.",
    )


@pytest.mark.parametrize("line", ["smoke = 3", "run = 'x'", "start = ['a']"])
def test_what_a_project_states_wrongly_is_refused_by_its_key(tmp_path: Path, line: str) -> None:
    """A misspelt command would be a check that is never made."""
    (tmp_path / "pyproject.toml").write_text(f"[tool.nis.impact]\n{line}\n")
    with pytest.raises(InvalidRequest) as caught:
        stated(tmp_path)
    assert str(caught.value.field).startswith("tool.nis.impact.")
    assert "start, smoke, test" in str(caught.value.remedy)


def test_a_project_states_its_commands_or_nothing(tmp_path: Path) -> None:
    """Without the table, or the file, there is nothing to run."""
    assert not stated(tmp_path).commands
    (tmp_path / "pyproject.toml").write_text(
        '[tool.nis.impact]\nstart = "python -m app"\nready = "http://127.0.0.1:8000/health"\ntest = "pytest -q"\n'
    )
    found = stated(tmp_path)
    assert found.commands == {"start": "python -m app", "test": "pytest -q"}
    assert found.ready.endswith("/health")


def test_a_project_is_scanned_by_its_name(ground: Ground) -> None:
    """What nobody uses comes first; nothing tells where it is."""
    found = ground.call("impact.scan_project", {"project": "orders"})
    assert [(one["package"], one["used_by"]) for one in found["packages"]] == [
        ("heavy", "nobody"),
        ("light", "application"),
    ]
    assert str(ground.data) not in json.dumps(found)
    with pytest.raises(NotFound) as caught:
        ground.call("impact.scan_project", {"project": "../orders"})
    assert caught.value.field == "project"


def test_a_change_is_assessed_with_the_commands_that_the_project_states(ground: Ground) -> None:
    """Nothing uses `heavy`, and the project's smoke test does the same without it, hidden and for real: it can go."""
    before = sorted(str(one) for one in (ground.data / "small").rglob("*"))
    found = ground.call("impact.assess_change", {"project": "orders", "kind": "drop", "package": "heavy"})
    assert found["verdict"]["word"] == "SAFE", found["verdict"]
    assert [one["same"] for one in found["counterfactual"]["installed"]] == [True]
    assert "-heavy" in found["way"]["patch"] or "heavy" in found["way"]["patch"]
    assert str(ground.data) not in json.dumps(found)
    assert "/tmp" not in json.dumps(found)  # noqa: S108 - it is looked for
    assert sorted(str(one) for one in (ground.data / "small").rglob("*")) == before


def test_what_the_application_imports_cannot_go(ground: Ground) -> None:
    """The evidence has the line, from the project's folder."""
    request = {"project": "orders", "kind": "drop", "package": "light", "depth": "texts"}
    found = ground.call("impact.assess_change", request)
    assert found["verdict"]["word"] == "UNSAFE"
    assert found["verdict"]["reasons"][0]["evidence"][0] == {"file": "orders.py", "line": 1, "text": "import light"}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"project": "nowhere"}, "project"),
        ({"package": "not-installed-anywhere"}, "package"),
        ({"kind": "swap", "to": "not a requirement ;;"}, "to"),
        ({"command": "rm -rf /"}, "command"),
    ],
)
def test_a_wrong_change_is_refused_by_its_field(ground: Ground, wrong: Json, field: str) -> None:
    """And no command is taken from a caller."""
    request = {"project": "orders", "kind": "drop", "package": "heavy", "depth": "texts", **wrong}
    with pytest.raises(NisError) as caught:
        ground.call("impact.assess_change", request)
    assert caught.value.field == field
    assert str(ground.data) not in f"{caught.value.message} {caught.value.remedy} {caught.value.value}"
