"""Any server that speaks OpenAI's responses, which its reasoning models think better in: their thoughts go back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import override

from nis_backend.drivers.llm.openai_compatible import OpenAICompatible
from nis_backend.drivers.llm.responses_answer import ResponsesAnswer
from nis_backend.drivers.llm.responses_wire import OPTIONS, body_of, left_out

if TYPE_CHECKING:
    from nis_backend.drivers.llm.base import Prompt
    from nis_backend.drivers.llm.openai_compatible import Reads


class OpenAIResponses(OpenAICompatible):
    """One such server; key, list and refusals are those of its chat completions. No caller's bytes pass to it."""

    path = "/responses"
    answers = "a response"
    options = OPTIONS
    wire = None

    @override
    def _answer_to(self, prompt: Prompt) -> Reads:
        return ResponsesAnswer()

    @override
    def _body(self, prompt: Prompt, refused: set[str]) -> bytes:
        return body_of(prompt, refused, self.provider)

    @override
    def _left_out(self, prompt: Prompt, refused: set[str]) -> tuple[str, ...]:
        return left_out(prompt, refused)
