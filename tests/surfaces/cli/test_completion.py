"""`nis completion`: what a shell offers at Tab, asked of the shells themselves."""

from __future__ import annotations

import contextlib
import io
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ground import Ground

from nis_backend.surfaces.cli.commands import command_line

SHELLS = ("bash", "zsh", "fish")

PLAIN = {"bash": ("--noprofile", "--norc"), "zsh": ("-f",), "fish": ("--no-config",)}
"""Without what the person who runs the tests has set up."""

ASK = {
    "bash": "source {script}; COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); _nis; printf '%s\\n' "
    '"${{COMPREPLY[@]}}"',
    # What its completion system would draw is printed instead.
    "zsh": "compdef() {{ }}; _describe() {{ print -l -- $items }}; _files() {{ print -l -- *(N) }}; source {script}; "
    "words=({words}); CURRENT=$#words; _nis",
    "fish": "source {script}; complete -C '{line}'",
}


def unused(*_: object) -> Any:
    """Neither a server nor a folder is opened by these commands."""
    raise AssertionError


def printed(ground: Ground, *arguments: str) -> str:
    """What the command prints, in this process."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        assert command_line(ground.read, unused, unused, [*arguments]) == 0
    return out.getvalue()


def offered(shell: str, script: Path, line: str) -> set[str]:
    """The words that the shell offers at the end of the line."""
    words = " ".join(f"'{word}'" for word in line.split(" "))
    asked = ASK[shell].format(script=script, words=words, line=line)
    done = subprocess.run(
        [shell, *PLAIN[shell], "-c", asked], capture_output=True, text=True, timeout=180, check=True, cwd=script.parent
    )
    assert done.stderr == ""
    return {one.split("\t")[0].split(":")[0].strip() for one in done.stdout.splitlines()}


@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_offers_commands_options_and_values(ground: Ground, shell: str, tmp_path: Path) -> None:
    """Promise: derived from the catalog: families, operations, fields and the values a field may have."""
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed here")
    script = tmp_path / f"nis.{shell}"
    script.write_text(printed(ground, "completion", shell))
    assert {"runs", "physics", "serve", "--data"} <= offered(shell, script, "nis ")
    assert {"list", "get", "watch", "cancel", "events"} <= offered(shell, script, "nis runs ")
    assert {"runs.get_run", "chat.send_message"} <= offered(shell, script, "nis call ")
    assert {"--speed", "--json"} <= offered(shell, script, "nis call physics.simulate_projectile --")
    assert {"--speed", "--json"} <= offered(shell, script, "nis physics simulate-projectile --")
    states = {"queued", "running", "paused", "waiting", "succeeded", "failed", "cancelled"}
    assert offered(shell, script, "nis runs list --state ") == states
    assert {"list", "watch"} <= offered(shell, script, f"nis --data {tmp_path} runs ")
    assert SHELLS[0] in offered(shell, script, "nis completion ")


@pytest.mark.parametrize("shell", SHELLS)
def test_files_are_offered_where_a_file_is_asked_for(ground: Ground, shell: str, tmp_path: Path) -> None:
    """Promise: `--input` and `--data` complete names of files."""
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed here")
    script = tmp_path / f"nis.{shell}"
    script.write_text(printed(ground, "completion", shell))
    (tmp_path / "request.json").write_text("{}")
    assert "request.json" in offered(shell, script, "nis runs list --input re")


def test_every_operation_is_in_the_script(ground: Ground) -> None:
    """Promise: none is left out, by either of its names."""
    script = printed(ground, "completion", "bash")
    for entry in ground.process.operations.entries():
        assert f"'nis call {entry.name}'" in script


def test_an_unknown_shell_is_refused_by_name(ground: Ground, capsys: pytest.CaptureFixture[str]) -> None:
    """Promise: what may stand there is told."""
    assert command_line(ground.read, unused, unused, ["completion", "tcsh"]) == 2
    assert "bash" in capsys.readouterr().err
