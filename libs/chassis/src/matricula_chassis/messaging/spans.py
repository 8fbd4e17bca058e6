"""One span for each batch that a consumer applies, linked to the spans that produced its events.

OpenTelemetry's own instrumentation of aiokafka does not know `getmany`. Without a collector this
costs one call. Attributes are topics, names and counts, nothing of an event's content.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from opentelemetry import trace
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags, Tracer

from matricula_chassis.messaging.delivery import Delivery
from matricula_chassis.observability.context import parse_traceparent

_MOST_LINKS: Final = 100  # collectors cut at 128


@contextmanager
def batch_span(
    consumer: str, deliveries: Sequence[Delivery], *, tracer: Tracer | None = None
) -> Iterator[None]:
    """Run the block as the span of a batch; a failure is marked by the name of its class."""
    topic = deliveries[0].record.topic
    tracer = tracer or trace.get_tracer("matricula")
    with tracer.start_as_current_span(
        f"process {topic}",
        kind=SpanKind.CONSUMER,
        attributes={
            "messaging.system": "kafka",
            "messaging.destination.name": topic,
            "messaging.consumer.group.name": consumer,
            "messaging.batch.message_count": len(deliveries),
        },
        record_exception=False,
        set_status_on_exception=False,
    ) as span:
        if span.is_recording():
            for origin in _origins(deliveries):
                span.add_link(origin)
        try:
            yield
        except BaseException as error:
            span.set_attribute("error.type", type(error).__name__)
            span.set_status(Status(StatusCode.ERROR))
            raise


def _origins(deliveries: Sequence[Delivery]) -> list[SpanContext]:
    headers = [d.envelope.traceparent for d in deliveries if d.envelope is not None]
    found = [parsed for header in headers if (parsed := parse_traceparent(header)) is not None]
    return [
        SpanContext(
            trace_id=int(origin.trace_id, 16),
            span_id=int(origin.span_id, 16),
            is_remote=True,
            trace_flags=TraceFlags(int(origin.is_sampled)),
        )
        for origin in dict.fromkeys(found[:_MOST_LINKS])
    ]
