"""Chat completions of models whose providers speak another format: what is no words goes there and comes back."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import openai
import pytest
from conftest import Serve
from fake_anthropic import STOP, Canned, FakeAnthropic, Reply, card, ends, starts, text_block, thinking_block

from nis_backend.settings import read_settings

Json = dict[str, Any]
PNG, PDF = (base64.b64encode(data).decode() for data in (b"\x89PNG\r\n\x1a\n and more", b"%PDF-1.7 and more"))
MODEL = "anthropic:claude-fake-large"
SMALL = "SmolLM2-135M-Instruct.Q4_1"


@contextmanager
def asking(serve: Serve, *replies: Reply, gguf: str = "") -> Generator[tuple[Any, FakeAnthropic]]:
    """The official client of a server before this provider; Any: the client's types differ with each overload."""
    able = {name: {"supported": True} for name in ("image_input", "pdf_input", "structured_outputs")}
    listed = json.dumps({"data": [card("claude-fake-large", capabilities=able)], "has_more": False}).encode()
    models = Canned(pieces=[listed], content_type="application/json")
    with FakeAnthropic(*replies, models=models).in_thread() as fake:
        server = serve(ANTHROPIC_API_KEY="sk-ant", NIS_ANTHROPIC_URL=fake.url, NIS_GGUF=gguf)
        with openai.OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0, timeout=60) as client:
            yield client.chat.completions, fake


def thinks() -> Canned:
    """An answer after a thought, of a prompt that the provider's cache had most of."""
    blocks = [*thinking_block(0, "It is a lamp."), *text_block(1, "A lamp.")]
    return Canned(pieces=[starts(5, cache_read_input_tokens=20), *blocks, ends(output_tokens=9), STOP])


def test_images_files_and_thoughts_pass_between_the_formats(serve: Serve) -> None:
    """The caller's parts in their order, its effort, and the thought and the count in the places that clients know."""
    parts: list[Json] = [
        {"type": "text", "text": "What is this,"},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}", "detail": "low"}},
        {"type": "text", "text": "by this manual?"},
        {"type": "file", "file": {"file_data": f"data:application/pdf;base64,{PDF}", "filename": "manual.pdf"}},
        # As the reference has it; its examples have an address.
        {"type": "file", "file": {"file_data": PDF, "filename": "bare.pdf"}},
    ]
    asked: Json = {"model": MODEL, "messages": [{"role": "user", "content": parts}], "reasoning_effort": "low"}
    with asking(serve, thinks(), thinks()) as (completions, fake):
        answer = completions.create(**asked, max_tokens=2000)
        with completions.create(
            **asked, max_tokens=2000, stream=True, stream_options={"include_usage": True}
        ) as stream:
            chunks = list(stream)
    [choice] = answer.choices
    assert (choice.message.content, choice.message.reasoning_content.strip()) == ("A lamp.", "It is a lamp.")
    assert (answer.usage.prompt_tokens, answer.usage.prompt_tokens_details.cached_tokens) == (25, 20)
    deltas = [chunk.choices[0].delta for chunk in chunks if chunk.choices]
    assert "".join(one.content or "" for one in deltas) == "A lamp."
    thought = "".join(getattr(one, "reasoning_content", None) or "" for one in deltas)
    assert thought == choice.message.reasoning_content
    assert chunks[-1].usage.prompt_tokens_details.cached_tokens == 20
    for one in fake.asked:
        [turn] = one.body["messages"]
        assert [block["type"] for block in turn["content"]] == ["text", "image", "text", "document", "document"]
        assert turn["content"][1]["source"] == {"type": "base64", "media_type": "image/png", "data": PNG}
        assert [block["title"] for block in turn["content"][3:]] == ["manual.pdf", "bare.pdf"]
        assert turn["content"][3]["source"] == turn["content"][4]["source"]
        assert one.body["thinking"]["type"] in {"enabled", "adaptive"}


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ({"type": "image_url", "image_url": {}}, "image_url or file_id is missing"),
        ({"type": "image_url", "image_url": {"url": ""}}, "at least 1 character"),
        ({"type": "image_url", "image_url": {"url": "data:image/png;base64,###"}}, "base64"),
        ({"type": "file", "file": {"file_data": ""}}, "at least 1 character"),
        ({"type": "file", "file": {"file_data": "###"}}, "base64"),
        ({"type": "video", "video": {}}, "part 0 is video: text, image_url, input_audio and file are read"),
        ({"type": "input_audio", "input_audio": {"data": PNG, "format": "ogg"}}, "wav"),
    ],
)
def test_a_part_that_is_none_is_a_bad_request_that_names_it(serve: Serve, part: Json, said: str) -> None:
    """Its place, and what would be one; no model is asked about what it was not shown."""
    with asking(serve) as (completions, fake):
        with pytest.raises(openai.BadRequestError, match=said) as caught:
            completions.create(model=MODEL, messages=[{"role": "user", "content": [part]}])
        assert not fake.asked
    assert str(caught.value.param).startswith("messages[0]")


def test_probabilities_are_answered_by_models_that_have_them(serve: Serve, weights: Path) -> None:
    """By one on this CPU, whole and in a stream; one that has none refuses, and so does half of the two parameters."""
    asked: Json = {
        "model": f"file:{SMALL}",
        "messages": [{"role": "user", "content": "Say hello."}],
        "max_tokens": 6,
        "temperature": 0,
        "logprobs": True,
        "top_logprobs": 2,
    }
    with asking(serve, gguf=str(weights)) as (completions, fake):
        answer = completions.create(**asked)
        with completions.create(**asked, stream=True) as stream:
            choices = [chunk.choices[0] for chunk in stream if chunk.choices]
        for wrong, param in (({"model": MODEL}, "logprobs"), ({"logprobs": None}, "top_logprobs")):
            with pytest.raises(openai.BadRequestError) as caught:
                completions.create(**(asked | wrong))
            assert caught.value.param == param
        assert not fake.asked
    [choice] = answer.choices
    tokens = choice.logprobs.content
    assert "".join(one.token for one in tokens).strip() == choice.message.content.strip()
    assert all(len(one.top_logprobs) == 2 and one.top_logprobs[0].logprob <= 0 for one in tokens)
    streamed = [one for each in choices if each.logprobs for one in each.logprobs.content]
    assert [one.token for one in streamed] == [one.token for one in tokens]
    assert json.loads(answer.model_dump_json())["choices"][0]["logprobs"]["refusal"] is None


@pytest.fixture
def weights() -> Path:
    """The small model's file."""
    settings = read_settings(os.environ)
    path = settings.weights / f"{SMALL}.gguf"
    if not path.is_file():
        pytest.fail(f"no file {path}: run `nis weights pull {settings.embedded_weight}`")
    return path
