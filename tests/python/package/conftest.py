"""What the tests of the package share."""

import os
import sys

import pytest

if os.environ.get("UNTRAINED_TORCH_SITE"):
    # Behind all others, so that only what the environment lacks comes from there.
    sys.path.append(os.environ["UNTRAINED_TORCH_SITE"])

import untrained as ut

# Networks this small are scored in milliseconds, without optimisation too.
SMALL = {"skeleton.cells": 1, "skeleton.channels": 4}
CELL = "|nor_conv_3x3~0|+|none~0|nor_conv_1x1~1|+|skip_connect~0|none~1|nor_conv_3x3~2|"


@pytest.fixture(scope="session")
def small():
    """NAS-Bench-201 with one cell a stage, four channels and images of 8x8."""
    return ut.space("nas-bench-201", input=(3, 8, 8), set=SMALL)


@pytest.fixture
def torch():
    """Torch, where it is there."""
    return pytest.importorskip("torch")
