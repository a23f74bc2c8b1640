"""Counting: coins, and drawn things whose number and places are known."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from photographs import Desk, Pixels, photograph

from nis_backend.capabilities.vision.counting import MOST_LISTED, ObjectCount, count_objects

DISCS = ((80, 80, 40), (150, 80, 40), (300, 100, 60), (390, 120, 45), (100, 300, 50), (170, 330, 50), (140, 240, 40))


def drawn() -> Pixels:
    """Seven dark discs, touching by twos and threes, and a bar and an L, each in one piece, on a bright ground."""
    picture = np.full((400, 600), 230, np.uint8)
    for x, y, radius in DISCS:
        cv2.circle(picture, (x, y), radius, 60, -1)
    cv2.rectangle(picture, (400, 250), (580, 270), 60, -1)
    cv2.rectangle(picture, (280, 230), (300, 380), 60, -1)
    cv2.rectangle(picture, (280, 360), (380, 380), 60, -1)
    return picture


def resized(picture: Pixels, by: float) -> Pixels:
    """At another size."""
    return cv2.resize(picture, None, fx=by, fy=by, interpolation=cv2.INTER_AREA if by < 1 else cv2.INTER_CUBIC).astype(
        np.uint8
    )


COINS = photograph("coins")
NOISE = np.random.default_rng(3).normal(0, 10, COINS.shape)


@pytest.mark.parametrize(
    "picture",
    [
        COINS,
        np.rot90(COINS),
        COINS[:, ::-1],
        255 - COINS,
        resized(COINS, 0.5),
        resized(COINS, 2),
        resized(COINS, 4),
        np.clip(COINS + NOISE, 0, 255).astype(np.uint8),
    ],
    ids=["as it is", "turned", "mirrored", "negative", "half", "twice", "four times", "noisy"],
)
def test_the_coins_are_counted(desk: Desk, picture: Pixels) -> None:
    """Promise: 24 coins on an unevenly lit ground, whatever the size, the turn and the noise."""
    found: ObjectCount = desk.call(count_objects, image=desk.blob(picture))
    assert (found.count, found.regions) == (24, 24)
    assert not any(one.touching or one.at_edge for one in found.objects)


def test_each_coin_has_its_place(desk: Desk) -> None:
    """Four rows of six; a turn of the picture turns the boxes."""
    found: ObjectCount = desk.call(count_objects, image=desk.blob(COINS))
    rows = np.sort([one.centre.y for one in found.objects]).reshape(4, 6)
    assert (np.ptp(rows, axis=1) < 25).all()
    assert (np.diff(rows.mean(axis=1)) > 50).all()
    for one in found.objects:
        assert one.box.x < one.centre.x < one.box.x + one.box.width
        assert 0.6 < one.area / (one.box.width * one.box.height) < 0.9
    turned: ObjectCount = desk.call(count_objects, image=desk.blob(np.rot90(COINS)))  # x, y becomes y, width - x
    want = sorted((one.centre.y, found.width - one.centre.x) for one in found.objects)
    got = sorted((one.centre.x, one.centre.y) for one in turned.objects)
    assert np.abs(np.array(want) - np.array(got)).max() < 2


@pytest.mark.parametrize("lit", ["even", "uneven and noisy"])
def test_what_touches_is_counted_apart(desk: Desk, lit: str) -> None:
    """Vincent & Soille (1991): discs part at their necks; a bar and an L have none. Each is near its middle."""
    picture = drawn()
    if lit != "even":
        slope = np.add.outer(np.linspace(0, -60, 400), np.linspace(0, 25, 600))
        noise = np.random.default_rng(0).normal(0, 12, picture.shape)
        picture = np.clip(picture + slope + noise, 0, 255).astype(np.uint8)
    found: ObjectCount = desk.call(count_objects, image=desk.blob(picture))
    assert (found.count, found.regions, found.polarity) == (9, 5, "dark")
    assert sum(one.touching for one in found.objects) == 7
    for x, y, radius in DISCS:
        near = min(found.objects, key=lambda one: np.hypot(one.centre.x - x, one.centre.y - y))
        assert np.hypot(near.centre.x - x, near.centre.y - y) < 6
        assert near.area == pytest.approx(np.pi * radius**2, rel=0.15)
    joined: ObjectCount = desk.call(count_objects, image=desk.blob(picture), split_touching=False)
    assert (joined.count, joined.regions) == (5, 5)


def test_small_things_are_left_out(desk: Desk) -> None:
    """`min_area` is in pixels of the image, also when the picture is reduced to be looked at."""
    picture = np.zeros((1500, 3000), np.uint8)
    for number in range(10):
        cv2.circle(picture, (150 + 280 * number, 700), 20 + 10 * number, 255, -1)
    found: ObjectCount = desk.call(count_objects, image=desk.blob(picture), min_area=np.pi * 65**2)
    assert (found.count, found.min_area) == (5, pytest.approx(np.pi * 65**2))
    biggest = max(found.objects, key=lambda one: one.area)
    assert biggest.area == pytest.approx(np.pi * 110**2, rel=0.08)
    assert biggest.box.x == pytest.approx(150 + 280 * 9 - 110, abs=6)


def test_nothing_is_found_where_nothing_is(desk: Desk) -> None:
    """A plain picture has no objects; of noise it is said that its two classes are one cut in half."""
    assert desk.call(count_objects, image=desk.blob(np.full((60, 90), 140, np.uint8))).count == 0
    assert desk.call(count_objects, image=desk.blob(np.zeros((1, 1), np.uint8))).count == 0
    noise = np.random.default_rng(5).normal(128, 30, (200, 200)).clip(0, 255).astype(np.uint8)
    assert desk.call(count_objects, image=desk.blob(noise)).contrast == pytest.approx(2 / np.pi, abs=0.05)


def test_all_are_counted_and_some_are_listed(desk: Desk) -> None:
    """The list is bounded, the count is not."""
    picture = np.zeros((600, 900), np.uint8)
    picture[5::15, 5::15] = 255
    dots = cv2.dilate(picture, np.ones((5, 5), np.uint8)).astype(np.uint8)
    found: ObjectCount = desk.call(count_objects, image=desk.blob(dots), smoothing=0.5, min_area=9)
    assert (found.count, len(found.objects)) == (40 * 60, MOST_LISTED)
