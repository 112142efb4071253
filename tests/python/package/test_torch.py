"""Torch modules: from architectures, and scored."""

import numpy as np
import pytest
import untrained as ut

from conftest import CELL

IMAGES = np.random.default_rng(1).normal(size=(6, 3, 8, 8)).astype(np.float32)


def hooked(model):
    """K of a module by hooks."""
    return ut.score(model, IMAGES, hooks=True)


def test_to_torch_is_the_network_that_was_scored(torch, small):
    result = ut.score(CELL, IMAGES, space=small)
    model = result.to_torch()
    assert sum(each.numel() for each in model.parameters()) == result.params
    found = hooked(model)
    assert found.units == result.units
    difference = np.abs(found.kernel.astype(float) - result.kernel.astype(float)).max() / result.units
    assert difference < 1e-3, "sums are rounded in another order, so that few units differ"
    assert found.score == pytest.approx(result.score, rel=1e-3)
    # Other weights are another network.
    torch.manual_seed(0)
    other = hooked(result.to_torch(weights=False))
    assert np.abs(other.kernel.astype(float) - result.kernel.astype(float)).max() / result.units > 1e-3
    again = result.architecture.to_torch()
    assert (hooked(again).kernel == found.kernel).all()
    assert model(torch.from_numpy(IMAGES)).shape == (6, 10)


def test_modules_are_scored_through_an_export(torch, small):
    result = ut.score(CELL, IMAGES, space=small)
    model = result.to_torch()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    exported = ut.score(model, IMAGES)
    assert exported.params == result.params and exported.units == result.units
    difference = np.abs(exported.kernel.astype(float) - result.kernel.astype(float)).max() / result.units
    assert difference < 1e-3
    assert all((value == before[name]).all() for name, value in model.state_dict().items())
    assert model.training
    assert ut.score(model, "noise", input=(3, 8, 8), batch_size=4).kernel.shape == (4, 4)
    assert ut.score(model, torch.from_numpy(IMAGES)).score == exported.score
    with pytest.raises(ut.ModelError, match=r"input=\(c, h, w\)"):
        ut.score(model)


def test_a_module_that_cannot_be_exported_offers_hooks(torch):
    class Odd(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = torch.nn.Conv2d(3, 4, 3)
            self.act = torch.nn.ReLU()

        def forward(self, images):
            # Nothing of ONNX.
            return torch.fft.fft2(self.act(self.conv(images))).real

    torch.manual_seed(0)
    model = Odd()
    with pytest.raises(ut.ModelError, match="Odd cannot be exported.*hooks=True"):
        ut.score(model, IMAGES)
    result = ut.score(model, IMAGES, hooks=True)
    bits = model.conv(torch.from_numpy(IMAGES)).flatten(1) > 0
    agree = (bits[:, None] == bits[None]).sum(2).numpy()
    assert (result.kernel == agree).all() and result.units == bits.shape[1]
    assert result.score == pytest.approx(np.linalg.slogdet(agree.astype(float))[1], rel=1e-9)
    assert not result.kernel.flags.owndata and result.params == sum(each.numel() for each in model.parameters())


def test_modules_without_codes(torch):
    with pytest.raises(ut.ModelError, match="Sequential has no activation"):
        ut.score(torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3)), IMAGES, hooks=True)
    with pytest.raises(ut.ModelError, match="cannot be run"):
        ut.score(torch.nn.Sequential(torch.nn.Conv2d(5, 4, 3), torch.nn.ReLU()), IMAGES, hooks=True)
