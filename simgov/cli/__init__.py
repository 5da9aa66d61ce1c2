"""The ``simgov`` command: ``commands`` has its commands, ``ending`` what its exit codes mean.

0 done; 1 a target, a comparison or a search that was asked for is not met; 2 bad input; 3 failed replications, or
the machine failed; 130 interrupted, finished work kept.
"""

from __future__ import annotations

import sys

from simgov.cli.commands import simgov
from simgov.cli.interrupts import INTERRUPTED, leave
from simgov.cli.standard_streams import prepare_streams

__all__ = ["main", "simgov"]


def main() -> None:
    """Run the command line and leave with its exit code."""
    prepare_streams()
    try:
        simgov(sys.argv[1:], prog_name="simgov")
    except SystemExit as ending:
        if ending.code == INTERRUPTED:
            leave()  # Python would wait for threads that are still at work.
        raise
