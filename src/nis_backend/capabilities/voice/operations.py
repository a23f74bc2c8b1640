"""Voice as operations, each computed in the pool `voice`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.capabilities.voice import examples, provided, views
from nis_backend.capabilities.voice.sounds import (
    AudioFacts,
    ConversionRequest,
    ConvertedAudio,
    FactsRequest,
    Spectrogram,
    SpectrogramRequest,
)
from nis_backend.capabilities.voice.speech import (
    DetectedSpeech,
    DetectionRequest,
    SynthesisRequest,
    SynthesizedSpeech,
    Transcription,
    TranscriptionRequest,
    VoiceList,
    VoicesRequest,
)
from nis_backend.operation import Before, Example, operation

if TYPE_CHECKING:
    from nis_backend.drivers.compute.base import ComputingContext

__all__ = [
    "OPERATIONS",
    "convert_audio",
    "detect_speech",
    "draw_spectrogram",
    "get_audio_facts",
    "list_voices",
    "synthesize_speech",
    "transcribe_audio",
]

LONGEST = 600.0
"""Seconds that an hour of sound may take; who does not want to wait for that begins it as a run."""


@operation(
    "voice.get_audio_facts",
    effect="reads",
    pool="voice",
    time_limit=LONGEST,
    examples=(
        Example(
            title="Half a second of a tone",
            request={"audio": examples.TONE},
            question="How long and how loud is this recording?",
            also=(
                "What are the duration, sample rate, channels and codec of this audio file?",
                "Measure the loudness in LUFS, the peak and the RMS level of this sound.",
                "Is the recording clipped, or mostly silent?",
                "Tell me the facts about this audio: its length, format and volume.",
            ),
        ),
    ),
)
def get_audio_facts(request: FactsRequest, ctx: ComputingContext) -> AudioFacts:
    """Measure a sound: duration, sample rate, channels, codec, peak, RMS, loudness in LUFS, clipping and silence.

    Source: loudness by ITU-R BS.1770-4 (2015), annex 1.
    """
    from nis_backend.capabilities.voice.measuring import measure  # noqa: PLC0415 - loads in the worker only

    return measure(request, ctx)


@operation(
    "voice.detect_speech",
    effect="reads",
    pool="voice",
    view=views.detected,
    time_limit=LONGEST,
    examples=(
        Example(
            title="A tone, in which nobody speaks",
            request={"audio": examples.TONE},
            question="Where in this recording does somebody speak?",
            also=(
                "Find the parts of the sound with speech in them.",
                "Is there any speech in this audio file?",
                "Detect voice activity in the recording, and the silence between.",
                "When does the speaker start and stop talking?",
            ),
        ),
    ),
)
def detect_speech(request: DetectionRequest, ctx: ComputingContext) -> DetectedSpeech:
    """Find where in a sound somebody speaks, and where there is silence or noise, in seconds.

    Source: Silero Team, Silero VAD 6, https://github.com/snakers4/silero-vad, with the thresholds of its own function.
    """
    from nis_backend.capabilities.voice.detecting import detect  # noqa: PLC0415 - loads in the worker only

    return detect(request, ctx)


@operation(
    "voice.synthesize_speech",
    effect="reads",
    pool="voice",
    outward=True,
    elsewhere=provided.speak,
    view=views.spoken,
    time_limit=LONGEST,
    examples=(
        Example(
            title="A sentence",
            request={"text": "Good morning. The kettle is on."},
            question='Say "Good morning. The kettle is on." aloud.',
            also=(
                "Read this text aloud.",
                "Turn this text into speech.",
                "Speak the sentence, as an audio file.",
                "Make a recording of these words, spoken.",
                "Convert text to speech in German.",
            ),
        ),
        Example(title="In German, as FLAC", request={"text": "Guten Morgen.", "language": "de", "format": "flac"}),
    ),
)
def synthesize_speech(request: SynthesisRequest, ctx: ComputingContext) -> SynthesizedSpeech:
    """Speak a text aloud: text to speech in many languages, as a sound file.

    By eSpeak NG, which makes speech by formants, or by one of Piper's voices, networks that NIS_VOICES names; or
    by a provider's model.

    Source: https://github.com/espeak-ng/espeak-ng; Kim et al. (2021), https://arxiv.org/abs/2106.06103, for Piper's.
    """
    from nis_backend.capabilities.voice.speaking import speak  # noqa: PLC0415 - loads in the worker only

    return speak(request, ctx)


@operation(
    "voice.list_voices",
    effect="reads",
    pool="voice",
    examples=(
        Example(
            title="Those that speak English",
            request={"language": "en"},
            question="Which voices speak English?",
            also=(
                "List the voices that can speak.",
                "Which voices are there for text to speech?",
                "In which languages can you read aloud?",
            ),
        ),
    ),
)
def list_voices(request: VoicesRequest, ctx: ComputingContext) -> VoiceList:
    """List the voices that text can be spoken with, and their languages."""
    from nis_backend.capabilities.voice.speaking import list_all  # noqa: PLC0415 - loads in the worker only

    return list_all(request, ctx)


@operation(
    "voice.transcribe_audio",
    effect="reads",
    pool="voice",
    outward=True,
    elsewhere=provided.hear,
    view=views.written_down,
    time_limit=LONGEST,
    examples=(
        Example(
            title="A tone, in which nobody says anything",
            request={"audio": examples.TONE},
            question="What is said in this recording?",
            also=(
                "Transcribe this audio file.",
                "Turn this speech into text.",
                "Write down what the speaker says, with times.",
                "Make subtitles for this recording.",
                "Give me the transcript of the voice message, word by word.",
            ),
        ),
        Example(
            title="What was said before, heard again",
            request={"audio": "{said.audio}", "words": True, "subtitles": "srt"},
            before=(
                Before(
                    name="said",
                    operation="voice.synthesize_speech",
                    request={"text": "The committee will meet on Thursday afternoon."},
                ),
            ),
        ),
    ),
)
def transcribe_audio(request: TranscriptionRequest, ctx: ComputingContext) -> Transcription:
    """Write down what is said in a sound: speech to text, with times of segments and words, and subtitles.

    Whisper, window by window of 30 s. English with the model in the box; NIS_WHISPER names one of many languages. Or
    by a provider's model.

    Source: Radford et al. (2022), Robust Speech Recognition via Large-Scale Weak Supervision.
    """
    from nis_backend.capabilities.voice.transcribing import transcribe  # noqa: PLC0415 - loads in the worker only

    return transcribe(request, ctx)


@operation(
    "voice.convert_audio",
    effect="reads",
    pool="voice",
    view=views.converted,
    time_limit=LONGEST,
    examples=(
        Example(
            title="A tone as FLAC, normalised to -16 LUFS, fading out",
            request={"audio": examples.TONE, "format": "flac", "loudness": -16, "fade_out": 0.1},
            question="Convert this recording to FLAC and normalise its loudness to -16 LUFS.",
            also=(
                "Convert this audio file to MP3.",
                "Resample the sound to 16 kHz mono WAV.",
                "Trim the silence at the beginning and end of this recording.",
                "Cut the audio from second 3 to second 8.",
                "Make this recording louder, and fade it in and out.",
            ),
        ),
    ),
)
def convert_audio(request: ConversionRequest, ctx: ComputingContext) -> ConvertedAudio:
    """Convert a sound: to WAV, FLAC, Ogg or MP3, another sample rate, mono; cut, trimmed, normalised, faded.

    Trimming takes silence from both ends. Normalising is to a loudness in LUFS or to a peak. Levels before and after
    are answered.

    Source: loudness by ITU-R BS.1770-4 (2015), annex 1.
    """
    from nis_backend.capabilities.voice.converting import convert  # noqa: PLC0415 - loads in the worker only

    return convert(request, ctx)


@operation(
    "voice.draw_spectrogram",
    effect="reads",
    pool="voice",
    view=views.pictured,
    time_limit=LONGEST,
    examples=(
        Example(
            title="A tone is one bright line",
            request={"audio": examples.TONE, "columns": 16, "rows": 16},
            question="Draw a spectrogram of this recording.",
            also=(
                "Show the mel spectrogram of this sound.",
                "Which frequencies are in this audio, over time?",
                "Draw the frequencies of the recording over time as a picture.",
            ),
        ),
    ),
)
def draw_spectrogram(request: SpectrogramRequest, ctx: ComputingContext) -> Spectrogram:
    """Draw the spectrogram of a sound: its level in dB over time and frequency, on the mel scale or a linear one.

    Source: mel scale of Slaney (1998), Auditory Toolbox, TR 1998-010.
    """
    from nis_backend.capabilities.voice.picturing import picture  # noqa: PLC0415 - loads in the worker only

    return picture(request, ctx)


OPERATIONS = (
    get_audio_facts,
    detect_speech,
    transcribe_audio,
    synthesize_speech,
    list_voices,
    convert_audio,
    draw_spectrogram,
)
