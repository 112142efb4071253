"""Scores real models of torchvision and timm, and compares units and score with PyTorch.

    python tests/python/zoo.py --program target/release/untrained --out zoo.csv

Each model gets random weights, is exported with one of PyTorch's exporters and scored by the program on
a small random mini-batch. The expected values come from PyTorch itself: every call of an activation
function is intercepted where it is dispatched, a bit is whether its input is above zero, and
K[i, j] counts the bits on which images i and j agree. The table has a row for each model and exporter:
`right` (units equal, score within 1e-3 relative), `wrong`, `refused` (with the program's reason), or
`unexported` (PyTorch could not write the model). Rows that are in the table already are not repeated.

Needs torch, torchvision, timm, onnx, onnxscript and numpy.
"""

import argparse
import csv
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

FIELDS = ["model", "exporter", "result", "units", "expected_units", "score", "expected_score",
          "seconds", "torch_seconds", "reason"]
BATCH = 4
TOLERANCE = 1e-3


def names(which):
    """Every classifier of torchvision, and the smallest model of each of timm's modules."""
    import timm
    import torch
    import torchvision
    found = []
    if which in ("torchvision", "all"):
        found += ["tv:" + name for name in torchvision.models.list_models(module=torchvision.models)]
    if which in ("timm", "all"):
        for module in timm.models.list_modules():
            sizes = []
            for name in timm.list_models(module=module):
                try:
                    with torch.device("meta"):
                        model = timm.create_model(name, pretrained=False)
                    sizes.append((sum(p.numel() for p in model.parameters()), name))
                except Exception:
                    continue
            found += ["timm:" + name for _, name in sorted(sizes)[:1]]
    return found


def build(name):
    import timm
    import torch
    import torchvision
    torch.manual_seed(0)
    kind, name = name.split(":", 1)
    if kind == "tv":
        arguments = {"init_weights": True} if name in ("googlenet", "inception_v3") else {}
        return torchvision.models.get_model(name, weights=None, **arguments), (3, 224, 224)
    model = timm.create_model(name, pretrained=False)
    return model, tuple(timm.data.resolve_model_data_config(model)["input_size"])


def expected(model, images):
    """Units and ln |det K| of a forward pass, by the activation functions that PyTorch dispatches.

    Functions of parameters alone, which are equal for all images, have no units.
    """
    import numpy
    import torch
    from torch.utils._python_dispatch import TorchDispatchMode
    counted = {"relu", "relu_", "hardtanh", "hardtanh_", "relu6", "leaky_relu", "leaky_relu_",
               "_prelu_kernel", "elu", "elu_", "selu", "celu", "silu", "silu_", "mish", "mish_", "gelu",
               "hardswish", "hardswish_", "hardsigmoid", "hardsigmoid_", "sigmoid", "sigmoid_", "tanh",
               "tanh_", "softplus", "threshold", "threshold_"}
    n = len(images)

    class Calls(TorchDispatchMode):
        """Calls `see` with the input of each activation."""

        def __init__(self, see):
            super().__init__()
            self.see = see

        def __torch_dispatch__(self, function, types, args=(), kwargs=None):
            if function._schema.name.split("::")[1] in counted:
                self.see(args[0])
            return function(*args, **(kwargs or {}))

    state = {"units": 0, "k": numpy.zeros((n, n)), "call": 0}
    sums = []

    def count(values):
        alone = state["call"] < len(sums) and float(values.double().abs().sum()) == sums[state["call"]]
        state["call"] += 1
        if not alone:
            # Parts of images on the axis of the batch stay with their image.
            bits = (values > 0).reshape(n, -1).numpy().astype(numpy.float32)
            state["units"] += bits.shape[1]
            state["k"] += bits @ bits.T + (1 - bits) @ (1 - bits).T

    with torch.no_grad():
        with Calls(lambda values: sums.append(float(values.double().abs().sum()))):
            model(images.flip(-1) * 0.5)
        with Calls(count):
            model(images)
    sign, value = numpy.linalg.slogdet(state["k"])
    return state["units"], float(value) if sign else float("-inf")


def export(model, images, exporter, path):
    import torch
    if exporter == "dynamo":
        torch.onnx.export(model, (images,), path, dynamo=True, external_data=False, verbose=False)
    else:
        torch.onnx.export(model, (images,), path, dynamo=False, opset_version=17)


def one(name, exporter, program):
    """The row of one model."""
    import numpy
    import torch
    torch.set_num_threads(2)
    row = {"model": name, "exporter": exporter}
    model, shape = build(name)
    model.eval()
    images = torch.randn(BATCH, *shape, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        model(images)
        begin = time.perf_counter()
        model(images)
        row["torch_seconds"] = round(time.perf_counter() - begin, 4)
    row["expected_units"], row["expected_score"] = expected(model, images)
    with tempfile.TemporaryDirectory() as folder:
        path, array = f"{folder}/model.onnx", f"{folder}/images.npy"
        try:
            export(model, images, exporter, path)
        except Exception as error:
            return row | {"result": "unexported", "reason": " ".join(str(error).split())[:300]}
        del model
        numpy.save(array, images.numpy())
        command = [program, "--batch", "score", "--onnx", path, "--images", f"npy:{array}",
                   "--batch-size", str(BATCH), "--device", "cpu", "--out",
                   f"{folder}/out.jsonl"]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            return row | {"result": "refused", "reason": " ".join(done.stderr.split())[-600:]}
        out = json.loads(Path(f"{folder}/out.jsonl").read_text().splitlines()[0])
    score = out["score"] if out["score"] is not None else float("-inf")
    row |= {"units": out["units"], "score": score, "seconds": round(out["seconds"], 4)}
    if out["status"] == "failed":
        return row | {"result": "refused", "reason": out["message"]}
    near = abs(score - row["expected_score"]) <= TOLERANCE * abs(row["expected_score"])
    right = row["units"] == row["expected_units"] and near
    warnings = " ".join(re.findall(r"warning: (.*)", done.stderr))[:600]
    return row | {"result": "right" if right else "wrong", "reason": warnings}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--models", default="all", help="torchvision, timm, all, or names (tv:resnet18)")
    parser.add_argument("--exporter", default="torchscript,dynamo")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--timeout", type=float, default=600)
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(one(options.models, options.exporter, options.program)))
        return
    wanted = names(options.models) if options.models in ("torchvision", "timm", "all") \
        else options.models.split(",")
    done = set()
    if options.out.exists():
        with options.out.open() as table:
            done = {(row["model"], row["exporter"]) for row in csv.DictReader(table)}
    with options.out.open("a", newline="") as table:
        writer = csv.DictWriter(table, FIELDS)
        if not done:
            writer.writeheader()
        for exporter in options.exporter.split(","):
            for name in wanted:
                if (name, exporter) in done:
                    continue
                # A process of its own: a model that takes the memory or never ends stops nothing else.
                command = [sys.executable, __file__, "--one", "--models", name, "--exporter", exporter,
                           "--program", options.program, "--out", os.devnull]
                try:
                    run = subprocess.run(command, capture_output=True, text=True, timeout=options.timeout)
                    row = json.loads(run.stdout.splitlines()[-1])
                except subprocess.TimeoutExpired:
                    row = {"model": name, "exporter": exporter, "result": "unexported", "reason": "too slow"}
                except (IndexError, ValueError):
                    reason = " ".join(run.stderr.split())[-300:]
                    row = {"model": name, "exporter": exporter, "result": "unexported", "reason": reason}
                writer.writerow(row)
                table.flush()
                print(exporter, name, row["result"], row.get("reason", "")[:150], file=sys.stderr)
    with options.out.open() as table:
        rows = list(csv.DictReader(table))
    for exporter in sorted({row["exporter"] for row in rows}):
        counts = {}
        for row in rows:
            if row["exporter"] == exporter:
                counts[row["result"]] = counts.get(row["result"], 0) + 1
        print(exporter, " ".join(f"{result} {count}" for result, count in sorted(counts.items())))


if __name__ == "__main__":
    main()
