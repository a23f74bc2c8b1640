"""What the operations on operations say of the others."""

from __future__ import annotations

from nis_backend.capabilities.operations.lines import FAMILIES
from nis_backend.catalog import Catalog


def test_a_list_can_be_asked_for_by_every_family_but_its_own() -> None:
    """Families are named as words of a choice; "operations" stays the word for all of them (FAMILIES)."""
    own = {"operations"}
    assert {one.family for one in Catalog.from_index().entries()} - own == set(FAMILIES)
