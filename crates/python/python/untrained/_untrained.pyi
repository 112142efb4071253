"""The extension module: the core, in Rust."""

import os
from collections.abc import Iterator
from typing import Any, Literal, Optional, Union

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch

__version__: str

_Path = Union[str, "os.PathLike[str]"]
_Mode = Literal["train", "inference"]
_Options = list[tuple[str, list[str]]]

class Space:
    """A search space: a set of architectures, and how they become networks. Made by `untrained.space`."""

    @property
    def id(self) -> str:
        """The short name under which the space is opened."""
    @property
    def title(self) -> str:
        """The title, for people."""
    @property
    def reference(self) -> str:
        """The publication it comes from; may be empty."""
    @property
    def topology(self) -> str:
        """The kind of space, as in space files: `edge-cell`, `stages`, ..."""
    @property
    def input(self) -> tuple[int, int, int]:
        """Shape of one image: (channels, height, width)."""
    @property
    def classes(self) -> int:
        """Number of classes."""
    @property
    def count(self) -> int:
        """Number of architectures; 2**128 - 1 if there are more."""
    @property
    def operations(self) -> list[str]:
        """The operations that can be chosen, in the order of the space file."""
    @property
    def text(self) -> str:
        """The text of the space file, with overridden values."""
    def parse(self, notation: str) -> Architecture:
        """The architecture that a text describes: the space's notation, or the index in the benchmark's order."""
    def from_index(self, index: int) -> Architecture:
        """The architecture of an index in the benchmark's order."""
    def sample(self, count: int = 1, seed: int = 0) -> list[Architecture]:
        """Random architectures, each decision drawn uniformly; the same ones for the same seed."""
    def enumerate(self, first: int = 0, count: int = 1000) -> list[Architecture]:
        """Architectures in the order of the space, each once: `count` of them from the `first` on."""
    def __hash__(self) -> int: ...

class Architecture:
    """One architecture of a space. `str(architecture)` is the space's notation."""

    @property
    def notation(self) -> str:
        """The architecture in the space's notation."""
    @property
    def space(self) -> Space:
        """The space it belongs to."""
    @property
    def index(self) -> Optional[int]:
        """Its index in the benchmark's order; None if the space has no index."""
    @property
    def canonical(self) -> str:
        """The same text for all architectures that compute the same function."""
    @property
    def is_connected(self) -> bool:
        """Whether a path leads from the input to the output."""
    @property
    def decisions(self) -> dict[str, str]:
        """Every decision with its value, in the same order for all architectures of the space."""
    @property
    def params(self) -> int:
        """Trainable parameters."""
    @property
    def macs(self) -> int:
        """Multiply-adds of convolutions and linear layers for one image."""
    def neighbours(self) -> list[Architecture]:
        """All architectures that differ in exactly one decision."""
    def mutate(self, seed: int = 0) -> Architecture:
        """An architecture that differs in exactly one decision, drawn uniformly by the seed."""
    def to_torch(self, *, seed: int = 0, weights: bool = True) -> torch.nn.Module:
        """The network as a torch.nn.Module with the weights of a seed."""
    def to_onnx(self, path: _Path, *, seed: int = 0, mode: _Mode = "train", overwrite: bool = False) -> None:
        """Writes the network with the weights of a seed as an ONNX model."""
    def to_dot(self, path: Optional[_Path] = None, *, overwrite: bool = False) -> str:
        """The cells and the parts of the network in the DOT language of Graphviz."""
    def to_svg(self, path: Optional[_Path] = None, *, overwrite: bool = False) -> str:
        """The same as a picture: the text of an SVG file."""
    def __hash__(self) -> int: ...

class Codes:
    """The binary codes of one activation: for each image, one bit for each unit."""

    @property
    def units(self) -> int:
        """Number of units: bits of each image."""
    @property
    def multiplicity(self) -> int:
        """How often the code counts in the kernel matrix."""
    @property
    def words(self) -> npt.NDArray[np.uint32]:
        """The bits, packed: uint32 [n, ceil(units / 32)], lowest bit first; without a copy, and read-only."""
    def bits(self) -> npt.NDArray[np.bool_]:
        """The bits, one each: bool [n, units]; units are in the order [c, h, w]."""

class Result:
    """The scores and costs of one network."""

    @property
    def notation(self) -> str:
        """The architecture in the space's notation, or the name of a model file."""
    @property
    def architecture(self) -> Optional[Architecture]:
        """The architecture; None for a model."""
    @property
    def score(self) -> float:
        """The NASWOT score ln |det K|, the mean over repeats; -inf if K is singular, NaN if not computed."""
    @property
    def sd(self) -> Optional[float]:
        """Standard deviation of the score over repeats; None for one repeat."""
    @property
    def value(self) -> float:
        """What the network is ranked by, higher is better; -inf if it may not be chosen."""
    @property
    def status(self) -> Literal["ok", "singular", "disconnected", "failed"]:
        """How scoring ended."""
    @property
    def params(self) -> int:
        """Trainable parameters."""
    @property
    def macs(self) -> int:
        """Multiply-adds of convolutions and linear layers for one image."""
    @property
    def units(self) -> int:
        """Number of counted units V, the diagonal of K."""
    @property
    def layers(self) -> int:
        """Number of convolutions."""
    @property
    def regions(self) -> Optional[float]:
        """Number of distinct codes in the mini-batch; None if no pass ran."""
    @property
    def accuracy(self) -> Optional[float]:
        """Accuracy after training in percent; None without a trainer or a benchmark table."""
    @property
    def seconds(self) -> float:
        """Time spent on the network, in seconds."""
    @property
    def index(self) -> Optional[int]:
        """Index in the order of the benchmark; None if there is none."""
    @property
    def seed(self) -> int:
        """Seed of the run."""
    @property
    def repeats(self) -> int:
        """Number of weight initialisations that the score averages over."""
    @property
    def device(self) -> str:
        """The device it ran on."""
    @property
    def message(self) -> Optional[str]:
        """Why it failed, or what is not certain about a model; None if there is nothing to say."""
    @property
    def scores(self) -> dict[str, float]:
        """Every score that is known, by name; NaN for one that the network cannot have."""
    @property
    def kernel(self) -> npt.NDArray[np.uint64]:
        """The kernel matrix K, uint64 [n, n]: for each pair of images, the number of units that agree.

        Without a copy, and read-only.
        """
    @property
    def codes(self) -> list[Codes]:
        """The binary codes of all counted activations, in the order of the network."""
    def to_torch(self, *, weights: bool = True) -> torch.nn.Module:
        """The network as a torch.nn.Module with the weights with which it was scored."""
    def to_onnx(self, path: _Path, *, mode: _Mode = "train", overwrite: bool = False) -> None:
        """Writes the network with the weights with which it was scored as an ONNX model."""
    def to_dot(self, path: Optional[_Path] = None, *, overwrite: bool = False) -> str:
        """The cells and the parts of the network in the DOT language of Graphviz."""
    def to_svg(self, path: Optional[_Path] = None, *, overwrite: bool = False) -> str:
        """The same as a picture: the text of an SVG file."""

class Study:
    """The results of a search, in the order in which its architectures were proposed."""

    @property
    def id(self) -> Optional[str]:
        """The id of the study in its database; None if it was not stored."""
    @property
    def store(self) -> Optional[os.PathLike[str]]:
        """The database that has the study; None if it was not stored."""
    @property
    def space(self) -> Optional[Space]:
        """The search space."""
    @property
    def ranked_by(self) -> str:
        """The name of what the best are the best by."""
    @property
    def interrupted(self) -> bool:
        """Whether the search was stopped before its end."""
    @property
    def rejected(self) -> int:
        """Number of architectures that constraints rejected before they were scored."""
    @property
    def job(self) -> str:
        """The job as text, as a job file has it."""
    def best(self, count: int = 10) -> list[Result]:
        """The `count` best architectures, best first, each once; fewer if not as many can be ranked."""
    def columns(self) -> dict[str, list[Any]]:
        """The results as columns: those of result tables, the value that ranks, and one for each further score."""
    def to_pandas(self) -> pd.DataFrame:
        """The results as a pandas.DataFrame with the same columns. Needs pandas."""
    def __len__(self) -> int: ...
    def __getitem__(self, index: int) -> Result: ...
    def __iter__(self) -> Iterator[Result]: ...

class PyScorer:
    """A mini-batch and a device, ready to score. Made by `untrained.Scorer`."""

    device: str
    images: int
    def score(self, architecture: str) -> Result: ...

def command_line(arguments: list[str]) -> int: ...
def open_space(name: Optional[str], text: Optional[str], overrides: list[str]) -> Space: ...
def space_ids() -> list[str]: ...
def kernel_of_codes(images: int, codes: list[tuple[int, int, bytes]]) -> tuple[npt.NDArray[np.uint64], float, int]: ...
def open_scorer(space: Optional[Space], model: Optional[str], options: _Options) -> PyScorer: ...
def run_search(space: Space, options: _Options, store: Optional[str], own: Any) -> Study: ...
def resume_search(store: str, study: tuple[str, bool], options: _Options, own: Any, allow_trainer: bool) -> Study: ...
def list_studies(store: str) -> list[dict[str, Any]]: ...
def load_study(store: str, id: str) -> Study: ...
def option_names(task: str) -> list[tuple[str, str]]: ...
def score_names() -> list[tuple[str, str]]: ...
