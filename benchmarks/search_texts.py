"""Passages to search: English that comes with Python, NumPy and SciPy, and with other packages, as installed here.

Nothing of it is kept here: a passage is known by its name, as the labels call it.
"""

from __future__ import annotations

import importlib
import inspect
import re
import warnings
from collections.abc import Sequence
from pydoc_data.topics import topics
from types import ModuleType
from typing import Any

STANDARD = """
argparse array asyncio base64 binascii bisect builtins bz2 calendar cmath collections concurrent.futures
configparser contextlib copy csv dataclasses datetime decimal difflib dis email.utils enum filecmp fnmatch
fractions functools gc getpass glob gzip hashlib heapq hmac html http.client http.cookies imaplib inspect ipaddress
itertools json linecache locale logging lzma math mimetypes mmap multiprocessing operator os os.path pathlib
pickle queue random re resource secrets select selectors shelve shutil signal smtplib socket sqlite3 ssl
statistics string struct subprocess sys tarfile tempfile textwrap threading time timeit tokenize traceback
types typing unicodedata unittest urllib.parse urllib.request uuid warnings weakref zipfile zlib zoneinfo
""".split()  # noqa: SIM905 - a line a word would hide the rest

SCIENCE = """
numpy.fft numpy.linalg numpy.random scipy.integrate scipy.optimize
scipy.signal scipy.spatial scipy.spatial.distance
""".split()  # noqa: SIM905 - as above

PACKAGES = """
aiohttp aiohttp.web click hypothesis.strategies jinja2 matplotlib.pyplot matplotlib.ticker matplotlib.patches networkx
openpyxl PIL.Image PIL.ImageDraw PIL.ImageFilter PIL.ImageOps psutil pytest redis requests shapely skimage.exposure
skimage.feature skimage.filters skimage.measure skimage.morphology skimage.restoration skimage.segmentation
skimage.transform sklearn.cluster sklearn.decomposition sklearn.ensemble sklearn.feature_selection sklearn.impute
sklearn.linear_model sklearn.manifold sklearn.metrics sklearn.preprocessing sqlalchemy sqlalchemy.exc sqlalchemy.orm
sympy.geometry sympy.ntheory
""".split()  # noqa: SIM905 - as above

WORDS = 120
"""Of a passage, about: some 200 tokens, which the model in the box reads whole."""
LEAST = 8
"""Words of a passage: less says nothing that could be asked for."""

_SECTION = re.compile(r"\n(?:Parameters|Returns|Attributes|Methods|Yields|See Also|Examples)\n-{3,}")
_RULE = re.compile(r"^[*=\-^~]{3,}$", re.MULTILINE)
_MARKS = re.compile(r"[*`]{1,2}(?=\S)|(?<=\S)[*`]{1,2}")


def passages() -> dict[str, str]:
    """Every passage by its name: `statistics.quantiles` is what is said of it, `with~2` the second part of a topic."""
    return {**_topics(), **_objects((*STANDARD, *SCIENCE))}


def passages_of_packages() -> dict[str, str]:
    """Those of other packages: graphs, pictures, learning, drawing, databases, the web, tests."""
    with warnings.catch_warnings():
        # What is deprecated says so when it is looked at.
        warnings.simplefilter("ignore")
        return _objects(PACKAGES)


def _topics() -> dict[str, str]:
    """The language's reference in parts of whole paragraphs; long topics repeat short ones, which come first."""
    found: dict[str, str] = {}
    known: set[str] = set()
    for topic, text in sorted(topics.items(), key=lambda one: (len(one[1]), one[0])):
        plain = _RULE.sub("", _MARKS.sub("", text))
        new = [one for one in re.split(r"\n\s*\n", plain) if (said := " ".join(one.split())) and said not in known]
        known.update(" ".join(one.split()) for one in new)
        parts = [part for part in _parts(new) if len(part.split()) >= LEAST]
        found.update({f"{topic.lower()}~{number}": part for number, part in enumerate(parts, 1)})
    return found


def _parts(paragraphs: list[str]) -> list[str]:
    parts: list[str] = []
    held: list[str] = []
    for paragraph in paragraphs:
        held.append(re.sub(r"[ \t]+", " ", paragraph).strip())
        if sum(len(one.split()) for one in held) >= WORDS:
            parts.append("\n\n".join(held))
            held = []
    return [*parts, "\n\n".join(held)] if held else parts


def _objects(modules: Sequence[str]) -> dict[str, str]:
    """What is public in the modules, with what its author says of it before the lists of parameters."""
    found: dict[str, str] = {}
    known: set[str] = set()
    for module in modules:
        for name, one in sorted(_public(importlib.import_module(module)).items()):
            said = _SECTION.split(inspect.getdoc(one) or "")[0]
            body = "".join(_parts(re.split(r"\n\s*\n", said))[:1])
            if len(body.split()) >= LEAST and body not in known:  # what a module has from another, or by a second name
                known.add(body)
                found[f"{module}.{name}"] = f"{module}.{name}\n\n{body}"
    return found


def _public(module: ModuleType) -> dict[str, Any]:  # Any: whatever a module holds
    names: list[str] = getattr(module, "__all__", None) or dir(module)
    held = {name: getattr(module, name, None) for name in names if not name.startswith("_")}
    return {
        name: one
        for name, one in held.items()
        if callable(one) and not inspect.ismodule(one) and getattr(one, "__name__", name) == name
    }
