"""SVG as PNG: resvg, with a font that is installed with it. Loaded in the worker, where a PNG is wanted."""

from __future__ import annotations

from importlib.resources import files

import resvg_py

FAMILY = "Noto Sans"
COVERED = 0x590
"""Below this, the font has every letter: Latin, Greek, Cyrillic. Beyond, the machine's fonts are looked through too."""
ALSO = frozenset(map(chr, (*range(0x2010, 0x2027), *range(0x2070, 0x207C), 0x20AC, 0x2212)))
"""What it has beyond: dashes and quotes, raised digits, the euro, minus."""


def rendered(svg: str) -> bytes:
    """The picture in its own size, opaque."""
    fonts = [path for path in (files("fontpkg_noto_sans") / "files").iterdir() if "Italic" not in path.name]
    return resvg_py.svg_to_bytes(
        svg_string=svg,
        font_files=[str(path) for path in fonts],
        font_family=FAMILY,
        sans_serif_family=FAMILY,
        skip_system_fonts=all(ord(char) < COVERED or char in ALSO for char in svg),
    )
