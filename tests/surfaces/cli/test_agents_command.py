"""`nis agents init` and `nis agents apply`: an agent as a file, kept as it says and changed only where it differs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from conftest import Server
from nis_command import nis

from nis_backend.surfaces.cli.definitions import differing

Json = dict[str, Any]


def applied(data: Path, *arguments: str) -> Json:
    """What `apply` tells as JSON."""
    done = nis("--data", str(data), "agents", "apply", *arguments, "--json")
    assert done.returncode == 0, done.stderr
    told: Json = json.loads(done.stdout)
    return told


def test_a_file_that_is_begun_from_is_kept_once_and_changed_where_it_differs(server: Server, tmp_path: Path) -> None:
    """Promise: no second apply writes anew; a version a change, told field by field; no file is overwritten."""
    file = tmp_path / "tidy.toml"
    data = ("--data", str(server.data))
    begun = nis(*data, "agents", "init", "tidy", "--file", str(file))
    assert (begun.returncode, "agents apply" in begun.stdout) == (0, True)
    assert applied(server.data, str(file), "--dry-run") | {"changed": None} == {
        "name": "tidy",
        "did": "create",
        "version": 1,
        "changed": None,
        "dry_run": True,
        "warnings": [],
    }
    assert applied(server.data, str(file))["did"] == "create"
    assert applied(server.data, str(file))["did"] == "nothing"
    file.write_text(file.read_text().replace("steps = 8", "steps = 4").replace('asks = "writes"', ""))
    told = applied(server.data, str(file), "--dry-run")
    assert (told["did"], told["version"]) == ("update", 1)
    assert told["changed"] == {"steps": {"before": 8, "after": 4}}
    assert applied(server.data, str(file))["version"] == 2
    words = nis(*data, "agents", "apply", str(file)).stdout
    assert words == "tidy is as the file says: version 2.\n"
    again = nis(*data, "agents", "init", "tidy", "--file", str(file))
    assert (again.returncode != 0, "there already" in again.stderr) == (True, True)


def test_a_folder_that_nobody_serves_takes_it_too_in_each_form(tmp_path: Path) -> None:
    """TOML, JSON and YAML say the same; a field that is left out goes back to its default."""
    folder = tmp_path / "data"
    texts = {
        "one.json": json.dumps({"name": "one", "instructions": "Be brief.", "operations": ["physics.*"], "steps": 3}),
        "one.toml": 'name = "one"\ninstructions = "Be brief."\noperations = ["physics.*"]\nsteps = 3\n',
        "one.yaml": "instructions: Be brief.\noperations: [physics.*]\n",
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    assert applied(folder, str(tmp_path / "one.json"))["did"] == "create"
    assert applied(folder, str(tmp_path / "one.toml"))["did"] == "nothing"
    told = applied(folder, str(tmp_path / "one.yaml"))
    assert told["changed"] == {"steps": {"before": 3, "after": None}}


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.toml", "name = ", "is wrong"),
        ("a.json", "[1]", "holds no object"),
        ("a.json", "[" * 100_000, "is wrong"),
        ("a.yaml", "a: [", "is wrong"),
        ("a.yaml", "instructions: Hi\n1: 2\nb: 3", "no text, 1"),
        ("a.txt", "{}", "says no form"),
        ("a.toml", 'instructions = "Hi"\nmodle = "x"', "modle is no field"),
        ("a.toml", 'instructions = "Hi"\noperations = ["apples.*"]', "apples.*"),
        ("a.toml", "instructions = 5", "instructions"),
        ("a.toml", 'name = "no name"\ninstructions = "Hi"', "name"),
        ("a.toml", "# " + "x" * 1_048_577, "more than 1048576 bytes"),
    ],
)
def test_a_wrong_file_is_refused_with_what_is_wrong(
    server: Server, tmp_path: Path, name: str, text: str, said: str
) -> None:
    """House rule: a typed error with the field, the value and the remedy, and no traceback."""
    file = tmp_path / name
    file.write_text(text)
    done = nis("--data", str(server.data), "agents", "apply", str(file))
    assert done.returncode != 0
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    missing = nis("--data", str(server.data), "agents", "apply", str(tmp_path / "none.toml"))
    assert "cannot be read" in missing.stderr


def test_what_is_left_out_or_empty_is_the_default() -> None:
    """Also within what a definition holds; a truth value is no number."""
    case: Json = {"properties": {"message": {"type": "string"}, "rubric": {"type": "string", "default": "any"}}}
    schema: Json = {
        "properties": {
            "steps": {"type": "integer", "default": 8},
            "flag": {"type": "boolean", "default": False},
            "tests": {"type": "array", "items": {"$ref": "#/$defs/Case"}},
            "model": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None},
        },
        "$defs": {"Case": case},
    }
    kept: Json = {"steps": 8, "flag": False, "tests": [{"message": "Hi", "rubric": "any"}], "model": None}
    assert differing({"tests": [{"message": "Hi"}]}, kept, schema) == {}
    assert differing({"steps": 8, "flag": False, "tests": [{"message": "Hi"}], "model": ""}, kept, schema) == {}
    assert differing({"flag": 0, "tests": [{"message": "Hi"}]}, kept, schema) == {"flag": (False, 0)}
    assert differing({}, kept, schema) == {"tests": (kept["tests"], None)}
