"""Exceptions and warnings."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import NamedTuple, Optional


class Problem(NamedTuple):
    """One thing that is wrong with a space."""

    path: str
    """Where in the file, such as ``topology.operations[2]``; empty for the file as a whole."""
    line: Optional[int]
    """The line, from 1; None for what is not in the file."""
    message: str
    """The problem, and what was expected."""


class Error(Exception):
    """What Untrained raises; each kind of error is a subclass."""


class SpaceError(Error, ValueError):
    """A space that is unknown, cannot be read or is not valid."""

    problems: list[Problem]
    """Everything that is wrong, in the order of the file; empty if there is no such space."""

    def __init__(self, message: str, problems: Sequence[tuple[str, Optional[int], str]] = ()) -> None:
        super().__init__(message)
        self.problems = [Problem(*problem) for problem in problems]


class ArchitectureError(Error, ValueError):
    """A text that is no architecture of the space."""


class OptionError(Error, ValueError):
    """An option that is unknown, or whose value is not valid."""

    option: Optional[str]
    """The name of the option, if it is known."""

    def __init__(self, message: str, option: Optional[str] = None) -> None:
        super().__init__(message)
        self.option = option


class ImageError(Error, ValueError):
    """Images that cannot be read, or arrays of the wrong type, shape or order."""


class ModelError(Error):
    """A network that cannot be read, built, scored or exported."""


class DeviceError(Error):
    """A device that is not there, or fails."""


class ConstraintError(Error, ValueError):
    """Constraints that no architecture meets."""


class StoreError(Error):
    """A study database that cannot be used, or does not have the study."""


class TableError(Error):
    """A benchmark table that cannot be used."""


class OutputError(Error, OSError):
    """A file that cannot be written, or exists already."""

    def __init__(self, message: str) -> None:
        super().__init__(message)


class Notice(UserWarning):
    """Something to know about a run that is no error."""


def notice(text: str) -> None:
    """Issues a notice."""
    warnings.warn(text, Notice, stacklevel=3)
