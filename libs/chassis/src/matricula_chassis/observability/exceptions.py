"""Turns an exception into a record for the log: types, places and codes, never texts or values.

Messages of drivers and validators quote parameters and input, so no message is used, not even as
a cause. What is kept is made by us or by the schema: class names, SQLSTATE, constraint, errno.
"""

import errno
import re
from types import TracebackType
from typing import Any, Final

from matricula_chassis.errors import DomainError

_SQLSTATE: Final = re.compile(r"[0-9A-Z]{5}")
_IDENTIFIER: Final = re.compile(r"[a-z_][a-z0-9_$]{0,62}")
_SCHEMA_NAMES: Final = ("constraint_name", "table_name", "column_name")
_FRAMES: Final = 12
_DEPTH: Final = 4
_MEMBERS: Final = 5


def describe_exception(error: BaseException, *, depth: int = 0) -> dict[str, Any]:
    """Return a JSON-ready description of an exception without any of its texts."""
    described: dict[str, Any] = {"type": exception_name(error), **_codes_of(error)}
    frames = _frames_of(error.__traceback__)
    if frames:
        described["at"] = frames
    if depth >= _DEPTH:
        return described
    if isinstance(error, BaseExceptionGroup):
        described["members"] = [
            describe_exception(member, depth=depth + 1) for member in error.exceptions[:_MEMBERS]
        ]
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None:
        described["cause"] = describe_exception(cause, depth=depth + 1)
    return described


def exception_name(error: BaseException) -> str:
    """Return the full name of an exception's class."""
    kind = type(error)
    if kind.__module__ == "builtins":
        return kind.__qualname__
    return f"{kind.__module__}.{kind.__qualname__}"


def sqlstate_of(error: BaseException) -> str | None:
    """Return the SQLSTATE of a database error, also through SQLAlchemy's wrapping, or None."""
    for candidate in _database_layers(error):
        state = getattr(candidate, "sqlstate", None)
        if isinstance(state, str) and _SQLSTATE.fullmatch(state):
            return state
    return None


def _codes_of(error: BaseException) -> dict[str, str]:
    codes: dict[str, str] = {}
    if isinstance(error, DomainError):
        codes["problem"] = error.problem
    if isinstance(error, OSError) and error.errno is not None:
        codes["errno"] = errno.errorcode.get(error.errno, str(error.errno))
    state = sqlstate_of(error)
    if state is not None:
        codes["sqlstate"] = state
        for candidate in _database_layers(error):
            for name in _SCHEMA_NAMES:
                value = getattr(candidate, name, None)
                if isinstance(value, str) and _IDENTIFIER.fullmatch(value):
                    codes.setdefault(name.removesuffix("_name"), value)
    return codes


def _database_layers(error: BaseException) -> list[BaseException]:
    # SQLAlchemy keeps the driver's error in `orig`; its asyncpg adapter chains the real one to it.
    layers = [error]
    original = getattr(error, "orig", None)
    if isinstance(original, BaseException):
        layers.append(original)
        if original.__cause__ is not None:
            layers.append(original.__cause__)
    return layers


def _frames_of(traceback: TracebackType | None) -> list[str]:
    frames: list[str] = []
    while traceback is not None:
        code = traceback.tb_frame.f_code
        module = traceback.tb_frame.f_globals.get("__name__", "?")
        frames.append(f"{module}:{traceback.tb_lineno} {code.co_name}")
        traceback = traceback.tb_next
    return frames[-_FRAMES:]
