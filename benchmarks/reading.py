"""How much of printed text is read wrong, ours beside rapidocr's own default call on the same pixels; and codes.

    make bench-reading                       # the tables on standard output, as Markdown
    make bench-reading ARGS="--pages 5"      # more pages for each size, turn and noise

The pages are words, numbers and signs in five faces that matplotlib brings, drawn from seeds that nothing was tuned on.
A character error is signs to change, add or leave out, of the truth's; "lines" holds each line to the one it fits, in
whatever order they come, "text" the whole in its order, as whoever copies it gets it.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import cv2
import numpy as np
import zxingcpp
from computing import computing
from numpy.typing import NDArray
from printed import FACES, NOISES, SIZES, TURNS, error, error_in_any_order, lines_of_words, page, spoilt
from rapidocr import RapidOCR  # pyright: ignore[reportMissingTypeStubs] - it has none
from skimage import data  # pyright: ignore[reportMissingTypeStubs] - it has none

from nis_backend.capabilities.vision.compute.codes import FORMATS, find_codes
from nis_backend.capabilities.vision.compute.letters import open_letters
from nis_backend.capabilities.vision.compute.reading import read_sheet

Pixels = NDArray[np.uint8]
Grey = NDArray[np.uint8]

SEED = 120_000
"""The first page's. Thresholds were chosen on seeds below 10,000; those from 77,000 on have shown a first table."""
TRUTH = Path(__file__).resolve().parents[1] / "tests" / "capabilities" / "vision" / "page.txt"


@dataclass(frozen=True, kw_only=True)
class Score:
    """One reading of one page."""

    lines: float
    text: float
    seconds: float


_WORKER = computing()

Reader = Callable[[Pixels], list[str]]


def ours(picture: Pixels) -> list[str]:
    """The lines in reading order."""
    sheet = read_sheet(open_letters(_WORKER), picture, lambda _fraction, _pass: None)
    return [line.text for block in sheet.blocks for row in block for line in row]


def plain() -> Reader:
    """Rapidocr as it comes, with all the threads it takes; an array is blue, green, red to it."""
    engine = cast("Any", RapidOCR)(params={"Global.log_level": "critical"})  # Any: it has no types
    return lambda picture: list(engine(np.ascontiguousarray(picture[:, :, ::-1])).txts or ())


def scored(reader: Reader, picture: Pixels, truth: Sequence[str]) -> tuple[Score, list[str]]:
    """A reading, held to the truth."""
    started = time.perf_counter()
    read = reader(picture)
    seconds = time.perf_counter() - started
    score = Score(lines=error_in_any_order(truth, read), text=error(" ".join(truth), " ".join(read)), seconds=seconds)
    return score, read


def show_page(readers: dict[str, Reader]) -> None:
    """scikit-image's scanned page."""
    truth = TRUTH.read_text("utf-8").splitlines()
    grey = np.asarray(data.page(), np.uint8)
    picture = np.repeat(grey[..., None], 3, axis=2)
    print("\n## scikit-image's `page`\n\n| | error, text | s |\n|---|---:|---:|")
    wrong: list[str] = []
    for name, reader in readers.items():
        reader(picture)  # networks load with the first
        score, read = scored(reader, picture, truth)
        print(f"| {name} | {score.text:.1%} | {score.seconds:.1f} |")
        wrong += [f"- {name} misses `{line}`" for line in truth if line not in read]
        wrong += [f"- {name} reads `{line}`" for line in read if line not in truth]
    print("", *wrong, sep="\n")


def show_words(readers: dict[str, Reader], pages: int) -> None:
    """Sizes, turns and noises, every one with every other."""
    kinds = list(itertools.product(SIZES, TURNS, NOISES))
    found: dict[str, list[tuple[tuple[int, int, int], Score]]] = {name: [] for name in readers}
    for number, (kind, copy) in enumerate(itertools.product(kinds, range(pages))):
        size, turn, noise = kind
        truth = lines_of_words(SEED + number)
        picture = spoilt(page(truth, size, FACES[(number + copy) % len(FACES)]), turn, noise, SEED + number)
        for name, reader in readers.items():
            found[name].append((kind, scored(reader, picture, truth)[0]))
    names = list(readers)
    print(f"\n## {len(kinds) * pages} pages of words\n")
    print("| " + " | ".join(["", *[f"{name}: lines | text | s" for name in names]]) + " |")
    print("|---|" + "---:|" * (3 * len(names)))
    for label, place, values in (("em", 0, SIZES), ("turn", 1, TURNS), ("noise", 2, NOISES)):
        for value in values:
            _row(f"{label} {value}", [[one for kind, one in found[name] if kind[place] == value] for name in names])
    _row("all", [[one for _, one in found[name]] for name in names])
    first, second = (found[name] for name in names)
    worse = [
        f"{kind}: {a.lines:.1%} against {b.lines:.1%}"
        for (kind, a), (_, b) in zip(first, second, strict=True)
        if a.lines > b.lines
    ]
    print(
        f"\nOf {len(first)} pages {names[0]} read {len(worse)} worse than {names[1]} (em, turn, noise):",
        *worse,
        sep="\n- ",
    )


def _row(label: str, columns: list[list[Score]]) -> None:
    cells = [
        f"{statistics.fmean(one.lines for one in scores):.2%} | {statistics.fmean(one.text for one in scores):.2%} | "
        f"{statistics.median(one.seconds for one in scores):.1f}"
        for scores in columns
    ]
    print(f"| {label} | {' | '.join(cells)} |")


CODES = {
    "QRCode": "https://example.org/a/{}",
    "EAN13": "4{:011}",
    "EAN8": "{:07}",
    "UPCA": "0{:010}",
    "Code128": "AB-{}",
    "DataMatrix": "part {}",
    "Aztec": "ride {}",
    "PDF417": "licence {}",
}
_create: Callable[..., zxingcpp.Barcode] = zxingcpp.create_barcode  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] - any options


def _drawn(kind: str, text: str) -> Grey:
    code = _create(text, getattr(zxingcpp.BarcodeFormat, kind))
    return np.pad(np.asarray(code.to_image(scale=4), np.uint8), 20, constant_values=255)


def _turned(code: Grey, degrees: float) -> Grey:
    side = int(np.hypot(*code.shape)) + 20
    onto = cv2.getRotationMatrix2D((code.shape[1] / 2, code.shape[0] / 2), degrees, 1)
    onto[:, 2] += (side - code.shape[1]) / 2, (side - code.shape[0]) / 2
    return np.asarray(cv2.warpAffine(code, onto, (side, side), flags=cv2.INTER_CUBIC, borderValue=255), np.uint8)


def _noisy(code: Grey, sigma: float) -> Grey:
    return np.clip(code + np.random.default_rng(SEED).normal(0, sigma, code.shape), 0, 255).astype(np.uint8)


def _tilted(code: Grey) -> Grey:
    high, wide = code.shape
    flat = np.array([[0, 0], [wide, 0], [wide, high], [0, high]], np.float32)
    slant = (flat + np.array([[0.12, 0.05], [-0.1, 0.15], [0, -0.1], [0.1, 0]]) * (wide, high)).astype(np.float32)
    onto = cv2.getPerspectiveTransform(flat, slant)
    return np.asarray(cv2.warpPerspective(code, onto, (wide, high), borderValue=255), np.uint8)


SPOILT: dict[str, Callable[[Grey], Grey]] = {
    "as drawn": lambda code: code,
    "turned by 20": lambda code: _turned(code, 20),
    "turned by 45": lambda code: _turned(code, 45),
    "tilted": _tilted,
    "noise 25": lambda code: _noisy(code, 25),
    "noise 60": lambda code: _noisy(code, 60),
    "blur 1.5": lambda code: np.asarray(cv2.GaussianBlur(code, (0, 0), 1.5), np.uint8),
    "blur 2.5": lambda code: np.asarray(cv2.GaussianBlur(code, (0, 0), 2.5), np.uint8),
    "shade": lambda code: (code * 0.25 * np.linspace(0.3, 1, code.shape[1]) + 40).astype(np.uint8),
    "smaller": lambda code: np.asarray(cv2.resize(code, None, fx=0.4, fy=0.4, interpolation=cv2.INTER_AREA), np.uint8),
}


def _opencv() -> Callable[[Grey], list[str]]:
    qr, bars = cv2.QRCodeDetectorAruco(), cv2.barcode.BarcodeDetector()

    def read(code: Grey) -> list[str]:
        return [*qr.detectAndDecodeMulti(code)[1], *bars.detectAndDecodeMulti(code)[1]]

    return read


def show_codes(copies: int) -> None:
    """Codes that were read, ours beside zxing-cpp's and OpenCV's own calls."""
    readers: dict[str, Callable[[Grey], list[str]]] = {
        "ours": lambda code: [
            one.text for one in find_codes(np.repeat(code[..., None], 3, axis=2), list(FORMATS), lambda _f, _p: None)
        ],
        "zxing-cpp": lambda code: [one.text for one in zxingcpp.read_barcodes(code)],
        "OpenCV": _opencv(),
    }
    seconds: dict[str, list[float]] = {name: [] for name in readers}
    print(
        f"\n## Codes of {len(CODES)} kinds, {copies} of each\n\n| | "
        + " | ".join(readers)
        + " |\n|---|"
        + "---:|" * len(readers)
    )
    for label, spoil in SPOILT.items():
        hits = dict.fromkeys(readers, 0)
        for (kind, form), copy in itertools.product(CODES.items(), range(copies)):
            text = form.format(SEED * 13 + copy * 7919)
            code = spoil(_drawn(kind, text))
            for name, reader in readers.items():
                started = time.perf_counter()
                read = reader(code)
                seconds[name].append(time.perf_counter() - started)
                # A number's last digit is its check, which the writer adds; a UPC may be told with the zero before it.
                hits[name] += any(text in one for one in read)
        print(f"| {label} | " + " | ".join(f"{hits[name]} of {len(CODES) * copies}" for name in readers) + " |")
    print("| median ms | " + " | ".join(f"{1e3 * statistics.median(seconds[name]):.1f}" for name in readers) + " |")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=1, help="pages for each size, turn and noise")
    parser.add_argument("--codes", type=int, default=5, help="codes of each kind")
    given = parser.parse_args()
    readers = {"ours": ours, "rapidocr": plain()}
    print("ours: one thread; rapidocr: its default, a thread for each core.")
    show_page(readers)
    show_words(readers, given.pages)
    show_codes(given.codes)


if __name__ == "__main__":
    main()
