"""`python -m untrained`: the command line."""

from ._cli import main

main()
