"""Datasets as a person would rather look at them."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any

from nis_backend.errors import shorten
from nis_backend.view import Axis, Series, Table, Text, View, moment, plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nis_backend.capabilities.datasets.collecting import CollectedExamples
    from nis_backend.capabilities.datasets.consents import ConsentList, Withdrawn
    from nis_backend.capabilities.datasets.dataset import Dataset, Splits
    from nis_backend.capabilities.datasets.importing import ImportedExamples
    from nis_backend.capabilities.datasets.looking import DatasetStatistics, Deduplicated, Validation
    from nis_backend.capabilities.datasets.operations import DatasetList, ExampleList, VersionList
    from nis_backend.capabilities.datasets.splitting import SplitDone
    from nis_backend.operation import Model

SHOWN = 12
"""Letters of a version: enough to name it."""


def split_words(splits: Splits | None) -> str:
    """How rows are parted, in a few words."""
    if splits is None:
        return "not split"
    shares = " / ".join(f"{share:g}" for share in (splits.train, splits.validation, splits.test))
    return f"{shares} by {splits.by}"


def draw_dataset(_request: Model, result: Dataset) -> list[View]:
    """One dataset."""
    said = f"Dataset {plain(result.name)}: {result.rows} rows of kind {result.kind}, {split_words(result.splits)}."
    return [Text(text=said), _table("Dataset", [result])]


def draw_datasets(_request: Model, result: DatasetList) -> list[View]:
    """A row for each."""
    if not result.datasets:
        return [Text(text="There is no dataset yet.")]
    count = len(result.datasets)
    said = f"{count} dataset{'' if count == 1 else 's'}{', the newest' if result.next_cursor else ''}."
    return [Text(text=said), _table("Datasets", result.datasets)]


def _table(title: str, datasets: Sequence[Dataset]) -> Table:
    rows: list[list[str | float]] = [
        [one.name, one.kind, one.rows, (one.version or "")[:SHOWN], split_words(one.splits), moment(one.updated)]
        for one in datasets
    ]
    columns = ["name", "kind", "rows", "version", "splits", "last changed (UTC)"]
    return Table(title=title, columns=columns, rows=rows)


def draw_versions(_request: Model, result: VersionList) -> list[View]:
    """A row for each."""
    rows: list[list[str | float]] = [
        [
            f"{one.version[:SHOWN]}{' (current)' if one.current else ''}",
            one.rows,
            one.bytes,
            one.made_by,
            (one.parent or "")[:SHOWN],
            moment(one.created),
        ]
        for one in result.versions
    ]
    columns = ["version", "rows", "bytes", "made by", "from", "created (UTC)"]
    return [Text(text=f"{len(rows)} versions."), Table(title="Versions", columns=columns, rows=rows)]


def draw_examples(_request: Model, result: ExampleList) -> list[View]:
    """The rows, a column for each member."""
    names = list(dict.fromkeys(name for row in result.examples for name in row))
    rows: list[list[str | float]] = [[_cell(row.get(name)) for name in names] for row in result.examples]
    return [
        Text(text=f"{len(rows)} of {result.rows} rows of version {result.version[:SHOWN]}."),
        Table(title="Examples", columns=names, rows=rows),
    ]


def _cell(value: Any) -> str | float:  # Any: JSON
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    text = value if isinstance(value, str) else "" if value is None else json.dumps(value, ensure_ascii=False)
    return shorten(text, 200)


def draw_imported(_request: Model, result: ImportedExamples) -> list[View]:
    """What was read, and what was left out."""
    said = f"{result.read} rows are in; the dataset has {result.rows} now (version {result.version[:SHOWN]})."
    if result.unchanged:
        said = f"Nothing has changed: the dataset has these {result.rows} rows already."
    if result.left_out:
        said += f" {result.left_out} were left out."
    rows: list[list[str | float]] = [[one] for one in result.left_out_rows]
    return [Text(text=said), *([Table(title="Left out", columns=["row and why"], rows=rows)] if rows else [])]


def draw_split(_request: Model, result: SplitDone) -> list[View]:
    """How large each part is."""
    parts = {"train": result.train, "validation": result.validation, "test": result.test}
    told = ", ".join(f"{count} in {name}" for name, count in parts.items())
    said = f"{told}: parted by {result.splits.by}, {result.groups} different. Rows that are added move no other."
    return [Text(text=said), bars("Rows of each part", "part", parts)]


def bars(title: str, label: str, counts: Mapping[str, float], unit: str = "") -> Series:
    """A bar for each name."""
    x = Axis(label=label, values=[*map(float, range(len(counts)))], names=[*counts])
    return Series(title=title, x=x, lines=[Axis(label="rows", unit=unit, values=[*counts.values()], mark="bars")])


def draw_collected(_request: Model, result: CollectedExamples) -> list[View]:
    """What was collected, what was left out, and what was replaced."""
    said = (
        f"{result.collected} rows of {result.users} persons from {result.conversations} conversations; the dataset has "
        f"{result.rows} rows. {result.not_found}"
    )
    both = {"left out": result.left_out, "replaced": result.replaced}
    counts: list[list[str | float]] = [[what, *one] for what, some in both.items() for one in some.items() if one[1]]
    return [Text(text=said), Table(title="Left out and replaced", columns=["what", "why", "how often"], rows=counts)]


def draw_consents(_request: Model, result: ConsentList) -> list[View]:
    """A row for each."""
    rows: list[list[str | float]] = [
        [
            one.user or "(the owner)",
            ", ".join(one.purposes),
            moment(one.granted),
            "" if one.withdrawn is None else moment(one.withdrawn),
            shorten(one.note),
        ]
        for one in result.consents
    ]
    columns = ["user", "for", "granted (UTC)", "withdrawn (UTC)", "note"]
    said = f"{len(rows)} consents." if rows else "Nobody has consented."
    return [Text(text=said), Table(title="Consents", columns=columns, rows=rows)]


def draw_withdrawn(_request: Model, result: Withdrawn) -> list[View]:
    """What is gone."""
    who = "The owner's consent" if result.user is None else f"The consent of {plain(result.user)}"
    said = f"{who} is withdrawn: {result.rows} rows are gone from {result.versions} versions. "
    said += f"{len(result.models)} models had learned from them and are marked. Not reached: {result.beyond}"
    return [Text(text=said)]


def draw_statistics(_request: Model, result: DatasetStatistics) -> list[View]:
    """The numbers, lengths as bars, labels and parts."""
    said = (
        f"{result.rows} rows, {result.words} words, about {result.tokens} tokens ({result.tokenizer}). "
        f"A row has {result.lengths.median} characters in the middle, {result.lengths.longest} at most."
    )
    edges, counts = result.lengths.edges, result.lengths.counts
    middles = [(low + high) / 2 for low, high in itertools.pairwise(edges)]
    lengths = Series(
        title="Lengths",
        x=Axis(label="characters", values=middles, edges=edges),
        lines=[Axis(label="rows", values=[*map(float, counts)], mark="bars")],
    )
    more = {"Rows of each label": ("label", result.labels), "Rows of each part": ("part", result.parts)}
    return [Text(text=said), lengths, *(bars(title, *one) for title, one in more.items() if one[1])]


def draw_validation(_request: Model, result: Validation) -> list[View]:
    """What was found, with the numbers of rows."""
    count = len(result.problems)
    said = f"Nothing is wrong with the {result.rows} rows that was looked for."
    if count:
        said = f"{count} kind{'' if count == 1 else 's'} of problem in {result.rows} rows."
    rows: list[list[str | float]] = [
        [one.kind, one.count, ", ".join(map(str, one.rows)), one.message] for one in result.problems
    ]
    columns = ["problem", "how many", "rows", "what"]
    tables = [Table(title="Problems", columns=columns, rows=rows)] if rows else []
    more = {"Rows of each label": ("label", result.labels), "Languages": ("language", result.languages)}
    return [Text(text=said), *tables, *(bars(title, *one) for title, one in more.items() if len(one[1]) > 1)]


def draw_deduplicated(_request: Model, result: Deduplicated) -> list[View]:
    """What went, and what of it stays."""
    said = f"{result.exact} exact and {result.near} near duplicates are gone; {result.rows} rows stay. {result.formula}"
    rows: list[list[str | float]] = [[one.row, one.kept, one.similarity] for one in result.pairs]
    table = Table(title="Duplicates", columns=["row", "says what this says", "similarity"], rows=rows)
    return [Text(text=said), *([table] if rows else [])]
