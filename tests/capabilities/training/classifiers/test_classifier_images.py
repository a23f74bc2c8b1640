"""Classifiers of pictures: a network that numpy applies, exact resumption, and hostile pictures."""

from __future__ import annotations

import base64
import io
import struct
import zlib
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from classified import Json, Killed, Trainings
from PIL import Image

from nis_backend.capabilities.training.classifiers import images, networks, pictures, saved
from nis_backend.capabilities.training.classifiers.scoring import chances
from nis_backend.errors import InvalidRequest, NisError, TooLarge, WrongMedia

datasets: Any = import_module("sklearn.datasets")  # Any: scikit-learn has no types


def png(pixels: Any) -> str:
    """A picture as base64."""
    file = io.BytesIO()
    Image.fromarray(np.asarray(pixels, np.uint8)).save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


def digits(count: int) -> list[Json]:
    """Handwritten digits of 8 × 8 pixels, of four kinds."""
    found = datasets.load_digits(n_class=4)
    order = np.random.default_rng(0).permutation(len(found.target))[:count].tolist()
    return [{"image": png(found.images[at] * 15), "label": str(found.target[at])} for at in order]


def test_numpy_computes_the_network_as_torch_does() -> None:
    """With the normalisation of batches in the convolutions, scores differ by single precision alone."""
    torch = networks.torch
    draw = np.random.default_rng(0)
    pixels = draw.integers(0, 256, (70, 16, 16, 3), dtype=np.uint8)
    net = networks.built(16, 6, 5, seed=1)
    mean, spread = networks.colours(pixels)
    rows = torch.from_numpy(((pixels - mean) / spread).astype(np.float32)).permute(0, 3, 1, 2)
    net.train()
    with torch.no_grad():
        for _ in range(3):
            net(rows)  # means and deviations of batches are other ones than at the start
        wanted = net.eval()(rows).numpy()
    made = networks.folded(net.state_dict(), pixels)
    assert made.stages == 3
    np.testing.assert_allclose(images.Net(layers=made.arrays()).raw(pixels), wanted, rtol=0, atol=2e-5)


def test_a_network_that_was_killed_again_and_again_ends_with_the_same_bytes(tmp_path: Path) -> None:
    """Order, changes of pictures and the optimiser go on from a checkpoint as if nothing had been."""
    rows = digits(100)
    told: Json = {"candidates": ["net"], "epochs": 1, "width": 4, "batch": 32, "mirror": True}
    whole, cut = Trainings(tmp_path / "whole"), Trainings(tmp_path / "cut")
    whole.train("image_classifier", rows[:80], rows[80:], **told)
    for checkpoints in (4, 12):
        cut.die_after(checkpoints)
        with pytest.raises(Killed):
            cut.train("image_classifier", rows[:80], rows[80:], **told)
    cut.train("image_classifier", rows[:80], rows[80:], **told)
    assert cut.files == whole.files


def test_pictures_are_sorted_and_the_best_way_is_kept(tmp_path: Path) -> None:
    """A network and pixels are judged by the same rows; the model that was saved answers as it was measured."""
    rows, made = digits(560), Trainings(tmp_path)
    outcome = made.train("image_classifier", rows[:460], rows[460:], epochs=5, candidates=["pixels", "net"])
    assert outcome.metrics["accuracy"] >= 0.95
    assert outcome.metrics["floor_accuracy"] < 0.5
    assert {one["name"] for one in made.card["candidates"]} == {"net", "pixels-0.03", "pixels-1"}
    card, arrays = saved.load(made.out)
    model = images.ImageModel.read(card, arrays)
    assert model.size == 8
    told = np.stack([np.zeros((8, 8, 3), np.uint8), np.full((8, 8, 3), 255, np.uint8)])
    np.testing.assert_allclose(model.scores(told, None).sum(axis=1), 1)


def test_a_copy_is_the_mean_of_squares() -> None:
    """Of 32 × 32 pixels one of 16 × 16 is looked at; smaller pictures are looked at as they are."""
    pixels = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3), dtype=np.uint8)
    copy = images.copied(pixels).reshape(2, 16, 16, 3)
    np.testing.assert_allclose(copy[1, 3, 5], pixels[1, 6:8, 10:12].mean(axis=(0, 1)) / 255)
    assert images.copied(pixels[:, :8, :8]).shape == (2, 192)
    assert chances(np.zeros((1, 3))).tolist() == [[1 / 3, 1 / 3, 1 / 3]]


def test_pictures_are_learnt_from_upright() -> None:
    """A photograph that says it lies on its side is the same as one that stands; sixteen bits are as eight."""
    wide = np.zeros((8, 16, 3), np.uint8)
    wide[:, :8] = 255
    file, turned = io.BytesIO(), Image.Exif()
    turned[0x0112] = 6
    Image.fromarray(wide).save(file, "PNG", exif=turned)
    lying = pictures.of_row({"image": base64.b64encode(file.getvalue()).decode()}, "train.0")
    np.testing.assert_array_equal(lying, np.rot90(wide, -1))
    assert pictures.squared(lying, 8)[0].min() == 255


def giant() -> str:
    """A PNG whose header says that it has 10¹⁰ pixels."""
    head = b"IHDR" + struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    chunks = struct.pack(">I", 13) + head + struct.pack(">I", zlib.crc32(head)) + struct.pack(">I", 9) + b"IDAT"
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + chunks).decode()


@pytest.mark.parametrize(
    ("image", "kind"),
    [(giant(), TooLarge), ("AAAA", WrongMedia), ("no base64!", InvalidRequest), (None, InvalidRequest)],
)
def test_what_is_no_picture_is_refused_by_name(image: str | None, kind: type[NisError], tmp_path: Path) -> None:
    """A giant one is refused by its header; nothing of it is decoded."""
    with pytest.raises(kind) as refused:
        Trainings(tmp_path).train("image_classifier", [*digits(40), {"image": image, "label": "0"}])
    assert type(refused.value) is kind
    assert refused.value.field == "train.40.image"
