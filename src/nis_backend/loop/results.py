"""A result as a model is told it: compact, and what is left out is said in its place."""

from __future__ import annotations

import json
from typing import Any, cast

# Any: a JSON object's values differ in type.
Json = dict[str, Any]

LONGEST_RESULT = 8_000
"""Characters of a result that a model is shown, about 2,500 tokens."""


def mendable(problem: Json) -> Json:
    """What of a problem helps a model to mend its call; of several wrong fields, each one."""
    several = len(problem.get("errors", ())) > 1
    names = ("code", "detail", "errors") if several else ("code", "detail", "field", "value", "remedy")
    return {"problem": {name: problem[name] for name in names if name in problem}}


def as_told(result: Any) -> str:  # Any: JSON
    """A result as the model is shown it: compact JSON; what is left out is said in its place."""
    for items, characters in ((64, 4000), (16, 1000), (6, 300), (2, 80)):
        text = json.dumps(_shortened(result, items, characters), ensure_ascii=False, separators=(",", ":"))
        if len(text) <= LONGEST_RESULT:
            return text
    shown = text[: LONGEST_RESULT // 2]
    return json.dumps({"shortened": shown, "left_out": f"{len(text) - len(shown)} characters"})


def _shortened(value: Any, items: int, characters: int) -> Any:  # Any: JSON
    """Arrays with at most `items` values, from both ends, and texts with at most `characters`."""
    if isinstance(value, dict):
        members = cast("Json", value)
        return {key: _shortened(one, items, characters) for key, one in members.items()}
    if isinstance(value, list):
        values = cast("list[Any]", value)
        if len(values) > items:
            head, tail = items - items // 4, items // 4
            values = [
                *values[:head],
                f"… {len(values) - items} of {len(values)} values left out …",
                *values[len(values) - tail :],
            ]
        return [_shortened(one, items, characters) for one in values]
    if isinstance(value, str) and len(value) > characters:
        return f"{value[:characters]}… {len(value) - characters} characters left out"
    return value
