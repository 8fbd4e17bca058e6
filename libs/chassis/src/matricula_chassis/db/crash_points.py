"""Named places at which a test may kill the process, to prove that nothing is lost or doubled.

In production a crash point does nothing. It is armed by `MATRICULA_CRASH_POINT="name:n"`, which
ends the process at the n-th pass without any clean-up, or within a process by a test.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

VARIABLE: Final = "MATRICULA_CRASH_POINT"
EXIT_CODE: Final = 137  # what a shell reports after kill -9

CRASH_POINTS: Final[set[str]] = set()
"""Every declared name. Chaos tests walk through all of them."""


class SimulatedCrash(BaseException):
    """Raised instead of ending the process; a BaseException, so that no handler survives it."""


class _Armed:
    __slots__ = ("kills", "left", "name")

    def __init__(self, name: str, left: int, *, kills: bool) -> None:
        self.name = name
        self.left = left
        self.kills = kills


class _State:
    __slots__ = ("armed", "environment_read")

    def __init__(self) -> None:
        self.armed: _Armed | None = None
        self.environment_read = False


_state: Final = _State()


def declare_crash_points(*names: str) -> None:
    """Register names of the form `role.place`; a module declares those that it passes."""
    CRASH_POINTS.update(names)


def crash_point(name: str) -> None:
    """End the process here when this name is armed and its count has run down."""
    if not _state.environment_read:
        _read_environment()
    armed = _state.armed
    if armed is None or armed.name != name:
        return
    armed.left -= 1
    if armed.left > 0:
        return
    _state.armed = None
    if armed.kills:
        os._exit(EXIT_CODE)
    raise SimulatedCrash(name)


@contextmanager
def armed_crash_point(name: str, nth_pass: int = 1) -> Iterator[None]:
    """Raise SimulatedCrash at the n-th pass of a declared crash point, once, within the block."""
    if name not in CRASH_POINTS:
        raise LookupError("no such crash point")
    _state.environment_read = True
    _state.armed = _Armed(name, nth_pass, kills=False)
    try:
        yield
    finally:
        _state.armed = None


def _read_environment() -> None:
    _state.environment_read = True
    name, _, count = os.environ.get(VARIABLE, "").partition(":")
    if name:
        _state.armed = _Armed(name, int(count or 1), kills=True)
