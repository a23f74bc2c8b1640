"""Rows of datasets as cases: those of what models learn from are asked as they were learned."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

from nis_backend.capabilities.evaluations.cases import Case
from nis_backend.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.operation import Json

KINDS = ("cases", "labels", "table", "chat", "preferences")
"""Kinds of datasets whose rows say what is asked, and what is expected."""
MEMBERS = ("input", "expected", "schema", "rubric", "tags")


def case_of(number: int, line: bytes) -> Case:
    """The case that a row is.

    Raises:
        InvalidRequest: it is none.
    """
    try:
        return Case.model_validate(_members(json.loads(line)))
    except (ValueError, KeyError, IndexError, AttributeError) as error:
        raise InvalidRequest(
            f"Row {number} of the dataset is no case: {str(error)[:200]}.",
            field="dataset",
            value=number,
            remedy="Validate the dataset, and mend it.",
        ) from None


def _members(row: Json) -> Json:
    """A text or features are asked for their label, a conversation for its last answer or the better one."""
    if "chosen" in row:
        return {"input": _asked(row["messages"]), "expected": row["chosen"]}
    if "messages" in row:
        *before, last = row["messages"]
        return {"input": _asked(before), "expected": last["content"]}
    if "features" in row:
        return {"input": json.dumps(row["features"], ensure_ascii=False), "expected": row["label"]}
    if "label" in row:
        return {"input": row["text"], "expected": row["label"]}
    return {name: row[name] for name in MEMBERS if row.get(name) is not None}


def _asked(messages: Sequence[Any]) -> Any:  # Any: JSON
    """A question alone is its words."""
    first = cast("Json", messages[0])
    return first["content"] if len(messages) == 1 and first["role"] == "user" else list(messages)
