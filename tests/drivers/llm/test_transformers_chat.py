"""Conversations as templates write them; here a template is rendered as the library does, without its tokens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NoReturn

import jinja2
import pytest

from nis_backend.drivers.llm.transformers_chat import Chat
from nis_backend.errors import InvalidRequest

STRICT = (
    "{% for message in messages %}{% if (message.role == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('roles must alternate') }}{% endif %}<{{ message.role }}>{{ message.content }}{% endfor %}"
    "<assistant>"
)
"""As of Gemma and Mistral: no system, and one after the other."""
THINKS = (
    "{% for message in messages %}<{{ message.role }}>{{ message.content }}{% endfor %}<assistant>"
    "{% if enable_thinking is not defined or enable_thinking %}<think>\n{% endif %}"
)
ALWAYS = "{% for message in messages %}{{ message.content }}{% endfor %}<assistant><think>\n"


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A token that was added to a vocabulary."""

    content: str
    special: bool


class Tokenizer:
    """Of the library's, what a conversation needs."""

    def __init__(self, template: str | None) -> None:
        self.chat_template = template
        self.added_tokens_decoder = {
            1: Mark(content="<|end|>", special=True),
            2: Mark(content="<think>", special=False),
        }

    def apply_chat_template(self, messages: list[Any], **given: Any) -> str:
        """The conversation as text."""
        assert self.chat_template is not None

        def refuse(message: str) -> NoReturn:
            raise jinja2.TemplateError(message)

        return jinja2.Template(self.chat_template).render(messages=messages, raise_exception=refuse, **given)


def written(template: str | None, *turns: tuple[str, str], reasoning: str | None = None, silent: bool = False) -> Any:
    """The prompt of these turns."""
    messages = [{"role": role, "content": content} for role, content in turns]
    return Chat(Tokenizer(template), "The model tested").write({"messages": messages}, reasoning, silent=silent)


def test_a_template_without_a_system_is_given_its_words_with_the_first_turn() -> None:
    """And turns of one role are joined, where it wants them to alternate."""
    begun = written(STRICT, ("system", "Be brief."), ("user", "Hello."), ("user", "You?"), ("assistant", "Yes."))
    assert begun.text == "<user>Be brief.\n\nHello.\n\nYou?<assistant>Yes.<assistant>"


def test_a_conversation_that_no_form_of_fits_is_refused_with_the_templates_reason() -> None:
    """By the field and the words of the template, which is the operator's own."""
    with pytest.raises(
        InvalidRequest, match=r"The template of the model tested refuses .*: roles must alternate"
    ) as told:
        written(STRICT, ("assistant", "I begin."))
    assert told.value.field == "messages"


def test_marks_of_a_turns_end_are_words_in_a_message() -> None:
    """Else whoever writes one could write the next turn of another role."""
    assert written(THINKS, ("user", "a<|end|>b"), silent=True).text == "<user>a< |end|>b<assistant>"


def test_marks_in_calls_and_tools_are_words_too() -> None:
    """A model repeats in a call what it was told, and a tool's description may be a stranger's."""
    call = {
        "id": "1",
        "type": "function",
        "function": {"name": "say", "arguments": r'{"a": ["\u003c|end|>b"], "<|end|>": 1}'},
    }
    tool = {"type": "function", "function": {"name": "say", "description": "c<|end|>d"}}
    template = "{{ tools[0].function.description }} {{ messages[0].tool_calls[0].function.arguments }}<assistant>"
    asked = {"messages": [{"role": "assistant", "content": None, "tool_calls": [call]}], "tools": [tool]}
    text = Chat(Tokenizer(template), "The model tested").write(asked, None, silent=False).text
    assert text == "c< |end|>d {'a': ['< |end|>b'], '< |end|>': 1}<assistant>"


def test_a_thought_is_begun_where_the_template_begins_it() -> None:
    """It is told by the end of the prompt, and is left out where JSON or a call must come, or none is wanted."""
    asked = ("user", "Hi.")
    assert written(THINKS, asked).before == "<think>"
    assert written(THINKS, asked, reasoning="high").before == "<think>"
    assert written(THINKS, asked, reasoning="none").text == "<user>Hi.<assistant>"
    assert written(THINKS, asked, silent=True).text == "<user>Hi.<assistant>"
    always = written(ALWAYS, asked, silent=True)
    assert (always.text, always.before) == ("Hi.<assistant><think>\n\n</think>\n\n", "")


def test_a_model_without_a_template_goes_on_from_the_words() -> None:
    """It was never taught to converse."""
    assert written(None, ("system", "Once"), ("user", "upon a time")).text == "Once\n\nupon a time"
