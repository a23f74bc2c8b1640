"""A small convolutional network from scratch: each step a function of the seed and its number alone."""

from __future__ import annotations

import math
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from nis_backend.capabilities.training.classifiers.images import Net

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from nis_backend.capabilities.training.classifiers.under import Under
    from nis_backend.capabilities.training.settings.image_classifier import Settings

    Pixels = NDArray[np.uint8]
    Places = NDArray[np.int64]
    Tensor = Any

torch: Any = import_module("torch")  # Any: this project reads it without its types
nn: Any = torch.nn
functional: Any = import_module("torch.nn.functional")

SMALLEST = 4
"""Pixels of a side after the last halving."""
WARM = 0.2
"""The part of the steps in which the learning rate rises."""
DECAY = 0.02
STRETCH = 0.1
"""By how much pictures are made larger or smaller."""
BRIGHTER = 0.1


def stages(size: int) -> int:
    """Halvings that leave four pixels of a side, and one more."""
    return 1 + max(0, int(math.log2(size / SMALLEST)))


def built(size: int, width: int, labels: int, seed: int) -> Any:
    """The network: (pictures, 3, size, size) to (pictures, labels)."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        layers: list[Any] = []
        into = 3
        for stage in range(stages(size)):
            out = width * 2**stage
            for _ in range(2):
                layers += [nn.Conv2d(into, out, 3, padding=1, bias=False), nn.BatchNorm2d(out), nn.ReLU()]
                into = out
            if stage + 1 < stages(size):
                layers.append(nn.MaxPool2d(2))
        return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(into, labels))


@dataclass(frozen=True, kw_only=True)
class Fit:
    """Pictures (count, size, size, 3) with places of labels, and how they are learnt from."""

    pixels: Pixels
    goal: Places
    labels: int
    settings: Settings
    seed: int

    @property
    def each(self) -> int:
        """Steps in which every picture is seen once."""
        return math.ceil(len(self.goal) / self.settings.batch)

    @property
    def steps(self) -> int:
        """Of the whole."""
        return self.each * self.settings.epochs

    def train(self, under: Under) -> dict[str, Tensor]:
        """The network's state after all steps; it goes on where a checkpoint was.

        AdamW, its rate risen and then fallen along a half wave. Source: Loshchilov & Hutter, ICLR 2019
        (arXiv:1711.05101); Ioffe & Szegedy, ICML 2015 (arXiv:1502.03167).
        """
        net = built(self.pixels.shape[1], self.settings.width, self.labels, self.seed)
        optimiser = torch.optim.AdamW(net.parameters(), lr=self.settings.rate, weight_decay=DECAY)
        step, tensors = under.begun()
        if tensors:
            _restore(net, optimiser, tensors)
        pictures = torch.from_numpy(self.pixels).permute(0, 3, 1, 2)
        goal = torch.from_numpy(self.goal)
        mean, spread = (torch.from_numpy(one).view(1, 3, 1, 1) for one in colours(self.pixels))
        net.train()
        while step < self.steps:
            at = self._batch(step)
            drawn = self._changed((pictures[at].float() - mean) / spread, step)
            for group in optimiser.param_groups:
                group["lr"] = self.settings.rate * wave(step / self.steps)
            loss = functional.cross_entropy(net(drawn), goal[at])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            step += 1
            under.tell(step, float(loss.detach()), lambda: _kept(net, optimiser))
        return {name: tensor.detach() for name, tensor in net.state_dict().items()}

    def _batch(self, step: int) -> Tensor:
        """The pictures of a step: each is seen once before any is seen again."""
        turn, place = divmod(step, self.each)
        order = torch.randperm(len(self.goal), generator=_random(self.seed, 1, turn))
        return order[place * self.settings.batch : (place + 1) * self.settings.batch]

    def _changed(self, pictures: Tensor, step: int) -> Tensor:
        """Turned, moved, stretched, mirrored, made brighter or darker, each picture by chances of its own."""
        settings, count = self.settings, len(pictures)
        chance = torch.rand(count, 6, generator=_random(self.seed, 2, step)) * 2 - 1
        angle = chance[:, 0] * math.radians(settings.turn)
        larger = 1 + chance[:, 1] * STRETCH
        mirrored = torch.where(chance[:, 5] > 0, -1.0, 1.0) if settings.mirror else torch.ones(count)
        across, up = (chance[:, place] * 2 * settings.shift for place in (2, 3))
        cosine, sine = torch.cos(angle) * larger, torch.sin(angle) * larger
        rows = [torch.stack([cosine * mirrored, -sine, across], 1), torch.stack([sine * mirrored, cosine, up], 1)]
        grid = functional.affine_grid(torch.stack(rows, 1), pictures.shape, align_corners=False)
        moved = functional.grid_sample(pictures, grid, padding_mode="border", align_corners=False)
        return moved + BRIGHTER * chance[:, 4].view(-1, 1, 1, 1)


def wave(part: float) -> float:
    """The learning rate, 0 to 1, at a part of the way."""
    return part / WARM if part < WARM else (1 + math.cos(math.pi * (part - WARM) / (1 - WARM))) / 2


def colours(pixels: Pixels) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Mean and deviation of each colour."""
    mean = pixels.mean(axis=(0, 1, 2), dtype=np.float64).astype(np.float32)
    spread = np.maximum(pixels.std(axis=(0, 1, 2), dtype=np.float64), 1).astype(np.float32)
    return mean, spread


def folded(state: Mapping[str, Tensor], pixels: Pixels) -> Net:
    """The network with its normalisation in the convolutions, for numpy; `pixels` are those that it learnt from."""
    mean, spread = colours(pixels)
    layers: dict[str, NDArray[np.float32]] = {"mean": mean, "spread": spread}
    convolutions = [name.removesuffix(".weight") for name, tensor in state.items() if tensor.ndim == 4]  # noqa: PLR2004 - a convolution's
    for number, name in enumerate(convolutions):
        norm = str(int(name) + 1)
        scale = state[f"{norm}.weight"] / torch.sqrt(state[f"{norm}.running_var"] + 1e-5)
        at = f"{number // 2}.{number % 2}"
        layers[f"{at}.weight"] = (state[f"{name}.weight"] * scale.view(-1, 1, 1, 1)).numpy()
        layers[f"{at}.bias"] = (state[f"{norm}.bias"] - state[f"{norm}.running_mean"] * scale).numpy()
    head = next(name for name in reversed(list(state)) if name.endswith(".weight")).removesuffix(".weight")
    layers |= {"head.weight": state[f"{head}.weight"].numpy(), "head.bias": state[f"{head}.bias"].numpy()}
    return Net(layers=layers)


def _random(seed: int, what: int, number: int) -> Any:
    return torch.Generator().manual_seed(
        int(np.random.SeedSequence([seed, what, number]).generate_state(1, np.uint64)[0] >> 1)
    )


def _kept(net: Any, optimiser: Any) -> dict[str, Tensor]:
    """All that it takes to go on."""
    found = {f"net.{name}": tensor.clone() for name, tensor in net.state_dict().items()}
    for place, one in optimiser.state_dict()["state"].items():
        found |= {f"adam.{place}.{name}": tensor.clone() for name, tensor in one.items()}
    return found


def _restore(net: Any, optimiser: Any, tensors: Mapping[str, Tensor]) -> None:
    net.load_state_dict({name.removeprefix("net."): one for name, one in tensors.items() if name.startswith("net.")})
    state = optimiser.state_dict()
    for name, tensor in tensors.items():
        if name.startswith("adam."):
            _, place, what = name.split(".")
            state["state"].setdefault(int(place), {})[what] = tensor
    optimiser.load_state_dict(state)
