"""Scores of architectures and models, kernels, codes and images."""

import numpy as np
import pytest
import untrained as ut

from conftest import CELL

IMAGES = np.random.default_rng(0).normal(size=(6, 3, 8, 8)).astype(np.float32)


def test_an_architecture_is_scored(small):
    result = ut.score(CELL, "noise", space=small, batch_size=8, also=["swap", "expressivity"])
    sign, logarithm = np.linalg.slogdet(result.kernel.astype(float))
    assert sign == 1 and result.score == pytest.approx(logarithm, rel=1e-9)
    assert result.value == result.score and result.status == "ok"
    assert result.scores["naswot"] == result.score and result.scores["params"] == result.params
    assert result.scores["swap"] > 0 and np.isfinite(result.scores["expressivity"])
    assert result.architecture == small.parse(CELL)
    assert (result.params, result.macs) == (result.architecture.params, result.architecture.macs)
    assert ut.score(small.parse(CELL), "noise", batch_size=8).score == result.score
    several = ut.Scorer(small, "noise", batch_size=8).score_all([CELL, small.from_index(3)])
    assert several[0].score == result.score and several[1].index == 3
    assert ut.score(CELL, "noise", space=small, batch_size=8, seed=1).score != result.score


def test_the_kernel_is_the_memory_of_the_core(small):
    result = ut.score(CELL, IMAGES, space=small)
    kernel = result.kernel
    assert kernel.shape == (6, 6) and kernel.dtype == np.uint64
    assert not kernel.flags.owndata and not kernel.flags.writeable
    again = result.kernel
    assert again is not kernel
    assert again.__array_interface__["data"][0] == kernel.__array_interface__["data"][0], "a copy"
    with pytest.raises(ValueError):
        kernel[0, 0] = 1
    expected = kernel.copy()
    del result, again
    garbage = [np.zeros((6, 6), np.uint64) for _ in range(1000)]
    assert (kernel == expected).all() and len(garbage) == 1000, "the array keeps its memory alive"
    assert (np.diag(kernel) == kernel[0, 0]).all() and (kernel == kernel.T).all()


def test_codes_give_the_kernel(small):
    result = ut.score(CELL, IMAGES, space=small)
    agree = np.zeros((6, 6), np.uint64)
    for codes in result.codes:
        bits = codes.bits()
        assert bits.shape == (6, codes.units) and bits.dtype == bool
        assert codes.words.shape == (6, -(-codes.units // 32)) and not codes.words.flags.owndata
        agree += np.uint64(codes.multiplicity) * (bits[:, None] == bits[None]).sum(axis=2).astype(np.uint64)
    assert (agree == result.kernel).all()
    assert result.units == agree[0, 0]


def test_arrays_are_used_as_they_are(small, tmp_path):
    result = ut.score(CELL, IMAGES, space=small)
    np.save(tmp_path / "images.npy", IMAGES)
    for images in (tmp_path / "images.npy", f"npy:{tmp_path}/images.npy"):
        assert (ut.score(CELL, images, space=small, batch_size=6).kernel == result.kernel).all()
    # Any memory order and precision of the same values.
    for images in (np.asfortranarray(IMAGES), IMAGES.astype(np.float64), IMAGES[::-1][::-1]):
        assert (ut.score(CELL, images, space=small).kernel == result.kernel).all()
    assert (ut.score(CELL, IMAGES[::-1].copy(), space=small).kernel != result.kernel).any()


@pytest.mark.parametrize(
    "images, message",
    [
        (IMAGES.transpose(0, 2, 3, 1), r"6 x 8 x 8 x 3, with the channels last.*transpose\(0, 3, 1, 2\)"),
        (IMAGES[0], "3 x 8 x 8: a mini-batch"),
        (IMAGES.astype(np.int64), "int64"),
        ((IMAGES * 0).astype(np.uint8), "uint8: .*divide by 255"),
        (IMAGES[:1], "at least 2"),
        (np.full_like(IMAGES, np.nan), "not finite"),
        (IMAGES[:, :, :4], "6 x 3 x 4 x 8, but the space takes images of 3 x 8 x 8"),
        ([[1.0]], "images are a list"),
        ("cifar11:data", "cifar10"),
        ("cifar10:/nowhere", "/nowhere"),
    ],
)
def test_wrong_images_say_what_is_wrong(small, images, message):
    with pytest.raises((ut.ImageError, ut.OptionError), match=message) as caught:
        ut.score(CELL, images, space=small)
    assert not isinstance(images, np.ndarray) or isinstance(caught.value, ut.ImageError)


def test_a_scorer_scores_one_by_one(small):
    scorer = ut.Scorer(small, IMAGES)
    assert scorer.images == 6 and scorer.device
    assert (scorer.score(CELL).kernel == ut.score(CELL, IMAGES, space=small).kernel).all()
    with pytest.raises(ut.ArchitectureError):
        scorer.score("nonsense")
    with pytest.raises(ut.OptionError, match="batch"):
        ut.Scorer(small, IMAGES, batch_sise=3)
    with pytest.raises(ut.OptionError, match="must be at least 2") as caught:
        ut.Scorer(small, batch_size=1)
    assert caught.value.option == "batch_size"
    with pytest.raises(ut.DeviceError, match="no-such-device"):
        ut.Scorer(small, "noise", device="no-such-device")


def test_models_are_exported_and_scored(small, tmp_path):
    import onnx

    result = ut.score(CELL, IMAGES, space=small)
    path = tmp_path / "cell.onnx"
    result.to_onnx(path)
    onnx.checker.check_model(onnx.load(path))
    model = ut.score(path, IMAGES)
    assert (model.kernel == result.kernel).all(), "the weights are those of the score"
    assert (model.params, model.architecture, model.notation) == (result.params, None, "cell.onnx")
    assert (ut.score(str(path), IMAGES, weights="fresh", seed=3).kernel != result.kernel).any()
    assert model.to_svg().startswith("<svg")
    with pytest.raises(ut.OutputError):
        result.to_onnx(path)
    result.to_onnx(path, mode="inference", overwrite=True)
    with pytest.raises(ut.OptionError, match="training"):
        result.to_onnx(path, mode="training", overwrite=True)


def test_models_that_cannot_be_read(tmp_path):
    path = tmp_path / "broken.onnx"
    path.write_bytes(b"no model")
    with pytest.raises(ut.ModelError, match="broken.onnx"):
        ut.score(path, IMAGES)
    with pytest.raises(ut.ModelError, match="missing.onnx"):
        ut.score(tmp_path / "missing.onnx", IMAGES)


def test_options_belong_to_what_is_scored(small):
    with pytest.raises(ut.OptionError, match="weights is for models"):
        ut.score(CELL, IMAGES, space=small, weights="fresh")
    with pytest.raises(ut.OptionError, match="hooks"):
        ut.score(CELL, IMAGES, space=small, hooks=True)


def test_a_disconnected_architecture_has_no_kernel(small):
    nothing = "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|"
    result = ut.score(nothing, IMAGES, space=small)
    assert result.status == "disconnected"
    with pytest.raises(ut.ModelError, match="no path"):
        result.to_onnx("never.onnx")
