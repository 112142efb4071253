"""Optuna and Untrained, both ways round. Needs optuna.

1. Optuna as the strategy of a search: the study is Untrained's, and optuna's TPE sampler chooses.
2. Untrained as the objective of an optuna study.

python optuna_search.py [SAMPLES]
"""

from __future__ import annotations

import sys

import optuna
import untrained as ut


def notation(trial: optuna.Trial, space: ut.Space) -> str:
    """A cell of NAS-Bench-201: one operation on each of its six edges."""
    nodes = []
    for to in range(1, 4):
        edges = [f"{trial.suggest_categorical(f'{start}-{to}', space.operations)}~{start}" for start in range(to)]
        nodes.append("|" + "|".join(edges) + "|")
    return "+".join(nodes)


class OptunaStrategy:
    """Proposes what a sampler of optuna suggests, and tells it the values."""

    def __init__(self, space: ut.Space, seed: int = 0) -> None:
        """The TPE sampler, with a seed."""
        self.space = space
        self.study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=seed))
        self.waiting: list[optuna.Trial] = []

    def propose(self) -> str:
        """The next suggestion."""
        self.waiting.append(self.study.ask())
        return notation(self.waiting[-1], self.space)

    def observe(self, architecture: ut.Architecture, value: float) -> None:
        """Tells the value of the earliest open suggestion; one that may not be chosen has failed."""
        trial = self.waiting.pop(0)
        if value == float("-inf"):
            self.study.tell(trial, state=optuna.trial.TrialState.FAIL)
        else:
            self.study.tell(trial, value)


def main(samples: int) -> None:
    """Both searches, with equal budgets."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    space = ut.space("nas-bench-201", set={"skeleton.cells": 1, "skeleton.channels": 8})
    options = dict(batch_size=16, seed=0)

    study = ut.search(space, strategy=OptunaStrategy(space), samples=samples, score="naswot", **options)
    print("a search with optuna's sampler:", study.best(1)[0])

    scorer = ut.Scorer(space, **options)
    other = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=0))

    def objective(trial: optuna.Trial) -> float:
        result = scorer.score(notation(trial, space))
        if result.status != "ok":
            raise optuna.TrialPruned()
        return result.score

    other.optimize(objective, n_trials=samples)
    print(f"an optuna study of scores: {other.best_value:.4f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
