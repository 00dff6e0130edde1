"""Standard output, standard error and the errors of the command line."""

from __future__ import annotations

import contextlib
import os
import sys

__all__ = ["StdoutError", "UsageError", "complain", "write_stdout"]


class UsageError(Exception):
    """The command line asks for something that cannot be; nothing was done."""


class StdoutError(Exception):
    """Nothing more can be written to standard output; the message says why."""


def write_stdout(data: bytes) -> None:
    """Write bytes to standard output, all the way: a full disk must be noticed here, not at the
    interpreter's end.

    Raises
    ------
    StdoutError
        They could not be written. Standard output then leads nowhere, as else the interpreter's own flush
        at exit would print a traceback about the same failure.
    """
    if sys.stdout is None:
        raise StdoutError("standard output: is closed")
    try:
        sys.stdout.flush()
        left = memoryview(data)
        while left:
            # With PYTHONUNBUFFERED, which containers often set, the buffer is the bare file, and a pipe takes
            # only a part of what it is given.
            left = left[sys.stdout.buffer.write(left) :]
        sys.stdout.buffer.flush()
    except OSError as error:
        with contextlib.suppress(OSError, ValueError):
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, sys.stdout.fileno())
            os.close(null)
        closed = isinstance(error, BrokenPipeError)
        reason = "closed by its reader before all was written" if closed else error.strerror
        raise StdoutError(f"standard output: {reason}") from None


def complain(message: str) -> None:
    """Write one line to standard error, if there is one."""
    if sys.stderr is not None:
        with contextlib.suppress(OSError):
            sys.stderr.write(f"cleantext: {message}\n")
            sys.stderr.flush()
