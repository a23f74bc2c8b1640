"""Examples as a recipe reads them: JSON lines, each checked; and what of the test a training has seen already."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import numpy as np

from nis_backend.errors import InvalidRequest, TooLarge, shorten

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from nis_backend.capabilities.training.classifiers.columns import Cell, Row

T = TypeVar("T")

MOST_ROWS = 200_000
LONGEST_LINE = 64 * 2**20
"""Bytes of one row."""
MOST_LABELS = 500
FEWEST_OF_LABEL = 2
"""Rows of a label to learn from: one of them is held out."""
FEWEST_ROWS = 8
MOST_COLUMNS = 2000
MOST_CELLS = 20_000_000
"""Of rows times columns: 160 MB as numbers."""
LARGEST = 1e100
"""Of a number in a table: squares of what lies apart as far are still numbers."""
LONGEST_LABEL = 500
NAMED = 5
"""Labels that a message names."""


def read_rows(path: Path | None, split: str) -> list[dict[str, Any]]:  # Any: JSON
    """The rows of a split, one JSON object a line; none where there is no file.

    Raises:
        InvalidRequest: a line is no row.
        TooLarge: there are too many.
    """
    if path is None or not path.is_file():
        return []
    rows: list[dict[str, Any]] = []
    with path.open("rb") as file:
        while line := file.readline(LONGEST_LINE + 1):
            where = f"{split}.{len(rows)}"
            if len(line) > LONGEST_LINE or len(rows) >= MOST_ROWS:
                raise TooLarge(
                    f"The split {split} has more than {MOST_ROWS} rows, or one of more than {LONGEST_LINE} bytes.",
                    field=split,
                    remedy="Train on a part of them.",
                )
            rows.append(_row(line, where))
    return rows


def _row(line: bytes, where: str) -> dict[str, Any]:
    def refuse(constant: str) -> NoReturn:
        raise InvalidRequest(
            f"{where} holds {constant}, which is no number.", field=where, value=constant, remedy="Write null there."
        )

    try:
        row = json.loads(line, parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        raise InvalidRequest(
            f"{where} is no JSON: {shorten(error)}", field=where, remedy="Write one JSON object a line."
        ) from None
    if not isinstance(row, dict):
        raise InvalidRequest(f"{where} is no JSON object.", field=where, remedy="Write one JSON object a line.")
    return row  # pyright: ignore[reportUnknownVariableType] - JSON


def text_of(row: Mapping[str, Any], where: str) -> str:
    """The text of a row.

    Raises:
        InvalidRequest: it has none.
    """
    text = row.get("text")
    if not isinstance(text, str) or not text.strip():
        raise InvalidRequest(f"{where} has no text.", field=f"{where}.text", remedy="Give each row a text and a label.")
    return text.encode("utf-8", "replace").decode()


def label_of(row: Mapping[str, Any], where: str) -> str:
    """The label of a row, which is one of several.

    Raises:
        InvalidRequest: it has none.
    """
    label = row.get("label")
    if isinstance(label, bool):
        return "true" if label else "false"
    if isinstance(label, int | float) and _fits(label):
        return str(int(label)) if float(label).is_integer() else repr(float(label))
    if not isinstance(label, str) or not label.strip() or len(label) > LONGEST_LABEL:
        raise InvalidRequest(
            f"{where} has no label, or one of more than {LONGEST_LABEL} characters.",
            field=f"{where}.label",
            value=label,
            remedy="Give each row a label: a text or a number.",
        )
    return label.encode("utf-8", "replace").decode()


def number_of(row: Mapping[str, Any], where: str) -> float:
    """The number that is to be told of a row.

    Raises:
        InvalidRequest: it has none.
    """
    label = row.get("label")
    if isinstance(label, bool) or not isinstance(label, int | float) or not _fits(label):
        raise InvalidRequest(
            f"{where} has no number as its label.",
            field=f"{where}.label",
            value=label,
            remedy='Give each row a number of at most 1e100, or train with task "classification".',
        )
    return float(label)


def features_of(row: Mapping[str, Any], where: str) -> Row:
    """The features of a row by the names of their columns.

    Raises:
        InvalidRequest: they are none, or one of them is no number, text or null.
        TooLarge: they are too many.
    """
    features = row.get("features")
    if not isinstance(features, dict) or not features:
        raise InvalidRequest(
            f"{where} has no features.",
            field=f"{where}.features",
            remedy="Give each row its features by the names of their columns.",
        )
    return cells(features, f"{where}.features")  # pyright: ignore[reportUnknownArgumentType] - JSON


def cells(features: Mapping[str, Any], where: str) -> Row:
    """The same features, looked at; see `features_of`."""
    if len(features) > MOST_COLUMNS:
        raise TooLarge(
            f"{where} has {len(features)} columns; {MOST_COLUMNS} are read at most.",
            field=where,
            value=len(features),
            remedy="Leave out columns, or sum them up.",
        )
    return {name: _cell(cell, f"{where}.{name}") for name, cell in features.items()}


def _cell(cell: Any, where: str) -> Cell:  # Any: JSON
    if cell is None or isinstance(cell, bool):
        return cell
    if isinstance(cell, str):
        return cell.encode("utf-8", "replace").decode()[:LONGEST_LABEL]
    if isinstance(cell, int | float) and _fits(cell):
        return float(cell)
    raise InvalidRequest(
        f"{where} is no number of at most 1e100, no text and not null.",
        field=where,
        value=cell,
        remedy="Give a number, a text, or null where it is missing.",
    )


def _fits(number: float) -> bool:
    """Not only of floats: a whole number may be longer than any of them."""
    return -LARGEST <= number <= LARGEST


def labels_of(train: Sequence[str]) -> list[str]:
    """The labels in order, where they can be learnt.

    Raises:
        InvalidRequest: there are too few rows, one label, too many, or labels of too few rows.
    """
    counts = Counter(train)
    enough(len(train))
    if len(counts) == 1:
        raise InvalidRequest(
            f"All rows have the label {shorten(train[0])!r}: there is nothing to tell apart.",
            field="label",
            value=train[0],
            remedy="Add examples of another label.",
        )
    if len(counts) > MOST_LABELS:
        raise TooLarge(
            f"There are {len(counts)} labels; {MOST_LABELS} are told apart at most.",
            field="label",
            value=len(counts),
            remedy='Join labels, or, where they are numbers, train with task "regression".',
        )
    rare = sorted(label for label, count in counts.items() if count < FEWEST_OF_LABEL)
    if rare:
        raise InvalidRequest(
            f"{len(rare)} labels have fewer than {FEWEST_OF_LABEL} rows to learn from: "
            f"{', '.join(shorten(label, 40) for label in rare[:NAMED])}.",
            field="label",
            value=rare[0],
            remedy="Add examples of each, or leave their rows out.",
        )
    return sorted(counts)


def enough(count: int) -> None:
    """Refuse to learn from too few rows.

    Raises:
        InvalidRequest: they are.
    """
    if count < FEWEST_ROWS:
        raise InvalidRequest(
            f"There are {count} rows to learn from; {FEWEST_ROWS} are the least.",
            field="train",
            value=count,
            remedy="Add examples, or give the split train a larger share.",
        )


def goals_of(splits: Mapping[str, Sequence[Mapping[str, Any]]]) -> tuple[dict[str, NDArray[np.int64]], list[str]]:
    """What is told of each row as places in the list of labels, by splits; and the labels.

    Raises:
        InvalidRequest: as `label_of`, `labels_of` and `places_of`.
    """
    named = {name: [label_of(row, f"{name}.{at}") for at, row in enumerate(some)] for name, some in splits.items()}
    labels = labels_of(named["train"])
    return {name: places_of(some, labels, name) for name, some in named.items()}, labels


def places_of(some: Sequence[str], labels: Sequence[str], split: str) -> NDArray[np.int64]:
    """The labels of a split as places in the list.

    Raises:
        InvalidRequest: one of them is not in train.
    """
    places = {label: place for place, label in enumerate(labels)}
    for number, label in enumerate(some):
        if label not in places:
            raise InvalidRequest(
                f"{split}.{number} has the label {shorten(label, 60)!r}, which no row of train has.",
                field=f"{split}.{number}.label",
                value=label,
                remedy="Split the dataset anew, or leave that row out.",
            )
    return np.array([places[label] for label in some], np.int64)


def leaks(test: int, new: int) -> list[str]:
    """What is said of rows of test that are in train or validation as well."""
    if new == test:
        return [] if test else ["There is no test: it is measured on the rows that also judged, and so too well."]
    if not new:
        return ["Every row of test is in train as well: it is measured on the rows that also judged, and so too well."]
    return [f"{test - new} of {test} rows of test are in train as well, and are not measured on."]


def same_features(row: Row) -> object:
    """By what two rows are one."""
    return tuple((name, row[name]) for name in sorted(row) if row[name] is not None)


def alike(some: Iterable[T], key: Callable[[T], object]) -> NDArray[np.int64]:
    """Of each the place, in order of appearance, of those that it is alike with: the same number for the same key."""
    numbers: dict[object, int] = {}
    return np.array([numbers.setdefault(key(one), len(numbers)) for one in some], np.int64)


def unseen(train: Iterable[T], test: Iterable[T], key: Callable[[T], object]) -> list[int]:
    """The places of those of the test that are not in the training as well."""
    known = {key(one) for one in train}
    return [place for place, one in enumerate(test) if key(one) not in known]
