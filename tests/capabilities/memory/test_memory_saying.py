"""The rules by which memories are the same, say more, or contradict each other."""

from __future__ import annotations

import pytest

from nis_backend.capabilities.memory.saying import alike, claim, relation


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("Ada drinks tea.", "ada drinks TEA", "same"),
        ("Ada drinks the tea.", "Ada drinks tea", "same"),
        ("Ada drinks tea.", "Ada drinks tea, and no coffee", "different"),
        ("Ada drinks tea.", "Ada drinks tea and plays chess.", "more"),
        ("Ada lives in Berlin, near the zoo.", "Ada lives in Berlin.", "less"),
        ("Ada has a dog.", "Ada has a dog allergy.", "different"),
        ("Ada beats Bob.", "Bob beats Ada.", "different"),
        ("My sister is Ada.", "Your sister is Ada.", "different"),
        ("Ada is a teacher.", "Ada was a teacher.", "different"),
        ("Ada likes tea.", "Ada does not like tea.", "contradicts"),
        ("Ada likes tea.", "Ada doesn\u2019t like tea.", "contradicts"),
        ("Ada lives in Berlin, near the zoo.", "Ada doesn't live in Berlin.", "contradicts"),
        ("Ada likes tea.", "Ada does not like tea with milk.", "different"),
        ("Ada's favourite colour is blue.", "Ada's favourite colour is green.", "contradicts"),
        ("My birthday is 3 May.", "My birthday is 4 May.", "contradicts"),
        ("The deadline of the report is Monday.", "The deadline of the report is Friday.", "contradicts"),
        ("Ada's favourite colour is blue.", "Bob's favourite colour is green.", "different"),
        ("Ada lives in Berlin.", "Ada lives in Paris.", "contradicts"),
        ("Ada works as a nurse.", "Ada works at the hospital.", "different"),
        ("Ada is tall.", "Ada is a teacher.", "different"),
        ("Ada likes tea.", "Ada likes coffee.", "different"),
        ("Ada's brother is Tom.", "Ada's brother is a doctor.", "different"),
        ("…", "!", "same"),
    ],
)
def test_what_one_text_is_to_another(old: str, new: str, expected: str) -> None:
    """Narrow rules: what may both be true stays beside each other; turned round, more is less."""
    assert relation(old, new) == expected
    turned = {"more": "less", "less": "more"}.get(expected, expected)
    assert relation(new, old) == turned


def test_what_somebody_has_one_of_is_told_with_its_value() -> None:
    """The subject is whose it is and what; the value is what it says."""
    assert claim("Ada's phone number is 555-1234.") == ("ada phone number", "555 1234")
    assert claim("Ada now lives happily.") is None


@pytest.mark.parametrize(
    ("one", "other", "least", "most"),
    [
        ("Ada drinks her tea without sugar.", "Ada usually drinks her tea without sugar.", 0.8, 1),
        ("The train leaves at 9.", "The train leaves at 10.", 0, 0),
        ("We met Ada in Berlin.", "We met Bob in Berlin.", 0, 0),
        ("Ada likes tea.", "Ada never likes tea.", 0, 0),
    ],
)
def test_numbers_names_and_negations_are_never_taken_for_the_same(
    one: str, other: str, least: float, most: float
) -> None:
    """Likeness is of texts that differ in nothing of these."""
    assert least <= alike(one, other) <= most
