"""The most tokens of a question: a real tokenizer is the witness that no text has more."""

from __future__ import annotations

import base64
import json
import os
import random
import struct
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from tokenizers import Regex, Tokenizer, models, pre_tokenizers

from nis_backend.drivers.gateway.bounds import bound_of, input_bound, output_bound, several
from nis_backend.drivers.llm.base import Message, Part, Prompt, Tool
from nis_backend.settings import read_settings
from nis_backend.weights.files import Weights

SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
"""Bytes of GGUF's numbers, by their type."""
SCRIPTS = (
    *((0x20, 0x7E), (0xA0, 0x17F), (0x370, 0x3FF), (0x400, 0x4FF), (0x590, 0x5F4), (0x600, 0x6FF), (0x900, 0x97F)),
    *((0xE00, 0xE5B), (0x1100, 0x11FF), (0x2000, 0x206F), (0x3040, 0x30FF), (0x4E00, 0x9FFF), (0xAC00, 0xD7A3)),
    *((0xFB50, 0xFDFF), (0x1D400, 0x1D7FF), (0x1F300, 0x1FAFF), (0x20000, 0x20FFF), (0x1, 0x1F)),
)


def _text(file: BinaryIO) -> str:
    return file.read(struct.unpack("<Q", file.read(8))[0]).decode("utf-8", "replace")


def _value(file: BinaryIO, kind: int) -> Any:  # Any: what a GGUF file's header holds
    if kind == 8:
        return _text(file)
    if kind == 9:
        inner, count = struct.unpack("<IQ", file.read(12))
        return [_value(file, inner) for _ in range(count)]
    return file.read(SIZES[kind])


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    """The tokenizer of the embedded model: byte-level BPE of its own merges."""
    folder = os.environ.get("NIS_TEST_WEIGHTS")
    settings = read_settings(os.environ, weights=Path(folder) if folder else None)
    weights = Weights.of(settings)
    with weights.path(weights.find(settings.embedded_weight)).open("rb") as file:
        count = struct.unpack("<4sIQQ", file.read(24))[3]
        header = {_text(file): _value(file, struct.unpack("<I", file.read(4))[0]) for _ in range(count)}
    merges = [tuple(one.split(" ", 1)) for one in header["tokenizer.ggml.merges"]]
    vocabulary = {token: number for number, token in enumerate(header["tokenizer.ggml.tokens"])}
    made = Tokenizer(models.BPE(vocab=vocabulary, merges=merges, unk_token="<|endoftext|>"))  # noqa: S106 - a mark
    digits = pre_tokenizers.Split(Regex(r"\d"), "isolated")
    made.pre_tokenizer = pre_tokenizers.Sequence([digits, pre_tokenizers.ByteLevel(add_prefix_space=False)])
    return made


def some_text(draw: random.Random) -> str:
    """Characters of one or several scripts, in words or without any."""
    blocks = draw.sample(SCRIPTS, draw.randint(1, 3))
    letters = [chr(draw.randint(*draw.choice(blocks))) for _ in range(draw.randint(1, 400))]
    return "".join(letter + (" " if draw.random() < 0.15 else "") for letter in letters)


def test_no_text_has_more_tokens_than_its_bound(tokenizer: Tokenizer) -> None:
    """200 conversations in many scripts, with the marks of their template, against the model's own tokenizer."""
    draw = random.Random(8)  # noqa: S311 - seeded
    tightest = 0.0
    for _ in range(200):
        texts = [some_text(draw) for _ in range(draw.randint(1, 4))]
        prompt = Prompt(model="m", messages=[Message(role="user", content=text) for text in texts])
        asked = {"model": "m", "messages": [{"role": "user", "content": text} for text in texts]}
        body = json.dumps(asked, ensure_ascii=draw.random() < 0.5, separators=(",", ":")).encode()
        # <|im_start|>user\n … <|im_end|>\n, each mark one token, and the opening of the answer.
        marks = 6 * len(texts) + 3
        tokens = marks + sum(len(tokenizer.encode(text, add_special_tokens=False).ids) for text in texts)
        of_body, of_prompt = input_bound(body, asked, "openai", None), bound_of(prompt, "openai", None)
        assert of_body is not None
        assert of_prompt is not None
        assert tokens <= min(of_body, of_prompt), texts
        assert sum(len(tokenizer.encode(text).ids) for text in texts) <= several(texts)
        tightest = max(tightest, tokens / of_prompt)
    # The bound is not met by being far away: some of these texts have a token for nearly each of their bytes.
    assert tightest > 0.7


def test_a_character_that_is_written_out_counts_as_what_it_becomes() -> None:
    """Some tokenizers normalise by NFKC first: U+FDFA has 3 bytes, and 33 then."""
    asked = {"messages": [{"role": "user", "content": "\ufdfa" * 100}]}
    for body in (json.dumps(asked).encode(), json.dumps(asked, ensure_ascii=False).encode()):
        bound = input_bound(body, asked, "anthropic", None)
        assert bound is not None
        assert bound >= 3300


def bound(asked: dict[str, Any], family: str = "openai", context: int | None = 128_000) -> int | None:
    """The bound of a request as its caller writes it."""
    return input_bound(json.dumps(asked).encode(), asked, family, context)


def content(*parts: dict[str, Any]) -> dict[str, Any]:
    """A request of one turn."""
    return {"model": "m", "messages": [{"role": "user", "content": [*parts]}]}


PIXELS = base64.b64encode(bytes(90_000)).decode()
IMAGE_AT = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXELS}"}}
IMAGE_IN = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PIXELS}}


def test_an_image_counts_as_its_familys_most_and_not_as_its_bytes() -> None:
    """120,000 characters of base64 are no text; where nothing is known of the family, an image may fill the context."""
    openai, anthropic = bound(content(IMAGE_AT)), bound(content(IMAGE_IN), "anthropic")
    assert openai is not None
    assert anthropic is not None
    assert 48_170 <= openai < 48_500
    assert 5_000 <= anthropic < 5_300
    assert bound(content(IMAGE_AT), "else") == 128_000
    assert bound(content(IMAGE_AT), "else", None) is None
    two = bound(content(IMAGE_AT, IMAGE_AT), context=None)
    assert two is not None
    assert two > 96_000


def test_what_looks_like_an_image_in_a_calls_arguments_is_text() -> None:
    """A tool's input is the caller's: its members are rendered, whatever they are named."""
    asked = content({"type": "tool_use", "id": "a", "name": "draw", "input": {"content": [IMAGE_IN]}})
    found = bound(asked, "anthropic", None)
    assert found is not None
    assert found > len(PIXELS)


def test_an_image_in_a_tools_result_or_a_document_is_one() -> None:
    """Anthropic takes images in both."""
    for part in (
        {"type": "tool_result", "tool_use_id": "a", "content": [IMAGE_IN]},
        {"type": "document", "source": {"type": "content", "content": [IMAGE_IN]}},
    ):
        found = bound(content(part), "anthropic", None)
        assert found is not None
        assert found < 6_000


def wave(seconds: float, rate: int, form: int = 1) -> str:
    """A WAV file of 8 bits and one channel."""
    samples = bytes(int(seconds * rate))
    head = struct.pack("<4sI8sIHHIIHH", b"RIFF", 36 + len(samples), b"WAVEfmt ", 16, form, 1, rate, rate, 1, 8)
    return base64.b64encode(head + struct.pack("<4sI", b"data", len(samples)) + samples).decode()


def sound(data: str, form: str = "wav") -> dict[str, Any]:
    """A request with a sound in it."""
    return content({"type": "input_audio", "input_audio": {"data": data, "format": form}})


def test_a_sound_counts_by_its_seconds() -> None:
    """However few bytes a second has; what is compressed may last as long as the context."""
    for rate in (100, 8000, 48_000):
        found = bound(sound(wave(30, rate)))
        assert found is not None
        assert 1600 <= found < 2000 + 64 * 20 * 8000 // rate
    assert bound(sound(wave(1, 8000, form=17))) == 128_000
    assert bound(sound(PIXELS, "mp3")) == 128_000
    assert bound(sound("no base64 !", "wav")) == 128_000


@pytest.mark.parametrize(
    "part",
    [
        {"type": "file", "file": {"file_id": "file-1"}},
        {"type": "document", "source": {"type": "url", "url": "https://a.example/long.pdf"}},
        {"type": "input_file", "file_id": "f"},
        {"type": "something_new", "text": "x"},
    ],
)
def test_what_the_provider_fetches_or_is_not_known_may_fill_the_context(part: dict[str, Any]) -> None:
    """Its size is not in the request."""
    assert bound(content(part)) == 128_000
    assert bound(content(part), context=None) is None


@pytest.mark.parametrize(
    "member",
    [
        {"web_search_options": {}},
        {"tools": [{"type": "web_search_20250305", "name": "web_search"}]},
        {"mcp_servers": []},
        {"prediction": {"type": "content", "content": "x"}},
        {"models": ["dear"]},
    ],
)
def test_what_costs_more_than_tokens_has_no_bound(member: dict[str, Any]) -> None:
    """Searches have a price of their own, and who asks the model again for them bills the context each time."""
    assert bound({**content(), **member}) is None


def test_tools_of_the_caller_are_text_and_a_preamble() -> None:
    """Functions are counted by their JSON; a shell or an editor by what its provider writes of it."""
    given: list[list[dict[str, Any]]] = [
        [],
        [{"name": "f", "input_schema": {}}],
        [{"type": "bash_20250124", "name": "bash"}],
    ]
    plain, function, shell = (bound({**content(), "tools": tools}, "anthropic", None) for tools in given)
    assert plain is not None
    assert function is not None
    assert shell is not None
    assert plain + 1024 < function
    assert plain + 2048 < shell


def test_no_bound_is_above_the_context() -> None:
    """What a model cannot take it cannot bill."""
    assert bound(content({"type": "text", "text": "a" * 10_000}), context=8192) == 8192
    prompt = Prompt(model="m", messages=[Message(role="user", content="a" * 10_000)])
    assert bound_of(prompt, "openai", 8192) == 8192


def test_a_prompts_parts_count_as_in_a_request() -> None:
    """An image, a sound, words between them, tools and a schema."""
    parts = (
        Part(kind="text", text="a" * 500),
        Part(kind="image", media_type="image/png", data=b"x"),
        Part(kind="audio", media_type="audio/wav", data=base64.b64decode(wave(10, 8000))),
    )
    prompt = Prompt(
        model="m",
        messages=[Message(role="user", content="", parts=parts)],
        tools=[Tool(name="f", description="d" * 100, parameters={"type": "object"})],
        schema={"type": "object"},
    )
    found = bound_of(prompt, "openai", None)
    assert found is not None
    assert 500 + 48_170 + 1_200 + 100 + 1024 <= found < 52_500
    unknown = Prompt(model="m", messages=[Message(role="user", content="", parts=(Part(kind="file", blob="b"),))])
    assert (bound_of(unknown, "openai", 9000), bound_of(unknown, "openai", None)) == (9000, None)


def test_the_largest_maximum_counts() -> None:
    """Of two members that say it, which one a server heeds is not known; what is no whole number says nothing."""
    assert output_bound({"max_tokens": 10, "max_completion_tokens": 500}) == 500
    assert output_bound({"max_tokens": True}) is None
    assert output_bound({"max_tokens": 1.5}) is None
    assert output_bound({}) is None
