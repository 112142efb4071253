"""Checks an exported module against what the program computed.

check_module.py FOLDER
check_module.py MODULE.py WEIGHTS.safetensors IMAGES.npy KERNEL.npy PARAMS

A folder holds a folder for each case: module.py, weights.safetensors, images.npy, kernel.npy and params.txt,
and uncounted.txt: the kinds of activations, such as those of gates, that no code holds.
Builds the module with the exported weights, takes the binary code of every activation with hooks on the
images, and compares the kernel matrix with that of the program: `units - hamming(code_i, code_j)` for images i
and j. Also compares the number of parameters. With weights of its own, the module must have another matrix.
Needs torch only.
"""

import ast
import importlib.util
import json
import os
import struct
import sys

import torch
from torch import nn

TOLERANCE = 1e-4
ACTIVATIONS = (
    nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.Sigmoid, nn.Hardsigmoid, nn.SiLU, nn.Hardswish, nn.GELU, nn.Tanh,
    nn.ELU, nn.Mish, nn.Softsign, nn.Hardtanh, nn.Softplus, nn.Softshrink, nn.Hardshrink, nn.Threshold,
)
OWN_ACTIVATIONS = ("HardSigmoid", "Shrink")


def read_npy(path):
    """An array of a .npy file as a tensor."""
    with open(path, "rb") as file:
        data = file.read()
    assert data[:6] == b"\x93NUMPY", path
    size, begin = ("<H", 10) if data[6] == 1 else ("<I", 12)
    (length,) = struct.unpack(size, data[8:begin])
    header = ast.literal_eval(data[begin:begin + length].decode("latin1"))
    kinds = {"<f4": torch.float32, "<f8": torch.float64, "<u4": torch.uint32, "<u8": torch.uint64}
    assert not header["fortran_order"], path
    values = torch.frombuffer(bytearray(data[begin + length:]), dtype=kinds[header["descr"]])
    return values.reshape(header["shape"])


def import_file(path):
    spec = importlib.util.spec_from_file_location("exported", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def kernel(module, model, images, uncounted=()):
    """The kernel matrix of all activations but those of uncounted kinds, and the number of units."""
    own = tuple(getattr(module, name) for name in OWN_ACTIVATIONS if hasattr(module, name))
    agree = torch.zeros(len(images), len(images), dtype=torch.float64)
    units = 0

    def count(_, inputs):
        nonlocal agree, units
        on = (inputs[0].detach().flatten(1) > 0).float()
        units += on.shape[1]
        agree += (on @ on.T + (1 - on) @ (1 - on).T).double()

    for part in model.modules():
        is_counted = type(part).__name__.lower() not in uncounted
        if is_counted and isinstance(part, ACTIVATIONS + own):
            part.register_forward_pre_hook(count)
    # Not in training mode if the module says that it was not scored in it.
    model.train("training mode" in module.__doc__)
    with torch.no_grad():
        output = model(images)
    assert output.shape[0] == len(images)
    return agree, units


def check(path, weights, images, expected, params, uncounted=""):
    module = import_file(path)
    images = read_npy(images)
    expected = read_npy(expected).to(torch.float64)
    model = module.build(weights=weights)
    found_params = sum(parameter.numel() for parameter in model.parameters())
    uncounted = uncounted.lower().split()
    agree, units = kernel(module, model, images, uncounted)
    assert expected[0, 0] == units, f"{units} units, not {int(expected[0, 0])}"
    difference = ((agree - expected).abs().max() / units).item()
    torch.manual_seed(1)
    other, _ = kernel(module, module.build(), images, uncounted)
    control = ((other - expected).abs().max() / units).item()
    print(json.dumps({"units": units, "params": found_params, "difference": difference, "control": control}))
    assert found_params == int(params), f"{found_params} parameters, not {params}"
    assert difference <= TOLERANCE, f"codes differ in {difference:.2e} of the units"
    assert control > TOLERANCE, "other weights have the same codes"


def main():
    if len(sys.argv) == 6:
        return check(*sys.argv[1:])
    (folder,) = sys.argv[1:]
    failed = False
    for name in sorted(os.listdir(folder)):
        def file(part):
            return os.path.join(folder, name, part)

        try:
            with open(file("params.txt")) as params, open(file("uncounted.txt")) as uncounted:
                check(file("module.py"), file("weights.safetensors"), file("images.npy"), file("kernel.npy"),
                      params.read(), uncounted.read())
        except Exception as error:
            failed = True
            print(f"{name}: {type(error).__name__}: {error}", file=sys.stderr)
    sys.exit(1 if failed else 0)


main()
