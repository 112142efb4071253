"""Searches, studies, and strategies and scores in Python."""

import csv
import os
import random
import signal
import subprocess
import sys
import textwrap
import threading
import time
import warnings

import numpy as np
import pandas as pd
import pytest
import untrained as ut

from conftest import SMALL

NOISE = dict(images="noise", batch_size=4, score="naswot", seed=5)


def test_a_search_returns_its_results(small):
    study = ut.search(small, samples=12, **NOISE)
    assert len(study) == 12 and study.ranked_by == "naswot" and not study.interrupted
    best = study.best(3)
    assert [each.value for each in best] == sorted((each.value for each in study), reverse=True)[:3]
    assert study[-1].notation == list(study)[11].notation
    with pytest.raises(IndexError):
        study[12]
    frame = study.to_pandas()
    assert isinstance(frame, pd.DataFrame) and len(frame) == 12
    assert frame["value"].max() == best[0].value
    assert frame["params"].dtype.kind == "i" and frame["score"].dtype.kind == "f"
    assert list(frame.columns[:5]) == ["architecture", "score", "sd", "status", "params"]
    with pytest.raises(ut.ModelError, match="untrained.score"):
        best[0].kernel  # noqa: B018
    assert 'strategy = "random"' in study.job


def test_a_search_is_that_of_the_command_line(small, tmp_path):
    study = ut.search(small, samples=10, seed=7, also=["swap"])
    out = tmp_path / "out.csv"
    options = [f"--set={key}={value}" for key, value in SMALL.items()]
    arguments = [
        "search",
        *options,
        "--input",
        "3x8x8",
        "--samples",
        "10",
        "--seed",
        "7",
        "--also",
        "swap",
        "--store",
        "none",
        "--out",
        out,
    ]
    binary = os.environ.get("UNTRAINED_BINARY", "")
    program = [binary] if os.path.exists(binary) else [sys.executable, "-m", "untrained"]
    subprocess.run([*program, "--batch", *arguments], check=True, capture_output=True)
    rows = list(csv.DictReader(out.open()))
    columns = study.columns()
    assert [row["architecture"] for row in rows] == columns["architecture"]
    for name in ("score", "params", "macs", "units", "regions"):
        found = [float(row[name]) if row[name] else None for row in rows]
        assert found == columns[name], name
    assert study.ranked_by == "combined" and len(columns["swap"]) == 10
    # Another seed is another study.
    assert ut.search(small, samples=10, seed=8).columns()["architecture"] != columns["architecture"]


def test_the_combined_rank_compares_all(small):
    study = ut.search(small, samples=15)
    values = [each.value for each in study if each.status == "ok"]
    assert study.best(15)[0].value == max(values)
    assert len(study.best(15)) > 10, "more than the ten of the command line"


def test_studies_are_those_of_the_program(small, tmp_path):
    store = tmp_path / "studies.db"
    study = ut.search(small, samples=6, store=store, **NOISE)
    assert study.store == store and study.id
    (entry,) = ut.studies(store)
    assert (entry["id"], entry["state"], entry["results"]) == (study.id, "done", 6)
    loaded = ut.load_study(store, study.id[:6])
    assert loaded.columns() == study.columns()
    assert [each.notation for each in loaded.best(3)] == [each.notation for each in study.best(3)]
    shown = subprocess.run(
        [sys.executable, "-m", "untrained", "--batch", "studies", "--store", store, "show", study.id],
        capture_output=True,
        text=True,
    )
    assert shown.returncode == 0 and study.id in shown.stdout, shown.stderr
    more = ut.resume(store, study.id, samples=9)
    assert more.id == study.id and len(more) == 9
    assert more.columns()["architecture"][:6] == study.columns()["architecture"]


def test_wrong_stores(tmp_path):
    with pytest.raises(ut.StoreError, match="nothing.db"):
        ut.studies(tmp_path / "nothing.db")
    path = tmp_path / "text.db"
    path.write_text("this is no database, but it is long enough to be looked at" * 20)
    with pytest.raises(ut.StoreError, match="text.db"):
        ut.load_study(path, "abc")
    study = ut.search("nas-bench-201", samples=1, score="params", store=tmp_path / "a.db")
    with pytest.raises(ut.StoreError, match="zzz"):
        ut.load_study(study.store, "zzz")


@pytest.mark.parametrize(
    "options, error, message",
    [
        (dict(samples=0), ut.OptionError, "samples must be at least 1"),
        (dict(score="naswott"), ut.OptionError, "naswot"),
        (dict(strategy="evolutoin"), ut.OptionError, "evolution"),
        (dict(population=5), ut.OptionError, "population is not used by the strategy random"),
        (dict(strategy="rea"), ut.OptionError, "benchmark table is needed"),
        (dict(strategy="rea", table="missing.csv", metric="accuracy"), ut.TableError, "missing.csv"),
        (dict(constraint=["params=..1"], score="params", samples=3), ut.ConstraintError, "params"),
        (dict(strategy=object()), ut.OptionError, "propose"),
        (dict(score=3), ut.OptionError, "__call__"),
    ],
)
def test_wrong_options_say_what_is_allowed(small, options, error, message):
    with pytest.raises(error, match=message):
        ut.search(small, **options)


def test_every_option_of_the_core_is_there():
    import inspect

    from untrained import _untrained

    names = {name for name, _ in _untrained.option_names("search")}
    # These are part of the space.
    of_space = {"space", "input", "classes", "set"}
    own = {"space", "progress", "store"}
    assert set(inspect.signature(ut.search).parameters) - own == names - of_space
    models = {name for name, _ in _untrained.option_names("onnx")} - {"space", "classes", "set"}
    given = set(inspect.signature(ut.score).parameters) - {"what", "space", "hooks"}
    assert given == models - {"architecture_seed", "path"} - {"onnx"}


def test_progress_is_told(small, capfd):
    told = []
    study = ut.search(small, samples=5, progress=lambda *what: told.append(what), **NOISE)
    assert told[-1][:2] == (5, 5) and told[-1][2] == study.best(1)[0].value
    ut.search(small, samples=5, progress=True, **NOISE)
    assert "5 of 5 architectures, best" in capfd.readouterr().err


def test_warnings_are_notices(tmp_path):
    # Noise for a score of codes is nothing to warn of; another batch in the same place is.
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        ut.search("nas-bench-201", samples=2, score="params")
    assert all(issubclass(each.category, ut.Notice) for each in caught)


def test_other_threads_run_meanwhile(small):
    ticks, done = 0, threading.Event()

    def count():
        nonlocal ticks
        while not done.is_set():
            ticks += 1
            time.sleep(0.001)

    thread = threading.Thread(target=count)
    thread.start()
    try:
        ticks, begin, searches = 0, time.monotonic(), 0
        # As many searches as it takes: how long one of them lasts is the computer's affair.
        while time.monotonic() - begin < 0.5:
            ut.search(small, samples=300, **NOISE)
            searches += 1
        counted = ticks
    finally:
        done.set()
        thread.join()
    # A thread that was kept out counts once or twice a search, when Python's lock is free.
    assert counted > searches * 10, (counted, searches)


def test_searches_run_in_threads(small):
    found = {}

    def work(seed):
        found[seed] = ut.search(small, samples=4, images="noise", batch_size=4, score="naswot", seed=seed)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for seed, study in found.items():
        alone = ut.search(small, samples=4, images="noise", batch_size=4, score="naswot", seed=seed)
        assert alone.columns()["score"] == study.columns()["score"]


INTERRUPTED = """
    import sys, untrained as ut
    space = ut.space("nas-bench-201", input=(3, 16, 16))
    told = lambda done, total, best: print("results", done, flush=True)
    try:
        ut.search(space, samples=15000, images="noise", batch_size=16, score="naswot", progress=told, store=sys.argv[1])
    except KeyboardInterrupt:
        print("KeyboardInterrupt", flush=True)
"""


def test_ctrl_c_stops_and_the_study_goes_on(tmp_path):
    store = tmp_path / "studies.db"
    program = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(INTERRUPTED), str(store)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert program.stdout.readline().startswith("results")
    begin = time.monotonic()
    program.send_signal(signal.SIGINT)
    out, errors = program.communicate(timeout=60)
    assert time.monotonic() - begin < 10
    assert program.returncode == 0 and out.splitlines()[-1] == "KeyboardInterrupt", (out, errors)
    (entry,) = ut.studies(store)
    assert entry["state"] == "interrupted" and entry["results"] > 0
    assert f'untrained.resume("{store}", "{entry["id"]}")' in errors
    assert ut.load_study(store, entry["id"]).interrupted


def test_an_exception_of_progress_stops(small, tmp_path):
    def progress(done, total, best):
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"), pytest.warns(ut.Notice, match="resume"):
        ut.search(small, samples=500, progress=progress, store=tmp_path / "a.db", **NOISE)


class Climber:
    """Hill climbing from the middle of the space: a neighbour of the best, chosen by the values so far."""

    def __init__(self, space, seed=0):
        self.random = random.Random(seed)
        self.best, self.value = space.parse("7812"), float("-inf")
        self.first = True
        self.seen = []

    def propose(self):
        """The start, then neighbours."""
        self.first, first = False, self.first
        return self.best if first else self.random.choice(self.best.neighbours())

    def observe(self, architecture, value):
        """Moves where it is better."""
        self.seen.append((str(architecture), value))
        if value > self.value:
            self.best, self.value = architecture, value


def test_an_own_strategy(small, tmp_path):
    strategy = Climber(small)
    study = ut.search(small, strategy=strategy, samples=12, store=tmp_path / "a.db", **NOISE)
    assert [name for name, _ in strategy.seen] == study.columns()["architecture"]
    assert [value for _, value in strategy.seen] == [each.value for each in study]
    assert strategy.value == study.best(1)[0].value
    assert 'strategy = "Climber"' in study.job
    # The same strategy goes on where it was: the first results come from the study.
    again = Climber(small)
    more = ut.resume(tmp_path / "a.db", study.id, samples=15, strategy=again)
    assert again.seen[:12] == strategy.seen and len(more) == 15
    with pytest.raises(ut.OptionError, match="Climber"):
        ut.resume(tmp_path / "a.db", study.id, samples=20)
    command = [
        sys.executable,
        "-m",
        "untrained",
        "--batch",
        "search",
        "--store",
        tmp_path / "a.db",
        "--resume",
        study.id,
    ]
    refused = subprocess.run(command, capture_output=True, text=True)
    assert refused.returncode == 2 and "Climber" in refused.stderr


def test_an_own_strategy_may_end_and_may_fail(small):
    class Three:
        parallel = 2

        def __init__(self):
            self.left = ["1", "2", "3"]

        def propose(self):
            return self.left.pop(0) if self.left else None

        def observe(self, architecture, value):
            pass

    assert [each.index for each in ut.search(small, strategy=Three(), **NOISE)] == [1, 2, 3]
    wrong = Three()
    wrong.left[1] = "nonsense"
    with pytest.raises(ut.ArchitectureError, match="nonsense"):
        ut.search(small, strategy=wrong, **NOISE)
    broken = Three()
    broken.observe = lambda architecture, value: 1 / 0
    with pytest.raises(ZeroDivisionError):
        ut.search(small, strategy=broken, **NOISE)


def test_an_own_score(small, tmp_path):
    def kernel_trace(result):
        """Minus the share of agreements of different images."""
        kernel = result.kernel.astype(float)
        count = len(kernel)
        return -(kernel.sum() - kernel.trace()) / (count * (count - 1)) / result.units

    options = dict(images="noise", batch_size=4, seed=5)
    study = ut.search(small, samples=8, score=kernel_trace, store=tmp_path / "a.db", **options)
    assert study.ranked_by == "kernel_trace"
    best = study.best(8)
    assert [each.value for each in best] == sorted((each.value for each in best), reverse=True)
    result = ut.score(best[0].architecture, **options)
    assert kernel_trace(result) == best[0].value == best[0].scores["kernel_trace"]
    loaded = ut.load_study(tmp_path / "a.db", study.id)
    assert loaded.ranked_by == "kernel_trace" and loaded.columns() == study.columns()
    # It ranks in another way than NASWOT, so that it is not its value that was sorted by.
    by_naswot = [each.notation for each in ut.search(small, samples=8, **NOISE).best(8)]
    assert [each.notation for each in best] != by_naswot


def test_own_scores_may_fail_and_have_names_of_their_own(small):
    with pytest.raises(ZeroDivisionError):
        ut.search(small, samples=3, score=lambda result: 1 / 0, images="noise", batch_size=4)
    with pytest.raises(TypeError):
        ut.search(small, samples=3, score=lambda result: "high", images="noise", batch_size=4)

    def naswot(result):
        return 0.0

    with pytest.raises(ut.OptionError, match="naswot"):
        ut.search(small, samples=3, score=naswot)
    with pytest.raises(ut.OptionError, match="unique"):
        ut.search(small, samples=3, score=lambda result: 1.0, unique=True)


def test_own_scores_drive_strategies(small):
    study = ut.search(
        small,
        samples=20,
        strategy="evolution",
        population=4,
        tournament=2,
        seed=1,
        score=lambda result: -float(result.params),
        images="noise",
        batch_size=4,
    )
    assert study.best(1)[0].params == min(each.params for each in study if each.status == "ok")
    assert np.isfinite(study.to_pandas()["own"]).all()


def test_a_predictor_as_naslib_has_them(small):
    from untrained.naslib import Predictor

    architectures = small.sample(8, seed=1)
    predictor = Predictor(small, "noise", batch_size=4)
    predictor.pre_process()
    scores = predictor.query(architectures)
    assert scores.shape == (8,)
    assert scores[0] == ut.score(architectures[0], "noise", batch_size=4).score
    finite = np.isfinite(scores)
    assert finite.sum() > 3
    accuracies = np.where(finite, 2 * scores + 1, 50)
    fitted = predictor.fit([str(each) for each in architectures], accuracies)
    assert fitted[finite] == pytest.approx(accuracies[finite])
    assert Predictor(small, score="params").query(architectures[:1]) == [architectures[0].params]
    with pytest.raises(ValueError):
        predictor.fit(architectures, [1.0])
