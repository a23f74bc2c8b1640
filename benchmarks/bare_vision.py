"""The one call of a library that comes nearest to each operation of `vision.`, from the same bytes, on one thread.

It does less: nothing is bounded or checked before, no orientation is applied, no score is explained, and of most only
the step that costs is done.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import cv2
import numpy as np
import zxingcpp
from rapidocr import RapidOCR  # pyright: ignore[reportMissingTypeStubs] - it has none
from seen import BOX, FILES
from skimage import metrics  # pyright: ignore[reportMissingTypeStubs] - it has none

from nis_backend.settings import read_settings

cv: Any = cv2  # Any: pictures of OpenCV's are arrays of any kind
measures: Any = metrics  # Any: it has no types
cv.setNumThreads(1)


def opened(name: str, flag: int = cv.IMREAD_COLOR) -> Any:  # Any: what OpenCV takes
    """The pixels of a file."""
    return cv.imdecode(np.frombuffer(FILES[f"@{name}"], np.uint8), flag)


def grey(name: str = "coffee") -> Any:  # Any: as above
    """The luma of a file."""
    return opened(name, cv.IMREAD_GRAYSCALE)


def faces() -> object:
    """The same cascade with the same steps."""
    return _cascade().detectMultiScale(cv.equalizeHist(grey()), 1.1, 5, minSize=(24, 24))


@functools.cache
def _cascade() -> Any:
    return cv.CascadeClassifier(str(Path(cv2.__file__).parent / "data" / "haarcascade_frontalface_alt2.xml"))


def matched() -> object:
    """Points, their neighbours, and the plane that most agree on."""
    sift, pairs = cv.SIFT.create(), cv.BFMatcher()
    (ours, one), (theirs, other) = (sift.detectAndCompute(grey(name), None) for name in ("cup", "coffee"))
    found = [a for a, b in pairs.knnMatch(one, other, 2) if a.distance < 0.8 * b.distance]
    ends = [
        np.asarray([points[at].pt for at in places], np.float32)
        for points, places in ((ours, [one.queryIdx for one in found]), (theirs, [one.trainIdx for one in found]))
    ]
    return cv.findHomography(ends[0], ends[1], cv.RANSAC, 3.0)


def compared() -> object:
    """Both measures of scikit-image."""
    one, other = opened("coffee"), opened("coarse")
    return (
        measures.structural_similarity(one, other, channel_axis=2),
        measures.peak_signal_noise_ratio(one, other),
    )


def cut() -> object:
    """Five rounds, of the whole picture."""
    picture, mask = opened("coffee"), np.zeros((400, 600), np.uint8)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    return cv.grabCut(picture, mask, tuple(BOX.values()), *models, 5, cv.GC_INIT_WITH_RECT)


def transformed() -> object:
    """Turned, halved, written."""
    turned = cv.rotate(opened("coffee"), cv.ROTATE_90_CLOCKWISE)
    return cv.imencode(".png", cv.resize(turned, (200, 300), interpolation=cv.INTER_AREA))


def annotated() -> object:
    """Drawn on, written."""
    picture = opened("coffee")
    cv.rectangle(picture, (BOX["x"], BOX["y"]), (BOX["x"] + BOX["width"], BOX["y"] + BOX["height"]), (0, 0, 255), 2)
    return cv.imencode(".png", picture)


@functools.cache
def _reader() -> Any:  # Any: it has no types
    threads = {f"EngineConfig.onnxruntime.{name}_op_num_threads": 1 for name in ("intra", "inter")}
    return cast("Any", RapidOCR)(params={"Global.log_level": "critical", **threads})


@functools.cache
def _network() -> Any:  # Any: as above
    from nis_backend.capabilities.vision.compute.checkpoint import read_checkpoint  # noqa: PLC0415 - as above
    from nis_backend.capabilities.vision.compute.efficientnet import build  # noqa: PLC0415 - with its engine
    from nis_backend.capabilities.vision.compute.session import Session  # noqa: PLC0415 - as above

    path = read_settings(os.environ).weights / "efficientnet-lite0-57934424.pth"
    return Session(build(read_checkpoint(path), 224))


def classified() -> object:
    """The network alone, on numbers that are ready."""
    return _network().run(np.zeros((1, 3, 224, 224), np.float32))


BARE: dict[str, tuple[str, Callable[[], object]]] = {
    "vision.annotate_image": ("OpenCV: a rectangle, as PNG", annotated),
    "vision.assess_quality": ("OpenCV: variance of the Laplacian", lambda: cv.Laplacian(grey(), cv.CV_64F).var()),
    "vision.classify_image": ("onnxruntime: the network alone", classified),
    "vision.compare_images": ("scikit-image: SSIM, PSNR", compared),
    "vision.detect_faces": ("OpenCV: the cascade", faces),
    "vision.embed_image": ("onnxruntime: the network alone", classified),
    "vision.find_contours": (
        "OpenCV: Otsu, findContours",
        lambda: cv.findContours(cv.threshold(grey(), 0, 255, cv.THRESH_OTSU)[1], cv.RETR_LIST, cv.CHAIN_APPROX_SIMPLE),
    ),
    "vision.find_edges": ("OpenCV: Canny, as PNG", lambda: cv.imencode(".png", cv.Canny(grey(), 100, 200))),
    "vision.find_lines": ("OpenCV: LSD", lambda: cv.createLineSegmentDetector().detect(grey())),
    "vision.match_images": ("OpenCV: SIFT, RANSAC", matched),
    "vision.read_codes": ("zxing-cpp", lambda: zxingcpp.read_barcodes(opened("label"))),
    "vision.read_text": ("rapidocr", lambda: _reader()(opened("page"))),
    "vision.remove_background": ("OpenCV: GrabCut, whole", cut),
    "vision.stitch_images": (
        "OpenCV: Stitcher",
        lambda: cv.Stitcher.create().stitch([opened("left"), opened("right")]),
    ),
    "vision.transform_image": ("OpenCV: the same, as PNG", transformed),
}
"""By operation: what it is, and the call."""
