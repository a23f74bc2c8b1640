"""Has a table looked at inside the sandbox, and reads what is said of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from nis_backend.capabilities.code.running import run_python
from nis_backend.capabilities.code.tables import Analysed, AnalyseTable, Format
from nis_backend.errors import InvalidRequest, TooLarge

if TYPE_CHECKING:
    from nis_backend.drivers.compute.base import ComputingContext

PROGRAM = Path(__file__).with_name("analysis.py")
MOST_BYTES = 32 * 2**20
SECONDS = 120.0


def analyse(request: AnalyseTable, ctx: ComputingContext) -> Analysed:
    """See `code.analyse_table`.

    Raises:
        InvalidRequest: it is no table of that format.
        TooLarge: it has too many bytes, or takes too long or too much memory.
    """
    if request.table.size > MOST_BYTES:
        raise TooLarge(
            f"The table has {request.table.size} bytes, and {MOST_BYTES} are taken.",
            field="table",
            remedy="Give a part of it.",
        )
    content = request.table.path.read_bytes()
    format_ = _format(request, content)
    asked = json.dumps({"format": format_, "sheet": request.sheet}).encode()
    done = run_python(
        PROGRAM.read_text("utf-8"),
        {"table": content, "asked.json": asked},
        seconds=SECONDS,
        stdin="",
        cache=Path(ctx.options["sandbox"]),
        ctx=ctx,
    )
    kind = done.problem.kind if done.problem else ""
    if done.ended in {"out of time", "crashed"} or kind == "MemoryError":
        raise TooLarge("The table takes more time or memory than there is for it.", remedy="Give a part of it.")
    try:
        return Analysed.model_validate_json(done.files.get("analysed.json", b""))
    except ValidationError:
        why = (done.problem and done.problem.message) or "nothing is said of it"
        raise InvalidRequest(
            f"This is no table as {format_}: {why[:300]}.",
            field="table",
            remedy="Send CSV, JSON, lines of JSON or an Excel file, and say which as `format`.",
        ) from None


def _format(request: AnalyseTable, content: bytes) -> Format:
    if request.format != "auto":
        return request.format
    if content.startswith(b"PK"):
        return "xlsx"
    name, begun = request.table.name.lower(), content.lstrip()[:1]
    if name.endswith((".jsonl", ".ndjson")):
        return "jsonl"
    if begun == b"[":
        return "json"
    if begun == b"{":
        lines = content.split(b"\n", 2)
        return "jsonl" if len(lines) > 1 and lines[0].rstrip().endswith(b"}") else "json"
    return "csv"
