"""Checkpoints are read as PyTorch reads them, and nothing in one is executed."""

from __future__ import annotations

import os
import pickle
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
import torch

from nis_backend.capabilities.vision.compute.checkpoint import MAGIC, read_checkpoint
from nis_backend.settings import read_settings
from nis_backend.weights.files import Weights


def save(path: Path, state: object) -> Path:
    """By PyTorch, in its layout before 1.6."""
    torch.save(state, path, _use_new_zipfile_serialization=False)
    return path


def test_a_checkpoint_is_read_as_pytorch_reads_it(tmp_path: Path) -> None:
    """Arrays that lie in one piece, turned around, in a part of a storage, and of one number; counters are left out."""
    both = torch.arange(12, dtype=torch.float32)
    state: OrderedDict[str, torch.Tensor] = OrderedDict(
        plain=torch.arange(6.0).reshape(2, 3),
        turned=torch.arange(6.0).reshape(2, 3).T,
        part=both[4:10].reshape(3, 2),
        one=torch.tensor(2.5),
        counter=torch.tensor(7),
    )
    read = read_checkpoint(save(tmp_path / "state.pth", state))
    assert set(read) == {"plain", "turned", "part", "one"}
    for name, value in read.items():
        np.testing.assert_array_equal(value, state[name].numpy())


def test_the_weight_in_the_box_is_read_as_pytorch_reads_it() -> None:
    """All of the classifier's arrays, bit by bit."""
    path = Weights.of(read_settings(os.environ)).require("efficientnet-lite0")
    read = read_checkpoint(path)
    wanted = torch.load(path, weights_only=True)
    assert len(read) == sum(one.is_floating_point() for one in wanted.values())
    for name, value in read.items():
        np.testing.assert_array_equal(value, wanted[name].numpy())


class Hostile:
    """Calls something when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (str(self.mark),)


def test_a_pickle_that_calls_something_is_refused(tmp_path: Path) -> None:
    """Only what a state of tensors consists of is known: the call is not made."""
    mark = tmp_path / "called"
    path = save(tmp_path / "bad.pth", {"x": Hostile(mark)})
    with pytest.raises(pickle.UnpicklingError, match="mkdir"):
        read_checkpoint(path)
    assert not mark.exists()


def test_another_file_is_no_checkpoint(tmp_path: Path) -> None:
    """The newer layout, which is a zip, and a pickle of something else."""
    newer = tmp_path / "newer.pth"
    torch.save({"x": torch.ones(2)}, newer)
    with pytest.raises((ValueError, pickle.UnpicklingError)):
        read_checkpoint(newer)
    other = tmp_path / "other.pth"
    other.write_bytes(pickle.dumps(MAGIC + 1))
    with pytest.raises(ValueError, match="no checkpoint"):
        read_checkpoint(other)


def test_a_tensor_beyond_its_bytes_is_refused(tmp_path: Path) -> None:
    """What a file claims of a tensor's place is held against the bytes there are."""
    path = save(tmp_path / "state.pth", {"x": torch.arange(6.0)})
    content = path.read_bytes()
    # The shape (6,) stands in the pickle as K\x06\x85; 200 elements are more than there are.
    assert content.count(b"K\x06\x85") == 1
    path.write_bytes(content.replace(b"K\x06\x85", b"K\xc8\x85"))
    with pytest.raises(ValueError, match="beyond its bytes"):
        read_checkpoint(path)
