"""The template: variables by name, values as they are, nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nis_backend.capabilities.prompts.template import LONGEST_RENDERED, check_names, render, variables_of
from nis_backend.errors import InvalidRequest, TooLarge


def test_variables_are_found_once_in_their_order() -> None:
    """Promise: spaces within the braces do not count; braces that close, and single ones, are text."""
    assert variables_of('{{ b }} {{a}} {{b}} {"x": {"y": 1}} }}') == ["b", "a"]


@pytest.mark.parametrize("template", ["{{", "{{}}", "{{1a}}", "{{a b}}", "{{a}", "{{a.b}}", "{{{a}}}", "x {{#if}}"])
def test_braces_that_are_no_variable_are_refused_by_their_place(template: str) -> None:
    """Promise: a slip of the pen is told when the template is written, not sent to a model."""
    with pytest.raises(InvalidRequest, match=rf"At character {template.index('{{')} ") as caught:
        variables_of(template)
    assert caught.value.field == "template"


@given(st.dictionaries(st.from_regex(r"\A[A-Za-z][A-Za-z0-9_]{0,8}\Z"), st.text(max_size=20), min_size=1, max_size=5))
def test_a_value_is_put_in_as_it_is(values: dict[str, str]) -> None:
    """Promise: braces, backslashes and variables within a value are text, wherever it stands."""
    template = "|".join(f"{{{{{name}}}}}" for name in values)
    assert render(template, values) == "|".join(values.values())
    assert render("{{a}}{{b}}", {"a": "{{b}}", "b": r"\1{{a}}"}) == r"{{b}}\1{{a}}"


def test_what_is_rendered_is_bounded_before_it_is_written() -> None:
    """Promise: a long value that stands there often fills no memory."""
    with pytest.raises(TooLarge, match="400010"):
        render("{{a}}" * 2, {"a": "x" * (LONGEST_RENDERED // 2 + 5)})
    assert len(render("{{a}}" * 2, {"a": "x" * (LONGEST_RENDERED // 2)})) == LONGEST_RENDERED


def test_missing_and_unknown_names_are_all_told() -> None:
    """Promise: each by its field, the first in the message."""
    with pytest.raises(InvalidRequest, match="no variable 'nmae'") as caught:
        check_names(["name", "language"], {"language": "English"}, ["nmae"])
    assert [one.field for one in caught.value.fields] == ["variables.nmae", "variables.name"]
    assert "name, language" in caught.value.remedy
    check_names(["name", "language"], {"language": "English"}, ["name"])
