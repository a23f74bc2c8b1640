"""Everyday classifiers: what the recipes choose, on rows held out, beside a floor and plain scikit-learn.

    make bench-classifiers
    make bench-classifiers ARGS="--seeds 5 --only wine"

Data that packages ship with: scikit-learn's wine, breast cancer, diabetes and handwritten digits, the latter as rows of
64 numbers and as pictures; texts are what Python's own library says of its functions, to be sorted by what their module
is for. Each seed parts the rows anew: six tenths to learn from, two to choose and calibrate with (where these are fewer
than 500, five folds of both do), two to measure on, which nothing else sees. Plain scikit-learn learns from all eight
tenths, as its guide has it: a pipeline with its defaults, and HistGradientBoosting with its. Figures are means over the
seeds, and ± is their standard deviation; the processor's seconds are of the whole training. Ends with 1 where a recipe
is not better than its floor, or loses more than 0.02 of accuracy (0.04 of R²) to the better of both.
"""

from __future__ import annotations

import argparse
import base64
import importlib
import inspect
import io
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from nis_backend.capabilities.training.recipe import recipe_of
from nis_backend.capabilities.training.worker import train

# Any: scikit-learn has no types.
datasets: Any = import_module("sklearn.datasets")
ensemble: Any = import_module("sklearn.ensemble")
linear_model: Any = import_module("sklearn.linear_model")
metrics: Any = import_module("sklearn.metrics")
pipeline: Any = import_module("sklearn.pipeline")
preprocessing: Any = import_module("sklearn.preprocessing")
text_features: Any = import_module("sklearn.feature_extraction.text")

Json = dict[str, Any]
PARTS = (0.6, 0.8)
"""Where the rows to choose with begin, and those to measure on."""
LOSES = {"accuracy": 0.02, "r2": 0.04}
MODULES = {
    "network": "http.client urllib.request smtplib imaplib ftplib socket ssl socketserver http.server http.cookiejar",
    "numbers": "statistics fractions _pydecimal random numbers",
    "files": "pathlib shutil tarfile zipfile gzip tempfile glob os bz2 lzma fileinput filecmp",
    "text": "textwrap string re difflib html.parser csv configparser json pprint email.header",
    "processes": "asyncio.events asyncio.tasks asyncio.locks asyncio.streams threading subprocess queue sched",
}
"""Modules of Python's library by what they are for."""


@dataclass(frozen=True, kw_only=True)
class Task:
    """Rows as a dataset has them, and what plain scikit-learn is given of each."""

    name: str
    recipe: str
    rows: list[Json]
    plain: list[Any]
    ways: dict[str, Callable[[], Any]]
    settings: Json


def tables() -> list[Task]:
    """Scikit-learn's own tables."""
    found: list[tuple[str, Any]] = [("wine", datasets.load_wine()), ("breast cancer", datasets.load_breast_cancer())]
    found += [("diabetes", datasets.load_diabetes()), ("digits as rows", datasets.load_digits())]
    tasks: list[Task] = []
    for name, data in found:
        numbers = name == "diabetes"
        labels: list[Any] = [float(one) if numbers else str(one) for one in data.target]
        columns = [str(one) for one in data.feature_names]
        rows = [
            {"features": dict(zip(columns, map(float, row), strict=True)), "label": label}
            for row, label in zip(data.data, labels, strict=True)
        ]
        linear = linear_model.RidgeCV if numbers else linear_model.LogisticRegression
        trees = ensemble.HistGradientBoostingRegressor if numbers else ensemble.HistGradientBoostingClassifier
        ways = {
            "scaled linear": lambda linear=linear: pipeline.make_pipeline(preprocessing.StandardScaler(), linear()),
            "boosted trees": lambda trees=trees: trees(random_state=0),
        }
        tasks.append(
            Task(name=name, recipe="table_classifier", rows=rows, plain=list(data.data), ways=ways, settings={})
        )
    return tasks


def pictures() -> Task:
    """Handwritten digits of 8 × 8 pixels as PNG files."""
    data = datasets.load_digits()
    rows: list[Json] = []
    for picture, label in zip(data.images, data.target, strict=True):
        file = io.BytesIO()
        Image.fromarray(np.asarray(np.round(picture * 255 / 16), np.uint8)).save(file, "PNG")
        rows.append({"image": base64.b64encode(file.getvalue()).decode(), "label": str(label)})
    ways = {
        "linear": lambda: pipeline.make_pipeline(
            preprocessing.MinMaxScaler(), linear_model.LogisticRegression(max_iter=1000)
        )
    }
    settings = {"candidates": ["pixels", "net"]}
    return Task(
        name="digits as pictures",
        recipe="image_classifier",
        rows=rows,
        plain=list(data.data),
        ways=ways,
        settings=settings,
    )


def texts() -> Task:
    """What functions of Python's library say of themselves; each text once."""
    found: dict[str, str] = {}
    for label, modules in MODULES.items():
        for name in modules.split():
            module = importlib.import_module(name)
            classes: list[Any] = [one for _, one in inspect.getmembers(module, inspect.isclass)]
            places: list[Any] = [module, *(one for one in classes if one.__module__ == name)]
            things = [one for place in places for _, one in inspect.getmembers(place)]
            for one in things:
                said = inspect.getdoc(one) if inspect.isroutine(one) or isinstance(one, property) else None
                if said and len(said) > 40 and getattr(one, "__module__", name) == name:  # noqa: PLR2004 - a sentence
                    found.setdefault(" ".join(said.split()), label)
    rows: list[Json] = [{"text": text, "label": label} for text, label in found.items()]
    ways = {
        "TF-IDF linear": lambda: pipeline.make_pipeline(
            text_features.TfidfVectorizer(), linear_model.LogisticRegression(max_iter=1000)
        )
    }
    settings = {"candidates": ["words", "characters"]}
    return Task(name="texts", recipe="text_classifier", rows=rows, plain=list(found), ways=ways, settings=settings)


def ours(task: Task, order: list[int], seed: int) -> tuple[Json, str]:
    """What the recipe measures, and what it chose."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "data").mkdir()
        ends = [0, *(int(part * len(order)) for part in PARTS), len(order)]
        for split, first, last in zip(("train", "validation", "test"), ends, ends[1:], strict=False):
            lines = [json.dumps(task.rows[at]) + "\n" for at in order[first:last]]
            (folder / "data" / f"{split}.jsonl").write_text("".join(lines))
        settings = recipe_of(task.recipe).settings.model_validate(task.settings).model_dump()
        payload = {"recipe": task.recipe, "settings": settings, "seed": seed, "folder": place, "base": None, "card": {}}
        began = time.process_time()
        outcome, _ = train({**payload, "steps": 1000, "seconds": None, "save_seconds": 3600.0}, 1, lambda _: None)
        return {**outcome.metrics, "seconds": time.process_time() - began}, str(outcome.facts["chosen"])


def theirs(task: Task, order: list[int], make: Callable[[], Any]) -> Json:
    """What plain scikit-learn reaches on the same rows."""
    labels = [row["label"] for row in task.rows]
    last = int(PARTS[1] * len(order))
    began = time.process_time()
    model = make().fit([task.plain[at] for at in order[:last]], [labels[at] for at in order[:last]])
    seconds = time.process_time() - began
    new, truth = [task.plain[at] for at in order[last:]], [labels[at] for at in order[last:]]
    if task.name == "diabetes":
        return {"r2": metrics.r2_score(truth, model.predict(new)), "seconds": seconds}
    chances = model.predict_proba(new)
    return {
        "accuracy": metrics.accuracy_score(truth, model.predict(new)),
        "log_loss": metrics.log_loss(truth, chances, labels=list(model.classes_)),
        "seconds": seconds,
    }


def told(found: list[Json], name: str) -> str:
    """Mean and deviation over the seeds."""
    values: list[float] = [one[name] for one in found if name in one]
    if not values:
        return "-"
    spread = statistics.stdev(values) if len(values) > 1 else 0.0
    return f"{statistics.fmean(values):.3f} ± {spread:.3f}"


def measure(task: Task, seeds: int) -> bool:
    """Print one task's lines; whether its promise holds."""
    main = "r2" if task.name == "diabetes" else "accuracy"
    mine: list[Json] = []
    other: dict[str, list[Json]] = {name: [] for name in task.ways}
    chosen: list[str] = []
    for seed in range(seeds):
        order: list[int] = np.random.default_rng(seed).permutation(len(task.rows)).tolist()
        one, what = ours(task, order, seed)
        mine.append(one)
        chosen.append(what)
        for name, make in task.ways.items():
            other[name].append(theirs(task, order, make))
    floor = [{main: one[f"floor_{main}"], "log_loss": one.get("floor_log_loss", 0.0), "seconds": 0.0} for one in mine]
    print(f"\n{task.name}: {len(task.rows)} rows; chosen: {', '.join(sorted(set(chosen)))}")
    print(f"{'':24}{main:>16}{'log loss':>18}{'ECE':>18}{'CPU s':>18}")
    lines = {"recipe": mine, **{f"sklearn, {name}": some for name, some in other.items()}, "floor": floor}
    for name, some in lines.items():
        cells = [told(some, column) for column in (main, "log_loss", "ece", "seconds")]
        print(f"{name:24}" + "".join(f"{cell:>18}" for cell in cells))
    best = max(statistics.fmean(one[main] for one in some) for some in other.values())
    reached = statistics.fmean(one[main] for one in mine)
    holds = reached > statistics.fmean(one[main] for one in floor) and reached >= best - LOSES[main]
    print("holds" if holds else "does NOT hold")
    return holds


def main() -> None:
    """Measure every task."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", default="", help="tasks whose name holds this")
    options = parser.parse_args()
    tasks = [one for one in (*tables(), pictures(), texts()) if options.only in one.name]
    kept = [measure(task, options.seeds) for task in tasks]
    sys.exit(0 if all(kept) else 1)


if __name__ == "__main__":
    main()
