"""Equations whose dimensions are asked about go to what checks them."""

from __future__ import annotations

import pytest

from nis_backend.capabilities.operations.laws import lawful
from nis_backend.catalog import Catalog

ENTRIES = Catalog.from_index().entries()


@pytest.mark.parametrize(
    ("message", "law", "measures"),
    [
        ("Is F = m*v consistent?", "F = m*v", None),
        ("Is the equation F = m a dimensionally correct?", "F = m a", None),
        (
            "Is F = m v consistent, with F in N, m in kg and v in m/s?",
            "F = m v",
            {"F": "N", "m": "kg", "v": "m/s"},
        ),
        ("Check the units of E = m c^2", "E = m c^2", None),
        ("Do the dimensions of s = v*t agree?", "s = v*t", None),
        ("Has F = m*v the right dimensions?", "F = m*v", None),
        ("Check the units: E = 0.5*m*v^2", "E = 0.5*m*v^2", None),
        (
            "Verify the dimensions of T = 2 pi sqrt(L/g) where T in s, L in m",
            "T = 2 pi sqrt(L/g)",
            {"T": "s", "L": "m"},
        ),
    ],
)
def test_an_equation_asked_about_is_checked(message: str, law: str, measures: dict[str, str] | None) -> None:
    """With the units that its symbols are said to have."""
    routed = lawful(message, ENTRIES)
    assert routed is not None
    assert routed.operation == "physics.check_equation"
    assert routed.arguments == {"equation": law} | ({"quantities": measures} if measures else {})


@pytest.mark.parametrize(
    "message",
    [
        "Is my story consistent?",
        "Is x = 3 right?",
        "Is a = b consistent with what I said?",
        "Is it consistent to set HOME=/root in the unit file?",
        "is a=" + " with" * 2000,
    ],
)
def test_what_is_no_such_question_is_left_alone(message: str) -> None:
    """An equals sign or the word consistent alone are none."""
    assert lawful(message, ENTRIES) is None
