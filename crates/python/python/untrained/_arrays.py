"""Arrays and tables of other packages, which are imported when they are needed."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Optional, Union

from ._errors import Error, ImageError

Images = Union[str, "os.PathLike[str]", Any, None]


def unpacked(words: Any, units: int) -> Any:
    """The bits of packed codes: bool [n, units] from uint32 [n, ceil(units / 32)]."""
    import numpy as np

    little = words.astype("<u4", copy=False).view(np.uint8)
    return np.unpackbits(little, axis=1, count=units, bitorder="little").astype(bool)


def frame(columns: Mapping[str, list[Any]]) -> Any:
    """Columns as a pandas.DataFrame."""
    try:
        import pandas as pd
    except ImportError as error:
        raise Error("to_pandas needs pandas: pip install pandas; columns() needs nothing") from error
    return pd.DataFrame(dict(columns))


def array(images: Any, shape: Optional[tuple[int, int, int]] = None, *, is_model: bool = False) -> Any:
    """Images of numpy or torch as a float32 array [n, c, h, w]; each has the `shape`, if one is given.

    A model may take images with the channels last; that is not looked at.

    Raises ImageError with what is wrong and what is expected.
    """
    import numpy as np

    if hasattr(images, "detach"):
        images = images.detach().cpu().numpy()
    if not isinstance(images, np.ndarray):
        kind = type(images).__name__
        raise ImageError(
            f"images are a {kind}: give an array [n, c, h, w], the name of a source such as "
            f"'cifar10:data', or the path of an .npy or .npz file"
        )
    text = " x ".join(map(str, images.shape)) or "a single number"
    if images.ndim != 4:
        raise ImageError(f"images have the shape {text}: a mini-batch [n, c, h, w] has four axes")
    if images.dtype == np.uint8:
        raise ImageError(
            "images are uint8: networks take normalised values; divide by 255, subtract the mean and "
            "divide by the standard deviation of each channel, as float32"
        )
    if images.dtype not in (np.float16, np.float32, np.float64):
        raise ImageError(f"images are {images.dtype}: floating-point values are expected, as float32")
    channels, last = images.shape[1], images.shape[3]
    if not is_model and last in (1, 3) and channels not in (1, 3):
        raise ImageError(
            f"images have the shape {text}, with the channels last: [n, c, h, w] is expected; use "
            f"images.transpose(0, 3, 1, 2)"
        )
    if shape is not None and images.shape[1:] != shape:
        raise ImageError(
            f"images have the shape {text}, but the space takes images of {' x '.join(map(str, shape))}: resize them, "
            f"or open the space with input={tuple(images.shape[1:])}"
        )
    if images.shape[0] < 2:
        raise ImageError("a mini-batch has at least 2 images, because K compares pairs of them")
    if not np.isfinite(images).all():
        raise ImageError("images contain values that are not finite (NaN or infinity)")
    return np.ascontiguousarray(images, dtype=np.float32)


@contextmanager
def source(
    images: Images, shape: Optional[tuple[int, int, int]] = None, *, is_model: bool = False
) -> Iterator[tuple[Optional[str], Optional[int]]]:
    """The source of images as an option, and how many there are if they are an array.

    An array is a file while the work lasts.
    """
    if images is None or isinstance(images, str):
        yield images, None
    elif isinstance(images, os.PathLike):
        path = Path(images)
        kind = path.suffix.lower()
        if kind in (".npy", ".npz"):
            yield f"{kind[1:]}:{path}", None
        elif path.is_dir():
            yield f"folder:{path}", None
        else:
            raise ImageError(f"{path}: a path is an .npy or .npz file or a folder of pictures")
    else:
        import numpy as np

        values = array(images, shape, is_model=is_model)
        with tempfile.TemporaryDirectory(prefix="untrained-") as folder:
            path = Path(folder) / "images.npy"
            np.save(path, values)
            yield f"npy:{path}", len(values)
