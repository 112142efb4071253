"""Scores a random sample with the workers of a Ray cluster, and gathers one table. Needs ray.

The driver draws the sample and cuts it into shares. Each worker opens images and device once and scores
shares until none are left; one that is lost has its share scored by another. The table has the order of the
sample and the values of one process: `--check` compares them.

python ray_search.py [--space ID] [--samples N] [--workers N] [--seed N] [--address ADDRESS] [--out TABLE]

`--address auto` joins the cluster of the computer it is started on; without it, one is started here.
"""

from __future__ import annotations

import argparse
import csv
import os
from pathlib import Path
from typing import Any

import ray
import untrained as ut

BATCH_SIZE = 16
# So many architectures go to a worker at a time: enough that asking for them costs nothing.
SHARE = 8


@ray.remote(max_restarts=2, max_task_retries=2)
class Worker:
    """A process with images and device open."""

    def __init__(self, space: str, changes: dict[str, Any], seed: int, number: int, threads: int) -> None:
        """Opens them. `changes` are those to values of the space; `number` counts the workers."""
        # The program uses as many threads as its process has processors: on Linux, this one's are chosen here.
        if hasattr(os, "sched_setaffinity"):
            processors = sorted(os.sched_getaffinity(0))
            own = [processors[(number * threads + k) % len(processors)] for k in range(threads)]
            os.sched_setaffinity(0, own)
        self.scorer = ut.Scorer(ut.space(space, set=changes), batch_size=BATCH_SIZE, seed=seed)

    def score(self, notations: list[str]) -> list[float]:
        """The values of a share of the sample, in order."""
        return [result.score for result in self.scorer.score_all(notations)]


def main() -> None:
    """Draws, scores and writes."""
    parser = argparse.ArgumentParser(description="Scores a random sample with the workers of a Ray cluster.")
    parser.add_argument("--space", default="nas-bench-201", help="a space's ID, or a file that all workers can read")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="a change to the space")
    parser.add_argument("--samples", type=int, default=64)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--threads", type=int, default=1, help="processors of each worker")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--address", help="of a cluster that runs already")
    parser.add_argument("--out", type=Path, default=Path("ray-results.csv"))
    parser.add_argument("--check", action="store_true", help="score everything in this process, too, and compare")
    options = parser.parse_args()
    if options.out.exists():
        parser.error(f"{options.out} exists: choose another name")
    changes = dict(change.split("=", 1) for change in options.set)
    changes = {key: int(value) if value.isdigit() else value for key, value in changes.items()}

    space = ut.space(options.space, set=changes)
    notations = [str(architecture) for architecture in space.sample(options.samples, seed=options.seed)]
    shares = [notations[first:first + SHARE] for first in range(0, len(notations), SHARE)]

    ray.init(address=options.address, include_dashboard=False, log_to_driver=False,
             num_cpus=None if options.address else options.workers * options.threads)
    workers = [
        Worker.options(num_cpus=options.threads).remote(options.space, changes, options.seed, number, options.threads)
        for number in range(options.workers)
    ]
    pool = ray.util.ActorPool(workers)
    values: list[float] = []
    for share in pool.map(lambda worker, share: worker.score.remote(share), shares):
        values += share
        print(f"\r{len(values)} of {len(notations)}", end="", flush=True)
    print()
    ray.shutdown()

    with options.out.open("x", newline="") as table:
        writer = csv.writer(table)
        writer.writerow(["position", "architecture", "score"])
        writer.writerows(zip(range(len(notations)), notations, values))
    best = max(range(len(values)), key=values.__getitem__)
    print(f"the best of {len(values)}: {notations[best]} ({values[best]:.4f}); all in {options.out}")

    if options.check:
        scorer = ut.Scorer(space, batch_size=BATCH_SIZE, seed=options.seed)
        alone = [result.score for result in scorer.score_all(notations)]
        if alone != values:
            raise SystemExit("the workers' values differ from those of one process")
        print("the values are those of one process")


if __name__ == "__main__":
    main()
