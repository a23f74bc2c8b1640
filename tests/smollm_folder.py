"""The small model of the tests as Transformers saves one: its GGUF file's numbers in safetensors, with its tokenizer.

    python tests/smollm_folder.py FOLDER      # for `make prove-schema ARGS="--model transformers:NAME"`

By hand, since the library's own way takes a minute and one more package.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from nis_backend.capabilities.training import dequantising
from nis_backend.settings import read_settings
from nis_backend.weights.files import Weights

TEMPLATE = (
    "{%- if tools %}<|im_start|>system\nYou may call functions.\n<tools>"
    "{% for tool in tools %}\n{{ tool | tojson }}{% endfor %}\n</tools>\nFor each call write:\n"
    '<tool_call>\n{"name": <name>, "arguments": <object>}\n</tool_call><|im_end|>\n{% endif %}'
    "{%- for message in messages %}{%- if message.role == 'assistant' %}<|im_start|>assistant"
    "{% if message.content %}\n{{ message.content }}{% endif %}{%- for tool_call in message.tool_calls or [] %}"
    "{% if tool_call.function is defined %}{% set tool_call = tool_call.function %}{% endif %}"
    '\n<tool_call>\n{"name": "{{ tool_call.name }}", "arguments": {{ tool_call.arguments | tojson }}}\n</tool_call>'
    "{% endfor %}<|im_end|>\n{%- elif message.role == 'tool' %}"
    "<|im_start|>user\n<tool_response>\n{{ message.content }}\n</tool_response><|im_end|>\n"
    "{%- else %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endif %}{%- endfor %}"
    "{%- if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
"""A template of a conversation with a place for tools."""


def small_file() -> Path:
    """The small model's file, under the name it has on disk."""
    folder = os.environ.get("NIS_TEST_WEIGHTS")
    settings = read_settings(os.environ, weights=Path(folder) if folder else None)
    weights = Weights.of(settings)
    path = weights.path(weights.find(settings.embedded_weight))
    assert path.is_file(), f"no file {path}: run `nis weights pull {settings.embedded_weight}`, or set NIS_TEST_WEIGHTS"
    return path


def write_folder(folder: Path) -> Path:
    """The model's folder."""
    folder.mkdir(parents=True, exist_ok=True)
    dequantising.write_folder(small_file(), folder)
    return folder


if __name__ == "__main__":
    print(write_folder(Path(sys.argv[1])))  # noqa: T201 - a command's answer
