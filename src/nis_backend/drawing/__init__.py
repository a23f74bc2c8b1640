"""Drawings as SVG: one code for every surface that shows a picture of numbers, and for the files of `visuals.`.

Only the standard library is used, so a surface draws without any package.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from nis_backend.drawing import box_plot, grid, network, picture, series, sound
from nis_backend.drawing.paper import DARK, LIGHT, Paper
from nis_backend.told import words
from nis_backend.view import Audio, BoxPlot, Grid, Image, Network, Series

if TYPE_CHECKING:
    from nis_backend.drawing.paper import Theme
    from nis_backend.told import Drawing

__all__ = ["DARK", "HEIGHT", "LIGHT", "WIDTH", "draw"]

WIDTH, HEIGHT = 640, 360
"""Pixels of a drawing that nobody asked to be larger; a panel more adds to its height."""


def draw(
    view: Drawing, *, width: int = WIDTH, height: int | None = None, theme: Theme = LIGHT, content: str = ""
) -> str:
    """The drawing as an SVG picture; `content` is the `data:` address of an image's pixels.

    The height is chosen by what is drawn when none is given.
    """
    usual = round(width * HEIGHT / WIDTH)
    match view:
        case Series():
            high = height or series.height_of(view, usual)
        case Image():
            high = height or picture.height_of(view, width)
        case Audio():
            high = height or sound.height_of(view)
        case _:
            high = height or usual
    paper = Paper(width=width, height=high, theme=theme, title=view.title, described=words(view))
    match view:
        case Series():
            series.draw(paper, view)
        case Grid():
            grid.draw(paper, view)
        case BoxPlot():
            box_plot.draw(paper, view)
        case Network():
            network.draw(paper, view)
        case Image():
            picture.draw(paper, view, content)
        case Audio():
            sound.draw(paper, view)
        case _:
            assert_never(view)
    return paper.svg()
