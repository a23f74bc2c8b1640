"""What is made of a whole thing is named by its verb, what is read of it by its noun: in paths and in commands."""

from __future__ import annotations

import pytest

from nis_backend.catalog import Catalog
from nis_backend.surfaces.cli.derived import short_name


@pytest.mark.parametrize(
    ("operation", "path", "command"),
    [
        ("prompts.render_prompt", "POST /prompts/{id}/render", "render"),
        ("models.test_model", "GET /models/{id}/test", "test"),
        ("prompts.list_versions", "GET /prompts/{id}/versions", "versions"),
        ("runs.get_replay", "GET /runs/{id}/replay", "replay"),
    ],
)
def test_a_reading_of_one_thing_has_its_name(operation: str, path: str, command: str) -> None:
    """`/prompts/{id}/prompt` and `nis prompts prompt` would say nothing of what is done."""
    entry = Catalog.from_index().entry(operation)
    assert path in entry.routes
    assert short_name(entry) == command
