"""What a rule is: a name, a check of one file, and examples of what it finds and leaves alone."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from textwrap import dedent
from typing import NamedTuple

from tools.lint.source import Source


class Finding(NamedTuple):
    """A fault at a line. The message says what to do, in a constant sentence."""

    line: int
    message: str


@dataclass(frozen=True, slots=True)
class Example:
    """A file, shown with the rule and run as its test. Its place decides which rules look at it."""

    path: str
    text: str

    def source(self) -> Source:
        """Return it as a file to check."""
        return Source(self.path, dedent(self.text).lstrip("\n"))


@dataclass(frozen=True, slots=True)
class Rule:
    """`check` yields the faults of one file. Every rule has good and bad examples."""

    name: str
    check: Callable[[Source], Iterator[Finding]]
    good: tuple[Example, ...]
    bad: tuple[Example, ...]
