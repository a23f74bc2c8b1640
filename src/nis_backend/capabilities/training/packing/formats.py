"""In which formats a trained model is handed out."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from nis_backend.operation import Model

Format = Literal["zip", "packed", "safetensors", "gguf-tq2_0", "gguf-tq1_0", "gguf-f16", "gguf-q8_0"]


class ExportModel(Model):
    """Which model, and as what."""

    id: str = Field(min_length=1, max_length=64, description="The model's id, or a name that it serves under.")
    format: Format = Field(
        default="zip",
        description="zip: its whole folder. packed: a zip of a ternary model at two bits a weight, as Transformers"
        " loads it. safetensors: its weights alone. gguf-…: one file for llama.cpp, of a ternary model as tq2_0 or"
        " tq1_0 (2.06 and 1.69 bits a weight), of a merged one as f16 or q8_0.",
    )
