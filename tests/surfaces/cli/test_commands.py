"""The command line: on a running server and on the folder itself, with right and wrong input."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from conftest import Serve, Server
from nis_command import nis


def result_of(*arguments: str, **environment: str) -> Any:
    """The JSON of a command that succeeds."""
    done = nis(*arguments, "--json", **environment)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_command_answers_the_same_from_the_server_and_from_the_folder(server: Server, tmp_path: Path) -> None:
    """One declaration, two ways to it."""
    call = ("call", "physics.convert_unit", "--value", "-40", "--unit", "degC", "--to", "degF")
    served = result_of("--data", str(server.data), *call)
    assert served == result_of("--data", str(tmp_path), *call)
    assert abs(served["value"] + 40) < 1e-9


def test_required_fields_may_stand_in_order(server: Server) -> None:
    """An id needs no `--id`, and a family's command is its verb."""
    found = result_of("--data", str(server.data), "call", "operations.get_operation", "runs.get_run")
    assert found["id"] == "runs.get_run"
    assert result_of("--data", str(server.data), "models", "list")["models"]


def test_a_list_of_texts_is_one_option_given_several_times(server: Server) -> None:
    """Promise: no JSON on the command line where words will do; a subject's things have commands of their own name."""
    data = ("--data", str(server.data))
    made = result_of(*data, "keys", "create", "reports", "--scopes", "runs:read", "--scopes", "chat:*")
    assert (made["name"], made["scopes"]) == ("reports", ["chat:*", "runs:read"])
    assert result_of(*data, "keys", "create", "one", "--scopes", '["runs:read"]')["scopes"] == ["runs:read"]
    assert "runs" in result_of(*data, "runs", "list", NIS_API_KEY=made["key"])
    refused = nis(*data, "keys", "list", NIS_API_KEY=made["key"])
    assert (refused.returncode, "identity:read" in refused.stderr) == (77, True)
    assert result_of(*data, "keys", "revoke", made["id"])["state"] == "revoked"
    assert nis(*data, "runs", "list", NIS_API_KEY=made["key"]).returncode == 77


def test_a_family_named_like_a_command_has_its_own_commands_too(server: Server) -> None:
    """Promise: `nis FAMILY VERB` for each operation, and `nis operations` alone still lists them."""
    data = ("--data", str(server.data))
    found = result_of(*data, "operations", "search", "stop a run", "--limit", "1")["operations"]
    assert [one["id"] for one in found] == ["runs.cancel_run"]
    listed = result_of(*data, "operations", "--family", "runs")["operations"]
    assert {one["id"].partition(".")[0] for one in listed} == {"runs"}
    assert "search" in nis("operations", "--help").stdout


def test_a_command_has_its_operations_whole_name_too(server: Server) -> None:
    """Promise: what a route is called is understood; what is mistyped is met with what is near."""
    data = ("--data", str(server.data))
    assert "runs" in result_of(*data, "runs", "list-runs", "--limit", "1")
    assert "runs" in result_of(*data, "runs", "list_runs", "--limit", "1")
    case = '[{"input": "a", "expected": "b"}]'
    scored = result_of(
        *data, "evaluations", "score-answers", "--cases", case, "--metrics", "exact_match,contains", "--answers", "b"
    )
    assert len(scored["metrics"]) == 2  # a list's parts may stand between commas
    # Of the family training, with its place in the collection trained_models.
    assert "models" in result_of(*data, "training", "list-models", "--limit", "1")
    assert "watch" in nis(*data, "runs", "watsh").stderr


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("call", "physics.guess"), 4, "Nearest"),
        (("call", "physics.simulate_projectile", "--speed", "fast", "--angle", "40"), 2, "speed"),
        (("call", "physics.simulate_projectile", "--speed", "-3", "--angle", "40"), 2, "speed"),
        (("call", "runs.get_run", "run-0"), 4, "no run"),
        (("call", "runs.list_runs", "--input", "-"), 2, "not JSON"),
        (("call", "runs.list_runs", "--input", "nowhere.json"), 2, "nowhere.json"),
        (("call", "physics.convert_unit", "26.2", "mile", "km", "m"), 2, "'"),
        (("call", "physics.simulate_projectile", "--speeed", "20"), 2, "--speed"),
        (("chat", "hi", "--model", "gpt-17"), 4, "gpt-17"),
        (("chat", "hi", "--modell", "gpt-17"), 2, "--model"),
        (("serve", "--host", "192.0.2.1"), 2, "NIS_API_KEY"),
        (("serve", "--app", "nowhere.py"), 4, "nowhere.py"),
        (("nothing",), 2, "nothing"),
    ],
)
def test_a_wrong_command_says_what_to_do(
    server: Server, arguments: tuple[str, ...], code: int, said: str, tmp_path: Path
) -> None:
    """The exit code tells the kind of failure; no traceback."""
    folder = tmp_path if arguments[0] == "serve" else server.data
    done = nis("--data", str(folder), *arguments, stdin="{")
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_pipe_gets_whole_names_and_unbroken_rows(server: Server) -> None:
    """`nis operations | grep` finds a whole row, and a path is one that can be opened."""
    rows = nis("--data", str(server.data), "operations", COLUMNS="40").stdout.splitlines()
    assert any("conversations.get_conversation " in row and "oldest first" in row for row in rows)
    path = nis("--data", str(server.data), "weights", "path", "smollm2-135m-instruct-q4_1", COLUMNS="40").stdout
    assert path.rstrip("\n") == path.strip()
    assert "\n" not in path.strip()


def test_model_files_are_fetched_without_the_database(tmp_path: Path) -> None:
    """Promise: an image is built with its weights before there is a database, and nothing is left of it."""
    away = {"NIS_DATABASE_URL": "postgresql://127.0.0.1:9/nothing", "REDIS_HOST": "127.0.0.1", "REDIS_PORT": "9"}
    for command in ("pull", "verify"):
        done = nis("--data", str(tmp_path / "data"), "weights", command, "smollm2-135m-instruct-q4_1", "--json", **away)
        assert (done.returncode, done.stderr) == (0, "")
        assert json.loads(done.stdout)["id"] == "smollm2-135m-instruct-q4_1"
    assert not (tmp_path / "data").exists()
    assert nis("--data", str(tmp_path / "data"), "runs", "list", **away).returncode != 0


def test_help_is_of_call_itself_without_a_name() -> None:
    """And not of an operation named `--help`."""
    done = nis("call", "--help")
    assert (done.returncode, "nis call NAME --FIELD VALUE" in done.stdout) == (0, True)


def test_a_failure_is_json_when_json_was_asked_for(server: Server) -> None:
    """Scripts read the problem document."""
    done = nis("--data", str(server.data), "call", "runs.get_run", "run-0", "--json")
    assert json.loads(done.stderr)["code"] == "not_found"


def test_a_second_server_on_the_folder_is_refused_by_name(server: Server) -> None:
    """The holder's pid and address are told."""
    done = nis("serve", "--data", str(server.data), "--port", "0")
    assert done.returncode == 5
    assert str(server.pid) in done.stderr
    assert server.url in done.stderr


def test_the_folder_is_free_again_after_its_server_was_killed(serve: Serve, tmp_path: Path) -> None:
    """The kernel lets go of the lock; the next command opens the folder itself."""
    first = serve(data=tmp_path)
    first.kill()
    assert result_of("--data", str(tmp_path), "call", "runs.list_runs") == {"runs": [], "next_cursor": None}


def test_a_new_data_folder_is_its_owners_alone(tmp_path: Path) -> None:
    """It holds everybody's data; the folder of somebody who had made it is left as it is."""
    for folder, made in ((tmp_path / "new", None), (tmp_path / "theirs", 0o755)):
        if made is not None:
            folder.mkdir(mode=made)
        before = made or 0o700
        assert result_of("--data", str(folder), "runs", "list")["runs"] == []
        assert folder.stat().st_mode & 0o777 == before


def test_settings_mask_secrets() -> None:
    """Every variable is listed, no key is shown."""
    done = nis("settings", "--json", NIS_API_KEY="s3cret", OPENAI_API_KEY="sk-123")
    rows = {row["name"]: row for row in json.loads(done.stdout)}
    assert (rows["NIS_API_KEY"]["value"], rows["NIS_API_KEY"]["source"]) == ("***", "set")
    assert "s3cret" not in done.stdout
    assert "sk-123" not in done.stdout


def test_settings_say_that_a_running_server_has_its_own(server: Server) -> None:
    """What a shell would start a server with is not what the one that runs was started with."""
    assert server.url in nis("--data", str(server.data), "settings").stderr
    assert nis("--data", str(server.data), "settings", "--json").stderr == ""


def test_a_wrong_setting_names_its_variable_its_value_and_what_it_means() -> None:
    """Enough to mend it without another look; a secret's value is not repeated."""
    told = nis("settings", NIS_RUN_DAYS="soon")
    assert told.returncode == 2
    assert "NIS_RUN_DAYS is 'soon'" in told.stderr
    assert "Days after their end" in told.stderr
    masked = nis("settings", NIS_DATABASE_URL="mysql://nis:s3cret@host/nis")
    assert "NIS_DATABASE_URL is '***'" in masked.stderr
    assert "s3cret" not in masked.stderr


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("NIS_API_KEY", "schlüssel"),
        ("NIS_PUBLIC_URL", "nis.example.com"),
        ("NIS_MAX_BODY", "1"),
        ("NIS_STALL_SECONDS", "inf"),
        ("NIS_QUEUES", "compute=2,compute=3"),
        ("NIS_PRELOAD", "mcp,agui"),
        ("REDIS_HOST", "redis:6379"),
        ("REDIS_HOST", "redis://redis"),
    ],
)
def test_a_setting_that_cannot_work_is_refused_at_start(tmp_path: Path, variable: str, value: str) -> None:
    """A key that no header carries, an address without a scheme: told before anybody waits for an answer."""
    done = nis("serve", "--port", "0", "--data", str(tmp_path), **{variable: value})
    assert done.returncode == 2
    assert variable in done.stderr
    assert "schlüssel" not in done.stderr


def test_a_database_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """Not the port's fault, and no traceback."""
    (tmp_path / "nis.db").write_bytes(b"not a database at all" * 100)
    done = nis("serve", "--port", "0", "--data", str(tmp_path))
    assert done.returncode == 69
    assert "database" in done.stderr
    assert "Traceback" not in done.stderr


def test_chat_prints_the_answer(serve: Serve, tmp_path: Path) -> None:
    """One message on the command line or on standard input."""
    script = tmp_path / "script.json"
    script.write_text('{"replies": [{"text": "one two three"}]}')
    server = serve(NIS_SCRIPTED=str(script))
    for arguments, stdin in ((("chat", "hello", "there"), ""), (("chat",), "hello")):
        done = nis("--data", str(server.data), *arguments, stdin=stdin)
        assert done.returncode == 0, done.stderr
        assert "one two three" in done.stdout


@pytest.mark.parametrize(("ends", "code", "said"), [("interrupt", 130, ""), ("kill", 69, "The server stopped")])
def test_an_answer_is_left_at_once(serve: Serve, tmp_path: Path, ends: str, code: int, said: str) -> None:
    """Ctrl+C does not wait for the answer's end; a server that goes away is told, without a traceback."""
    script = tmp_path / "script.json"
    script.write_text('{"replies": [{"text": "one two three four five six seven"}], "pause": 10}')
    server = serve(NIS_SCRIPTED=str(script))
    command = [sys.executable, "-u", "-m", "nis_backend", "--data", str(server.data), "chat", "hello"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as asked:
        assert asked.stdout is not None
        assert asked.stdout.read(1)
        asked.send_signal(signal.SIGINT) if ends == "interrupt" else server.kill()
        _, told = asked.communicate(timeout=50)
    assert asked.returncode == code
    assert said in told
    assert "Traceback" not in told


def test_an_operation_of_the_servers_app_file_is_called(serve: Serve, tmp_path: Path) -> None:
    """A command learns from the running server what its own index does not have."""
    app = tmp_path / "mine.py"
    app.write_text(
        "from nis_backend.operation import Model, operation\n"
        "class Words(Model):\n    'Some words.'\n    text: str\n"
        "class Count(Model):\n    'How many.'\n    words: int\n"
        "@operation('texts.count_words', effect='reads')\n"
        "def count_words(request: Words, ctx: 'Context') -> Count:\n"
        "    'Count the words of a text.'\n    return Count(words=len(request.text.split()))\n"
        "OPERATIONS = (count_words,)\n"
    )
    server = serve("--app", str(app))
    assert result_of("--data", str(server.data), "call", "texts.count_words", "--text", "a b c") == {"words": 3}
    read = nis("--data", str(server.data), "call", "texts.count_words", "a b c").stdout
    assert ["words", "3"] in [line.split() for line in read.splitlines()]
    assert result_of("--data", str(server.data), "texts", "count-words", "a b") == {"words": 2}
    unknown = nis("--data", str(tmp_path / "elsewhere"), "texts", "count-words", "a b")
    assert (unknown.returncode, "nis serve --app FILE" in unknown.stderr) == (2, True)


def test_help_loads_nothing_heavy() -> None:
    """Tables and charts load when one is drawn."""
    code = (
        "import sys\nfrom nis_backend.surfaces.cli.commands import command_line\n"
        "command_line(lambda **g: None, None, None, ['--help'])\n"
        "print([m for m in ('rich', 'aiohttp', 'uvicorn', 'numpy', 'pint') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=180, check=True)
    assert done.stdout.strip().endswith("[]")


def test_a_command_is_not_waited_for_in_the_background(server: Server, tmp_path: Path) -> None:
    """Promise: `--background` has the server go on with any operation, as a run that can be watched."""
    flight = ("physics", "simulate-projectile", "--speed", "20", "--angle", "40", "--background")
    said = nis("--data", str(server.data), *flight)
    run_id = said.stdout.split()[0]
    assert f"`nis runs watch {run_id}` watches it." in said.stdout, said.stderr
    assert nis("--data", str(server.data), "runs", "watch", run_id).returncode == 0
    run = result_of("--data", str(server.data), *flight)
    assert (run["operation"], run["result"]) == ("physics.simulate_projectile", None)
    # Over HTTP only a GET answers it, which begins no run.
    assert result_of("--data", str(server.data), "runs", "list", "--background")["operation"] == "runs.list_runs"
    alone = nis("--data", str(tmp_path), *flight)
    assert alone.returncode == 69
    assert "nis serve" in alone.stderr
    assert "--background" not in nis("runs", "events", "--help").stdout


@pytest.mark.parametrize("words", [("doctor",), ("doctor", "--json"), ("call", "system.run_doctor")])
def test_a_diagnosis_that_is_bad_is_an_exit_code(tmp_path: Path, words: tuple[str, ...]) -> None:
    """Promise: a script need not read what `nis doctor` prints."""
    done = nis("--data", str(tmp_path), *words, NIS_MODEL="nobody:nothing")
    assert done.returncode == 69
    assert "nobody:nothing" in done.stdout


def test_json_that_is_broken_is_told_as_that(tmp_path: Path) -> None:
    """Promise: a message names what is wrong: a quote that the shell ate is no wrong field."""
    done = nis("--data", str(tmp_path), "runs", "start", "models.list_models", "--arguments", '{"limit": 1')
    assert done.returncode == 2
    assert "arguments is not JSON" in done.stderr
    assert "single quotes" in done.stderr


def test_a_start_tells_of_settings_that_do_nothing(serve: Serve) -> None:
    """Promise: a misspelt variable and a model that nobody has are told at the start, which goes on."""
    server = serve(NIS_MODLE="x", NIS_MODEL="nobody:nothing")
    deadline = time.monotonic() + 30
    while "NIS_MODEL answers nobody" not in (said := server.log.read_text()):
        assert time.monotonic() < deadline, said
        server.process.poll()
    assert "NIS_MODLE is no setting; the nearest is NIS_MODEL." in said


def test_a_command_that_reads_leaves_cut_runs_to_the_next_server(serve: Serve, tmp_path: Path) -> None:
    """Promise: looking at the folder of a server that died executes nothing: the run goes on once a server is there."""
    script = tmp_path / "script.json"
    script.write_text(json.dumps({"replies": [{"when": "sea", "text": "wave " * 2000, "pause": 0.05}]}))
    models = {"NIS_SCRIPTED": str(script), "NIS_MODEL": "scripted:scripted"}
    server = serve(NIS_SCRIPTED=str(script), NIS_MODEL="scripted:scripted")
    data = ("--data", str(server.data))
    run_id = result_of(*data, "runs", "start", "chat.send_message", "--arguments", '{"message": "sea"}')["id"]
    server.kill()
    first, again = (result_of(*data, "runs", "get", run_id, **models) for _ in range(2))
    assert first["state"] == again["state"] == "queued"
    assert first["last_seq"] == again["last_seq"]


def test_help_names_the_values_of_an_option_and_the_members_of_an_object() -> None:
    """Promise: what an option takes is in its help: a value whose name its sentence leaves out, and what JSON holds."""
    agent = " ".join(nis("agents", "create-agent", "--help").stdout.split())
    assert "One of: writes, destroys, tainted, nothing." in agent
    assert "Each has: message (required), expected" in agent
    team = " ".join(nis("teams", "create-team", "--help").stdout.split())
    assert "Each has: name (required), agent, model, remote" in team
    assert "One of: sequence" not in team  # its sentence names each
