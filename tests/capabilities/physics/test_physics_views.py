"""The words in which results are told."""

from __future__ import annotations

from typing import Any

import pytest
from hearing import Hearing

from nis_backend.capabilities.physics.operations import OPERATIONS
from nis_backend.numerics.written import format_known, format_number
from nis_backend.view import Text


def tell(action: str, **request: Any) -> str:
    """The first view of an operation's result."""
    operation = next(one for one in OPERATIONS if one.name == f"physics.{action}")
    asked: Any = operation.validate(request)  # Any: one of several operations' requests
    text = operation.draw(asked, operation.function(asked, Hearing()))[0]
    assert isinstance(text, Text)
    return text.text


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (0, 4, "0"),
        (58.3123, 4, "58.31"),
        (58.0, 4, "58"),
        (12345.6, 4, "12,350"),
        (12345.6, 6, "12,345.6"),
        (0.00012345, 4, "0.0001234"),
        (2.1e-7, 1, "2×10⁻⁷"),
        (1e-6, 2, "10⁻⁶"),
        (9.9996e-5, 4, "0.0001"),
        (999.96, 4, "1,000"),
        (299792458, 4, "2.998×10⁸"),
        (299792458, 9, "299,792,458"),
        (-0.5, 4, "−0.5"),
        (-1e-9, 4, "−10⁻⁹"),
        (6.02214076e23, 9, "6.02214076×10²³"),
    ],
)
def test_a_number_is_written_as_a_person_writes_it(value: float, digits: int, text: str) -> None:
    """Significant digits, no trailing zeros, groups of three, powers of ten only where zeros get hard to count."""
    assert format_number(value, digits) == text


@pytest.mark.parametrize(
    ("value", "error", "text"), [(58.3123, 1e-9, "58.31"), (58.3123, 0.3, "58"), (0.02, 5, "0.02")]
)
def test_no_digit_is_written_that_the_error_makes_doubtful(value: float, error: float, text: str) -> None:
    """Four digits at most, fewer where the error is larger."""
    assert format_known(value, error) == text


def test_a_flight_is_told_with_its_method_and_error() -> None:
    """Distance, time, drag, method, error reached and asked."""
    text = tell("simulate_projectile", speed=20, angle=40, mass=0.145, diameter=0.074)
    assert text.startswith(
        "The body lands **32.25 m** away after **2.465 s**, with air drag (classical Runge-Kutta, error "
    )
    assert "against 10⁻⁶ m asked" in text


def test_a_flight_without_drag_says_what_was_missing() -> None:
    """A person who wanted drag learns what to give."""
    assert "No air drag (mass and diameter not given)" in tell("simulate_projectile", speed=20, angle=40)


def test_an_error_that_was_not_reached_is_told() -> None:
    """The words do not hide that the step limit came first."""
    text = tell("simulate_projectile", speed=300, angle=40, mass=0.1, diameter=0.1, tolerance=1e-12, max_steps=256)
    assert "not reached" in text


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        ({"angle": 30}, "The period is **2.0413 s** (exact"),
        ({"angle": 30, "damping": 0.1}, "the first one, with damping"),
        ({"angle": 30, "damping": 9}, "creeps back"),
        ({"angle": 30, "duration": 0.2, "damping": 0.1}, "no full swing was seen"),
        ({"angle": 30, "angular_velocity": 9}, "turns over the top, one turn every **"),
        ({"angle": 0}, "hangs at rest"),
    ],
)
def test_each_motion_of_a_pendulum_is_told(request_: dict[str, Any], words: str) -> None:
    """A period only where there is one, and where it comes from."""
    assert words in tell("simulate_pendulum", length=1, **request_)


def test_heat_is_told_for_the_middle_and_the_whole_rod() -> None:
    """Material, temperatures, error, and what was assumed."""
    text = tell(
        "solve_heat",
        length=0.5,
        material="steel",
        initial_temperature=800,
        left_temperature=25,
        right_temperature=25,
        duration=600,
    )
    assert text.startswith("After 600 s the middle of the steel rod is at **666.3 °C**")
    assert "Crank-Nicolson" in text
    assert "tabulated value near 300 K" in text


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("speed of light", "**299,792,458 m s⁻¹** (exact by definition;"),
        ("gravitational constant", "**6.67430×10⁻¹¹ m³ kg⁻¹ s⁻²** (standard uncertainty 1.5×10⁻¹⁵ m³ kg⁻¹ s⁻²;"),
        ("reduced Planck constant", "**1.054571818…×10⁻³⁴ J s**"),
        ("fine-structure constant", "**0.0072973525643** (standard uncertainty 1.1×10⁻¹²;"),
    ],
)
def test_a_constant_is_told_to_its_last_known_digit(name: str, words: str) -> None:
    """As many digits as the uncertainty leaves, zeros included; endless exact ones end in an ellipsis."""
    assert words in tell("get_constant", name=name)


@pytest.mark.parametrize(
    ("value", "unit", "to", "text"),
    [
        (98.6, "degF", "degC", "98.6 °F = **37 °C**."),
        (1, "mile", "feet", "1 mi = **5,280 ft**."),
        (90, "degrees", "rad", "90° = **1.570796327 rad**."),
        (3000, "rpm", "Hz", "3,000 rpm = **50 Hz**. One cycle counted as one turn."),
    ],
)
def test_a_conversion_is_told_as_an_equation(value: float, unit: str, to: str, text: str) -> None:
    """Both sides with their symbols."""
    assert tell("convert_unit", value=value, unit=unit, to=to) == text


def test_lists_are_told_by_their_count() -> None:
    """Also when there is nothing to list."""
    assert tell("list_constants", containing="muon mass").startswith("1 constant with")
    assert tell("list_constants", containing="phlogiston").startswith("No constant")
    assert tell("read_quantities", text="5 m and feet") == "1 quantity in the text, 1 more named without a number."
    assert tell("read_quantities", text="hello").startswith("There is no number")
