"""Datasets looked through: numbers, problems and duplicates, each by hand or by brute force."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from datasets_opened import Nis, run_in

from nis_backend.capabilities.datasets.checking import CheckRows, check_rows
from nis_backend.capabilities.datasets.duplicates import DropDuplicates, bands, drop_duplicates
from nis_backend.capabilities.datasets.figures import MeasureRows, measure_rows
from nis_backend.capabilities.datasets.forms import shaped
from nis_backend.capabilities.datasets.kinds import Kind, canonical
from nis_backend.capabilities.datasets.normal import language_of, normal, shingles
from nis_backend.capabilities.datasets.work import Here

Json = dict[str, Any]
WORDS = [f"{one}{two}" for one in ("ba", "ke", "li", "mo", "nu", "pa", "ri", "so", "ta", "vu") for two in "nrstl"]


def test_problems_are_told_by_the_numbers_of_rows(tmp_path: Path) -> None:
    """Promise of validate_dataset: each kind of problem, and nothing where there is none."""

    async def body(nis: Nis) -> None:
        rows: list[Json] = [{"text": f"The cup number {number} is in the house.", "label": "a"} for number in range(8)]
        rows += [{"text": f"And you have the pot number {number}.", "label": "b"} for number in range(6)]
        await nis.dataset("labels", rows, name="clean")
        clean = await nis.call("datasets.validate_dataset", id="clean")
        assert (clean["ok"], clean["problems"], clean["labels"]) == (True, [], {"a": 8, "b": 6})
        assert clean["languages"] == {"en": 14}
        wrong: list[Json] = [
            {"text": "the CUP number 1, is in the house!", "label": "a"},
            {"text": "The cup number 2 is in the house.", "label": "b"},
            {"text": "?!", "label": "c"},
            {"text": "x" * 300, "label": "a"},
            {"text": "The key is in it: ghp_" + "a1" * 18, "label": "b"},
            *({"text": f"Das ist nicht die Tasse {number}, und der Topf ist es.", "label": "a"} for number in range(4)),
        ]
        await nis.dataset("labels", [*rows, *wrong], name="wrong")
        await nis.call("datasets.split_dataset", id="wrong", train=0.5, validation=0.25, test=0.25)
        told = await nis.call("datasets.validate_dataset", id="wrong", longest=250)
        by_kind = {one["kind"]: one["rows"] for one in told["problems"]}
        for kind, numbers in {
            "duplicate": [15],
            "contradiction": [16],
            "empty": [17],
            "too_long": [18],
            "identifying": [19],
        }.items():
            assert by_kind[kind] == numbers, kind
        assert {"labels", "language"} <= by_kind.keys()
        assert told["identifying"] == {"SECRET": 1}
        assert sum(told["parts"].values()) == 23
        parts = [await nis.rows("wrong", split=part) for part in ("train", "validation", "test")]
        seen: dict[str, int] = {}
        leaks = 0
        for row in [*rows, *wrong]:
            part = next(place for place, some in enumerate(parts) if row in some)
            leaks += seen.setdefault(normal(row["text"]), part) != part
        assert len(by_kind.get("leakage", [])) == leaks

    run_in(tmp_path, body)


def test_numbers_are_those_counted_by_hand(tmp_path: Path) -> None:
    """Promise of get_statistics."""

    async def body(nis: Nis) -> None:
        rows = [{"text": "Grün ist es.", "label": "a"}, {"text": "ab", "label": "b"}, {"text": "a, b", "label": "a"}]
        await nis.dataset("labels", rows)
        told = await nis.call("datasets.get_statistics", id="d")
        assert (told["rows"], told["characters"], told["bytes"], told["words"], told["tokens"]) == (3, 18, 19, 6, 8)
        lengths = told["lengths"]
        assert (lengths["shortest"], lengths["median"], lengths["longest"], lengths["mean"]) == (2, 4, 12, 6.0)
        assert sum(lengths["counts"]) == 3
        assert (told["labels"], told["parts"]) == ({"a": 2, "b": 1}, {})
        assert told["file_bytes"] == len(await nis.exported())

    run_in(tmp_path, body)


def test_duplicates_go_and_the_first_stays(tmp_path: Path) -> None:
    """Promise of deduplicate_dataset: exact by normal text, near by pieces in common; with another label it stays."""

    async def body(nis: Nis) -> None:
        text = "the harbour office opens at nine and closes at six in the evening on every day of the week but sunday"
        rows = [
            {"text": text, "label": "a"},
            {"text": text.upper() + "!", "label": "a"},
            {"text": text, "label": "b"},
            {"text": text.replace("sunday", "monday"), "label": "a"},
            {"text": "something else altogether is said here", "label": "a"},
        ]
        before = await nis.dataset("labels", rows)
        exact = await nis.call("datasets.deduplicate_dataset", id="d", near=False)
        assert (exact["exact"], exact["near"], exact["rows"]) == (1, 0, 4)
        near = await nis.call("datasets.deduplicate_dataset", id="d")
        assert (near["exact"], near["near"], near["rows"]) == (0, 1, 3)
        assert near["pairs"] == [{"row": 3, "kept": 1, "similarity": round(18 / 20, 4)}]
        assert [row["label"] for row in await nis.rows()] == ["a", "b", "a"]
        again = await nis.call("datasets.deduplicate_dataset", id="d")
        assert (again["version"], again["rows"]) == (near["version"], 3)
        told = (await nis.call("datasets.list_versions", id="d"))["versions"]
        assert [one["rows"] for one in told] == [3, 4, 5]
        assert len(await nis.rows(version=before["version"])) == 5

    run_in(tmp_path, body)


PROSE = " ".join(WORDS[:40])
OTHER = " ".join(WORDS[10:])
DIFFERENT: list[tuple[Kind, list[Json]]] = [
    (
        "text",
        [{"text": one} for one in ("x > 0", "x < 0", "C++", "C#", "-5", "5", "3.5", "35", "🙂", "👍", "राम", "रामा")],
    ),
    ("chat", [{"prompt": f"What is 2{sign}2?", "completion": "4"} for sign in "+*"]),
    ("chat", [{"system": PROSE, "prompt": f"Question {one}", "completion": f"Answer {one}"} for one in "ab"]),
    ("preferences", [{"prompt": "?", "chosen": a, "rejected": b} for a, b in ((PROSE, OTHER), (OTHER, PROSE))]),
    ("table", [{"features": {"a": one}, "label": -1} for one in (-5, 5)]),
    ("cases", [{"input": PROSE, "rubric": one} for one in ("It is short.", "It is long.")]),
]
"""Rows that differ in a sign, in what a sign stands for, in their answer, or in which of two is the better one."""


@pytest.mark.parametrize(("kind", "rows"), DIFFERENT)
def test_rows_that_say_something_else_are_no_duplicates(kind: Kind, rows: list[Json], tmp_path: Path) -> None:
    """Promise of deduplicate_dataset: none of these goes; and validate_dataset calls none of them a duplicate."""
    path, out = tmp_path / "rows", tmp_path / "out"
    path.write_bytes(b"".join(canonical(kind, shaped(kind, row, None)) for row in rows))
    request = DropDuplicates(kind=kind, path=str(path), out=str(out), threshold=0.8)
    assert drop_duplicates.function(request, Here()).rows == len(rows)
    told = check_rows.function(CheckRows(kind=kind, path=str(path), longest=20_000), Here())
    assert "duplicate" not in {one.kind for one in told.problems}


def test_near_duplicates_are_those_that_brute_force_finds(tmp_path: Path) -> None:
    """Promise of the formula: what stays is what comparing every pair leaves, but for one in a hundred at most."""
    chance = random.Random(5)  # noqa: S311 - texts of a test
    texts: list[str] = []
    for _ in range(150):
        words = [chance.choice(WORDS) for _ in range(chance.randint(8, 60))]
        texts.append(" ".join(words))
        for _ in range(chance.randint(0, 2)):
            changed = [chance.choice(WORDS) if chance.random() < 0.04 else word for word in words]
            texts.append(" ".join(changed))
    path, out = tmp_path / "rows", tmp_path / "out"
    path.write_bytes(b"".join(canonical("text", {"text": text}) for text in texts))
    kept: list[frozenset[int]] = []
    expected: list[str] = []
    for text in dict.fromkeys(texts):
        own = shingles(normal(text))
        if all(len(own & other) / len(own | other) < 0.8 for other in kept):
            kept.append(own)
            expected.append(text)
    request = DropDuplicates(kind="text", path=str(path), out=str(out), threshold=0.8)
    done = drop_duplicates.function(request, Here())
    left = [json.loads(line)["text"] for line in out.read_bytes().splitlines()]
    assert len(expected) < 0.95 * len(texts)
    assert len(set(left) ^ set(expected)) <= len(texts) // 100
    assert done.rows == len(left)


def test_alike_texts_meet_in_a_band_as_often_as_the_docstring_says() -> None:
    """Promise of the docstring: about 1 - (1 - s^4)^16, here at s = 0.6, within four standard deviations."""
    chance, met, trials = random.Random(7), 0, 400  # noqa: S311 - as above
    for _ in range(trials):
        both = [chance.getrandbits(32) for _ in range(150)]
        one = frozenset([*both, *(chance.getrandbits(32) for _ in range(50))])
        other = frozenset([*both, *(chance.getrandbits(32) for _ in range(50))])
        met += any(mine == theirs for mine, theirs in zip(bands(one), bands(other), strict=True))
    expected = 1 - (1 - 0.6**4) ** 16
    assert abs(met / trials - expected) < 4 * (expected * (1 - expected) / trials) ** 0.5


def test_languages_are_told_by_small_words_and_scripts() -> None:
    """Promise of validate_dataset's rough count; what does not tell is unknown."""
    told = {
        "The harbour is open and the ship is in it.": "en",
        "Der Hafen ist offen und das Schiff ist nicht da.": "de",
        "Le port est ouvert et le bateau est dans la baie.": "fr",
        "Порт открыт, и корабль стоит в нём.": "cyrillic",
        "港は開いています。": "ja",
        "港口开放": "zh",
        "42": "unknown",
    }
    assert {text: language_of(text) for text in told} == told


def test_labels_are_counted_however_many_there_are(tmp_path: Path) -> None:
    """Promise of get_statistics and validate_dataset: known labels go on being counted, and the others add up."""
    path = tmp_path / "rows"

    def write(count: int) -> None:
        labels = [*map(str, range(count)), *["0"] * 50]
        path.write_bytes(b"".join(canonical("labels", {"text": "x", "label": label}) for label in labels))

    write(10_500)
    measured = measure_rows.function(MeasureRows(kind="labels", path=str(path)), Here())
    assert measured.labels["0"] == 51
    assert measured.other_labels + sum(measured.labels.values()) == 10_550
    write(1200)
    assert check_rows.function(CheckRows(kind="labels", path=str(path), longest=9), Here()).labels["0"] == 51
