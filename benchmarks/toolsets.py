"""What each list of MCP's tools costs the model that reads it.

    make bench-toolsets                  # a table on standard output, as Markdown

Each toolset is listed as `/mcp?toolset=NAME` lists it: names, descriptions and schemas of what goes in, as JSON, which
is what clients hand to models. Tokens are the embedded model's own, by its file's vocabulary; other models' differ by
some tenths.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from nis_backend.catalog import Catalog
from nis_backend.settings import Settings
from nis_backend.surfaces.mcp.tools import ALL, ESSENTIAL, choose
from nis_backend.surfaces.tools import tool_name

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from gguf_tokens import tokenizer_of

WEIGHT = "SmolLM2-135M-Instruct.Q4_1.gguf"


def listed(toolset: str) -> list[str]:
    """The tools of a toolset, each as a model reads it."""
    return [
        json.dumps({"name": tool_name(entry), "description": entry.description, "input_schema": entry.parameters})
        for entry in choose(Catalog.from_index().entries(), toolset)
    ]


def main() -> None:
    """Print the table."""
    tokenizer = tokenizer_of(Settings().weights / WEIGHT)
    families = sorted({entry.family for entry in Catalog.from_index().entries()})
    print("| toolset | tools | tokens |\n|---|---|---|")
    for name in (ESSENTIAL, *families, ALL):
        tools = listed(name)
        print(f"| {name} | {len(tools)} | {sum(len(tokenizer.encode(one).ids) for one in tools)} |")


if __name__ == "__main__":
    main()
