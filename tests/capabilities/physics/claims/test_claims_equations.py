"""Equations held to their dimensions and values."""

from __future__ import annotations

import pytest

from nis_backend.capabilities.physics.claims.claimed import EquationVerdict
from nis_backend.capabilities.physics.claims.operations import check_equation
from nis_backend.errors import InvalidRequest


def verdict(equation: str, **quantities: str) -> EquationVerdict:
    """The answer."""
    request = check_equation.validate({"equation": equation, "quantities": quantities})
    return check_equation.function(request, None)


@pytest.mark.parametrize(
    ("equation", "quantities", "expected"),
    [
        ("E = m c^2", {"E": "J", "m": "kg"}, "cannot say"),
        ("E = m c^2", {"E": "8.98755e16 J", "m": "1 kg"}, "confirmed"),
        ("E = m c^2", {"E": "9.5e16 J", "m": "1 kg"}, "refuted"),
        ("T = 2 pi sqrt(L/g)", {"T": "2.006 s", "L": "1 m"}, "confirmed"),
        ("T = 2 pi sqrt(L/g)", {"T": "3 s", "L": "1 m"}, "refuted"),
        ("P V = n R T", {"P": "101325 Pa", "V": "22.414 L", "n": "1 mol", "T": "0 degC"}, "confirmed"),
        ("P = sigma_SB A T^4", {"P": "459.3 W", "A": "1 m²", "T": "300 K"}, "confirmed"),
        ("omega = 2 pi f", {"omega": "6.2832 rad/s", "f": "1 Hz"}, "confirmed"),
        ("s = r phi", {"s": "m", "r": "m", "phi": "rad"}, "cannot say"),
        ("v^2 = 2 a s", {"v": "m/s", "a": "m/s^2", "s": "m"}, "cannot say"),
        ("F = G m M / r^2", {"F": "N", "m": "kg", "M": "kg", "r": "m"}, "cannot say"),
        ("m a + b = 0", {"m": "kg", "a": "m/s^2", "b": "N"}, "cannot say"),
        ("0 = F - m a", {"F": "N", "m": "kg", "a": "m/s^2"}, "cannot say"),
        ("F - m a = 0", {"F": "10.1 N", "m": "2.02 kg", "a": "5 m/s^2"}, "confirmed"),
        ("0 = F - m a", {"F": "10.3 N", "m": "2.02 kg", "a": "5 m/s^2"}, "refuted"),
        ("0.1 + 0.2 - 0.3 = 0", {}, "confirmed"),
        ("2 + 2 = 4", {}, "confirmed"),
        ("2 = 3", {}, "refuted"),
    ],
)
def test_an_equation_is_judged(equation: str, quantities: dict[str, str], expected: str) -> None:
    """By its dimensions, and by its values where they are given."""
    found = verdict(equation, **quantities)
    assert found.verdict == expected, found.reason
    assert found.dimensions_agree


@pytest.mark.parametrize(
    ("equation", "quantities", "reason"),
    [
        ("F = m v", {"F": "N", "m": "kg", "v": "m/s"}, "The left side is length · mass / time², the right side is"),
        ("s = v t + a t", {"s": "m", "v": "m/s", "t": "s", "a": "m/s^2"}, "adds length and length / time"),
        ("x = sin(t)", {"x": "1", "t": "s"}, "takes sin of time"),
        ("x = 2^t", {"x": "1", "t": "s"}, "a power that is time"),
        ("x = max(a, b)", {"x": "m", "a": "m", "b": "kg"}, "compares length and mass"),
        ("E = h + f", {"E": "J", "f": "Hz"}, "adds"),
    ],
)
def test_a_wrong_dimension_names_both(equation: str, quantities: dict[str, str], reason: str) -> None:
    """The term that does not fit is told."""
    found = verdict(equation, **quantities)
    assert (found.verdict, found.dimensions_agree) == ("refuted", False)
    assert reason in found.reason


def test_constants_that_were_assumed_are_told() -> None:
    """Who means another g gives it."""
    assert verdict("F = m g", F="9.8 N", m="1 kg").assumed.keys() == {"g"}
    assert verdict("F = m g", F="1.62 N", m="1 kg", g="1.62 m/s^2").verdict == "confirmed"


@pytest.mark.parametrize(
    ("equation", "quantities", "field"),
    [
        ("a = b", {"a": "5 xyz", "b": "1"}, "quantities.a"),
        ("a = b", {"a": "m"}, "quantities.b"),
        ("a = 1", {"a": "m", "z": "m"}, "quantities.z"),
        ("__import__('os') = 1", {}, "equation"),
        ("9^9^9^9 = x", {"x": "m"}, "equation"),
        ("a = b = c", {"a": "m", "b": "m"}, "equation"),
    ],
)
def test_what_cannot_be_judged_is_refused_by_its_field(equation: str, quantities: dict[str, str], field: str) -> None:
    """Hostile texts among it."""
    with pytest.raises(InvalidRequest) as refused:
        verdict(equation, **quantities)
    assert refused.value.field == field
