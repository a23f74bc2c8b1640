"""Ways of thinking are as often right as theory says; `make bench-thinking` is the long form."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from scripts import BENCHMARKS, script


def test_forty_questions_are_answered_as_theory_says(root: Path) -> None:
    """Votes by the multinomial distribution, debates and revisions by enumeration, each within four standard errors."""
    command = [sys.executable, str(root / "benchmarks" / "thinking.py"), "--questions", "40", "--real", "0"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Every way is as often right as theory says." in done.stdout
    assert done.stdout.count("\n| ") == 8, done.stdout


def test_the_theory_of_a_debate_has_its_limits_right(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is always right stays so but for what is revised; of three who are never right one has to be mended twice."""
    monkeypatch.setattr(sys, "path", [str(BENCHMARKS), *sys.path])
    thinking = script("thinking")
    certain = thinking.debate_right({"10": 1 - 1e-12, "11": 1e-12})
    kept = 0.5 + 0.5 * 0.85
    assert certain == pytest.approx(kept**3 + 3 * kept**2 * (1 - kept), abs=1e-9)
    mended = 0.5 * 0.15
    never = thinking.debate_right({"10": 0.0, "11": 1.0})
    assert never == pytest.approx(mended**3 + 3 * mended**2 * (1 - mended))
