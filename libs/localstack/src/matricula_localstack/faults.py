"""The one family of errors that the local stack tells people about, each as a sentence.

A command prints such an error; any other exception is a bug and keeps its traceback.
"""

import sys
from collections.abc import Callable


class LocalStackError(Exception):
    """Something is missing or in the way; `str` of it is for the person at the terminal."""


def exit_code_of(work: Callable[[], object]) -> int:
    """Run a process's work; print a LocalStackError to standard error and return 1 for it."""
    try:
        work()
    except LocalStackError as error:
        print(error, file=sys.stderr)
        return 1
    return 0
