"""Text: a scanned page and printed words are read, whichever way they stand, with places in the picture as it came."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from photographs import Desk, photograph
from scripts import script

from nis_backend.capabilities.vision.compute.letters import open_letters
from nis_backend.capabilities.vision.compute.reading import Sheet, grain_of, read_sheet
from nis_backend.capabilities.vision.reading import TextRead, read_text
from nis_backend.errors import Unavailable

PAGE = (Path(__file__).parent / "page.txt").read_text("utf-8")
"""What scikit-image's `page` says, read by eye; of the last line only the upper half of its letters is there, so it is
left out."""


printed = script("printed")


def sheet_of(picture: NDArray[np.uint8]) -> Sheet:
    """What is read, without anybody who hears how far it is."""
    return read_sheet(open_letters(Desk(Path())), np.ascontiguousarray(picture), lambda _fraction, _pass: None)


def lines_of(sheet: Sheet) -> list[str]:
    """The lines in reading order."""
    return [line.text for block in sheet.blocks for row in block for line in row]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Where an operation computes."""
    return Desk(tmp_path)


def test_the_scanned_page_is_read_with_less_than_three_signs_wrong_in_a_hundred(desk: Desk) -> None:
    """The promise of `make bench-reading`, whose table has plain rapidocr beside it; its bent line is straightened."""
    read: TextRead = desk.call(read_text, image=desk.blob(photograph("page")))
    assert printed.error(PAGE, read.text) <= 0.03
    assert "the markers are found at the two extreme parts of the" in read.text
    assert [message for _, message in desk.told][:2] == ["looking for text", "looking which way up it stands"]


def test_without_the_files_the_command_that_fetches_them_is_named(tmp_path: Path) -> None:
    """Promise: `Unavailable` with the remedy; one pull brings both files."""
    desk = Desk(tmp_path, weights=str(tmp_path / "none"))
    with pytest.raises(Unavailable) as failure:
        desk.call(read_text, image=desk.blob(np.full((60, 80, 3), 90, np.uint8)))
    assert failure.value.remedy == "Run: nis weights pull pp-ocrv6-small-det."


WORDS = ["The quick brown fox, 4711.", "Jumps over (lazy) dogs!", "Price: $42.50 or 12/3/2024"]


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_whichever_way_it_stands_it_is_read_and_the_turn_told(turn: int) -> None:
    """Promise: `turn` is what has to be done to the picture, clockwise; `np.rot90` turns against the clock."""
    picture = printed.page(WORDS, 16, width=420, height=160)
    sheet = sheet_of(np.rot90(picture, turn // 90))
    assert printed.error("\n".join(WORDS), sheet.text) <= 0.03
    assert sheet.turn == turn


@pytest.mark.parametrize("turn", [0, 1, 2, 3])
def test_corners_are_in_the_picture_as_it_came(turn: int) -> None:
    """Promise: clockwise from where the text begins at its top, in pixels of the upright picture."""
    picture = np.rot90(printed.page(["Corner"], 24, width=300, height=200), turn)
    (line,) = [line for block in sheet_of(picture).blocks for row in block for line in row]
    dark = np.argwhere(np.asarray(picture).min(axis=2) < 128)[:, ::-1]
    low, high = dark.min(axis=0), dark.max(axis=0)
    # In the picture of turn 0, then each turned by a quarter against the clock.
    around = [[low[0], low[1]], [high[0], low[1]], [high[0], high[1]], [low[0], high[1]]]
    expected = np.roll(np.array(around), turn, axis=0)
    assert np.abs(line.corners - expected).max() <= 12


@pytest.mark.parametrize("skew", [-7, 4])
def test_a_page_that_lies_askew_is_read(skew: int) -> None:
    """Promise: the median slope is told, degrees clockwise, and rows stay rows."""
    picture = printed.spoilt(printed.page(WORDS, 16, width=420, height=200), skew, 0, 1)
    sheet = sheet_of(picture)
    assert printed.error("\n".join(WORDS), sheet.text) <= 0.03
    assert sheet.skew == pytest.approx(-skew, abs=1)


def test_small_text_in_noise_is_smoothed_and_enlarged() -> None:
    """Promise: what was done follows from measures, and is told."""
    picture = printed.spoilt(printed.page(WORDS, 10, width=300, height=130), 0, 30, 2)
    assert 10 < grain_of(picture) < 30
    sheet = sheet_of(picture)
    assert printed.error("\n".join(WORDS), sheet.text) <= 0.1
    assert [one.partition(" ")[0] for one in sheet.amended] == ["noise", "read"]


def test_faint_text_is_stretched() -> None:
    """Promise: text that differs by a thirtieth of the range is read."""
    picture = printed.page(WORDS, 16, width=420, height=160)
    faint = (200 + picture.astype(np.float64) * 0.035).astype(np.uint8)
    sheet = sheet_of(faint)
    assert printed.error("\n".join(WORDS), sheet.text) <= 0.05
    assert sheet.amended[0].startswith("contrast")


def test_columns_are_read_one_after_the_other() -> None:
    """Promise: reading order, not rows across the page."""
    left = ["Harbour lights were low", "and the last ferry had", "left an hour before"]
    right = ["In the market square a", "clock struck eleven and", "nobody was listening"]
    page = np.concatenate([printed.page(side, 16, width=300, height=150) for side in (left, right)], axis=1)
    assert lines_of(sheet_of(page)) == [*left, *right]


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (8, 8), (40, 2000)])
def test_what_holds_no_text_has_none(size: tuple[int, int]) -> None:
    """No size is too small or too long; a plain picture says nothing."""
    sheet = sheet_of(np.full((*size, 3), 180, np.uint8))
    assert (sheet.text, sheet.blocks, sheet.turn, sheet.skew) == ("", [], 0, 0.0)


def test_a_picture_of_no_text_is_answered_in_words(desk: Desk) -> None:
    """A person sees that there was none, not an empty page."""
    request = read_text.validate({"image": desk.blob(np.full((60, 80, 3), 90, np.uint8))})
    read = desk.call(read_text, image=desk.blob(np.full((60, 80, 3), 90, np.uint8)))
    (view,) = read_text.draw(request, read)
    assert view.kind == "text"
    assert view.text == "No text was read in the picture (80 × 60 pixels)."
