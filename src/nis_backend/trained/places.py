"""Where trainings and the models they make lie."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from nis_backend.settings import Settings


def models_folder(settings: Settings) -> Path:
    """The folder of the models' folders, each named by its id."""
    return (settings.training or settings.data / "training") / "models"
