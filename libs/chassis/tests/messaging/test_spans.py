"""The span of a batch: linked to where its events came from, silent about what they hold."""

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode, Tracer

from matricula_chassis.messaging.delivery import deliver
from matricula_chassis.messaging.spans import batch_span
from matricula_testkit.messaging import Record, an_envelope, record_of

TRACE = "0af7651916cd43dd8448eb211c80319c"
SPAN = "b7ad6b7169203331"


class Recorder:
    def __init__(self) -> None:
        self._exporter = InMemorySpanExporter()
        provider = TracerProvider()
        provider.add_span_processor(SimpleSpanProcessor(self._exporter))
        self.tracer: Tracer = provider.get_tracer("test")

    def only(self) -> ReadableSpan:
        (found,) = self._exporter.get_finished_spans()
        return found


def record(offset: int, traceparent: str | None) -> Record:
    made = record_of(an_envelope("a", offset + 1), offset)
    headers = [*made.headers]
    if traceparent is not None:
        headers.append(("ce_traceparent", traceparent.encode()))
    return Record(made.topic, 0, offset, made.timestamp, made.key, made.value, headers)


def test_a_batch_is_linked_once_to_each_span_that_produced_its_events() -> None:
    recorder = Recorder()
    parent = f"00-{TRACE}-{SPAN}-01"
    batch = [record(0, parent), record(1, parent), record(2, "rubbish"), record(3, None)]
    with batch_span("projection", [deliver(r) for r in batch], tracer=recorder.tracer):
        pass
    span = recorder.only()
    (link,) = span.links
    assert f"{link.context.trace_id:032x}" == TRACE
    assert f"{link.context.span_id:016x}" == SPAN
    assert span.name == "process sample.aggregate"
    assert dict(span.attributes or {})["messaging.batch.message_count"] == 4


def test_a_failed_batch_names_the_class_of_its_failure_and_nothing_more() -> None:
    recorder = Recorder()
    canary = "a-name-that-must-not-travel"
    span = batch_span("projection", [deliver(record(0, None))], tracer=recorder.tracer)
    with pytest.raises(LookupError), span:
        raise LookupError(canary)
    found = recorder.only()
    assert found.status.status_code is StatusCode.ERROR
    assert dict(found.attributes or {})["error.type"] == "LookupError"
    assert canary not in found.to_json()
