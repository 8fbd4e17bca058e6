"""Which piece of work is being done now: correlation id and W3C trace context, per task.

Bound for one request or one event and cleared after it, in context variables and in every log
line. Only identifiers that we made or whose shape was checked get in; nothing personal fits.
"""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import structlog

_TRACEPARENT: Final = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")
_CORRELATION_ID: Final = re.compile(
    r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
)
_SAMPLED: Final = 1


@dataclass(frozen=True, slots=True)
class WorkContext:
    """The correlation id (a UUID as text) and the trace position of the present work."""

    correlation_id: str
    trace_id: str
    span_id: str
    is_sampled: bool = False

    @property
    def traceparent(self) -> str:
        """Return the W3C Trace Context header (level 1, section 3.2) for what is called next."""
        return f"00-{self.trace_id}-{self.span_id}-{int(self.is_sampled):02x}"


@dataclass(frozen=True, slots=True)
class TraceParent:
    """A traceparent that was received and is well formed."""

    trace_id: str
    span_id: str
    is_sampled: bool


_current: ContextVar[WorkContext | None] = ContextVar("matricula_work_context", default=None)


def current_context() -> WorkContext | None:
    """Return what is being worked on in this task, or None outside of any work."""
    return _current.get()


def parse_traceparent(header: str | None) -> TraceParent | None:
    """Return the parts of a traceparent, or None when it is absent, malformed or all zeros."""
    match = _TRACEPARENT.fullmatch(header) if header else None
    if match is None or set(match[1]) == {"0"} or set(match[2]) == {"0"}:
        return None
    return TraceParent(match[1], match[2], is_sampled=bool(int(match[3], 16) & _SAMPLED))


def is_correlation_id(text: str | None) -> bool:
    """Say whether a text is a UUID as written in RFC 9562: nothing else is taken from outside."""
    return text is not None and _CORRELATION_ID.fullmatch(text) is not None


def new_context(correlation_id: UUID | str, *, traceparent: str | None = None) -> WorkContext:
    """Return a context that continues the trace of `traceparent`, or begins a new trace."""
    parent = parse_traceparent(traceparent)
    return WorkContext(
        correlation_id=str(correlation_id),
        trace_id=parent.trace_id if parent else secrets.token_hex(16),
        span_id=secrets.token_hex(8),
        is_sampled=parent.is_sampled if parent else False,
    )


@contextmanager
def bound_context(context: WorkContext, **values: str | int) -> Iterator[WorkContext]:
    """Bind a context and log values to this task, and take them away at the end.

    The consumer loop wraps each event in it; the HTTP middleware each request.
    """
    token = _current.set(context)
    names = structlog.contextvars.bind_contextvars(
        correlation_id=context.correlation_id, trace_id=context.trace_id, **values
    )
    try:
        yield context
    finally:
        structlog.contextvars.reset_contextvars(**names)
        _current.reset(token)
