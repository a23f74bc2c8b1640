"""Providers' models that speak and hear: what goes out, what comes back, what it costs, what it fails with.

The upstream speaks OpenAI's format exactly; who calls us by that format is the official client.
"""

from __future__ import annotations

import base64
import io
import json
import sqlite3
import wave
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import fake_speech
import openai
import pytest
from conftest import Server, running_server
from fake_openai import Canned, FakeOpenAI, fails
from fake_speech import RATE, WORDS, sent_file, sound
from made_sounds import file_of, tone
from rest_client import ask, done, send

if TYPE_CHECKING:
    from fake_server import Asked, Reply

KEY = "sk-not-to-be-seen-0123456789"
TEXT = "Good morning. The kettle is on."
SPEECH, TRANSCRIPT = "/voice/synthesize-speech", "/voice/transcribe-audio"
MODELS = ["gpt-4o-mini-tts", "gpt-4o-transcribe", "another-voice"]


@pytest.fixture(scope="module")
def upstream() -> Iterator[FakeOpenAI]:
    """The provider."""
    with FakeOpenAI(models=MODELS).in_thread() as one:
        yield one


@pytest.fixture(scope="module")
def server(upstream: FakeOpenAI, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with the provider `openai` at that upstream."""
    environment = {"NIS_OPENAI_URL": upstream.url, "OPENAI_API_KEY": KEY}
    with running_server(tmp_path_factory.mktemp("speech"), (), environment) as one:
        yield one


@pytest.fixture
def replies(upstream: FakeOpenAI) -> Callable[..., list[Asked]]:
    """Has the upstream answer so from now on; what it is asked is in the list."""

    def prepare(*given: Reply) -> list[Asked]:
        upstream.replies[:] = given
        upstream.asked.clear()
        return upstream.asked

    return prepare


@pytest.fixture
def client(server: Server) -> Iterator[openai.OpenAI]:
    """The official client, of our server."""
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0, timeout=60) as one:
        yield one


def audio(form: str = "wav") -> str:
    """Half a second of a tone, in a request."""
    data = file_of(tone(440, 0.5, rate=16_000, peak=0.5), rate=16_000, container=form.upper())
    return f"data:audio/{form};base64,{base64.b64encode(data).decode()}"


def row_of(server: Server) -> dict[str, Any]:
    """The newest row of the ledger, as whoever looks at the calls is shown it."""
    return done(server, "GET", "/calls?limit=1")["calls"][0]


# -- speaking ---------------------------------------------------------------------------------------------------------


def test_a_providers_model_speaks(server: Server, replies: Any) -> None:
    """The wire is OpenAI's; the file that comes is whole, with its true sizes; its length and rate are told."""
    asked = replies(fake_speech.speaks)
    made = done(server, "POST", SPEECH, {"text": TEXT, "model": "openai:tts-1", "voice": "nova", "rate": 1.5})
    assert (asked[0].path, asked[0].headers["Authorization"]) == ("/v1/audio/speech", f"Bearer {KEY}")
    assert asked[0].body == {
        "model": "tts-1",
        "input": TEXT,
        "voice": "nova",
        "response_format": "wav",
        "speed": 1.5,
    }
    told = {name: made[name] for name in ("engine", "model", "voice", "sample_rate", "language", "rate")}
    assert told == {
        "engine": "provider",
        "model": "openai:tts-1",
        "voice": "nova",
        "sample_rate": RATE,
        "language": "und",
        "rate": 1.5,
    }
    assert made["duration"] == pytest.approx(0.5)
    _, _, data = send(server, "GET", f"/blobs/{made['audio']['id']}/content")
    with wave.open(io.BytesIO(data)) as file:
        assert (file.getnframes(), file.getframerate()) == (RATE // 2, RATE)


def test_speech_that_is_charged_by_characters_costs_what_they_cost(server: Server, replies: Any) -> None:
    """Promise: genai-prices' 15 dollars for a million characters of tts-1, to the nano-dollar; who counted is told."""
    replies(fake_speech.speaks)
    done(server, "POST", SPEECH, {"text": TEXT, "model": "openai:tts-1"})
    row = row_of(server)
    assert (row["kind"], row["operation"], row["state"]) == ("speech", "voice.synthesize_speech", "ok")
    assert row["counted"] == "estimated"
    assert row["cost"] == pytest.approx(len(TEXT) * 15e-6, abs=1e-9)


def test_speech_in_events_states_its_tokens(server: Server, replies: Any) -> None:
    """A model that is charged by tokens is asked for events, in which alone they are stated."""
    asked = replies(fake_speech.speaks_in_events)
    wanted = {"text": TEXT, "model": "openai:gpt-4o-mini-tts", "instructions": "Softly.", "format": "mp3"}
    made = done(server, "POST", SPEECH, wanted)
    assert asked[0].body["instructions"] == "Softly."
    assert made["duration"] == pytest.approx(0.5, abs=0.1)
    assert made["audio"]["media_type"] == "audio/mpeg"
    row = row_of(server)
    assert (row["input"], row["output"], row["counted"]) == (14, 101, "stated")
    assert row["cost"] == pytest.approx(14 * 0.6e-6 + 101 * 12e-6, abs=1e-9)


@pytest.mark.parametrize(
    ("form", "rate", "media_type", "asked_for"),
    [("opus", None, "audio/ogg", "opus"), ("flac", None, "audio/flac", "wav"), ("wav", 16_000, "audio/wav", "wav")],
)
def test_what_a_provider_does_not_write_is_made_here(
    server: Server, replies: Any, form: str, rate: int | None, media_type: str, asked_for: str
) -> None:
    """FLAC with its length, and another rate; what stands between is kept nowhere."""
    before = len(done(server, "GET", "/blobs?limit=100")["blobs"])
    asked = replies(fake_speech.speaks)
    made = done(server, "POST", SPEECH, {"text": TEXT, "model": "openai:tts-1", "format": form, "sample_rate": rate})
    assert asked[0].body["response_format"] == asked_for
    assert made["audio"]["media_type"] == media_type
    assert rate is None or made["sample_rate"] == rate
    assert len(done(server, "GET", "/blobs?limit=100")["blobs"]) == before + 1


def test_the_official_client_hears_a_providers_model(client: openai.OpenAI, replies: Any) -> None:
    """`/v1/audio/speech`: OpenAI's voices are the provider's own here; bare samples; a name that a provider lists."""
    asked = replies(fake_speech.speaks, fake_speech.speaks_in_events)
    pcm = client.audio.speech.create(model="openai:tts-1", voice="coral", input=TEXT, response_format="pcm").read()
    assert len(pcm) == RATE // 2 * 2
    made = client.audio.speech.create(model="gpt-4o-mini-tts", voice="alloy", input=TEXT, instructions="Softly.")
    assert made.read() == sound("mp3")
    assert [one.body["voice"] for one in asked] == ["coral", "alloy"]


@pytest.mark.parametrize(
    ("given", "field"),
    [({"pitch": 70}, "pitch"), ({"volume": 50}, "volume"), ({"ssml": True}, "ssml"), ({"model": "nobody:x"}, "model")],
)
def test_what_no_provider_takes_is_refused_before_it_is_asked(
    server: Server, replies: Any, given: dict[str, Any], field: str
) -> None:
    """House rule: no parameter in silence."""
    asked = replies()
    status, _, problem = ask(server, "POST", SPEECH, {"text": TEXT, "model": "openai:tts-1", **given})
    assert (status in {400, 404, 422, 501}, problem["field"], asked) == (True, field, [])


def test_the_voices_of_this_server_take_no_instructions(server: Server) -> None:
    """House rule: as above."""
    status, _, problem = ask(server, "POST", SPEECH, {"text": TEXT, "instructions": "Softly."})
    assert (status >= 400, problem["field"]) == (True, "instructions")


# -- hearing ----------------------------------------------------------------------------------------------------------


def test_a_providers_model_hears(server: Server, replies: Any) -> None:
    """The form is OpenAI's; times, words and how sure it is come back; the language is a code; hours have a price."""
    asked = replies(fake_speech.hears)
    wanted = {"audio": audio(), "model": "openai:whisper-1", "words": True, "subtitles": "srt", "language": "en"}
    heard = done(server, "POST", TRANSCRIPT, {**wanted, "prompt": "A kettle.", "temperature": 0.2})
    form = {name: value for name, value in asked[0].body.items() if name != "file"}
    assert form == {
        "model": ["whisper-1"],
        "response_format": ["verbose_json"],
        "language": ["en"],
        "prompt": ["A kettle."],
        "temperature": ["0.2"],
        "timestamp_granularities[]": ["segment", "word"],
    }
    name, media_type, data = sent_file(asked[0])
    assert (name, media_type, data[:4]) == ("sound.wav", "audio/wav", b"RIFF")
    assert (heard["text"], heard["language"], heard["model"]) == (" ".join(WORDS), "en", "openai:whisper-1")
    assert [[word["text"] for word in one["words"]] for one in heard["segments"]] == [["The", "kettle"], ["is", "on"]]
    assert heard["segments"][0]["average_logprob"] == -0.25
    assert heard["segments"][0]["words"][0]["probability"] is None
    assert heard["subtitles"].startswith("1\n00:00:00,000 --> 00:00:00,250\nThe kettle\n")
    row = row_of(server)
    assert (row["kind"], row["counted"], row["operation"]) == ("transcription", "stated", "voice.transcribe_audio")
    assert row["cost"] == pytest.approx(0.36 / 3600, abs=1e-9)


def test_a_model_without_times_gives_its_text(server: Server, replies: Any) -> None:
    """`gpt-4o-transcribe` is asked for JSON, the one form it has; by its tokens it costs; times are refused, unsent."""
    asked = replies(fake_speech.hears_text)
    heard = done(server, "POST", TRANSCRIPT, {"audio": audio(), "model": "openai:gpt-4o-transcribe"})
    assert (heard["text"], heard["segments"], heard["language"]) == (" ".join(WORDS), [], "und")
    row = row_of(server)
    assert (row["input"], row["output"], row["counted"]) == (14, 8, "stated")
    assert row["cost"] == pytest.approx(4 * 2.5e-6 + 10 * 6e-6 + 8 * 10e-6, abs=1e-9)
    asked.clear()
    for field in ("words", "subtitles"):
        wanted = {"audio": audio(), "model": "openai:gpt-4o-transcribe", field: True if field == "words" else "vtt"}
        status, _, problem = ask(server, "POST", TRANSCRIPT, wanted)
        assert (status >= 400, problem["field"], asked) == (True, field, [])


def test_a_server_that_refuses_times_is_asked_for_its_text(server: Server, replies: Any) -> None:
    """A form that a server does not know is given up, and the rest of the request stays."""
    refused = fails(400, "response_format 'verbose_json' is not compatible with this model; use 'json' instead.")
    asked = replies(refused, fake_speech.hears_text)
    heard = done(server, "POST", TRANSCRIPT, {"audio": audio(), "model": "openai:another", "prompt": "A kettle."})
    assert heard["text"] == " ".join(WORDS)
    assert [one.body["prompt"] for one in asked] == [["A kettle."]] * 2


def test_the_official_client_reads_every_form(client: openai.OpenAI, replies: Any) -> None:
    """`/v1/audio/transcriptions`: JSON, text, SRT, WebVTT, verbose with words, speakers, a stream; each by its type."""
    create: Any = client.audio.transcriptions.create

    def heard(model: str = "openai:whisper-1", reply: Reply = fake_speech.hears, **options: Any) -> Any:
        replies(reply)
        return create(model=model, file=("speech.wav", sound()), **options)

    text = " ".join(WORDS)
    assert heard().text == text
    assert heard(response_format="text").strip() == text
    assert "00:00:00,250 --> 00:00:00,500" in heard(response_format="srt")
    assert heard(response_format="vtt").startswith("WEBVTT")
    verbose = heard(response_format="verbose_json", timestamp_granularities=["word", "segment"])
    assert (verbose.language, [one.word for one in verbose.words]) == ("en", ["The", "kettle", "is", "on"])
    assert [one.avg_logprob for one in verbose.segments] == [-0.25, -0.25]
    speakers = heard("openai:gpt-4o-transcribe-diarize", fake_speech.hears_speakers, response_format="diarized_json")
    assert [(one.speaker, one.start, one.text) for one in speakers.segments] == [
        ("A", 0.0, "The kettle"),
        ("B", 0.25, "is on."),
    ]
    *pieces, last = heard("gpt-4o-transcribe", fake_speech.hears_text, stream=True)
    assert ("".join(one.delta for one in pieces), last.text) == (text, text)
    with pytest.raises(openai.BadRequestError) as refusal:
        heard(response_format="diarized_json")
    assert refusal.value.param == "response_format"


@pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning")
def test_the_official_client_has_a_sound_translated(client: openai.OpenAI, replies: Any) -> None:
    """`/v1/audio/translations` goes to the provider's own, without a language."""
    asked = replies(fake_speech.hears)
    create: Any = client.audio.translations.create  # pyright: ignore[reportDeprecated] - many still call it
    assert create(model="openai:whisper-1", file=("speech.wav", sound())).text == " ".join(WORDS)
    assert asked[0].path == "/v1/audio/translations"
    assert "language" not in asked[0].body


def test_what_providers_do_not_take_is_converted(server: Server, replies: Any) -> None:
    """AIFF goes out as FLAC; nothing of it is kept."""
    before = len(done(server, "GET", "/blobs?limit=100")["blobs"])
    asked = replies(fake_speech.hears)
    done(server, "POST", TRANSCRIPT, {"audio": audio("aiff"), "model": "openai:whisper-1"})
    name, media_type, data = sent_file(asked[0])
    assert (name, media_type, data[:4]) == ("sound.flac", "audio/flac", b"fLaC")
    assert len(done(server, "GET", "/blobs?limit=100")["blobs"]) == before


# -- failing and paying -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reply", "status", "words"),
    [
        (fails(401, f"Incorrect API key provided: {KEY}"), 503, "refuses the key"),
        (fails(404, "The model does not exist"), 404, "has no model"),
        (fails(429, "Rate limit reached", retry_after="7"), 429, "over its limit"),
        (fails(500, f"Something about {KEY}"), 502, "failed with 500"),
        (Canned(pieces=[b"RIFF"], content_type="audio/wav", cut=True), 502, "broke off"),
        (Canned(pieces=[b"no sound at all"], content_type="audio/wav"), 502, "no audio/wav sound"),
        (Canned(pieces=[b"<html>"], content_type="text/html"), 502, "no sound"),
        (Canned(pieces=[b'data: {"type":"speech.audio.delta","audio":"!"}\n\n']), 502, "no base64"),
        (Canned(pieces=[b'data: {"type":"speech.audio.delta","audio":""}\n\n']), 502, "without an end"),
        (Canned(pieces=[f'data: {{"error":{{"message":"no {KEY}"}}}}\n\n'.encode()]), 502, "failed with 500"),
    ],
)
def test_what_goes_wrong_is_one_of_our_failures(
    server: Server, replies: Any, reply: Canned, status: int, words: str
) -> None:
    """Promise: the one set of errors, which name what happened; the key is in none of them."""
    replies(reply)
    told, _, problem = ask(server, "POST", SPEECH, {"text": TEXT, "model": "openai:tts-1"})
    assert (told, words in problem["detail"]) == (status, True), problem
    assert KEY not in json.dumps(problem)
    assert KEY not in server.log.read_text()
    assert "broken" not in done(server, "POST", SPEECH, {"text": "Yes."})["voice"]
    # Two good answers for the bad one: a model that fails half of the time is left alone for a while.
    replies(fake_speech.speaks, fake_speech.speaks)
    for _ in range(2):
        ask(server, "POST", SPEECH, {"text": "Yes.", "model": "openai:tts-1"})


@pytest.mark.parametrize("body", [b"no JSON", b"[]", b"{}", b'{"text":"a","segments":[{"start":"x"}]}'])
def test_what_is_no_transcript_is_told_as_such(server: Server, replies: Any, body: bytes) -> None:
    """Promise: what a provider sends is looked at before it is believed."""
    replies(Canned(pieces=[body], content_type="application/json"))
    status, _, problem = ask(server, "POST", TRANSCRIPT, {"audio": audio(), "model": "openai:whisper-1"})
    assert (status, "openai:whisper-1 sent" in problem["detail"]) == (502, True)


def test_a_cap_is_kept_before_anything_is_sent(server: Server, replies: Any) -> None:
    """Promise: reserved by the hour and by characters, as by tokens; without a price, nothing is asked under a cap."""
    capped = {"name": "speech", "scope": "user", "subject": "*", "limit": 0.0004}
    budget = done(server, "POST", "/budgets", capped)
    try:
        asked = replies(fake_speech.speaks, fake_speech.hears)
        status, _, problem = ask(server, "POST", SPEECH, {"text": TEXT, "model": "openai:tts-1"})
        assert (status, problem["field"], asked) == (402, "budget", [])
        done(server, "POST", SPEECH, {"text": "Yes.", "model": "openai:tts-1"})
        assert row_of(server)["cost"] == pytest.approx(4 * 15e-6, abs=1e-9)
        done(server, "POST", TRANSCRIPT, {"audio": audio(), "model": "openai:whisper-1"})
        status, _, problem = ask(server, "POST", SPEECH, {"text": "Yes.", "model": "openai:unheard-of"})
        assert (status, "No price is known" in problem["detail"]) == (503, True)
    finally:
        ask(server, "DELETE", f"/budgets/{budget['id']}")


def test_a_model_without_a_price_is_asked_where_no_cap_stands(server: Server, replies: Any) -> None:
    """The same policy as for words: it is counted, and has no price."""
    replies(fake_speech.speaks_in_events)
    done(server, "POST", SPEECH, {"text": TEXT, "model": "openai:unheard-of"})
    row = row_of(server)
    assert (row["priced"], row["cost"], row["output"]) == (False, 0, 101)


def test_a_price_by_the_hour_can_be_set(server: Server, replies: Any) -> None:
    """Promise: what no list knows, an operator says; it holds for the next call."""
    price = {"model": "openai:own-whisper", "input": 0, "output": 0, "hour": 7.2, "characters": 0}
    made = done(server, "POST", "/models/set-price", price)
    assert (made["hour"], made["source"]) == (7.2, "set here")
    replies(fake_speech.hears)
    done(server, "POST", TRANSCRIPT, {"audio": audio(), "model": "openai:own-whisper"})
    assert row_of(server)["cost"] == pytest.approx(7.2 / 3600, abs=1e-9)


def test_words_have_no_price_where_only_sounds_do(server: Server) -> None:
    """whisper-1 is charged by the hour: among prices of tokens it has none, rather than one of nothing."""
    prices = done(server, "GET", "/models/list-prices?provider=openai&limit=100")["prices"]
    assert not {"openai:whisper-1", "openai:tts-1"} & {one["model"] for one in prices}
    assert "openai:gpt-4o-mini-tts" in {one["model"] for one in prices}


def test_a_route_stands_for_openais_own_names(server: Server, client: openai.OpenAI, replies: Any) -> None:
    """A client with fixed names is sent to a provider by a route of that name; the next stands in for the first."""
    targets = [{"model": "openai:tts-1-hd", "tier": 0}, {"model": "openai:tts-1", "tier": 1}]
    done(server, "POST", "/routes", {"name": "tts-1", "targets": targets, "policy": {"retries": 0}})
    try:
        asked = replies(fails(500, "down"), fake_speech.speaks)
        client.audio.speech.create(model="tts-1", voice="alloy", input=TEXT, response_format="wav").read()
        assert [one.body["model"] for one in asked] == ["tts-1-hd", "tts-1"]
    finally:
        ask(server, "DELETE", "/routes/tts-1")


def test_nothing_of_a_key_is_in_the_ledger(server: Server) -> None:
    """Promise: no key in what is kept."""
    done(server, "GET", "/calls?limit=1")
    with sqlite3.connect(server.data / "nis.db") as connection:
        assert KEY not in "\n".join(connection.iterdump())
