"""Quality: what is measured of photographs and of pictures whose answer is known."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from photographs import Desk, photograph

from nis_backend.capabilities.vision.quality import assess_quality

SHARP = ("astronaut", "chelsea", "coffee", "rocket", "page", "coins", "camera", "brick", "china", "flower", "moon")


@pytest.mark.parametrize("name", SHARP)
def test_blur_is_flagged_on_blurred_photographs_alone(desk: Desk, name: str) -> None:
    """Promise: the threshold parts photographs from their copies blurred by 1/256 of the longest side."""
    sharp = photograph(name)
    blurred = cv2.GaussianBlur(sharp, (0, 0), max(sharp.shape) / 256).astype(np.uint8)
    assert not desk.call(assess_quality, image=desk.blob(sharp)).blurred
    assert desk.call(assess_quality, image=desk.blob(blurred)).blurred


@pytest.mark.parametrize("name", ["chelsea", "coins", "camera"])
def test_noise_does_not_hide_blur(desk: Desk, name: str) -> None:
    """Promise: what noise adds to the Laplacian's variance is taken off, where no reduction has mixed it."""
    sharp = photograph(name)
    noise = np.random.default_rng(1).normal(0, 10, sharp.shape)
    blurred = cv2.GaussianBlur(sharp, (0, 0), max(sharp.shape) / 170) + noise
    found = desk.call(assess_quality, image=desk.blob(np.clip(np.round(blurred), 0, 255).astype(np.uint8)))
    assert found.blurred
    assert found.laplacian_variance > 10 * found.blurred_below


@pytest.mark.parametrize("sigma", [3.0, 8.0, 20.0])
def test_white_noise_is_measured(desk: Desk, sigma: float) -> None:
    """Immerkær (1996): within a tenth, on a slope that the mask does not see."""
    slope = np.add.outer(np.linspace(60, 120, 300), np.linspace(0, 60, 400))
    noisy = np.round(slope + np.random.default_rng(2).normal(0, sigma, slope.shape)).astype(np.uint8)
    assert desk.call(assess_quality, image=desk.blob(noisy)).noise == pytest.approx(sigma, rel=0.1)


def test_colourfulness_is_none_of_grey_and_as_the_formula_says_of_two_colours(desk: Desk) -> None:
    """Hasler & Süsstrunk (2003): half red, half blue by hand."""
    grey = np.full((20, 20, 3), 128, np.uint8)
    assert desk.call(assess_quality, image=desk.blob(grey)).colourfulness == 0
    halves = np.zeros((20, 20, 3), np.uint8)
    halves[:10, :, 0], halves[10:, :, 2] = 255, 255
    # Red minus green is 255 and 0, yellow minus blue 127.5 and -255.
    expected = np.hypot(127.5, 191.25) + 0.3 * np.hypot(127.5, -63.75)
    assert desk.call(assess_quality, image=desk.blob(halves)).colourfulness == pytest.approx(expected, rel=1e-5)


def test_exposure_is_told_by_mean_and_by_what_is_clipped(desk: Desk) -> None:
    """Dark, bright and balanced copies of one photograph; shares of pixels at the ends of the range."""
    cat = photograph("chelsea").astype(np.float64)
    assert desk.call(assess_quality, image=desk.blob(cat.astype(np.uint8))).exposure == "balanced"
    assert desk.call(assess_quality, image=desk.blob((cat / 4).astype(np.uint8))).exposure == "dark"
    bright = desk.call(assess_quality, image=desk.blob(np.clip(cat * 3, 0, 255).astype(np.uint8)))
    assert bright.exposure == "bright"
    half = np.zeros((10, 10), np.uint8)
    half[:5] = 255
    found = desk.call(assess_quality, image=desk.blob(half))
    assert (found.clipped_dark, found.clipped_bright, found.brightness, found.contrast) == (0.5, 0.5, 127.5, 127.5)


def test_a_turn_changes_no_measure(desk: Desk) -> None:
    """Invariant: every measure is of the pixels, wherever they are."""
    cup = photograph("coffee")
    one = desk.call(assess_quality, image=desk.blob(cup))
    turned = desk.call(assess_quality, image=desk.blob(np.rot90(cup)))
    assert (turned.width, turned.height) == (one.height, one.width)
    for name in ("brightness", "contrast", "noise", "colourfulness", "clipped_dark", "clipped_bright"):
        assert getattr(turned, name) == pytest.approx(getattr(one, name), rel=1e-4)


@pytest.mark.parametrize("size", [(1, 1), (1, 50), (2, 2), (5000, 3)])
def test_the_smallest_pictures_have_a_quality(desk: Desk, size: tuple[int, int]) -> None:
    """No size is too small; without detail a picture counts as blurred."""
    found = desk.call(assess_quality, image=desk.blob(np.full(size, 100, np.uint8)))
    assert (found.height, found.width, found.blurred, found.noise) == (*size, True, 0)
