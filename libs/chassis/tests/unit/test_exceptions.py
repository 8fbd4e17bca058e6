"""Exceptions are described by codes and class names, never by their texts."""

import asyncpg
import orjson
import pytest
from sqlalchemy.exc import DataError, IntegrityError

from matricula_chassis.errors import NotFound
from matricula_chassis.observability.exceptions import describe_exception, sqlstate_of

CANARY = "Testperson-Canary"


def caught(error: BaseException) -> BaseException:
    try:
        raise error  # noqa: TRY301 - so that it has a traceback
    except BaseException as raised:  # noqa: BLE001 - any may be thrown in
        return raised


def driver_error() -> asyncpg.UniqueViolationError:
    error = asyncpg.UniqueViolationError(f"Key (name)=({CANARY}) already exists.")
    error.constraint_name = "thing_name_key"
    error.table_name = "thing"
    error.detail = CANARY
    return error


def integrity_error() -> IntegrityError:
    adapted = Exception(CANARY)
    adapted.sqlstate = "23505"  # type: ignore[attr-defined]
    adapted.__cause__ = driver_error()
    return IntegrityError("INSERT INTO thing VALUES ($1)", {"name": CANARY}, adapted)


def test_a_database_error_is_described_by_codes_and_schema_names_only() -> None:
    described = describe_exception(caught(integrity_error()))
    assert described["type"] == "sqlalchemy.exc.IntegrityError"
    assert described["sqlstate"] == "23505"
    assert described["constraint"] == "thing_name_key"
    assert described["table"] == "thing"
    assert described["at"][-1].endswith(" caught")
    assert CANARY not in orjson.dumps(described).decode()


def test_the_sqlstate_is_found_in_and_out_of_sqlalchemy() -> None:
    assert sqlstate_of(integrity_error()) == "23505"
    assert sqlstate_of(driver_error()) == "23505"
    assert sqlstate_of(ValueError("x")) is None


@pytest.mark.parametrize(
    "error",
    [
        ValueError(CANARY),
        KeyError(CANARY),
        UnicodeDecodeError("utf-8", CANARY.encode(), 0, 1, CANARY),
        DataError("SELECT $1", {"name": CANARY}, Exception(CANARY)),
        ExceptionGroup(CANARY, [ValueError(CANARY), integrity_error()]),
        OSError(28, CANARY, CANARY),
    ],
)
def test_no_text_of_an_exception_is_described(error: Exception) -> None:
    outer = RuntimeError(CANARY)
    outer.__cause__ = caught(error)
    described = orjson.dumps(describe_exception(caught(outer))).decode()
    assert CANARY not in described
    assert type(error).__name__ in described


def test_codes_that_help_are_kept() -> None:
    assert describe_exception(OSError(28, CANARY))["errno"] == "ENOSPC"
    assert describe_exception(NotFound("thing-not-found"))["problem"] == "thing-not-found"


def test_a_sqlstate_that_is_no_sqlstate_is_not_repeated() -> None:
    error = ValueError()
    error.sqlstate = CANARY  # type: ignore[attr-defined]
    assert "sqlstate" not in describe_exception(error)


def test_a_long_chain_ends() -> None:
    error: BaseException = ValueError()
    for _ in range(50):
        following = ValueError()
        following.__cause__ = error
        error = following
    error.__cause__.__cause__.__cause__.__cause__.__cause__ = error  # type: ignore[union-attr]
    text = orjson.dumps(describe_exception(error)).decode()
    assert text.count("ValueError") == 5
