"""A predictor with the methods that NASLib asks of one (https://github.com/automl/NASLib).

It needs no NASLib: architectures are `Architecture`s, or texts in the space's notation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Optional, Union

from ._api import PathLike, Scorer
from ._arrays import Images
from ._untrained import Architecture, Space

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


class Predictor:
    """Predicts the accuracies of architectures from a score without training.

    `query` returns scores. After `fit`, it returns accuracies: a straight line through the given ones, so the order
    of the predictions is that of the scores, or the reverse where these fall as accuracies rise.
    """

    def __init__(
        self,
        space: Union[Space, PathLike, Mapping[str, Any]] = "nas-bench-201",
        images: Images = None,
        *,
        score: str = "naswot",
        **options: Any,
    ) -> None:
        """`score` is a name of `untrained.scores`, except "combined"; the others are of `untrained.Scorer`."""
        also = None if score == "naswot" else [score]
        self._scorer = Scorer(space, images, also=also, **options)
        self._score = score
        self._known: dict[str, float] = {}
        self._line: Optional[tuple[float, float]] = None

    def pre_process(self) -> None:
        """Nothing: NASLib calls it before `fit`."""

    def fit(
        self, xtrain: Sequence[Union[Architecture, str]], ytrain: Sequence[float], train_info: Any = None
    ) -> npt.NDArray[np.float64]:
        """Fits accuracies to scores by least squares; returns the predictions for `xtrain`, float64 [n]."""
        import numpy as np

        scores, accuracies = self._scores(xtrain), np.asarray(ytrain, dtype=float)
        if scores.shape != accuracies.shape:
            raise ValueError(f"{len(scores)} architectures and accuracies of shape {accuracies.shape}")
        usable = np.isfinite(scores) & np.isfinite(accuracies)
        if usable.sum() < 2:
            raise ValueError("fit needs at least 2 architectures with a score and an accuracy")
        slope, start = np.polyfit(scores[usable], accuracies[usable], 1)
        self._line = float(slope), float(start)
        return self.query(xtrain)

    def query(self, xtest: Sequence[Union[Architecture, str]], info: Any = None) -> npt.NDArray[np.float64]:
        """Predictions, float64 [n]; NaN for an architecture without a score, -inf for one with a singular K."""
        scores = self._scores(xtest)
        return scores if self._line is None else self._line[0] * scores + self._line[1]

    def get_data_reqs(self) -> dict[str, Any]:
        """What NASLib has to provide: nothing but architectures."""
        return {
            "requires_partial_lc": False,
            "metric": None,
            "requires_hyperparameters": False,
            "hyperparams": None,
            "unlabeled": False,
            "unlabeled_factor": 0,
        }

    def _scores(self, architectures: Sequence[Union[Architecture, str]]) -> npt.NDArray[np.float64]:
        import numpy as np

        for name in map(str, architectures):
            if name not in self._known:
                result = self._scorer.score(name)
                usable = result.status in ("ok", "singular")
                self._known[name] = result.scores.get(self._score, np.nan) if usable else np.nan
        return np.array([self._known[str(each)] for each in architectures], dtype=float)
