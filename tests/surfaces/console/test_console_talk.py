"""The console's microphone in a real browser: what is said becomes a turn of the page, and its answer is heard."""

from __future__ import annotations

import json
from pathlib import Path

from conftest import Serve
from console_node import browsed
from spoken import speech, waved

RATE = 48_000
ANSWER = "It is fine in the morning."


def test_what_is_said_into_the_microphone_is_answered_on_the_page(root: Path, serve: Serve, tmp_path: Path) -> None:
    """The page's own policies let its sound out as it is spoken and back in frames; nothing comes from elsewhere."""
    script, file = tmp_path / "script.json", tmp_path / "said.wav"
    script.write_text(json.dumps({"replies": [{"text": ANSWER}]}))
    server = serve(NIS_SCRIPTED=str(script), NIS_MODEL="scripted")
    said = speech(server.url, "Please tell me something about the weather in London today.", RATE)
    file.write_bytes(waved(bytes(RATE) + said + bytes(120 * RATE), RATE))
    seen = browsed(root, "talk.mjs", server.url, str(file))["talk"]
    assert "failed" not in seen, seen
    assert "london" in seen["question"].lower()
    assert ANSWER in seen["answer"]
    assert "conversation-" in seen["address"]
    assert {"speech_started", "transcript", "turn_started", "sentence"} <= {*seen["kinds"]}
    assert seen["sounds"] > 0
    assert (seen["trouble"], seen["foreign"]) == ([], [])
