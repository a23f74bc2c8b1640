"""Sentences held to the quotes that they cite."""

from __future__ import annotations

import pytest

from nis_backend.capabilities.research.bearing import bears_out

QUOTE = "The Eiffel tower, designed by Gustave Eiffel, is 330 metres tall and is painted every seven years."


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("The Eiffel tower is 330 m tall.", True),
        ("The tower by Gustave Eiffel is painted every 7 years.", True),
        ("The tower by Gustave Eiffel is painted every seven years.", True),
        ("The tower in Paris is 330 metres tall.", True),
        ("The Eiffel tower is 330 feet tall.", False),
        ("The Eiffel tower is 331 metres tall.", False),
        ("The Eiffel tower is painted every nine years.", False),
        ("The Eiffel tower, designed by Stephen Sauvestre, is tall.", False),
        ("The Eiffel tower is not painted.", False),
        ("The Eiffel tower is never painted.", False),
        ("Sheep eat grass.", False),
    ],
)
def test_a_sentence_says_nothing_that_its_quotes_do_not(text: str, *, held: bool) -> None:
    """Promise: another number, in digits or words, another unit or name, or a denial of its own is left out."""
    assert bears_out(text, [QUOTE], ["How tall is the tower in Paris?"]) is held


def test_the_opposite_of_a_quote_is_not_borne_out() -> None:
    """Promise: words shared are not enough where the quote denies what the sentence says."""
    assert not bears_out("The tower is made of wood.", ["The tower is not made of wood."])
    assert bears_out("The tower is made of steel.", ["The tower is not made of wood but of steel."])


def test_a_capital_is_no_name_in_german() -> None:
    """Promise: nouns of another language are not taken for names that nobody said."""
    assert bears_out("Das Wahrzeichen ist 330 Meter hoch.", ["Der Turm ist 330 Meter hoch, das Wahrzeichen von Paris."])
    assert bears_out("Der Turm hat eine Antenne, hoch wie ein Haus.", ["Der Turm hat hoch oben eine Antenne."])
