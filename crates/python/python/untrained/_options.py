"""Options of Python as texts, which the core reads as those of a command line."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

OptionTexts = list[tuple[str, list[str]]]


def text(value: Any) -> str:
    """One value as text."""
    if isinstance(value, os.PathLike):
        return str(os.fspath(value))
    if hasattr(value, "item"):
        value = value.item()
    return str(value)


def texts(options: Mapping[str, Any]) -> OptionTexts:
    """Options with their values as texts; those that are None or False are not given."""
    found: OptionTexts = []
    for name, value in options.items():
        if value is None or value is False:
            continue
        if value is True:
            found.append((name, []))
        elif isinstance(value, Mapping):
            found.append((name, [f"{key}={text(each)}" for key, each in value.items()]))
        elif name == "input" and not isinstance(value, str):
            found.append((name, ["x".join(map(text, value))]))
        elif isinstance(value, (list, tuple)):
            found.append((name, [text(each) for each in value]))
        else:
            found.append((name, [text(value)]))
    return found
