"""Printed text to be read: pages of seeded words in several faces, turned, with noise; and how wrong a reading is."""

from __future__ import annotations

import importlib
import random
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from PIL import Image, ImageDraw, ImageFont

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from edits import distance

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Picture = NDArray[np.uint8]

SIZES = (8, 10, 12, 16, 24)
"""Pixels of the em."""
TURNS = (0, 90, 180, 270)
NOISES = (0, 15, 30)
"""Standard deviation of the noise of each colour, of 255."""
FACES = ("DejaVuSans", "DejaVuSerif", "DejaVuSansMono", "STIXGeneral", "DejaVuSans-Bold")
WIDTH, HEIGHT, LINES, MARGIN = 800, 600, 10, 40

WORDS = """
about above across after again against almost along among answer around baker balance barley basket before begin
behind below between beyond bicycle bottle branch bridge bright butter button candle canvas carbon castle centre
chance change cheese circle clever cloud coffee column copper corner cotton course cousin dancer danger degree desert
device dinner doctor dollar double dragon driver during early earth eight engine enough evening exact fabric family
famous farmer finger flight flower follow forest forget fourth freeze friend garden gather gentle giant global golden
ground guitar hammer happen harbour height honey hunger island jacket jungle kettle kitchen ladder language laughter
lemon letter liquid listen little machine magnet market master matter measure meadow metal middle minute mirror modern
moment morning mountain museum narrow nature needle neither number object ocean office orange orbit origin oxygen
palace paper parcel pattern pebble pencil people pepper picture pillow planet pocket powder purple puzzle quarter
quiet rabbit radio railway random rather reason record remain return ribbon river rocket rubber saddle sample school
season second shadow silver simple sketch smooth spring square station stone storm summer sunset surface system table
temple theory thunder ticket timber tomato toward travel tunnel twelve umbrella under unusual valley velvet village
violet vision wagon walnut water weather window winter wisdom wonder yellow
""".split()  # noqa: SIM905 - a line a word would hide the rest


def lines_of_words(seed: int, count: int = LINES) -> list[str]:
    """Lines of words, some with a capital, a number or a sign."""
    draw = random.Random(seed)  # noqa: S311 - words for a picture
    return [" ".join(_word(draw) for _ in range(draw.randint(4, 6))) for _ in range(count)]


def _word(draw: random.Random) -> str:
    word = draw.choice(WORDS)
    kind = draw.choices(("plain", "number", "capital", "bracket", "sign"), (50, 12, 15, 3, 20))[0]
    match kind:
        case "number":
            return draw.choice(
                [
                    str(draw.randint(2, 99999)),
                    f"{draw.randint(1, 999)}.{draw.randint(0, 99):02}",
                    f"{draw.randint(1, 99)}%",
                    f"${draw.randint(1, 999)}",
                    f"{draw.randint(1, 28)}/{draw.randint(1, 12)}/{draw.randint(1990, 2030)}",
                ]
            )
        case "capital":
            return word.capitalize()
        case "bracket":
            return f"({word})"
        case "sign":
            return word + draw.choice([",", ".", ";", ":", "!", "?"])
        case _:
            return word


def face(name: str, size: int) -> ImageFont.FreeTypeFont:
    """A face of those that matplotlib brings."""
    return ImageFont.truetype(str(Path(mpl.get_data_path()) / "fonts" / "ttf" / f"{name}.ttf"), size)


def page(
    lines: Sequence[str], size: int, name: str = "DejaVuSans", *, width: int = WIDTH, height: int = HEIGHT
) -> Picture:
    """Dark lines on light paper, (height, width, 3)."""
    paper = Image.new("RGB", (width, height), (250, 249, 246))
    pen = ImageDraw.Draw(paper)
    for number, line in enumerate(lines):
        pen.text((MARGIN, MARGIN + round(number * size * 1.5)), line, fill=(25, 25, 30), font=face(name, size))
    return np.array(paper)


def spoilt(picture: Picture, turn: float, noise: float, seed: int) -> Picture:
    """The picture turned against the clock, with noise."""
    if turn % 90:
        whole = Image.fromarray(picture)
        picture = np.array(whole.rotate(turn, Image.Resampling.BICUBIC, fillcolor=(250, 249, 246)))
    else:
        picture = np.rot90(picture, int(turn) // 90)
    if noise:
        drawn = np.random.default_rng(seed).normal(0, noise, picture.shape)
        picture = np.clip(picture + drawn, 0, 255).astype(np.uint8)
    return np.ascontiguousarray(picture)


def error(truth: str, read: str) -> float:
    """Character error of a text as a whole: changes per sign of the truth; spaces and line ends count as one space."""
    wanted = " ".join(truth.split())
    return distance(wanted, " ".join(read.split())) / len(wanted)


def error_in_any_order(truth: Sequence[str], read: Sequence[str]) -> float:
    """Character error with each line held to the one it fits, whatever the order; what fits none counts whole."""
    assign: Any = importlib.import_module("scipy.optimize").linear_sum_assignment  # Any: it has no types
    size = max(len(truth), len(read))
    wanted = [*truth, *[""] * (size - len(truth))]
    given = [*read, *[""] * (size - len(read))]
    costs = np.array([[distance(one, other) for other in given] for one in wanted])
    return float(costs[assign(costs)].sum()) / sum(map(len, truth))
