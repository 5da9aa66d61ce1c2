"""How a command ends: every error as one message and one exit code, and never a traceback for what a user did."""

from __future__ import annotations

import errno
import os
import sys
import traceback
from typing import Any

import click

from simgov.errors import InputError, ReplicationError, SimgovError

DONE, NOT_MET, BAD_INPUT, FAILED, INTERRUPTED = 0, 1, 2, 3, 130
DISK_FAILED = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}


class Ending(Exception):
    """Ends a command with an exit code, after everything has been said."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class EndingGroup(click.Group):
    """A group of commands that turns what they raise into a message and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; leave with its exit code."""
        try:
            super().invoke(ctx)
        except Ending as ending:
            ctx.exit(ending.code)
        except KeyboardInterrupt:
            ctx.exit(INTERRUPTED)
        except BrokenPipeError:
            # Whoever read the output has seen enough; what is still buffered has nowhere to go.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(DONE)
        except (SimgovError, OSError, MemoryError) as error:
            message, code = ended_by(error)
            print(message, file=sys.stderr)
            ctx.exit(code)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception:
            # simgov's own mistake: whoever reports it needs the traceback, and CI must not read it as "not met".
            traceback.print_exc()
            ctx.exit(FAILED)


def ended_by(error: BaseException) -> tuple[str, int]:
    """The message and the exit code for an error that is not simgov's own mistake."""
    if isinstance(error, ReplicationError):
        return str(error), FAILED
    if isinstance(error, InputError):
        return "\n".join(str(problem) for problem in error.problems), BAD_INPUT
    if isinstance(error, SimgovError):
        cause = error.__cause__ or error.__context__
        full = isinstance(cause, OSError) and cause.errno in DISK_FAILED
        return str(error), FAILED if full else BAD_INPUT
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror or error}", FAILED
    return "not enough memory; ask for fewer workers or a shorter period", FAILED
