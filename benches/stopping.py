#!/usr/bin/env python3
"""How long each phase of the program takes to end after Ctrl-C: benches/stopping.py PROGRAM [REPEATS]

Starts the program in a phase that takes far longer, sends SIGINT once it is in it, and prints the time from the
signal to the end of the process: the median and the largest of the repeats (default 3), with the exit code.
Unix only; needs nothing but Python.
"""
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time

NETWORK = ["--set", "skeleton.cells=1", "--set", "skeleton.channels=4"]
SEARCH = ["search", "--store", "none", "--device", "cpu", "--score", "naswot"]


def varint(value):
    out = b""
    while True:
        value, rest = value >> 7, value & 127
        out += bytes([rest | (128 if value else 0)])
        if not value:
            return out


def field(number, content):
    """A protobuf field: a number, or bytes with their length."""
    if isinstance(content, int):
        return varint(number << 3) + varint(content)
    return varint(number << 3 | 2) + varint(len(content)) + content


def chain(nodes):
    """An ONNX model of Relu nodes one after another."""
    node = lambda at: field(1, f"v{at}".encode()) + field(2, f"v{at + 1}".encode()) + field(4, b"Relu")
    extent = b"".join(field(1, field(1, size)) for size in (1, 3, 8, 8))
    value = lambda name: field(1, name) + field(2, field(1, field(1, 1) + field(2, extent)))
    graph = b"".join(field(1, node(at)) for at in range(nodes)) + field(2, b"chain")
    graph += field(11, value(b"v0")) + field(12, value(f"v{nodes}".encode()))
    return field(1, 8) + field(7, graph) + field(8, field(2, 17))


def phases(folder):
    path = lambda name: os.path.join(folder, name)
    with open(path("chain.onnx"), "wb") as file:
        file.write(chain(600_000))
    draw = random.Random(0)
    with open(path("table.csv"), "w") as file:
        file.write("index,accuracy\n")
        file.writelines(f"{row},{draw.random()}\n" for row in range(15_625))
    with open(path("long.csv"), "w") as file:
        file.write("architecture,accuracy\n")
        file.writelines(f"a{row},{draw.random()}\n" for row in range(8_000_000))
    with open(path("scores.csv"), "w") as file:
        file.write("index,score\n")
        file.writelines(f"{row},{draw.random()}\n" for row in range(15_625))
    table = ["--table", path("table.csv"), "--metric", "accuracy", "--scores", path("scores.csv")]
    layers = ", ".join(['"relu"'] * 80_000)
    shown = subprocess.run([PROGRAM, "--batch", "spaces", "show", "nas-bench-201"], capture_output=True, check=True)
    with open(path("space.toml"), "w") as file:
        file.write(shown.stdout.decode() + f"\n[operations.long]\nlayers = [{layers}]\n")
    wide = ["--set", "skeleton.channels=512", "--batch-size", "2"]
    # The name, seconds until the signal, and the call.
    return [
        ("reading a model", 0.3, ["score", "--device", "cpu", "--onnx", path("chain.onnx")]),
        ("checking a space file", 0.2, ["spaces", "check", path("space.toml")]),
        ("reading a table", 0.5, ["benchmark", "info", path("long.csv")]),
        ("writing a table", 1.0, ["benchmark", "convert", path("long.csv"), path("copy.csv"), "--overwrite"]),
        ("drawing weights", 1.5, SEARCH + wide),
        ("forward pass on the processor", 2.0, SEARCH + ["--batch-size", "128", "--samples", "100000"]),
        ("determinant", 8.0, SEARCH + NETWORK + ["--batch-size", "8192", "--images", "noise", "--samples", "10"]),
        ("rare architectures", 1.0, SEARCH + ["--constraint", "params=..1"]),
        ("tournament", 1.0, SEARCH + NETWORK + ["--strategy", "evolution", "--tournament", "1000000", "--batch-size", "2", "--samples", "100000"]),
        ("sorting and resampling", 1.0, ["correlate", *table, "--resamples", "100000"]),
        ("the search experiment", 1.0, ["protocol", *table, "--runs", "1000000"]),
        ("waiting for a trainer", 1.0, SEARCH + NETWORK + ["--strategy", "rs", "--trainer", "sleep 100000 {arch}"]),
    ]


def delay(seconds, call, folder):
    """Seconds from the signal to the end, and the exit code; nothing if the phase was over before."""
    with subprocess.Popen([PROGRAM, "--batch", *call], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as program:
        time.sleep(seconds)
        if program.poll() is not None:
            return None, program.returncode
        begin = time.monotonic()
        program.send_signal(signal.SIGINT)
        code = program.wait()
        return time.monotonic() - begin, code


def main():
    repeats = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    with tempfile.TemporaryDirectory() as folder:
        print(f"{'phase':<32}{'median s':>10}{'most s':>10}  exit code")
        for name, seconds, call in phases(folder):
            delays = [delay(seconds, call, folder) for _ in range(repeats)]
            times = [took for took, _ in delays if took is not None]
            codes = ", ".join(sorted({"the signal" if code < 0 else str(code) for _, code in delays}))
            if times:
                print(f"{name:<32}{statistics.median(times):>10.2f}{max(times):>10.2f}  {codes}", flush=True)
            else:
                print(f"{name:<32}{'over before the signal':>20}  {codes}", flush=True)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    PROGRAM = os.path.abspath(sys.argv[1])
    main()
