"""OpenTelemetry traces, optional: without an endpoint nothing is loaded and nothing is recorded.

Spans carry route templates, operation names and codes. No paths, no query strings, no exception
texts: an exception becomes its class name.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from opentelemetry import trace
from opentelemetry.trace import (
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
)

from matricula_chassis.observability.context import TraceParent, WorkContext
from matricula_chassis.observability.exceptions import exception_name

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter

_EXPORT_SECONDS: Final = 5
_SHUTDOWN_MILLISECONDS: Final = 5_000


def configure_tracing(
    *,
    service: str,
    version: str,
    endpoint: str | None,
    exporter: "SpanExporter | None" = None,
) -> Callable[[], None]:
    """Send spans to an OTLP endpoint (or an exporter, in tests); returns how to flush and stop."""
    if endpoint is None and exporter is None:
        return _nothing_to_stop
    # The SDK costs start-up time and memory: only who traces pays for it.
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415
        OTLPSpanExporter,
    )
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    sender = exporter or OTLPSpanExporter(endpoint=endpoint, timeout=_EXPORT_SECONDS)
    provider = TracerProvider(
        resource=Resource({"service.name": service, "service.version": version})
    )
    provider.add_span_processor(BatchSpanProcessor(sender))
    trace.set_tracer_provider(provider)

    def stop() -> None:
        provider.force_flush(_SHUTDOWN_MILLISECONDS)
        provider.shutdown()

    return stop


def _nothing_to_stop() -> None:
    return


@contextmanager
def span(
    name: str,
    *,
    kind: SpanKind = SpanKind.INTERNAL,
    parent: TraceParent | None = None,
    attributes: Mapping[str, str | int | bool] | None = None,
) -> Iterator[Span]:
    """Run a block as a span; an exception marks it with the class name and goes on.

    `name` and `attributes` come from closed sets: operation names, topics, codes.
    """
    tracer = trace.get_tracer("matricula")
    context = _remote(parent) if parent else None
    with tracer.start_as_current_span(
        name,
        context=context,
        kind=kind,
        attributes=dict(attributes or {}),
        record_exception=False,
        set_status_on_exception=False,
    ) as current:
        try:
            yield current
        except BaseException as error:
            current.set_attribute("error.type", exception_name(error))
            current.set_status(Status(StatusCode.ERROR))
            raise


def adopt_span(context: WorkContext, current: Span) -> WorkContext:
    """Return the context with the position of a recording span, so that what follows joins it."""
    position = current.get_span_context()
    if not current.is_recording() or not position.is_valid:
        return context
    return WorkContext(
        correlation_id=context.correlation_id,
        trace_id=trace.format_trace_id(position.trace_id),
        span_id=trace.format_span_id(position.span_id),
        is_sampled=position.trace_flags.sampled,
    )


def _remote(parent: TraceParent) -> Any:
    return trace.set_span_in_context(
        NonRecordingSpan(
            SpanContext(
                trace_id=int(parent.trace_id, 16),
                span_id=int(parent.span_id, 16),
                is_remote=True,
                trace_flags=TraceFlags(int(parent.is_sampled)),
            )
        )
    )
