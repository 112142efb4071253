"""Untrained: finds good neural networks before any is trained.

>>> import untrained as ut
>>> study = ut.search("nas-bench-201", samples=1000, seed=0)
>>> study.to_pandas(), study.best(5)

See docs/python.md.
"""

import os as _os

# Keeps a layer of Mesa's from looking for a window system and complaining where there is none.
_os.environ.setdefault("NODEVICE_SELECT", "1")

from ._api import Scorer, Strategy, load_study, resume, score, scores, search, space, spaces, studies
from ._errors import (
    ArchitectureError,
    ConstraintError,
    DeviceError,
    Error,
    ImageError,
    ModelError,
    Notice,
    OptionError,
    OutputError,
    Problem,
    SpaceError,
    StoreError,
    TableError,
)
from ._untrained import Architecture, Codes, Result, Space, Study, __version__

__all__ = [
    "Architecture",
    "ArchitectureError",
    "Codes",
    "ConstraintError",
    "DeviceError",
    "Error",
    "ImageError",
    "ModelError",
    "Notice",
    "OptionError",
    "OutputError",
    "Problem",
    "Result",
    "Scorer",
    "Space",
    "SpaceError",
    "StoreError",
    "Strategy",
    "Study",
    "TableError",
    "__version__",
    "load_study",
    "resume",
    "score",
    "scores",
    "search",
    "space",
    "spaces",
    "studies",
]
