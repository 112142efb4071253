"""The command line."""

from __future__ import annotations

import sys

from . import _untrained


def main() -> None:
    """Runs `untrained` with the arguments of the process and ends it."""
    sys.exit(_untrained.command_line(["untrained", *sys.argv[1:]]))
