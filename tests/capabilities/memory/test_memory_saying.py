"""The rules by which memories are the same, say more, or contradict each other."""

from __future__ import annotations

import pytest

from nis_backend.capabilities.memory.memory import Memory
from nis_backend.capabilities.memory.merging import by_rules
from nis_backend.capabilities.memory.saying import claim, relation, weighed


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
        ("Ada codes in C++.", "Ada codes in C#.", "different"),
        ("Ada's favourite is 🍎.", "Ada's favourite is 🍌.", "contradicts"),
        ("कि", "की", "different"),
        ("Ada lived in Berlin.", "Ada lives in Berlin.", "different"),
        ("Ada smoked.", "Ada does not smoke.", "different"),
        ("Ada smokes.", "Ada does not smoke.", "contradicts"),
        ("Ada does not drink tea without sugar.", "Ada drinks tea without sugar.", "different"),
        ("Ada drinks tea with no milk.", "Ada drinks no tea with milk.", "different"),
        ("Ada no longer smokes.", "Ada never smokes.", "different"),
        ("Ada no longer smokes.", "Ada smokes.", "contradicts"),
        ("Rating: 3", "Rating: 3.5", "different"),
        ("The meeting is at 9.", "The meeting is at 9:30.", "different"),
        ("It costs $5.", "It costs €5.", "different"),
        ("It is -5 outside.", "It is 5 outside.", "different"),
        ("Ada was born in Berlin.", "Ada was born on 3 May.", "different"),
        ("Ada was born in 1990.", "Ada was born on 3 May 1990.", "different"),
        ("Ada was born on 3 May.", "Ada was born on 4 May.", "contradicts"),
        ("Ada works at IBM.", "Ada works with Bob.", "different"),
        ("Ada works at IBM.", "Ada works at night.", "different"),
        ("Ada works at IBM.", "Ada works for Google.", "contradicts"),
        ("Ada lives in Berlin.", "Ada lives in a house.", "different"),
        ("My brother's name is Tom.", "My brother's name is Bob.", "different"),
        ("Ada's age is not 5.", "Ada's age is not 6.", "different"),
        ("Ada likes tea more than coffee.", "Ada likes coffee more than tea.", "different"),
        ("Ada does not drive.", "Ada drives a hard bargain.", "different"),
        ("Ada does not have a dog.", "Ada has a dog.", "contradicts"),
        ("Ada has no dog.", "Ada has a dog.", "contradicts"),
        ("Ada stopped smoking.", "Ada smokes.", "contradicts"),
        ("Ada stopped drinking tea.", "Ada drinks tea.", "contradicts"),
        ("Ada takes vitamin A.", "Ada takes vitamin.", "different"),
        ("Ada likes tea and plays chess.", "Ada does not like tea.", "different"),
        ("Ada lives in Berlin and works at IBM.", "Ada lives in Paris.", "different"),
        ("Ada's birthday is 3 May. She likes tea.", "Ada's birthday is 4 May.", "different"),
        ("Ada is vegetarian.", "Ada is vegetarian?", "different"),
        ("Ada can't swim.", "Ada can swim.", "contradicts"),
        ("Ada isn't tall.", "Ada is tall.", "contradicts"),
        ("I don't eat meat.", "I eat meat.", "contradicts"),
        ("I'm called Max.", "I'm called Tom.", "different"),
        ("Ada has a son.", "Ada has sons.", "different"),
    ],
)
def test_what_one_text_is_to_another(old: str, new: str, expected: str) -> None:
    """Narrow rules: what may both be true stays beside each other; turned round, more is less."""
    assert relation(old, new) == expected
    turned = {"more": "less", "less": "more"}.get(expected, expected)
    assert relation(new, old) == turned


def test_what_qualifies_is_more_and_what_does_not_is_not_less() -> None:
    """Who eats meat unless it is Friday, and then eats meat, has said something else."""
    known, more = "Ada eats meat.", "Ada eats meat unless it is Friday."
    assert (relation(known, more), relation(more, known)) == ("more", "different")


def test_one_that_goes_on_does_not_swallow_another_that_does() -> None:
    """Promise of consolidate: what stays says all that it replaces, and what contradicts does so of each."""
    texts = ["Ada likes tea", "Ada likes tea and coffee", "Ada likes tea and black bread"]
    (merge,) = by_rules([told(place, text) for place, text in enumerate(texts)])
    assert [one.text for one in merge.members] == [texts[0], texts[2]]
    texts = ["Ada does not eat meat", "Ada eats meat at home", "Ada eats meat"]
    (merge,) = by_rules([told(place, text) for place, text in enumerate(texts)])
    assert [one.text for one in merge.members] == [texts[0], texts[2]]


def told(place: int, text: str) -> Memory:
    """A memory that says this, the later the further."""
    unset = dict.fromkeys(("user", "agent", "replaced_by", "source_run", "source_conversation"))
    fixed: dict[str, object] = {**unset, "kind": "fact", "importance": 0.5, "state": "active", "sources": []}
    return Memory.model_validate({"id": f"m{place}", "text": text, **fixed, "created": place, "at": place})


def test_what_somebody_has_one_of_is_told_with_its_value() -> None:
    """The subject is whose it is and what; the value is what it says."""
    assert claim("Ada's phone number is 555-1234.") == ("ada phone number", "555-1234")
    assert claim("Ada now lives happily.") is None


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("Ada drinks her tea without sugar.", "Ada usually drinks her tea without sugar.", True),
        ("Ada likes tea more than coffee at home.", "Ada likes coffee more than tea at home.", False),
        (
            "They meet each week at the old town hall on monday.",
            "They meet each week at the old town hall on friday.",
            False,
        ),
        ("Ada often drinks tea.", "Ada usually drinks tea.", False),
    ],
)
def test_only_a_word_of_weight_is_left_out(one: str, other: str, expected: bool) -> None:
    """No likeness of words is enough: one other word may turn what is said."""
    assert weighed(one, other) is expected
