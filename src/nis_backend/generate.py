"""`make generate`: import every capability and write the index that the server starts from.

Writes `catalog.json` and what is kept beside it, `openapi.json`, `asyncapi.json`, `tools.json`, the table of units and
the A2UI catalog into the package, and the reference into `docs/reference`; with `--check`, says which is stale.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from nis_backend.catalog import APART, entry_of, load_capabilities
from nis_backend.numerics.quantity import TABLE, table
from nis_backend.reference import pages
from nis_backend.surfaces.a2ui.check import document as a2ui_catalog
from nis_backend.surfaces.bus.asyncapi import document as asyncapi
from nis_backend.surfaces.rest.derive import check_clashes, routes_of, told
from nis_backend.surfaces.rest.fixed import FIXED
from nis_backend.surfaces.rest.openapi import document
from nis_backend.surfaces.tools import tools

if TYPE_CHECKING:
    from nis_backend.entry import Entry
    from nis_backend.operation import Json

PACKAGE = Path(__file__).parent
REFERENCE = "../../docs/reference"
"""Below the package, in a checkout."""


def generated() -> dict[str, str]:
    """Each generated file's path from the package, and its text.

    Raises:
        ValueError: two operations have one name, or answer one route.
    """
    declared = sorted((entry_of(operation) for operation in load_capabilities()), key=lambda entry: entry.name)
    entries = [replace(entry, routes=told(entry)) for entry in declared]
    names = [entry.name for entry in entries]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        msg = f"declared twice: {', '.join(sorted(twice))}"
        raise ValueError(msg)
    check_clashes([*FIXED, *(route for entry in entries for route in routes_of(entry))])
    contents = {
        "catalog.json": [_indexed(entry) for entry in entries],
        **{file: {entry.name: getattr(entry, field) for entry in entries} for field, file in APART.items()},
        "openapi.json": document(entries),
        "asyncapi.json": asyncapi(entries),
        "tools.json": tools(entries),
    }
    written = {name: json.dumps(content, indent=1, ensure_ascii=False) + "\n" for name, content in contents.items()}
    reference = {f"{REFERENCE}/{name}": text for name, text in pages(entries).items()}
    units = ",\n".join(f" {json.dumps(name)}: {json.dumps(row)}" for name, row in table().items())
    written[TABLE] = f"{{\n{units}\n}}\n"
    return {**written, "surfaces/a2ui/catalog.json": a2ui_catalog(), **reference}


def _indexed(entry: Entry) -> Json:
    """The declaration without what is kept apart."""
    fields = {name: value for name, value in asdict(entry).items() if name not in APART}
    return {**fields, "is_blob": entry.is_blob}


def main() -> int:
    """Write the files, or with `--check` only compare."""
    texts = generated()
    stale = [
        name
        for name, text in texts.items()
        if not (PACKAGE / name).is_file() or (PACKAGE / name).read_text("utf-8") != text
    ]
    if "--check" in sys.argv:
        sys.stdout.write(f"stale: {', '.join(stale)}: run `make generate`\n" if stale else "the index is up to date\n")
        return bool(stale)
    for page in (PACKAGE / REFERENCE).glob("*.md"):
        if f"{REFERENCE}/{page.name}" not in texts:
            page.unlink()
    for name in stale:
        (PACKAGE / name).parent.mkdir(parents=True, exist_ok=True)
        (PACKAGE / name).write_text(texts[name], "utf-8")
        sys.stdout.write(f"wrote {name}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
