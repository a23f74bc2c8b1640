"""Which recipes there are: what each takes, what it makes, and where its file is."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Literal

from nis_backend.errors import InvalidRequest
from nis_backend.operation import Model

Rows = Literal["text", "chat", "preferences", "labels", "images", "table"]
"""Kinds of datasets that models learn from."""
Makes = Literal["language", "classifier"]
"""What a training makes: a model that writes, or one that sorts."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A way to train, written down in one file."""

    name: str
    summary: str
    makes: Makes
    rows: tuple[Rows, ...]
    """The kinds of datasets it takes."""
    base: Literal["none", "optional", "needed"]
    """Whether it begins with a model that is there."""

    @property
    def module(self) -> str:
        """The file, imported by the worker; it has `train(job) -> Outcome`."""
        return f"nis_backend.capabilities.training.recipes.{self.name}"

    @property
    def settings(self) -> type[Model]:
        """What it can be told: the class `Settings` of the file of its name."""
        found: type[Model] = import_module(f"nis_backend.capabilities.training.settings.{self.name}").Settings
        return found


RECIPES: tuple[Recipe, ...] = (
    Recipe(
        name="bitnet",
        summary="A language model with ternary weights (BitNet b1.58) from scratch, or its float twin.",
        makes="language",
        rows=("text", "chat"),
        base="optional",
    ),
    Recipe(
        name="bitnet_convert",
        summary="A float language model turned ternary, a little more with each step.",
        makes="language",
        rows=("text", "chat"),
        base="needed",
    ),
    Recipe(
        name="image_classifier",
        summary="Sort pictures under labels: their pixels, features of a trained model, or a network from scratch.",
        makes="classifier",
        rows=("images",),
        base="none",
    ),
    Recipe(
        name="text_classifier",
        summary="Sort texts under labels: weights of words, of runs of characters, or of what they mean.",
        makes="classifier",
        rows=("labels",),
        base="none",
    ),
    Recipe(
        name="table_classifier",
        summary="Sort rows of a table under labels, or tell a number of them: linear against boosted trees.",
        makes="classifier",
        rows=("table",),
        base="none",
    ),
    Recipe(
        name="lora",
        summary="A language model learns from conversations by an adapter of low rank, which is merged into it.",
        makes="language",
        rows=("chat",),
        base="needed",
    ),
    Recipe(
        name="dpo",
        summary="A language model learns which of two answers is preferred, from rated pairs.",
        makes="language",
        rows=("preferences",),
        base="needed",
    ),
)


def recipe_of(name: str) -> Recipe:
    """The recipe of this name.

    Raises:
        InvalidRequest: there is none.
    """
    found = next((one for one in RECIPES if one.name == name), None)
    if found is None:
        names = ", ".join(one.name for one in RECIPES)
        raise InvalidRequest(
            f"There is no recipe {name!r}.", field="recipe", value=name, remedy=f"Give one of {names}."
        )
    return found
