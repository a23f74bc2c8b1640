"""A voice as Piper keeps one, made here: as many frames of a tone as its phonemes want, in tens of bytes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from nis_backend.capabilities.vision.compute.onnx_file import INT64, OnnxGraph

if TYPE_CHECKING:
    from pathlib import Path

RATE = 16_000
FRAMES = 3
"""Of a phoneme, and of what stands between two."""
IPA = (0xE6, 0xF0, 0x14B, 0x251, 0x254, 0x259, 0x25B, 0x261, 0x26A, 0x279, 0x283, 0x28A, 0x28C, 0x292, 0x3B8)
"""Letters of the IPA that English has beside those of the alphabet."""
LETTERS = "_^$ ,.?!abcdefghijklmnopqrstuvwxyz" + "".join(map(chr, IPA))
IDS = {one: [number] for number, one in enumerate(LETTERS)}


def network(speakers: int = 1) -> bytes:
    """The network: a tone whose frequency is its speaker's, 200 Hz and 100 Hz more for each."""
    graph = OnnxGraph()

    def numbers(*given: float) -> str:
        return graph.constant(np.array(given, np.float32))

    def which(value: str, at: int) -> str:
        return graph.node("Gather", value, graph.constant(np.array([at], np.int64)))

    phonemes = graph.input("input", (1, -1), INT64)
    graph.input("input_lengths", (1,), INT64)
    scales = graph.input("scales", (3,))
    count = graph.node("Cast", which(graph.node("Shape", phonemes), 1), to=1)
    frames = graph.node("Ceil", graph.node("Mul", graph.node("Mul", count, numbers(FRAMES)), which(scales, 1)))
    samples = graph.node("Mul", frames, numbers(256))
    scalar = graph.constant(np.zeros(0, np.int64))
    end = graph.node("Reshape", samples, scalar)
    times = graph.node("Range", graph.constant(np.zeros((), np.float32)), end, graph.constant(np.ones((), np.float32)))
    hertz = numbers(200)
    if speakers > 1:
        who = graph.node("Cast", graph.input("sid", (1,), INT64), to=1)
        hertz = graph.node("Add", hertz, graph.node("Mul", who, numbers(100)))
    phase = graph.node("Mul", graph.node("Mul", times, hertz), numbers(2 * np.pi / RATE))
    tone = graph.node("Mul", graph.node("Sin", phase), which(scales, 0))
    return graph.finish(output=graph.node("Reshape", tone, graph.constant(np.array([1, 1, 1, -1], np.int64))))


def put(folder: Path, name: str = "made", *, file: bytes | None = None, **card: Any) -> Path:
    """A voice in a folder; `card` is what its card says beside the usual, or in its place."""
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.onnx"
    path.write_bytes(network(card.get("num_speakers", 1)) if file is None else file)
    usual = {
        "audio": {"sample_rate": RATE, "quality": "made"},
        "espeak": {"voice": "en-us"},
        "inference": {"noise_scale": 0.5, "length_scale": 1, "noise_w": 0.8},
        "phoneme_type": "espeak",
        "phoneme_id_map": IDS,
        "num_speakers": 1,
        "speaker_id_map": {},
        "language": {"code": "en_US"},
    }
    said = {key: value for key, value in {**usual, **card}.items() if value is not None}
    path.with_name(f"{name}.onnx.json").write_text(json.dumps(said))
    return path
