"""Where trainings and the models they make lie."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from nis_backend.settings import Settings


def home(settings: Settings) -> Path:
    """The folder of trainings and models."""
    return settings.training or settings.data / "training"


def model_folder(settings: Settings, model_id: str) -> Path:
    """A model's folder: there whole or not at all."""
    return home(settings) / "models" / model_id


def training_folder(settings: Settings, training_id: str) -> Path:
    """A training's own folder."""
    return home(settings) / "runs" / training_id


def rows_folder(settings: Settings, training_id: str) -> Path:
    """The rows that a training learns from, until it has ended well."""
    return training_folder(settings, training_id) / "data"
