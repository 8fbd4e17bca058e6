"""Log lines are JSON without personal data, whoever wrote the message."""

import asyncio
import logging
import warnings
from decimal import Decimal
from uuid import UUID

import pytest
import structlog

from matricula_chassis.observability.context import (
    bound_context,
    current_context,
    is_correlation_id,
    new_context,
    parse_traceparent,
)
from matricula_chassis.observability.logging import configure_logging
from matricula_testkit.observed import CapturedLog

CANARY = "Testperson-Canary"
CORRELATION = "01920555-9293-7449-9312-001122334455"
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def test_a_line_is_json_with_service_level_and_time(captured_log: CapturedLog) -> None:
    structlog.get_logger().info("thing.made", id=UUID(CORRELATION), count=3)
    (line,) = captured_log.lines
    assert line["event"] == "thing.made"
    assert line["id"] == CORRELATION
    assert (line["service"], line["version"], line["level"]) == ("probe", "1.0.0", "info")
    assert line["timestamp"].endswith("+00:00")


def test_an_unknown_type_is_shown_as_its_name_only(captured_log: CapturedLog) -> None:
    class Thing:
        def __repr__(self) -> str:
            return CANARY

    structlog.get_logger().info("thing.made", thing=Thing(), amount=Decimal(1), nested=[Thing()])
    (line,) = captured_log.lines
    assert line["thing"] == "<Thing>"
    assert line["nested"] == ["<Thing>"]
    assert CANARY not in captured_log.text


def test_a_line_below_the_level_is_not_written(captured_log: CapturedLog) -> None:
    configure_logging(service="probe", version="1", level="warning", stream=captured_log.stream)
    structlog.get_logger().info("thing.made")
    logging.getLogger("any").info("x")
    structlog.get_logger().warning("thing.lost")
    assert [line["event"] for line in captured_log.lines] == ["thing.lost"]


def test_an_exception_is_logged_without_its_text(captured_log: CapturedLog) -> None:
    try:
        int(CANARY)
    except ValueError as error:
        structlog.get_logger().exception("thing.failed")
        structlog.get_logger().error("thing.failed", error=error, exc_info=error)
    first, second = captured_log.lines
    assert first["exception"]["type"] == "ValueError"
    assert second["exception"]["type"] == second["error"]["type"] == "ValueError"
    assert CANARY not in captured_log.text


def test_foreign_messages_are_templates_unless_the_library_is_known(
    captured_log: CapturedLog,
) -> None:
    logging.getLogger("some.library").warning("bad value %s", CANARY)
    logging.getLogger("uvicorn.error").warning("listening on %s", "127.0.0.1:1")
    logging.getLogger("uvicorn.error").error("first line\n%s", CANARY)
    messages = [line["message"] for line in captured_log.events("foreign.message")]
    assert messages == ["bad value %s", "listening on 127.0.0.1:1", "first line"]
    assert CANARY not in captured_log.text


def test_what_a_library_repeats_is_written_once_a_second_and_counted(
    captured_log: CapturedLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 100.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    away = logging.getLogger("aiokafka")
    for node in range(50):
        away.error("no connection to node %s", node)
    away.error("no connection to any node")
    structlog.get_logger().warning("thing.lost")
    structlog.get_logger().warning("thing.lost")
    now += 1
    away.error("no connection to node %s", 50)
    lines = [(line.get("message"), line.get("held_back")) for line in captured_log.lines]
    assert lines == [
        ("no connection to node 0", None),
        ("no connection to any node", None),
        (None, None),
        (None, None),
        ("no connection to node 50", 49),
    ]


def test_foreign_exceptions_are_logged_without_their_text(captured_log: CapturedLog) -> None:
    try:
        dict[str, str]()[CANARY]
    except KeyError:
        logging.getLogger("uvicorn.error").exception("failed with %s", CANARY)
    (line,) = captured_log.lines
    assert line["exception"]["type"] == "KeyError"
    assert CANARY not in captured_log.text


def test_a_warning_is_logged_without_its_text(captured_log: CapturedLog) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning(UserWarning(CANARY), UserWarning, "/some/where/module.py", 12)
    (line,) = captured_log.lines
    assert (line["category"], line["at"]) == ("UserWarning", "module.py:12")
    assert CANARY not in captured_log.text


def test_uvicorns_access_log_is_off(captured_log: CapturedLog) -> None:
    logging.getLogger("uvicorn.access").info("GET /%s", CANARY)
    assert captured_log.text == ""


def test_a_line_that_cannot_be_written_does_not_show_up_elsewhere(
    captured_log: CapturedLog, capsys: pytest.CaptureFixture[str]
) -> None:
    captured_log.stream.close()
    logging.getLogger("some.library").warning("bad %s", CANARY)
    said = capsys.readouterr()
    assert "log.line_lost" in said.err
    assert CANARY not in said.err + said.out


def test_the_console_format_holds_the_same_redacted_values(captured_log: CapturedLog) -> None:
    configure_logging(
        service="probe", version="1", log_format="console", stream=captured_log.stream
    )
    structlog.get_logger().info("thing.made", email="canary@example.org", count=3)
    assert "thing.made" in captured_log.text
    assert "count" in captured_log.text
    assert "canary@example.org" not in captured_log.text


def test_context_is_bound_for_the_work_and_cleared_after_it(captured_log: CapturedLog) -> None:
    log = structlog.get_logger()
    with bound_context(new_context(CORRELATION, traceparent=TRACE), topic="things"):
        assert current_context() is not None
        log.info("inside")
    log.info("outside")
    inside, outside = captured_log.lines
    assert inside["correlation_id"] == CORRELATION
    assert inside["topic"] == "things"
    assert inside["trace_id"] == TRACE.split("-")[1]
    assert "correlation_id" not in outside
    assert current_context() is None


async def test_two_tasks_do_not_share_their_context() -> None:
    seen: list[tuple[int, str]] = []

    async def work(number: int) -> None:
        with bound_context(new_context(f"{number:08}-9293-7449-9312-001122334455")):
            await asyncio.sleep(0)
            context = current_context()
            assert context is not None
            seen.append((number, context.correlation_id))

    async with asyncio.TaskGroup() as group:
        for number in range(5):
            group.create_task(work(number))
    assert all(correlation.startswith(f"{number:08}") for number, correlation in seen)
    assert len(seen) == 5


@pytest.mark.parametrize(
    "header",
    [
        None, "", TRACE.upper(), TRACE + "-x", "01" + TRACE[2:], TRACE.replace("4bf", "xyz"),
        "00-" + "0" * 32 + "-00f067aa0ba902b7-01", "00-4bf92f3577b34da6a3ce929d0e0e4736-" + "0" * 16 + "-01",
    ],
)  # fmt: skip
def test_a_malformed_traceparent_begins_a_new_trace(header: str | None) -> None:
    assert parse_traceparent(header) is None
    context = new_context(CORRELATION, traceparent=header)
    assert parse_traceparent(context.traceparent) is not None


def test_a_trace_is_continued_under_a_new_span() -> None:
    context = new_context(CORRELATION, traceparent=TRACE)
    parent = parse_traceparent(context.traceparent)
    assert parent is not None
    assert parent.trace_id == "4bf92f3577b34da6a3ce929d0e0e4736"
    assert parent.span_id != "00f067aa0ba902b7"
    assert parent.is_sampled


@pytest.mark.parametrize(
    "text", [None, "", "1234567890", CANARY, CORRELATION + "x", CORRELATION + "\n"]
)
def test_only_a_uuid_counts_as_correlation_id(text: str | None) -> None:
    assert not is_correlation_id(text)
    assert is_correlation_id(CORRELATION)
