"""What is said is written down, with its times, by the rules that Whisper was published with."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from edits import distance
from made_sounds import Worker, call, file_of, noise, said

from nis_backend.capabilities.voice.operations import transcribe_audio
from nis_backend.capabilities.voice.speech import Segment
from nis_backend.capabilities.voice.subtitles import subtitles
from nis_backend.capabilities.voice.whisper import Guess, model_of
from nis_backend.capabilities.voice.windows import best, compressed, cut
from nis_backend.capabilities.voice.wording import Word, capped, joined
from nis_backend.errors import InvalidRequest, Unavailable

if TYPE_CHECKING:
    from pathlib import Path

RATE = 16_000
FIRST = "The committee will meet on Thursday afternoon to discuss the budget for the new library."
SECOND = "Members should read the report in advance and send their questions to the secretary."


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[tuple[float, float]]]:
    """Two sentences with five seconds of silence between, and where they are."""
    parts = [np.zeros(2 * RATE), said(FIRST, RATE), np.zeros(5 * RATE), said(SECOND, RATE), np.zeros(RATE)]
    edges = np.cumsum([len(part) for part in parts]) / RATE
    file = tmp_path_factory.mktemp("said") / "sound"
    file.write_bytes(file_of(np.concatenate(parts), rate=RATE, container="FLAC"))
    return file, [(edges[0], edges[1]), (edges[2], edges[3])]


@pytest.fixture(scope="module")
def heard(recording: tuple[Path, list[tuple[float, float]]]) -> Any:  # Any: a `Transcription`
    """What is written down of it, with all that can be asked for."""
    return call(transcribe_audio, recording[0], words=True, subtitles="srt")


def plain(text: str) -> list[str]:
    """Words without punctuation and capitals."""
    return re.findall(r"[a-z']+", text.lower())


def test_most_words_are_understood(heard: Any) -> None:
    """Promise: the small model on eSpeak's speech; `make bench-voice` prints the figure, beside a peer's."""
    wanted = plain(f"{FIRST} {SECOND}")
    assert distance(wanted, plain(heard.text)) <= 0.25 * len(wanted)
    assert (heard.language, heard.language_probability, heard.model) == ("en", None, "whisper-tiny.en")


def test_times_are_those_of_the_sound_with_its_silence(
    heard: Any, recording: tuple[Path, list[tuple[float, float]]]
) -> None:
    """Promise: what is cut out before is counted again: both sentences stand where they were said."""
    places = recording[1]
    for start, end in places:
        inside = [one for one in heard.segments if start - 0.6 < one.start and one.end < end + 0.9]
        assert inside, (start, end, heard.segments)
    assert heard.segments[-1].end <= heard.duration
    assert heard.speech_seconds < heard.duration - 4


def test_words_are_in_order_and_make_up_the_text(heard: Any, recording: tuple[Path, list[tuple[float, float]]]) -> None:
    """Promise: each word once, when it is said; none of them in the silence."""
    words = [word for segment in heard.segments for word in segment.words]
    assert " ".join(one.text for one in words) == heard.text
    assert all(before.start <= after.start for before, after in itertools.pairwise(words))
    assert all(one.start <= one.end and 0 <= one.probability <= 1 for one in words)
    (_, first_end), (second_start, _) = recording[1]
    assert not [one for one in words if first_end + 1 < one.start < second_start - 1]
    (budget,) = (one for one in words if plain(one.text) == ["budget"])
    start, end = recording[1][0]
    assert start + 0.4 * (end - start) < budget.start < start + 0.9 * (end - start)


def test_the_same_sound_is_written_down_in_the_same_way(
    heard: Any, recording: tuple[Path, list[tuple[float, float]]]
) -> None:
    """Promise: a search draws no samples, so nothing of it is chance."""
    assert call(transcribe_audio, recording[0], words=True, subtitles="srt") == heard


@pytest.mark.parametrize("only_speech", [True, False])
def test_where_nobody_speaks_nothing_is_written(only_speech: bool, tmp_path: Path) -> None:
    """Promise: silence and noise are no words, cut out or not."""
    file = tmp_path / "sound"
    file.write_bytes(file_of(np.concatenate([np.zeros(2 * RATE), noise(2, rate=RATE, root=0.001)]), rate=RATE))
    found = call(transcribe_audio, file, only_speech=only_speech)
    assert (found.text, found.segments) == ("", [])
    assert found.speech_seconds == (0 if only_speech else 4)


def test_a_language_that_the_model_does_not_hear_is_refused(recording: tuple[Path, list[tuple[float, float]]]) -> None:
    """Promise: the field, and the setting that changes it."""
    with pytest.raises(InvalidRequest) as caught:
        call(transcribe_audio, recording[0], language="de")
    assert caught.value.field == "language"
    assert "NIS_WHISPER=base" in caught.value.remedy


def test_a_folder_without_a_model_is_unavailable(tmp_path: Path) -> None:
    """Promise: what is missing, and what may be given."""
    with pytest.raises(Unavailable, match=r"no model\.bin"):
        model_of(Worker({"whisper": str(tmp_path)}))


FROM = 100
"""The first token that is a time, in the tests below; its hundredths are ticks of 0.02 s."""


@pytest.mark.parametrize(
    ("tokens", "pieces", "heard_frames"),
    [
        # One piece, then the begin of another: the next window starts there, at 2 s.
        ([100, 1, 2, 200, 200, 3], [(0.0, 2.0, [100, 1, 2, 200])], 200),
        # Two pieces, the last with an end: all of the window was heard.
        ([100, 1, 150, 150, 2, 200], [(0.0, 1.0, [100, 1, 150]), (1.0, 2.0, [150, 2, 200])], 1000),
        # One piece with an end, and one with none at all.
        ([100, 1, 2, 150], [(0.0, 1.0, [100, 1, 2, 150])], 1000),
        ([100, 1, 2], [(0.0, 10.0, [100, 1, 2])], 1000),
    ],
)
def test_a_window_is_cut_at_its_times(
    tokens: list[int], pieces: list[tuple[float, float, list[int]]], heard_frames: int
) -> None:
    """Source: openai/whisper, `transcribe.py`: two times together end a piece and begin the next."""
    found, heard = cut(tokens, 1000, FROM)
    assert [(one.start, one.end, one.tokens) for one in found] == pieces
    assert heard == heard_frames


class Scripted:
    """A model that says what a test gives it, one guess for each temperature."""

    def __init__(self, *guesses: tuple[str, float, float]) -> None:
        self._guesses = list(guesses)
        self.asked: list[float] = []

    def guess(self, _encoded: object, _prompt: list[int], temperature: float) -> Guess:
        """The next of its guesses."""
        self.asked.append(temperature)
        text, logprob, silence = self._guesses.pop(0)
        return Guess(
            tokens=[ord(one) for one in text], average_logprob=logprob, no_speech=silence, temperature=temperature
        )

    def text(self, tokens: list[int]) -> str:
        """Tokens as letters."""
        return "".join(map(chr, tokens))


@pytest.mark.parametrize(
    ("guesses", "asked", "text"),
    [
        ([("good", -0.3, 0.1)], [0.0], "good"),
        ([("la " * 60, -0.2, 0.1), ("better", -0.4, 0.1)], [0.0, 0.2], "better"),
        ([("unsure", -1.5, 0.1), ("better", -0.4, 0.1)], [0.0, 0.2], "better"),
        ([("silence", -1.5, 0.9)], [0.0], "silence"),
        (
            [("a", -1.5, 0.1), ("b", -1.2, 0.1), ("c" * 200, -1.1, 0.1), *[("d", -1.4, 0.1)] * 3],
            [0.0, 0.2, 0.4, 0.6, 0.8, 1.0],
            "b",
        ),
    ],
)
def test_a_bad_guess_is_made_again_warmer(
    guesses: list[tuple[str, float, float]], asked: list[float], text: str
) -> None:
    """Source: Radford et al. (2022), 4.5: repetition above 2.4, a mean log-probability below -1, silence above 0.6."""
    model: Any = Scripted(*guesses)  # Any: it stands for a Whisper
    found, _ = best(model, None, [], 0.0)
    assert model.asked == pytest.approx(asked)
    assert model.text(found.tokens) == text


def test_what_repeats_itself_is_compressed_more() -> None:
    """Promise: the formula that is stated: bytes over those that zlib makes of them."""
    assert compressed("again and " * 40) > 2.4 > compressed("Nothing here comes twice, or hardly.")


def test_tokens_are_joined_to_words_with_their_punctuation() -> None:
    """Promise: a word begins at a space; marks go with the word before; a character of several tokens is whole."""
    model = model_of(Worker())
    text = ' Don\'t say "zugehört", naïve José \u2014 it costs 5 €!'
    words = joined(model, model.tokens(text), spaced=True)
    assert ["".join(letters for letters, _ in word) for word in words] == [
        *(" Don't", " say", ' "zugehört",', " naïve", " José", " \u2014", " it", " costs", " 5", " €!"),
    ]
    assert sum(tokens for word in words for _, tokens in word) == len(model.tokens(text))


def test_a_word_beside_a_pause_does_not_take_it() -> None:
    """Source: openai/whisper, `timing.py`: twice the median length, at the beginnings and ends of sentences."""
    words = [
        Word(text="So", start=0.0, end=3.0, probability=1),
        Word(text="it", start=3.0, end=3.2, probability=1),
        Word(text="goes.", start=3.2, end=6.0, probability=1),
        Word(text="On", start=6.0, end=6.2, probability=1),
        Word(text="and", start=6.2, end=6.4, probability=1),
    ]
    found = capped(words)
    assert found[0].start == pytest.approx(2.6)
    assert found[2].end == pytest.approx(3.6)
    assert found[1] == words[1]


def segment(start: float, end: float, text: str) -> Segment:
    """A segment of which only times and text count."""
    numbers = dict.fromkeys(("average_logprob", "no_speech", "compression_ratio", "temperature"), 0.0)
    return Segment(start=start, end=end, text=text, words=[], **numbers)


def test_subtitles_are_numbered_cues_in_either_format() -> None:
    """Source: SubRip's comma and numbers; WebVTT's point, header and escapes (W3C, WebVTT, 4.1)."""
    segments = [segment(0.0, 1.5, "Tom & <Jerry>"), segment(3661.0426, 3662.0, "a --> b")]
    assert subtitles(segments, "srt") == (
        "1\n00:00:00,000 --> 00:00:01,500\nTom & <Jerry>\n\n2\n01:01:01,043 --> 01:01:02,000\na -> b\n"
    )
    assert subtitles(segments, "vtt") == (
        "WEBVTT\n\n00:00:00.000 --> 00:00:01.500\nTom &amp; &lt;Jerry&gt;\n\n01:01:01.043 --> 01:01:02.000\na -&gt; b\n"
    )
