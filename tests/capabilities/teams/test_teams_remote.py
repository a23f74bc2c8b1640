"""A team of agents of three other servers: who is dead is named, and counts as nobody's agreement."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from conftest import Serve, Server
from rest_client import done

Json = dict[str, Any]


def _saying(serve: Serve, folder: Path, text: str) -> Server:
    folder.mkdir()
    script = folder / "script.json"
    script.write_text(json.dumps({"replies": [{"text": text}]}))
    return serve(data=folder / "data", NIS_SCRIPTED=str(script), NIS_MODEL="scripted:scripted")


def test_three_servers_reach_a_quorum_with_one_of_them_dead(serve: Serve, tmp_path: Path) -> None:
    """Promise of the shape vote: each is its own nis, one is killed; two agree, the third is named and has no vote."""
    far = [_saying(serve, tmp_path / f"far{number}", "Answer: 42") for number in range(3)]
    here = serve(data=tmp_path / "here", NIS_ALLOWED_AGENTS="127.0.0.1")
    for number, server in enumerate(far):
        done(here, "POST", "/remote-agents", {"name": f"far{number}", "url": server.url})
    members = [{"name": f"m{number}", "remote": f"far{number}"} for number in range(3)]
    team = {"name": "three", "shape": "vote", "members": members, "answer": {"kind": "number"}, "seconds": 60}
    done(here, "POST", "/teams", team)
    whole = done(here, "POST", "/teams/three/run", {"message": "Which number did we agree on?"})
    far[1].kill()
    two = done(here, "POST", "/teams/three/run", {"message": "Which number did we agree on?"})
    assert (whole["answer"], whole["vote"]["answered"], whole["absent"]) == ("42", 3, {})
    assert (two["answer"], two["vote"]["answered"], two["vote"]["needed"]) == ("42", 2, 2)
    assert two["vote"]["classes"] == [{"answer": "42", "members": ["m0", "m2"]}]
    assert list(two["absent"]) == two["vote"]["silent"] == ["m1"]
    assert "far1" in two["absent"]["m1"] or "reach" in two["absent"]["m1"]
