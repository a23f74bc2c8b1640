"""Schema-bound answers of the model in the box parse; `make prove-schema` is the long form."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_twenty_answers_under_twenty_schemas_parse(root: Path) -> None:
    """Each parses and follows its schema by jsonschema's own validator, unmended; source: README, Texts."""
    script = [sys.executable, str(root / "benchmarks" / "schemas.py"), "--subjects", "1"]
    done = subprocess.run(script, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "20 of 20 answers parse and follow their schema" in done.stdout
