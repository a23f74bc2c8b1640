"""What `make bench-vision` shows to each operation: files by name, and requests that name them."""

from __future__ import annotations

import base64
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage import data  # pyright: ignore[reportMissingTypeStubs] - it has none

from nis_backend.capabilities.vision.scans import LABEL

Pixels = NDArray[np.uint8]

COFFEE = np.ascontiguousarray(np.asarray(data.coffee(), np.uint8)[..., ::-1])
"""Blue first, as OpenCV has it."""


def jpeg(picture: Pixels, quality: int = 95) -> bytes:
    """A picture as a file."""
    return cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()


FILES = {
    "@coffee": jpeg(COFFEE),
    "@coarse": jpeg(COFFEE, 30),
    "@turned": jpeg(cv2.rotate(COFFEE, cv2.ROTATE_90_CLOCKWISE).astype(np.uint8)),
    "@cup": jpeg(COFFEE[40:290, 160:430]),
    "@left": jpeg(COFFEE[:, :380]),
    "@right": jpeg(COFFEE[:, 220:]),
    "@page": cv2.imencode(".png", np.asarray(data.page(), np.uint8))[1].tobytes(),
    "@label": base64.b64decode(LABEL.partition(",")[2]),
}

ONE = ("the photograph", {"image": "@coffee"})
BOX = {"x": 160, "y": 20, "width": 270, "height": 260}
REQUESTS: dict[str, tuple[str, dict[str, Any]]] = {
    **{
        f"vision.{name}": ONE
        for name in (
            "assess_quality",
            "classify_image",
            "count_objects",
            "detect_faces",
            "detect_objects",
            "embed_image",
            "find_contours",
            "find_edges",
            "find_lines",
            "segment_image",
        )
    },
    "vision.annotate_image": ("a box on it", {"image": "@coffee", "boxes": [{"box": BOX, "label": "cup"}]}),
    "vision.ask_about_image": ("a question of it", {"image": "@coffee", "question": "What is on the table?"}),
    "vision.compare_images": ("it, and coarsely kept", {"image": "@coffee", "other": "@coarse"}),
    "vision.find_duplicates": ("four pictures", {"images": ["@coffee", "@coarse", "@turned", "@page"]}),
    "vision.match_images": ("the cup, in it", {"image": "@cup", "scene": "@coffee"}),
    "vision.read_codes": ("a label, two codes", {"image": "@label"}),
    "vision.read_text": ("a scanned page", {"image": "@page"}),
    "vision.remove_background": ("a box in it", {"image": "@coffee", "box": BOX}),
    "vision.stitch_images": ("two halves of it", {"images": ["@left", "@right"]}),
    "vision.transform_image": (
        "turned and halved",
        {"image": "@coffee", "steps": [{"step": "rotate", "angle": 90}, {"step": "resize", "width": 200}]},
    ),
}
"""Of each operation, what it is shown and how; what is not here is called as its example."""
