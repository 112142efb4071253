"""The functions of the package."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Callable, Optional, Protocol, Union, cast

from . import _arrays, _torch, _untrained
from ._errors import ImageError, ModelError, OptionError
from ._options import texts
from ._untrained import Architecture, Result, Space, Study

PathLike = Union[str, "os.PathLike[str]"]
Progress = Callable[[int, Optional[int], Optional[float]], object]


class Strategy(Protocol):
    """A search strategy of your own: proposes architectures, and observes their values.

    The same values must lead to the same proposals, so that a study can be resumed. An attribute ``parallel``
    (1 unless it is there) says how many proposals may be without a value at a time.
    """

    def propose(self) -> Union[Architecture, str, None]:
        """The next architecture, or None for no more."""

    def observe(self, architecture: Architecture, value: float) -> None:
        """Takes the value of a proposal, in the order of proposals; -inf for one that may not be chosen."""


def space(
    source: Union[PathLike, Mapping[str, Any], Space],
    *,
    input: Optional[tuple[int, int, int]] = None,
    classes: Optional[int] = None,
    set: Optional[Mapping[str, Any]] = None,
) -> Space:
    """A search space: the id of a built-in one (see `spaces`), the path of a space file (.toml, .json), or a dict
    with the contents of such a file.

    `input` is the shape of one image (channels, height, width), `classes` the number of classes, and `set` replaces
    further values of the file, as in ``{"skeleton.cells": 1}``.

    Raises SpaceError with everything that is wrong.
    """
    values = dict(set or {})
    if input is not None:
        values.update(zip(("input.channels", "input.height", "input.width"), input))
    if classes is not None:
        values["classes"] = classes
    overrides = [f"{key}={json.dumps(value)}" for key, value in values.items()]
    if isinstance(source, Space):
        return _untrained.open_space(None, source.text, overrides) if overrides else source
    if isinstance(source, Mapping):
        return _untrained.open_space(None, json.dumps(source), overrides)
    return _untrained.open_space(os.fspath(source), None, overrides)


def spaces() -> list[str]:
    """The ids of all built-in spaces."""
    return _untrained.space_ids()


def scores() -> dict[str, str]:
    """The names of all scores, with what they are."""
    return dict(_untrained.score_names())


class Scorer:
    """Scores architectures of a space, or one model, on a mini-batch that is loaded once.

    Use it where many networks are scored one by one; `score` opens one for each call.
    """

    def __init__(
        self,
        space: Union[Space, PathLike, Mapping[str, Any], None] = None,
        images: _arrays.Images = None,
        *,
        model: Optional[PathLike] = None,
        **options: Any,
    ) -> None:
        """Opens images and device. `images` and further options are those of `score`."""
        if (space is None) == (model is None):
            raise OptionError("give either a space or a model")
        opened = None if space is None else _space(space)
        shape = None if opened is None else opened.input
        with _arrays.source(images, shape, is_model=opened is None) as (source, count):
            options["images"] = source
            if count is not None and options.get("batch_size") is None:
                options["batch_size"] = count
            self._scorer = _untrained.open_scorer(opened, None if model is None else os.fspath(model), texts(options))

    @property
    def device(self) -> str:
        """The device that networks run on."""
        return self._scorer.device

    @property
    def images(self) -> int:
        """Number of images in the mini-batch."""
        return self._scorer.images

    def score(self, architecture: Union[Architecture, str] = "") -> Result:
        """The result of an architecture of the space; of the model whatever the argument."""
        return self._scorer.score(str(architecture))

    def score_all(self, architectures: Iterable[Union[Architecture, str]]) -> list[Result]:
        """The results of several architectures, in order."""
        return [self.score(each) for each in architectures]


def _space(source: Any) -> Space:
    return source if isinstance(source, Space) else space(source)


def score(
    what: Any,
    images: _arrays.Images = None,
    *,
    space: Union[Space, PathLike, Mapping[str, Any], None] = None,
    hooks: bool = False,
    seed: int = 0,
    batch_size: Optional[int] = None,
    device: Optional[str] = None,
    also: Optional[Sequence[str]] = None,
    repeats: Optional[int] = None,
    count: Optional[str] = None,
    initialisation: Optional[str] = None,
    input: Optional[tuple[int, int, int]] = None,
    mean: Optional[Sequence[float]] = None,
    std: Optional[Sequence[float]] = None,
    scale: bool = False,
    image_classes: Optional[int] = None,
    image_order: Optional[str] = None,
    image_seed: Optional[int] = None,
    weight_seed: Optional[int] = None,
    weights: Optional[str] = None,
    merged_calls: Optional[str] = None,
    statistics: Optional[str] = None,
    renormalise: bool = False,
) -> Result:
    """Scores a network without training it: an architecture, the path of an ONNX model, or a torch module.

    `what` is an `Architecture`, a text in the notation of `space` ("nas-bench-201" unless given), a path that ends in
    .onnx, or a torch.nn.Module. A module is scored in its own
    mode (`model.train()` takes the statistics of the mini-batch) and with its own weights: it is exported to ONNX
    by torch; with ``hooks=True`` the codes are taken by hooks instead, and the result has only kernel, score and
    units.

    `images` is a mini-batch [n, c, h, w] of floating-point values of numpy or torch, or the name of a source such as
    ``"cifar10:data"`` of which `batch_size` images are drawn; the images of the package unless given.

    The other options are those of the command line, see docs/scores.md: `also` names further scores, `repeats`
    weight initialisations, `input` the shape of one image (c, h, w) that a model leaves free. `weights`
    ("keep", "fresh"), `merged_calls`, `statistics` and `renormalise` are of models.

    Raises ArchitectureError, ImageError, ModelError, OptionError or DeviceError.
    """
    options: dict[str, Any] = dict(
        seed=seed,
        batch_size=batch_size,
        device=device,
        also=also,
        repeats=repeats,
        count=count,
        initialisation=initialisation,
        mean=mean,
        std=std,
        scale=scale,
        image_classes=image_classes,
        image_order=image_order,
        image_seed=image_seed,
        weight_seed=weight_seed,
    )
    of_models: dict[str, Any] = dict(
        input=input,
        weights=weights,
        merged_calls=merged_calls,
        statistics=statistics,
        renormalise=renormalise,
    )
    if _torch.is_module(what):
        return _score_module(what, images, hooks, {**options, **of_models})
    if hooks:
        raise OptionError("hooks are for torch modules", "hooks")
    if isinstance(what, (str, os.PathLike)) and os.fspath(what).lower().endswith(".onnx"):
        return Scorer(None, images, model=what, **options, **of_models).score()
    given = [name for name, value in of_models.items() if value not in (None, False)]
    if given:
        raise OptionError(f"{given[0]} is for models: the space has its own; see untrained.space", given[0])
    if space is None:
        space = what.space if isinstance(what, Architecture) else "nas-bench-201"
    return Scorer(space, images, **options).score(what)


def _score_module(model: Any, images: _arrays.Images, hooks: bool, options: dict[str, Any]) -> Result:
    """Scores a torch module through an export, or by hooks."""
    name = type(model).__name__
    is_array = images is not None and not isinstance(images, (str, os.PathLike))
    if hooks:
        if not is_array:
            raise ImageError("with hooks=True, images are an array [n, c, h, w]")
        ignored = [key for key, value in options.items() if value not in (None, False, 0)]
        if ignored:
            raise OptionError(f"{ignored[0]} cannot be combined with hooks", ignored[0])
        # It has less than others: see `score`.
        return cast(Result, _torch.HookedResult(model, images))
    if is_array:
        batch = _arrays.array(images)
        images, shape = batch, batch.shape
    elif options.get("input") is not None:
        shape = (options.get("batch_size") or 2, *options["input"])
    else:
        raise ModelError(
            f"{name}: a module does not say for which images it is; give these as an array, or input=(c, h, w)"
        )
    with tempfile.TemporaryDirectory(prefix="untrained-") as folder:
        path = Path(folder) / f"{name}.onnx"
        _torch.export(model, tuple(shape), path)
        return Scorer(None, images, model=path, **options).score()


def search(
    space: Union[Space, PathLike, Mapping[str, Any]] = "nas-bench-201",
    *,
    samples: Optional[int] = None,
    images: _arrays.Images = None,
    seed: int = 0,
    strategy: Union[str, Strategy, None] = None,
    score: Union[str, Callable[[Result], float], None] = None,
    progress: Union[bool, Progress] = False,
    store: Optional[PathLike] = None,
    batch_size: Optional[int] = None,
    device: Optional[str] = None,
    combine: Optional[Sequence[str]] = None,
    also: Optional[Sequence[str]] = None,
    constraint: Optional[Sequence[str]] = None,
    unique: bool = False,
    population: Optional[int] = None,
    tournament: Optional[int] = None,
    crossover: Optional[float] = None,
    candidates: Optional[int] = None,
    initial_score: Optional[str] = None,
    trainer: Optional[str] = None,
    trainers: Optional[int] = None,
    trainer_limit: Optional[float] = None,
    trainer_retries: Optional[int] = None,
    table: Optional[PathLike] = None,
    metric: Optional[str] = None,
    report: Optional[str] = None,
    time: Optional[str] = None,
    budget: Optional[float] = None,
    repeats: Optional[int] = None,
    count: Optional[str] = None,
    initialisation: Optional[str] = None,
    mean: Optional[Sequence[float]] = None,
    std: Optional[Sequence[float]] = None,
    scale: bool = False,
    image_classes: Optional[int] = None,
    image_order: Optional[str] = None,
    architecture_seed: Optional[int] = None,
    image_seed: Optional[int] = None,
    weight_seed: Optional[int] = None,
) -> Study:
    """Searches a space without training, and returns the results.

    `space` is what `untrained.space` takes. `samples` architectures are chosen by `strategy` (a name such as
    "random" or "evolution", or a `Strategy` of your own) and ranked by `score` (a name of `scores`, or a function of a
    `Result` that returns a number, higher is better; it may use `kernel` and `codes`). `images` are those of
    `untrained.score`.

    With `store`, the path of a study database, results are written as they come, equal networks of earlier studies
    are not scored again, and the study can be resumed. `progress` shows a line on stderr, or is a function of the
    number of results, how many there will be, and the best value.

    The other options are those of ``untrained --batch search``, with the same names, defaults and results: the
    same options and seed give the same study. Other Python threads run meanwhile. Ctrl-C stops the search and raises
    KeyboardInterrupt; what is in the store stays.

    Raises SpaceError, ImageError, OptionError, ConstraintError, TableError, StoreError or DeviceError, and whatever a
    strategy or a score of your own raises.
    """
    options: dict[str, Any] = dict(
        samples=samples,
        seed=seed,
        batch_size=batch_size,
        device=device,
        combine=combine,
        also=also,
        constraint=constraint,
        unique=unique,
        population=population,
        tournament=tournament,
        crossover=crossover,
        candidates=candidates,
        initial_score=initial_score,
        trainer=trainer,
        trainers=trainers,
        trainer_limit=trainer_limit,
        trainer_retries=trainer_retries,
        table=table,
        metric=metric,
        report=report,
        time=time,
        budget=budget,
        repeats=repeats,
        count=count,
        initialisation=initialisation,
        mean=mean,
        std=std,
        scale=scale,
        image_classes=image_classes,
        image_order=image_order,
        architecture_seed=architecture_seed,
        image_seed=image_seed,
        weight_seed=weight_seed,
    )
    own = _Own(strategy, score, progress)
    options["strategy"] = strategy if isinstance(strategy, str) else None
    options["score"] = score if isinstance(score, str) else own.base_score
    opened = _space(space)
    with _arrays.source(images, opened.input) as (source, number):
        options["images"] = source
        if number is not None and batch_size is None:
            options["batch_size"] = number
        path = None if store is None else os.fspath(store)
        with own:
            return _untrained.run_search(opened, texts(options), path, own)


def resume(
    store: PathLike,
    study: str,
    *,
    samples: Optional[int] = None,
    images: _arrays.Images = None,
    strategy: Optional[Strategy] = None,
    score: Optional[Callable[[Result], float]] = None,
    progress: Union[bool, Progress] = False,
    device: Optional[str] = None,
    join: bool = False,
    allow_trainer: bool = False,
) -> Study:
    """Goes on with a search of a study database; `study` is its id or the first digits of it.

    `samples` may grow. Images that were an array, and a strategy or a score of your own, are given again. With
    `join`, this process works on the study together with those that are running it. `allow_trainer` allows the
    command of a study that trains.

    Raises StoreError if there is no such study or another process is running it, OptionError if something is not as
    in the study.
    """
    own = _Own(strategy, score, progress)
    options: dict[str, Any] = dict(samples=samples, device=device)
    with _arrays.source(images) as (source, _):
        options["images"] = source
        with own:
            return _untrained.resume_search(os.fspath(store), (study, join), texts(options), own, allow_trainer)


def studies(store: PathLike) -> list[dict[str, Any]]:
    """The studies of a database, the oldest first: id, name, state, space, number of results, best value, and the
    time at which each began, in seconds since 1970.

    Raises StoreError if the database cannot be read.
    """
    return _untrained.list_studies(os.fspath(store))


def load_study(store: PathLike, study: str) -> Study:
    """A study of a database with all its results; `study` is its id or the first digits of it.

    Raises StoreError if there is no such study.
    """
    return _untrained.load_study(os.fspath(store), study)


class _Own:
    """What Python brings to a search, with the names by which a study knows it."""

    def __init__(self, strategy: Any, score: Any, progress: Union[bool, Progress]) -> None:
        self.strategy = None if strategy is None or isinstance(strategy, str) else _named(strategy, "propose")
        self.score = None if score is None or isinstance(score, str) else _named(score, "__call__")
        if self.score is not None and self.score[0] in scores():
            raise OptionError(f"score: the function has the name of a score, {self.score[0]}: rename it", "score")
        self.parallel = int(getattr(strategy, "parallel", 1))
        self._line = _Line() if progress is True else None
        self.progress = self._line if progress is True else progress or None
        # A score of one's own gets the kernel matrix and the codes, and the mini-batch that is for these.
        self.base_score = "naswot" if self.score is not None else None

    def __enter__(self) -> _Own:
        return self

    def __exit__(self, *_: object) -> None:
        if self._line is not None:
            self._line.close()


def _named(what: Any, method: str) -> tuple[str, Any]:
    if not callable(getattr(what, method, None)):
        raise OptionError(f"{what!r} has no {method}()")
    name = getattr(what, "__name__", type(what).__name__)
    return ("own" if name == "<lambda>" else name, what)


class _Line:
    """Progress on stderr, in one line."""

    def __init__(self) -> None:
        self._shown = False

    def __call__(self, done: int, total: Optional[int], best: Optional[float]) -> None:
        of = "" if total is None else f" of {total}"
        value = "" if best is None else f", best {best:.2f}"
        sys.stderr.write(f"\r{done}{of} architectures{value}\x1b[K")
        sys.stderr.flush()
        self._shown = True

    def close(self) -> None:
        """Ends the line."""
        if self._shown:
            sys.stderr.write("\n")
