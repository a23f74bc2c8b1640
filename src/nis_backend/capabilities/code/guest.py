"""The program that runs another inside the sandbox; there alone, by the interpreter that is in it.

It reads `/in/code.py`, and leaves `/out/told.json`, `/out/figure-N.png` and what the code writes below `/work`. What it
says of the code is the sandbox's word, and is read as such.
"""

# pyright: basic, reportMissingImports=false, reportAttributeAccessIssue=false, reportArgumentType=false
# ruff: noqa: S102, S307, BLE001, PLC0415, PLR0911 - to run what is given, whatever comes of it, is all that it is for
from __future__ import annotations

import ast
import json
import linecache
import math
import os
import sys
import traceback
from pathlib import Path
from typing import Any

NAME = "code.py"
LONGEST_SHOWN = 20_000
LONGEST_VALUE = 2**20
"""Bytes, as JSON."""
LONGEST_KIND = 200
MOST_ITEMS = 2_000
MOST_FIGURES = 8
DEEPEST = 8
DOTS = 110


def plain(value: Any, depth: int = 0) -> Any:
    """The value as JSON, where it is that at heart; raises TypeError elsewhere."""
    if value is None or isinstance(value, (bool, str)):
        return value if not isinstance(value, str) or len(value) <= LONGEST_SHOWN else refuse(value)
    if isinstance(value, int):
        return value if abs(value) <= 2**53 else refuse(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else refuse(value)
    if depth > DEEPEST:
        refuse(value)
    if hasattr(value, "to_dict") and hasattr(value, "columns"):
        split = json.loads(value.head(MOST_ITEMS // 10).to_json(orient="split", date_format="iso"))
        return {"columns": [str(one) for one in split["columns"]], "index": split["index"], "rows": split["data"]}
    if hasattr(value, "to_json") and hasattr(value, "index"):
        return json.loads(value.head(MOST_ITEMS // 10).to_json(date_format="iso"))
    if hasattr(value, "tolist"):
        return plain(value.tolist(), depth)
    if isinstance(value, dict) and len(value) <= MOST_ITEMS:
        return {str(key): plain(one, depth + 1) for key, one in value.items()}
    if isinstance(value, (list, tuple)) and len(value) <= MOST_ITEMS:
        return [plain(one, depth + 1) for one in value]
    return refuse(value)


def kept(value: Any) -> Any:
    """The value, where it can be written down: what calls itself a table may answer NaN, or half of a character."""
    written = json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    return value if len(written) <= LONGEST_VALUE else refuse(value)


def words(text: str, most: int) -> str:
    """A text's beginning, without what is no character."""
    return text[:most].encode("utf-8", "replace").decode()


def refuse(value: object) -> Any:
    """Say that it is no JSON."""
    raise TypeError(type(value).__name__)


def run(text: str) -> dict[str, Any]:
    """Run the text; what its last line is worth, or how it failed."""
    linecache.cache[NAME] = (len(text), None, text.splitlines(keepends=True), NAME)
    space: dict[str, Any] = {"__name__": "__main__", "__builtins__": __builtins__}
    told: dict[str, Any] = {"shown": "", "value": None, "problem": None}
    try:
        tree = ast.parse(text, NAME)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, NAME, "exec"), space)
        if last is not None:
            value = eval(compile(ast.Expression(last.value), NAME, "eval"), space)
            told["shown"] = "" if value is None else words(repr(value), LONGEST_SHOWN)
            try:
                told["value"] = kept(plain(value))
            except Exception:
                told["value"] = None
    except SystemExit as stop:
        if stop.code not in {None, 0}:
            told["problem"] = problem(stop)
    except BaseException as error:
        told["problem"] = problem(error)
    return told


def problem(error: BaseException) -> dict[str, Any]:
    """What was raised, and where in the code."""
    frames = [one for one in traceback.extract_tb(error.__traceback__) if one.filename == NAME]
    line = error.lineno if isinstance(error, SyntaxError) else frames[-1].lineno if frames else None
    shown = traceback.StackSummary.from_list(frames).format() if frames else []
    said = "".join([*shown, *traceback.format_exception_only(error)])
    return {
        "kind": words(type(error).__name__, LONGEST_KIND),
        "message": words(str(error), 2000),
        "line": line,
        "trace": words(said[-4000:], 4000),
    }


def save_figures() -> list[str]:
    """Each figure that the code has left open."""
    if "matplotlib.pyplot" not in sys.modules:
        return []
    from matplotlib import pyplot as plt

    names: list[str] = []
    for number in plt.get_fignums()[:MOST_FIGURES]:
        figure = plt.figure(number)
        names.append(f"/out/figure-{number}.png")
        figure.savefig(names[-1], dpi=DOTS, bbox_inches="tight")
        titles = [axes.get_title() for axes in figure.axes]
        Path(f"/out/figure-{number}.txt").write_text(words("; ".join(filter(None, titles)), 500), "utf-8")
    return names


def main() -> None:
    """Run what is given, and leave word of it."""
    os.chdir("/work")
    told = run(Path("/in/code.py").read_text("utf-8"))
    try:
        told["figures"] = save_figures()
    except Exception as error:
        told["figures"] = []
        told["problem"] = told["problem"] or problem(error)
    Path("/out/told.json").write_text(json.dumps(told, ensure_ascii=False), "utf-8")


main()
