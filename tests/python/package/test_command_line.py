"""The command line that comes with the package."""

import subprocess
import sys

import untrained as ut
from untrained import _untrained


def run(*arguments):
    """Runs it."""
    return subprocess.run([sys.executable, "-m", "untrained", *arguments], capture_output=True, text=True)


def test_the_command_line_is_that_of_the_program():
    version = run("--version")
    assert (version.returncode, version.stdout) == (0, f"untrained {ut.__version__}\n")
    listed = run("--batch", "spaces")
    assert listed.returncode == 0 and all(name in listed.stdout for name in ut.spaces())
    # Without a window, it says so.
    assert "without its desktop application" in run().stdout
    wrong = run("--batch", "search", "--samples", "0")
    assert wrong.returncode == 2 and "--samples" in wrong.stderr


def test_scores_are_listed():
    assert {"combined", "naswot", "params"} <= set(ut.scores())
    assert all(about for about in ut.scores().values())


def test_codes_of_the_wrong_length_are_refused():
    import pytest

    with pytest.raises(ut.ModelError, match="2 are needed"):
        _untrained.kernel_of_codes(2, [(8, 1, b"x")])
