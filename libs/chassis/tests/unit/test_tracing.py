"""Traces join the caller, record no texts, and are off without an endpoint."""

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from matricula_chassis.observability.context import new_context, parse_traceparent
from matricula_chassis.observability.tracing import adopt_span, configure_tracing, span

CANARY = "Testperson-Canary"
CORRELATION = "01920555-9293-7449-9312-001122334455"
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "get_tracer", provider.get_tracer)
    return exporter


def finished(spans: InMemorySpanExporter) -> ReadableSpan:
    (one,) = spans.get_finished_spans()
    return one


def test_without_an_endpoint_nothing_is_recorded() -> None:
    stop = configure_tracing(service="probe", version="1", endpoint=None)
    with span("work") as current:
        assert not current.is_recording()
        context = new_context(CORRELATION)
        assert adopt_span(context, current) is context
    stop()


def test_an_exception_becomes_its_class_name_only(spans: InMemorySpanExporter) -> None:
    with pytest.raises(ValueError, match=CANARY), span("work", attributes={"topic": "things"}):
        raise ValueError(CANARY)
    one = finished(spans)
    assert one.attributes == {"topic": "things", "error.type": "ValueError"}
    assert one.status.status_code is StatusCode.ERROR
    assert not one.events
    assert CANARY not in one.to_json()


def test_a_span_joins_the_callers_trace_and_hands_it_on(spans: InMemorySpanExporter) -> None:
    parent = parse_traceparent(TRACE)
    with span("work", kind=SpanKind.SERVER, parent=parent) as current:
        context = adopt_span(new_context(CORRELATION, traceparent=TRACE), current)
    one = finished(spans)
    assert one.parent is not None
    assert trace.format_span_id(one.parent.span_id) == "00f067aa0ba902b7"
    assert context.trace_id == "4bf92f3577b34da6a3ce929d0e0e4736"
    assert one.context is not None
    assert context.span_id == trace.format_span_id(one.context.span_id)
    assert context.is_sampled
