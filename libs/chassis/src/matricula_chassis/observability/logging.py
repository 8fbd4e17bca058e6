"""Logging, configured once per process: JSON lines on standard output, redacted.

The standard library's logging goes the same way. Messages of foreign libraries are shown as
their template only, unless the library is known to log nothing of a request.
"""

import logging
import math
import sys
import threading
import time
import warnings
from collections.abc import Iterable
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, BinaryIO, Final, Literal, TextIO

import orjson
import structlog
from structlog.stdlib import ProcessorFormatter
from structlog.typing import EventDict, Processor, WrappedLogger

from matricula_chassis.observability.exceptions import describe_exception
from matricula_chassis.observability.redaction import Redactor

LogFormat = Literal["json", "console"]

_LEVELS: Final = {"debug": 10, "info": 20, "warning": 30, "error": 40}
_PLAIN_LOGGERS: Final = ("aiokafka", "alembic.runtime", "uvicorn")
"""Loggers whose messages hold addresses, offsets and names of migrations, and nothing else."""
_TEMPLATE_LIMIT: Final = 200
_REPEAT_SECONDS: Final = 1.0
_REMEMBERED: Final = 1_000
"""Messages of libraries whose repeats are counted at a time."""
_QUIET: Final = ("sqlalchemy", "asyncio", "aiokafka", "httpx", "httpcore", "asyncpg")


def configure_logging(
    *,
    service: str,
    version: str,
    level: str = "info",
    log_format: LogFormat = "json",
    forbidden_keys: Iterable[str] = (),
    stream: BinaryIO | None = None,
) -> None:
    """Send structlog, standard logging, warnings and uncaught exceptions to one redacted stream."""
    target = stream or sys.stdout.buffer
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        _render_exception,
        Redactor(forbidden_keys),
        structlog.stdlib.add_log_level,
        _ServiceName(service, version),
        _add_time,
    ]
    render = _to_console if log_format == "console" else _to_json
    structlog.configure(
        processors=[*shared, render],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.BytesLoggerFactory(file=target),
        cache_logger_on_first_use=False,
    )
    _route_standard_logging(shared, render, level=level, stream=target)
    warnings.showwarning = _log_warning
    sys.excepthook = _log_uncaught
    threading.excepthook = _log_thread_failure
    sys.unraisablehook = _log_unraisable


class _ServiceName:
    """Adds who is speaking."""

    def __init__(self, service: str, version: str) -> None:
        self._values = {"service": service, "version": version}

    def __call__(self, _logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event.update(self._values)
        return event


def _add_time(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    # The line's own time, not a business time: the injected clock does not apply.
    event["timestamp"] = datetime.now(UTC).isoformat(timespec="microseconds")
    return event


def _render_exception(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    found = event.pop("exc_info", None)
    event.pop("stack_info", None)
    if found is True:
        found = sys.exc_info()
    if isinstance(found, tuple):
        found = found[1]
    if isinstance(found, BaseException):
        event["exception"] = describe_exception(found)
    for key, value in event.items():
        if isinstance(value, BaseException):
            event[key] = describe_exception(value)
    return event


def _to_json(_logger: WrappedLogger, _method: str, event: EventDict) -> bytes:
    return orjson.dumps(event, default=_type_only, option=orjson.OPT_NON_STR_KEYS)


def _type_only(value: object) -> str:
    # A repr may hold anything; the type says enough to find the log call that is wrong.
    return f"<{type(value).__name__}>"


_console: Final = structlog.dev.ConsoleRenderer(colors=False, sort_keys=False)


def _to_console(logger: WrappedLogger, method: str, event: EventDict) -> bytes:
    plain = orjson.loads(_to_json(logger, method, event))
    return _console(logger, method, plain).encode()


class _BytesHandler(logging.Handler):
    """Writes formatted records to the byte stream that structlog writes to."""

    def __init__(self, stream: BinaryIO) -> None:
        super().__init__()
        self._stream = stream

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        try:
            self._stream.write(self.format(record).encode() + b"\n")
            self._stream.flush()
        except Exception:  # noqa: BLE001 - logging must never break the work
            self.handleError(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the base's name
        """Say that a line was lost, without the line."""
        del record
        _say_lost(sys.stderr)


class _Repeats(logging.Filter):
    """Lets what a library says again and again through once a second, with how often it was said.

    A client library whose server is away says so a hundred times a second.
    """

    def __init__(self) -> None:
        super().__init__()
        self._said: dict[tuple[str, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether a line goes out; what goes out knows how many did not."""
        key = record.name, str(record.msg)
        now = time.monotonic()
        last, held_back = self._said.pop(key, (-math.inf, 0))
        if now - last < _REPEAT_SECONDS:
            self._said[key] = last, held_back + 1
            return False
        if len(self._said) >= _REMEMBERED:
            self._said.pop(next(iter(self._said)))
        self._said[key] = now, 0
        record.held_back = held_back
        return True


def _say_lost(stream: TextIO | None) -> None:
    if stream is not None:
        stream.write('{"event":"log.line_lost","level":"error"}\n')


def _route_standard_logging(
    shared: list[Processor],
    render: Any,
    *,
    level: str,
    stream: BinaryIO,
) -> None:
    def rendered(logger: WrappedLogger, method: str, event: EventDict) -> str:
        return str(render(logger, method, event), "utf-8")

    handler = _BytesHandler(stream)
    handler.setFormatter(
        ProcessorFormatter(
            foreign_pre_chain=[_foreign_event, *shared],
            processors=[ProcessorFormatter.remove_processors_meta, rendered],
            use_get_message=False,
            pass_foreign_args=True,
        )
    )
    handler.addFilter(_Repeats())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(_LEVELS[level])
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(_LEVELS[level], logging.WARNING))
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        foreign = logging.getLogger(name)
        foreign.handlers[:] = []
        foreign.propagate = True
    logging.getLogger("uvicorn.access").disabled = True
    logging.raiseExceptions = False


def _foreign_event(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    record: logging.LogRecord = event["_record"]
    arguments = event.pop("positional_args", ())
    text = str(record.msg)
    if record.name.startswith(_PLAIN_LOGGERS) and not record.exc_info:
        text = logging.makeLogRecord({"msg": record.msg, "args": arguments}).getMessage()
    first, *_ = text.splitlines() or [""]
    event["event"] = "foreign.message"
    event["logger"] = record.name
    event["message"] = first[:_TEMPLATE_LIMIT]
    if held_back := getattr(record, "held_back", 0):
        event["held_back"] = held_back
    return event


def _log_warning(  # noqa: PLR0917 - the signature of warnings.showwarning
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    # The text of a warning may quote a value (pydantic's serialisation warnings do).
    del message, file, line
    place = f"{filename.rpartition('/')[2]}:{lineno}"
    structlog.get_logger().warning("python.warning", category=category.__name__, at=place)


def _log_uncaught(
    _kind: type[BaseException], error: BaseException, _traceback: TracebackType | None
) -> None:
    structlog.get_logger().error("process.uncaught_exception", exc_info=error)


def _log_thread_failure(arguments: threading.ExceptHookArgs) -> None:
    structlog.get_logger().error("thread.uncaught_exception", exc_info=arguments.exc_value)


def _log_unraisable(unraisable: "sys.UnraisableHookArgs") -> None:
    structlog.get_logger().error("process.unraisable_exception", exc_info=unraisable.exc_value)
