"""Messages that ask whether something is so."""

from __future__ import annotations

import pytest

from nis_backend.capabilities.operations.asserted import asserted
from nis_backend.catalog import Catalog

ENTRIES = Catalog.from_index().entries()
CLAIM = "a 1 m pendulum has a period of 3 s"


@pytest.mark.parametrize(
    "message",
    [
        f"Is it true that {CLAIM}?",
        f"Is it really correct that {CLAIM}?",
        f"is it true or false that {CLAIM}",
        f"Verify that {CLAIM}.",
        f"Please verify the claim: {CLAIM}",
        f"Can you check whether {CLAIM}?",
        f"True or false: {CLAIM}",
        f"My teacher says that {CLAIM}. Is that right?",
        f"Fact-check this statement: {CLAIM}.",
        f"Is it the case that {CLAIM}?",
        f"My teacher says {CLAIM}, is that right?",
        f"A colleague claims {CLAIM}. Is she right?",
        f"{CLAIM}, right?",
    ],
)
def test_a_question_whether_something_is_so_is_a_claim(message: str) -> None:
    """What is claimed goes on without the words that ask."""
    route = asserted(message, ENTRIES)
    assert route is not None
    assert (route.operation, route.arguments, route.ready) == ("physics.verify", {"statement": CLAIM}, True)


@pytest.mark.parametrize(
    "message",
    [
        "Is it true that you like cheese?",
        "Check the health of the system.",
        "Is it 5 o'clock?",
        "Verify my key",
        "How far does a ball fly at 20 m/s and 40 degrees?",
        "My teacher says that a 1 m pendulum has a period of 3 s.",
        "my teacher says x(1) = " * 4000,
        "What is the period of a 1 m pendulum, is that right?",
        "Is there a run equal to the last 5?",
        "Is the orbit of a probe at 400 km?",
        "Is the system chaotic with rho = 28?",
        "Check that x",
    ],
)
def test_other_messages_are_no_claims(message: str) -> None:
    """Without a number, or without asking, there is nothing to check."""
    assert asserted(message, ENTRIES) is None


@pytest.mark.parametrize(
    ("message", "claim"),
    [
        ("Is it true that the derivative of sin(x) is cos(x)?", "the derivative of sin(x) is cos(x)"),
        ("Verify (please) that a = b", None),
        ("Is it true (roughly) that 1/(s + 2) is its transform?", None),
        ("Is it true that sqrt(a^2) = a?", "sqrt(a^2) = a"),
        ("Verify sin(x)^2 + cos(x)^2 = 1", "sin(x)^2 + cos(x)^2 = 1"),
        ("Check the run = last", None),
        ("Is the derivative of x^2 equal to 3*x?", "the derivative of x^2 = 3*x"),
        ("Is 0 °C the same as 32 °F?", "0 °C = 32 °F"),
        ("Is 20 °C 68 °F?", "20 °C = 68 °F"),
        ("Is e^(i*pi) equal to -1?", "e^(i*pi) = -1"),
        ("Is Planck's constant 6.626e-34 J s?", "Planck's constant = 6.626e-34 J s"),
    ],
)
def test_a_formula_is_a_claim_and_keeps_its_brackets(message: str, claim: str | None) -> None:
    """A claim needs no number where it has a formula."""
    route = asserted(message, ENTRIES)
    assert (route and route.arguments.get("statement")) == claim
