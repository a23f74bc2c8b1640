"""The forms in which others write examples down, each taken as a row of the dataset's kind.

Chat: `messages` (OpenAI's fine-tuning files), `prompt` with `completion`, `instruction` with `input` and `output`,
`conversations` of `from` and `value` (ShareGPT). Preferences: `prompt`, `chosen`, `rejected` as texts or as messages;
`input`, `preferred_output`, `non_preferred_output` (OpenAI's).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nis_backend.capabilities.datasets.kinds import Kind
    from nis_backend.operation import Json

SPEAKERS = {
    **dict.fromkeys(("human", "user", "prompter"), "user"),
    **dict.fromkeys(("gpt", "chatgpt", "assistant", "model", "bot", "bard", "bing"), "assistant"),
    "system": "system",
}
"""What those who speak are called where a message has `from`."""
ASKED = ("prompt", "question")
ANSWERED = ("completion", "response", "answer", "output")
FEATURE = "features."
"""Before the name of a feature, where columns are named."""


def shaped(kind: Kind, found: Json, columns: Mapping[str, str] | None) -> Json:
    """A row of this kind, not checked yet, of an object as a file has it.

    Raises:
        ValueError: why it is none; what is wrong within a member is told by the row's own check.
    """
    if columns is not None:
        found = _chosen(kind, found, columns)
    match kind:
        case "chat":
            return _chat(found)
        case "preferences":
            return _preference(found)
        case "table":
            return _features(found)
        case "cases":
            return _case(found)
        case "images":
            return {**found, "image": _bytes_of(found["image"])} if "image" in found else found
        case _:
            return found


def _chosen(kind: Kind, found: Json, columns: Mapping[str, str]) -> Json:
    """The members that are named, each of the column that it is said to be in; of a table, all others are features."""
    missing = [column for column in columns.values() if column not in found]
    if missing:
        raise ValueError(f"there is no column {missing[0]!r}")
    chosen = {member: found[column] for member, column in columns.items() if not member.startswith(FEATURE)}
    if kind == "table" and "features" not in chosen:
        named = {
            member.removeprefix(FEATURE): found[of] for member, of in columns.items() if member.startswith(FEATURE)
        }
        taken = set(columns.values())
        chosen["features"] = named or {name: value for name, value in found.items() if name not in taken}
    return chosen


def _without(found: Json, *taken: str) -> Json:
    return {name: value for name, value in found.items() if name not in taken}


def _chat(found: Json) -> Json:
    if "messages" in found:
        return {**found, "messages": _messages(found["messages"])}
    told = next((name for name in ("conversations", "conversation") if name in found), None)
    if told is not None:
        messages: Any = _messages(found[told])
        if isinstance(messages, list) and found.get("system"):
            messages = [{"role": "system", "content": found["system"]}, *cast("list[Any]", messages)]
        return {**_without(found, told, "system"), "messages": messages}
    question, asked = _question(found)
    answer = next((name for name in ANSWERED if name in found), None)
    if not asked or answer is None:
        raise ValueError(
            "it has neither messages, nor prompt and completion, nor instruction and output, nor conversations"
        )
    before = [{"role": "system", "content": found["system"]}] if found.get("system") else []
    said = [*before, {"role": "user", "content": question}, {"role": "assistant", "content": found[answer]}]
    return {**_without(found, *asked, answer, "system"), "messages": said}


def _question(found: Json) -> tuple[Any, tuple[str, ...]]:
    """What is asked, and the members that say it."""
    if "instruction" in found:
        more = found.get("input")
        both = f"{found['instruction']}\n\n{more}" if isinstance(more, str) and more.strip() else found["instruction"]
        return both, ("instruction", "input")
    name = next((name for name in ASKED if name in found), None)
    return (None, ()) if name is None else (found[name], (name,))


def _messages(given: Any) -> Any:  # Any: JSON
    """Messages with role and content, however they call those."""
    return [_message(one) for one in cast("Sequence[Any]", given)] if isinstance(given, list) else given


def _message(given: Any) -> Any:  # Any: JSON
    if not isinstance(given, dict):
        return given
    one = cast("Json", given)
    if "from" in one and "value" in one:
        speaker = str(one["from"]).lower()
        one = {**_without(one, "from", "value"), "role": SPEAKERS.get(speaker, speaker), "content": one["value"]}
    if one.get("role") == "developer":
        # What OpenAI calls the system's messages since.
        one = {**one, "role": "system"}
    content = one.get("content")
    if isinstance(content, list) and all(_is_text(part) for part in cast("list[Any]", content)):
        one = {**one, "content": "".join(part["text"] for part in cast("list[Json]", content))}
    return one


def _is_text(part: Any) -> bool:  # Any: JSON
    return _member(part, "type") == "text" and isinstance(_member(part, "text"), str)


def _preference(found: Json) -> Json:
    if "preferred_output" in found and "non_preferred_output" in found:
        asked: Any = found.get("input")
        found = {
            **_without(found, "input", "preferred_output", "non_preferred_output"),
            "messages": _member(asked, "messages"),
            "chosen": found["preferred_output"],
            "rejected": found["non_preferred_output"],
        }
    chosen: Any = _messages(found.get("chosen"))
    rejected: Any = _messages(found.get("rejected"))
    question, taken = _question(found)
    before: Any
    if "messages" in found:
        before = _messages(found["messages"])
    elif taken:
        before = _messages(question if isinstance(question, list) else [{"role": "user", "content": question}])
    elif isinstance(chosen, list) and isinstance(rejected, list) and _but_last(chosen) == _but_last(rejected):
        before = _but_last(chosen)
    else:
        raise ValueError("it has neither messages nor prompt, nor does what was asked stand before both answers")
    return {
        **_without(found, *taken, "messages"),
        "messages": before,
        "chosen": _last(chosen, "chosen"),
        "rejected": _last(rejected, "rejected"),
    }


def _last(answer: Any, name: str) -> Any:  # Any: JSON
    if answer is None:
        raise ValueError(f"it has no {name}")
    if not isinstance(answer, list):
        return answer
    said = cast("list[Any]", answer)
    return _member(said[-1], "content") if said else None


def _but_last(messages: Any) -> list[Any]:  # Any: JSON
    return cast("list[Any]", messages)[:-1]


def _member(value: Any, name: str) -> Any:  # Any: JSON
    return cast("Json", value).get(name) if isinstance(value, dict) else value


def _features(found: Json) -> Json:
    if "features" in found:
        return found
    own = {name: found[name] for name in ("label", "group") if name in found}
    return {**own, "features": _without(found, "label", "group")}


def _case(found: Json) -> Json:
    if "input" in found and "instruction" not in found:
        return {**found, "input": _messages(found["input"])}
    if "messages" in found:
        said: Any = _messages(found["messages"])
        last: Any = cast("list[Any]", said)[-1] if isinstance(said, list) and said else None
        if _member(last, "role") != "assistant":
            return {**_without(found, "messages"), "input": said}
        return {**_without(found, "messages"), "input": _but_last(said), "expected": _member(last, "content")}
    question, taken = _question(found)
    if not taken:
        raise ValueError("it has no input")
    answer = next((name for name in ANSWERED if name in found), None)
    expected = {} if answer is None else {"expected": found[answer]}
    return {**_without(found, *taken, *([answer] if answer else [])), "input": question, **expected}


def _bytes_of(image: Any) -> Any:  # Any: JSON
    """Base64 alone, where it stands in a data: address."""
    if isinstance(image, str) and image.startswith("data:"):
        return image.partition(",")[2]
    return image
