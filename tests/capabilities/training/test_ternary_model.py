"""The ternary decoder against Transformers' own, and its gradients."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest

from nis_backend.capabilities.training.ternary_model import (
    BitLinear,
    NormedEight,
    Rotated,
    Shape,
    TernaryModel,
    codes,
    load,
    save,
    torch,
)

SMALL = Shape(vocabulary=40, width=32, layers=2, heads=4, kv_heads=2, hidden=48, context=16)


def made(shape: Shape = SMALL, seed: int = 3) -> TernaryModel:
    """A model whose norms are not all ones."""
    model = TernaryModel(shape)
    model.begin(seed)
    with torch.no_grad():
        for weight in model.parameters():
            if weight.dim() == 1:
                weight.uniform_(0.5, 1.5, generator=torch.Generator().manual_seed(seed))
    return model


def some_ids(shape: Shape = SMALL, rows: int = 3) -> Any:
    """Numbers of tokens, `(rows, context)`."""
    return torch.randint(shape.vocabulary, (rows, shape.context), generator=torch.Generator().manual_seed(1))


# Torch's compiler says so of itself when Transformers' layers for this are imported.
@pytest.mark.filterwarnings("ignore:`torch.jit.script_method` is deprecated:DeprecationWarning")
@pytest.mark.parametrize("ternary", [True, False])
def test_logits_are_those_of_transformers(ternary: bool, tmp_path: Path) -> None:
    """The saved folder loads as BitNetForCausalLM, with AutoBitLinear online, and scores within rounding."""
    shape = Shape(**{**vars(SMALL), "ternary": ternary})
    model = made(shape)
    save(model, tmp_path, begin=36, end=39)
    transformers: Any = importlib.import_module("transformers")  # Any: its types are not read here
    with torch.compiler.set_stance("force_eager"), torch.no_grad():
        theirs = transformers.AutoModelForCausalLM.from_pretrained(str(tmp_path))
        kinds = {type(one).__name__ for name, one in theirs.named_modules() if name.endswith("_proj")}
        assert kinds == {"AutoBitLinear" if ternary else "Linear"}
        ids = some_ids()
        expected = theirs(ids).logits
        assert torch.equal(load(tmp_path)(ids), model(ids))
        # A number on the edge of rounding may fall to the other side: rarely, and by one 127th.
        apart = (model(ids) - expected).abs()
        assert apart.median() < 1e-5 * expected.abs().max()
        assert apart.max() < (0.02 if ternary else 1e-5) * expected.abs().max()


def test_ternary_weights_are_scaled_by_their_mean_size() -> None:
    """Absmean of arXiv:2402.17764: -1, 0 or 1 by rounding, halves to the even."""
    one, scale = codes(torch.tensor([[2.0, -0.4, 0.5], [-1.0, 0.1, 2.0]]))
    assert float(scale) == pytest.approx(1.0)
    assert one.tolist() == [[1.0, 0.0, 0.0], [-1.0, 0.0, 1.0]]
    assert codes(torch.zeros(2, 2))[0].abs().sum() == 0


def test_activations_are_rounded_to_eight_bits_a_token() -> None:
    """Absmax: each row has at most 255 values, its largest is kept as it is."""
    x = torch.randn(5, 300, generator=torch.Generator().manual_seed(2))
    rounded = NormedEight.apply(x, torch.ones(300), 1e-5, 1.0)
    normed = torch.nn.functional.rms_norm(x, (300,), torch.ones(300), 1e-5)
    steps = normed.abs().amax(-1, keepdim=True) / 127
    assert torch.allclose(rounded / steps, (rounded / steps).round(), atol=1e-3)
    assert ((rounded - normed).abs() <= steps * 0.5001).all()
    assert torch.allclose(rounded.abs().amax(-1), normed.abs().amax(-1))


def test_gradients_pass_straight_through_the_rounding() -> None:
    """They are those of the same layer without rounding, at the rounded values."""
    x = torch.randn(4, 7, 32, generator=torch.Generator().manual_seed(4), requires_grad=True)
    gain = torch.linspace(0.5, 2, 32, requires_grad=True)
    towards = torch.randn(4, 7, 32, generator=torch.Generator().manual_seed(5))
    ours = torch.autograd.grad((NormedEight.apply(x, gain, 1e-5, 1.0) * towards).sum(), [x, gain])
    plain = torch.autograd.grad((torch.nn.functional.rms_norm(x, (32,), gain, 1e-5) * towards).sum(), [x, gain])
    for one, other in zip(ours, plain, strict=True):
        assert torch.allclose(one, other, rtol=1e-4, atol=1e-5)
    layer = BitLinear(32, 8, ternary=True)
    torch.nn.init.normal_(layer.weight)
    rows = torch.randn(6, 32)
    layer(rows).sum().backward()
    assert torch.allclose(layer.weight.grad, rows.sum(0).expand(8, 32), rtol=1e-4, atol=1e-5)


def test_places_turn_back_by_the_same_angle() -> None:
    """The gradient of a rotation is the rotation back."""
    x = torch.randn(1, 2, 5, 8, dtype=torch.float64, requires_grad=True)
    angles = torch.randn(5, 4, dtype=torch.float64)

    def rotated(x: Any) -> Any:
        return Rotated.apply(x, angles.cos(), angles.sin())

    assert torch.autograd.gradcheck(rotated, (x,))


def test_a_share_of_nothing_is_the_float_twin() -> None:
    """Conversion begins where the float model was and ends where the ternary one is."""
    model, ids = made(), some_ids()
    twin = TernaryModel(Shape(**{**vars(SMALL), "ternary": False}))
    twin.load_state_dict(model.state_dict())
    whole = model(ids)
    model.blend(0.0)
    assert torch.equal(model(ids), twin(ids))
    model.blend(1e-4)
    assert (model(ids) - twin(ids)).abs().max() < 0.01
    model.blend(1.0)
    assert torch.equal(model(ids), whole)
    assert (whole - twin(ids)).abs().max() > 0.01


def test_what_comes_later_is_not_seen() -> None:
    """Causal: a later token changes no earlier score."""
    model, ids = made(), some_ids()
    other = ids.clone()
    other[:, 9:] = 0
    assert torch.equal(model(ids)[:, :9], model(other)[:, :9])


def test_parameters_are_counted_as_they_are() -> None:
    """The count that a shape tells is the model's."""
    model = made()
    assert sum(one.numel() for one in model.parameters()) == SMALL.parameters
    assert sum(one.weight.numel() for _, one in model.projections()) == SMALL.ternary_parameters
