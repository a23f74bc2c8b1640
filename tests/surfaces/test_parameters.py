"""Every parameter that the official clients have is decided on: followed, a hint that is named, or refused by name."""

from __future__ import annotations

import pytest
from anthropic.types.beta.message_create_params import MessageCreateParamsBase as BetaParams
from anthropic.types.message_create_params import MessageCreateParamsBase
from openai.types.chat.completion_create_params import CompletionCreateParamsBase
from openai.types.responses.response_create_params import ResponseCreateParamsBase

from nis_backend.surfaces.anthropic import request as messages
from nis_backend.surfaces.openai import request as chat
from nis_backend.surfaces.openai import response_request as responses
from nis_backend.surfaces.openai.body import HINTS


@pytest.mark.parametrize(
    ("params", "decided"),
    [
        (CompletionCreateParamsBase, chat.KNOWN | chat.CHAT_HINTS | chat.REFUSED.keys()),
        (ResponseCreateParamsBase, responses.KNOWN | HINTS | responses.REFUSED.keys()),
        (MessageCreateParamsBase, messages.KNOWN | messages.HINTS | messages.REFUSED.keys()),
        (BetaParams, messages.KNOWN | messages.HINTS | messages.REFUSED.keys()),
    ],
    ids=["chat", "responses", "messages", "messages in beta"],
)
def test_a_client_has_no_parameter_that_nobody_decided_on(params: type, decided: frozenset[str]) -> None:
    """Promise: what cannot be honoured is refused by its name, and nothing is ignored in silence."""
    assert params.__annotations__.keys() - decided == set()
