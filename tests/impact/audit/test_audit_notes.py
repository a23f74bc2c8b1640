"""Ten notes with 40 planted faults and 40 correct statements: what is found, and what is said in vain."""

import json
from pathlib import Path

from nis_backend.impact.audit import audit

NOTES = Path(__file__).parents[1] / "notes"
MARKS: dict[str, dict[str, str]] = json.loads((NOTES / "marks.json").read_text("utf-8"))


def test_ten_notes_hold_forty_faults_and_forty_correct_statements() -> None:
    """The set is as large as what is claimed of it, and its marks stand beside the notes, never in them."""
    marks = [mark for note in MARKS.values() for mark in note.values()]
    assert len(MARKS) == len(list(NOTES.glob("*.md"))) == 10
    assert marks.count("correct") == len(marks) - marks.count("correct") == 40


def test_at_least_36_of_40_faults_are_found_with_at_most_one_false_alarm() -> None:
    """A finding on a line without a fault is a false alarm, whether the line is marked as correct or not."""
    table: list[str] = []
    found = false = 0
    for name, marks in MARKS.items():
        faults = {int(line): rule for line, rule in marks.items() if rule != "correct"}
        rules: dict[int, set[str]] = {}
        for finding in audit((NOTES / name).read_text("utf-8")).findings:
            rules.setdefault(finding.line, set()).add(finding.rule)
        hits = [line for line, rule in faults.items() if rule in rules.get(line, set())]
        wrong = sorted(set(rules) - set(faults))
        found, false = found + len(hits), false + len(wrong)
        missed = sorted(set(faults) - set(hits))
        table.append(f"{name:28} {len(hits)}/{len(faults)} found, missed {missed}, false alarms {wrong}")
    print("\n".join([*table, f"{found} of 40 found, {false} false alarms"]))  # noqa: T201 - the table is the proof
    assert found >= 36, table
    assert false <= 1, table
