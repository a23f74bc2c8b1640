"""Comparing: against scikit-image's own measures, and copies among photographs."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from photographs import Desk, Pixels, photograph, pixels_of
from skimage.metrics import (  # pyright: ignore[reportMissingTypeStubs] - it has none
    peak_signal_noise_ratio,  # pyright: ignore[reportUnknownVariableType]
    structural_similarity,  # pyright: ignore[reportUnknownVariableType]
)

from nis_backend.capabilities.vision.comparing import Duplicates, ImageComparison, compare_images, find_duplicates

NAMES = ("astronaut", "chelsea", "coffee", "rocket", "page", "coins", "camera", "china", "flower", "moon")


def noisy(picture: Pixels) -> Pixels:
    """With white noise of ten levels."""
    noise = np.random.default_rng(1).normal(0, 10, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


def grey(picture: Pixels) -> Pixels:
    """Its luma."""
    return cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.uint8) if picture.ndim > 2 else picture


@pytest.mark.parametrize("name", ["astronaut", "chelsea", "page"])
@pytest.mark.parametrize("change", ["noise", "blur", "darker"])
def test_ssim_and_psnr_are_those_of_scikit_image(desk: Desk, name: str, change: str) -> None:
    """Wang et al. (2004), with their window and weights: to a thousandth, and PSNR to a millionth."""
    one = photograph(name)
    if change == "noise":
        two = noisy(one)
    else:
        two = (cv2.GaussianBlur(one, (0, 0), 2) if change == "blur" else one * 0.8).astype(np.uint8)
    found: ImageComparison = desk.call(compare_images, image=desk.blob(one), other=desk.blob(two))
    theirs = float(  # it answers a tuple where more is asked for
        structural_similarity(  # pyright: ignore[reportUnknownArgumentType, reportArgumentType]
            grey(one), grey(two), gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=255
        )
    )
    assert found.ssim == pytest.approx(theirs, abs=1e-3)
    assert found.psnr == pytest.approx(peak_signal_noise_ratio(one, two), abs=1e-6)
    assert found.mean_absolute_difference == pytest.approx(np.abs(one.astype(int) - two).mean(), abs=1e-9)


def test_a_picture_is_like_itself(desk: Desk) -> None:
    """Nothing differs: SSIM 1, no bit, no PSNR, a black map."""
    cat = desk.blob(photograph("chelsea"))
    found: ImageComparison = desk.call(compare_images, image=cat, other=cat)
    assert (found.identical, found.psnr, found.hash_distance, found.changed) == (True, None, 0, 0)
    assert found.ssim == pytest.approx(1, abs=1e-12)
    assert not pixels_of(found.difference).any()


def test_the_map_shows_where_they_differ(desk: Desk) -> None:
    """One square of other pixels is what is bright, stretched to 255, and what is counted."""
    one = np.full((100, 200, 3), 100, np.uint8)
    two = one.copy()
    two[20:40, 50:90, 1] = 140
    found: ImageComparison = desk.call(compare_images, image=desk.blob(one), other=desk.blob(two))
    shown = pixels_of(found.difference)
    assert (shown[20:40, 50:90] == 255).all()
    assert np.count_nonzero(shown) == 20 * 40
    assert found.changed == 20 * 40 / 20_000
    assert found.stretch == 255 / 40


def test_another_size_is_brought_to_the_first(desk: Desk) -> None:
    """It is said, and the picture is recognised."""
    one = photograph("coffee")
    half = cv2.resize(one, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA).astype(np.uint8)
    found: ImageComparison = desk.call(compare_images, image=desk.blob(one), other=desk.blob(half))
    assert (found.resized, found.identical, found.width, found.height) == (True, False, 600, 400)
    assert found.hash_distance <= 2
    assert (found.ssim or 0) > 0.8
    tiny: ImageComparison = desk.call(compare_images, image=desk.blob(one[:5, :5]), other=desk.blob(one[:5, :5]))
    assert tiny.ssim is None


def test_copies_are_found_and_other_photographs_are_not(desk: Desk) -> None:
    """Promise: each photograph with its copies, turned, mirrored, halved and as JPEG of quality 30, and no other."""
    blobs: list[dict[str, str]] = []
    for name in NAMES:
        one = photograph(name)
        half = cv2.resize(np.rot90(one), None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA).astype(np.uint8)
        jpeg = cv2.imencode(".jpg", one[..., ::-1] if one.ndim > 2 else one, [cv2.IMWRITE_JPEG_QUALITY, 30])[1]
        blobs += [desk.blob(one), desk.blob(half), desk.blob(one[:, ::-1]), desk.blob(jpeg.tobytes())]
    found: Duplicates = desk.call(find_duplicates, images=blobs)
    assert [[one.index for one in group.images] for group in found.groups] == [
        [4 * number + copy for copy in range(4)] for number in range(len(NAMES))
    ]
    assert found.unique == []
    for group in found.groups:
        assert [one.turn for one in group.images] == ["none", "90", "mirrored", "none"]
        assert max(one.distance for one in group.images) <= 4
    assert desk.told[-1][0] == 1


def test_turns_can_be_left_out(desk: Desk) -> None:
    """A turned copy is then no copy."""
    one = photograph("rocket")
    images = [desk.blob(one), desk.blob(np.rot90(one)), desk.blob(one[:-3])]
    found: Duplicates = desk.call(find_duplicates, images=images, turned=False)
    assert [[one.index for one in group.images] for group in found.groups] == [[0, 2]]
    assert found.unique == [1]


def test_plain_pictures_of_other_colours_are_no_copies(desk: Desk) -> None:
    """A hash of frequencies has nothing to tell them by; their colours do."""
    images = [desk.blob(np.full((40, 40, 3), level, np.uint8)) for level in (0, 255, 10)]
    found: Duplicates = desk.call(find_duplicates, images=images)
    assert [[one.index for one in group.images] for group in found.groups] == [[0, 2]]
