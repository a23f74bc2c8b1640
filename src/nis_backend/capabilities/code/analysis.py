"""The program that looks at a table inside the sandbox; there alone. Its last line is what is handed out."""

# pyright: basic, reportMissingImports=false, reportAttributeAccessIssue=false, reportArgumentType=false
from __future__ import annotations

import csv
import io
import json
import math
import re
import warnings
from pathlib import Path
from typing import Any

import pandas as pd

MOST_COLUMNS = 200
MOST_PAIRS = 50
OFTEN = 10
BINS = 10
LEAST_ROWS = 3
SEPARATORS = (",", ";", "\t", "|", " ")
SAMPLE = 50
"""Lines by which the separator is told."""

warnings.simplefilter("ignore")
asked = json.loads(Path("asked.json").read_text("utf-8"))
notes: list[str] = []


def read() -> pd.DataFrame:
    """The table by its format."""
    if asked["format"] == "xlsx":
        return pd.read_excel("table", sheet_name=asked["sheet"] - 1)
    text = decoded(Path("table").read_bytes())
    if asked["format"] == "json":
        given = json.loads(text)
        return pd.json_normalize(given if isinstance(given, list) else [given])
    if asked["format"] == "jsonl":
        return pd.json_normalize([json.loads(line) for line in text.splitlines() if line.strip()])
    begun = [line for line in text[:100_000].splitlines() if line.strip()][:SAMPLE]
    sep = separator(begun)
    told = " ".join(begun)
    commas = sep != "," and re.search(r"\d,\d", told) and not re.search(r"\d\.\d", told)
    if commas:
        notes.append("Commas in numbers were read as decimal points.")
    decimal = "," if commas else "."
    return pd.read_csv(io.StringIO(text), sep=sep, engine="python", skipinitialspace=True, decimal=decimal)


def decoded(raw: bytes) -> str:
    """The bytes as text."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        notes.append("The bytes are no UTF-8: they were read as Windows-1252.")
        return raw.decode("cp1252", "replace")


def separator(lines: list[str]) -> str:
    """What parts most lines into as many columns as the first, the most columns first; a comma where nothing does."""
    best = ("", 0.0, 1)
    for sep in SEPARATORS:
        widths = [len(row) for row in csv.reader(lines, delimiter=sep, skipinitialspace=sep != " ")]
        alike = sum(one == widths[0] for one in widths) / len(widths) if widths else 0.0
        # Words have spaces between them, too.
        least = 1.0 if sep == " " else 0.5
        if sep == " " and best[0]:
            break
        if widths and widths[0] > 1 and alike >= least and (alike, widths[0]) > best[1:]:
            best = (sep, alike, widths[0])
    return best[0] or ","


def number(value: Any) -> float | None:
    """A finite number, or none."""
    found = float(value)
    return found if math.isfinite(found) else None


def look(name: str, values: pd.Series) -> dict[str, Any]:
    """What is in a column."""
    there = values.dropna()
    told: dict[str, Any] = {"name": name, "count": len(there), "missing": int(values.isna().sum())}
    try:
        told["distinct"] = int(there.nunique())
    except TypeError:
        there = there.map(lambda one: json.dumps(one, ensure_ascii=False, default=str))
        told["distinct"] = int(there.nunique())
    if there.empty:
        return told | {"kind": "empty"}
    if pd.api.types.is_bool_dtype(there) or set(map(type, there)) == {bool}:
        return told | {"kind": "truth", "often": often(there)}
    if pd.api.types.is_numeric_dtype(there):
        return told | {"kind": "number"} | spread(there.astype(float))
    dates = as_dates(there)
    if dates is not None:
        return told | {"kind": "date", "first": dates.min().isoformat(), "last": dates.max().isoformat()}
    return told | {"kind": "word", "often": often(there)}


def as_dates(there: pd.Series) -> pd.Series | None:
    """The values as dates, where each of them is one as ISO 8601 writes it."""
    if pd.api.types.is_datetime64_any_dtype(there):
        return there
    try:
        return pd.to_datetime(there.astype(str), format="ISO8601", errors="raise", utc=True)
    except (ValueError, TypeError, OverflowError):
        return None


def often(there: pd.Series) -> list[dict[str, Any]]:
    """The values that are there most often; of those as often, by their order."""
    counts = sorted(there.astype(str).value_counts().items(), key=lambda one: (-one[1], one[0]))
    return [{"value": value[:200], "count": int(count)} for value, count in counts[:OFTEN]]


def spread(there: pd.Series) -> dict[str, Any]:
    """Where numbers lie."""
    finite = there[there.map(math.isfinite)]
    if finite.empty:
        return {}
    low, high = float(finite.min()), float(finite.max())
    told: dict[str, Any] = {"least": low, "most": high, "mean": number(finite.mean())}
    told["deviation"] = number(finite.std()) if len(finite) > 1 else None
    quartiles = [number(finite.quantile(part)) for part in (0.25, 0.5, 0.75)]
    told["quartiles"] = [] if None in quartiles else quartiles
    width = (high - low) / BINS
    if width > 0 and math.isfinite(width):
        edges = [low + width * place for place in range(BINS)] + [high]
        inside = pd.cut(finite, edges, include_lowest=True, right=False, labels=False)
        counts = inside.fillna(BINS - 1).astype(int).value_counts()
        told["bins"] = [
            {"begin": edges[place], "end": edges[place + 1], "count": int(counts.get(place, 0))}
            for place in range(BINS)
        ]
    return told


def pairs(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Columns of numbers that go together."""
    names = [name for name in frame.columns if kinds[name] == "number"][:40]
    found: list[dict[str, Any]] = []
    for place, first in enumerate(names):
        for second in names[place + 1 :]:
            both = frame[[first, second]].astype(float).dropna()
            if len(both) < LEAST_ROWS:
                continue
            straight, ranked = both.corr().iloc[0, 1], both.corr("spearman").iloc[0, 1]
            if math.isfinite(straight) and math.isfinite(ranked):
                found.append(
                    {"first": first, "second": second, "rows": len(both), "pearson": straight, "spearman": ranked}
                )
    found.sort(key=lambda one: (-max(abs(one["pearson"]), abs(one["spearman"])), one["first"], one["second"]))
    return found[:MOST_PAIRS]


frame = read()
frame.columns = [str(one) for one in frame.columns]
if len(set(frame.columns)) < len(frame.columns):
    notes.append("Columns of the same name were numbered.")
    frame.columns = [f"{name}.{place}" for place, name in enumerate(frame.columns)]
if len(frame.columns) > MOST_COLUMNS:
    notes.append(f"Of {len(frame.columns)} columns the first {MOST_COLUMNS} were looked at.")
    frame = frame.iloc[:, :MOST_COLUMNS]
columns = [look(name, frame[name]) for name in frame.columns]
kinds = {one["name"]: one["kind"] for one in columns}
told = {
    "rows": len(frame),
    "columns": columns,
    "repeated": int(frame.astype(str).duplicated().sum()),
    "pairs": pairs(frame),
    "notes": notes,
}
Path("analysed.json").write_bytes(json.dumps(told, ensure_ascii=False).encode("utf-8", "replace"))
