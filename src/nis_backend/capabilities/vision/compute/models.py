"""Models that see, in the worker: each loaded once a process, from a weight in the box or a folder of one's own."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from nis_backend.capabilities.vision.cards import IN_THE_BOX, READS, Card
from nis_backend.capabilities.vision.compute import efficientnet, tfjs
from nis_backend.capabilities.vision.compute.checkpoint import read_checkpoint
from nis_backend.capabilities.vision.compute.session import Session
from nis_backend.errors import InvalidRequest, Unavailable, shorten

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nis_backend.capabilities.vision.cards import Kind
    from nis_backend.capabilities.vision.compute.session import Answers
    from nis_backend.drivers.compute.base import ComputingContext

log = logging.getLogger("nis.vision")

LARGEST_CARD = 1 << 20
"""Bytes of a `model.json`, and of a file of labels."""

_GRAPHS = {
    "centernet-mobilenetv3": {"heat": "tower_0/keypoints", "sides": "tower_0/wh"},
    "nanodet-g": {
        "scores0": "Identity",
        "scores1": "Identity_1",
        "scores2": "Identity_2",
        "sides0": "Identity_3",
        "sides1": "Identity_4",
        "sides2": "Identity_5",
    },
    "blazeface": {"scores0": "Identity", "scores1": "Identity_1", "faces0": "Identity_2", "faces1": "Identity_3"},
}
"""The nodes of a TensorFlow.js graph whose values are wanted."""


@dataclass(frozen=True)
class Network:
    """A model that is loaded, and its card."""

    name: str
    card: Card
    labels: list[str]
    session: Session

    def run(self, picture: NDArray[np.float32]) -> Answers:
        """What it answers, by name; the picture is (1, 3, height, width).

        Raises:
            Unavailable: it cannot be computed, as a file of one's own may turn out.
        """
        if self.session.inputs[0].shape[-1] == 3:  # noqa: PLR2004 - a graph of TensorFlow's has the colours last
            picture = picture.transpose(0, 2, 3, 1)
        try:
            return self.session.run(picture)
        except MemoryError:
            raise
        except Exception as error:  # as in _load
            log.warning("the model %s: %s", self.name, error)
            raise _unfit(self.name, "it failed as it was computed; the log says why") from error


def open_graph(weight: str, ctx: ComputingContext) -> Session:
    """A graph of TensorFlow.js in the box."""
    return Session(tfjs.build(ctx.weight(f"{weight}-graph"), ctx.weight(weight), _GRAPHS[weight]))


def network(name: str, kind: Kind, ctx: ComputingContext) -> Network:
    """The model of that name, loaded at its first use.

    Raises:
        InvalidRequest: there is none, or it is of another kind.
        Unavailable: its file is missing or is not what its card says.
    """
    card, folder = _find(name, ctx, kind)
    if card.kind != kind:
        raise InvalidRequest(
            f"{name} is no {kind}: it is a {card.kind}.", field="model", value=name, remedy=_others(kind, ctx)
        )
    return ctx.keep(f"vision:{name}", partial(_load, name, card, folder, ctx))


def kind_of(name: str, ctx: ComputingContext) -> Kind:
    """What the model of that name is.

    Raises:
        InvalidRequest: there is none.
    """
    return _find(name, ctx)[0].kind


def _find(name: str, ctx: ComputingContext, kind: Kind | None = None) -> tuple[Card, Path | None]:
    if name in IN_THE_BOX:
        return IN_THE_BOX[name], None
    own = own_models(ctx)
    if name not in own:
        raise InvalidRequest(
            f"There is no model {shorten(name)!r}.", field="model", value=name, remedy=_others(kind, ctx)
        )
    return read_card(own[name]), own[name]


def own_models(ctx: ComputingContext) -> dict[str, Path]:
    """The folders of one's own models, by name."""
    place = ctx.options.get("vision_models")
    if not place or not Path(place).is_dir():
        return {}
    return {one.name: one for one in sorted(Path(place).iterdir()) if (one / "model.json").is_file()}


def _others(kind: Kind | None, ctx: ComputingContext) -> str:
    known = [name for name, card in IN_THE_BOX.items() if kind in (None, card.kind)]
    return f"In the box: {', '.join(known)}. Of your own: {', '.join(own_models(ctx)) or 'none'} (NIS_VISION_MODELS)."


def read_card(folder: Path) -> Card:
    """The card in a model's folder.

    Raises:
        Unavailable: it cannot be read, or says what cannot be.
    """
    try:
        card = Card.model_validate(json.loads(_text(folder / "model.json", folder.name)))
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False)[0]
        raise _unfit(folder.name, f"{'.'.join(map(str, wrong['loc']))}: {wrong['msg']}") from None
    except ValueError as error:
        raise _unfit(folder.name, f"it is no JSON: {error}") from None
    if card.output not in READS[card.kind]:
        raise _unfit(folder.name, f"output: a {card.kind} answers {' or '.join(READS[card.kind])}")
    if 0.0 in card.std:
        raise _unfit(folder.name, "std: none may be 0")
    return card


def _text(path: Path, name: str) -> str:
    try:
        if path.stat().st_size > LARGEST_CARD:
            raise _unfit(name, f"{path.name} has more than {LARGEST_CARD} bytes")
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        raise _unfit(name, f"{path.name} cannot be read") from None


def _unfit(name: str, why: str) -> Unavailable:
    return Unavailable(
        f"The model {name} cannot be used: {shorten(why, 300)}.",
        field="model",
        value=name,
        remedy=f"Mend model.json in the folder {name} of NIS_VISION_MODELS, or name another model.",
    )


def _load(name: str, card: Card, folder: Path | None, ctx: ComputingContext) -> Network:
    if folder is None:
        labels = Path(__file__).parent.parent / str(card.labels)
        return Network(name, card, labels.read_text("utf-8").splitlines(), _in_the_box(name, card, ctx))
    labels = card.labels if isinstance(card.labels, list) else _text(folder / Path(card.labels).name, name).splitlines()
    if not labels and card.kind != "embedder":
        raise _unfit(name, "labels: there are none")
    path = folder / card.file
    if not path.is_file():
        raise _unfit(name, f"file: there is no {card.file}")
    try:
        session = Session(str(path))
    except Exception as error:  # the engine's faults have no common class of their own, and name the file's path
        log.warning("the model %s: %s", name, error)
        raise _unfit(name, f"{card.file} is no ONNX file that can be computed here; the log says why") from error
    made = Network(name, card, labels, session)
    _check_input(made)
    return made


def _in_the_box(name: str, card: Card, ctx: ComputingContext) -> Session:
    if card.kind == "classifier":
        return Session(efficientnet.build(read_checkpoint(ctx.weight(card.file)), card.width))
    return open_graph(card.file, ctx)


def _check_input(made: Network) -> None:
    """Refuse a file whose input is not the card's; a size that the file leaves open is any."""
    wanted = (1, 3, made.card.height, made.card.width)
    _, kind, shape = made.session.inputs[0]
    fits = len(shape) == len(wanted) and all(
        not isinstance(size, int) or size == want for size, want in zip(shape, wanted, strict=True)
    )
    if len(made.session.inputs) != 1 or kind != "tensor(float)" or not fits:
        found = "; ".join(f"{one.name} {one.kind} {one.shape}" for one in made.session.inputs)
        raise _unfit(made.name, f"its file wants {found}, and the card says float32 {list(wanted)}")


def mismatch(made: Network, why: str) -> Unavailable:
    """That a model's answer is not what its card says."""
    return _unfit(made.name, why)
