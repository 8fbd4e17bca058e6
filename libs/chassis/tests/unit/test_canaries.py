"""Plants personal-looking values everywhere and looks for them in everything that comes out."""

import logging
import warnings
from collections.abc import Callable
from datetime import date
from typing import Any

import httpx
import pytest
import structlog
from asyncpg import UniqueViolationError
from fastapi import APIRouter, FastAPI, HTTPException
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from pydantic import BaseModel, ConfigDict
from sqlalchemy.exc import DataError, IntegrityError

from matricula_chassis.errors import Invalid
from matricula_chassis.observability.metrics import exposition
from matricula_chassis.observability.sensitive import Sensitive
from matricula_testkit.observed import CapturedLog, client_for

NAME = "Testperson-Canary"
NUMBER = "9990001117"
INSURANCE = "QQ123456C"
POSTCODE = "ZZ99 9ZZ"
BORN = "2008-05-04"
MAIL = "canary@example.org"
CANARIES = (NAME, NUMBER, INSURANCE, POSTCODE, BORN, MAIL)
SHAPES = " ".join(CANARIES[1:])  # what can be recognised even under a harmless key
EVERYTHING = f"{NAME} {SHAPES}"


class Person(BaseModel):
    model_config = ConfigDict(extra="forbid")

    family_name: Sensitive[str]
    born: date
    number: int = 0
    kind: str = ""


def database_error(kind: type[IntegrityError | DataError]) -> Exception:
    original = UniqueViolationError(f"Key (name)=({EVERYTHING}) already exists.")
    return kind("INSERT INTO person VALUES ($1)", {"family_name": EVERYTHING}, original)


def failures() -> dict[str, Callable[[], Exception]]:
    return {
        "value": lambda: ValueError(EVERYTHING),
        "key": lambda: KeyError(EVERYTHING),
        "integrity": lambda: database_error(IntegrityError),
        "data": lambda: database_error(DataError),
        "group": lambda: ExceptionGroup(EVERYTHING, [database_error(DataError)]),
        "os": lambda: FileNotFoundError(2, EVERYTHING, EVERYTHING),
        "http": lambda: HTTPException(409, EVERYTHING, headers={"X-Echo": EVERYTHING}),
        "domain": lambda: Invalid("thing-not-found", family_name=NAME, note=MAIL, at=NUMBER),
    }


@pytest.fixture
def app(make_app: Callable[..., FastAPI]) -> FastAPI:
    router = APIRouter()

    @router.post("/people/{key}")
    async def make_person(key: str, body: Person, note: str = "") -> int:
        structlog.get_logger().info("person.made", person=body, key=body.family_name, note=note)
        logging.getLogger("sqlalchemy.engine").warning("%s %s", key, body.family_name.reveal())
        if body.kind == "validation":
            Person.model_validate({"family_name": [EVERYTHING], "born": EVERYTHING})
        if body.kind == "answer":
            return EVERYTHING  # type: ignore[return-value]
        if body.kind == "warning":
            warnings.warn(EVERYTHING, stacklevel=1)
        if body.kind in failures():
            try:
                failure = failures()[body.kind]()
                raise failure
            except ExceptionGroup as error:
                raise RuntimeError(EVERYTHING) from error
        return 1

    return make_app(router)


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "get_tracer", provider.get_tracer)
    monkeypatch.setattr(trace, "get_tracer_provider", lambda: provider)
    return exporter


def requests() -> list[dict[str, Any]]:
    good = {"family_name": EVERYTHING, "born": BORN, "number": int(NUMBER)}
    raw = f'{{"family_name":"{EVERYTHING}","family_name":"{EVERYTHING}"'.encode()
    json_type = {"Content-Type": "application/json"}
    kinds = ["", "validation", "answer", "warning", *failures()]
    return [
        *({"json": good | {"kind": kind}} for kind in kinds),
        {"json": good | {NAME: 1, MAIL: {NUMBER: 2}}},
        {"json": good | {"born": EVERYTHING, "number": EVERYTHING, "kind": [EVERYTHING]}},
        {"json": [EVERYTHING]},
        {"content": raw + b"}", "headers": json_type},
        {"content": raw, "headers": json_type},
        {"content": raw + b"\xff", "headers": json_type},
        {"content": EVERYTHING.encode(), "headers": {"Content-Type": f"text/{NAME}"}},
        {"method": NAME, "json": good},
        {"url": f"/nowhere/{EVERYTHING}", "json": good},
    ]


HEADERS = {
    "Authorization": f"Bearer {NAME}",
    "Cookie": f"name={NAME}",
    "X-Correlation-ID": NUMBER,
    "traceparent": f"00-{NAME}-{NUMBER}-01",
    "tracestate": f"vendor={NAME}",
    "User-Agent": EVERYTHING,
    "Referer": f"https://example.org/?{NAME}",
    "If-Match": NAME,
    "Idempotency-Key": MAIL,
    "baggage": f"name={NAME}",
}


def hits(text: str) -> list[str]:
    return [canary for canary in CANARIES if canary.lower() in text.lower()]


async def test_no_planted_value_is_in_logs_metrics_traces_or_problems(
    app: FastAPI, spans: InMemorySpanExporter, captured_log: CapturedLog
) -> None:
    answers: list[httpx.Response] = []
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        async with client_for(app) as client:
            for request in requests():
                options: dict[str, Any] = {
                    "method": "POST",
                    "url": f"/people/{EVERYTHING}",
                    "params": {"note": SHAPES, NAME: NAME},
                    **request,
                }
                options["headers"] = HEADERS | options.get("headers", {})
                answers.append(await client.request(**options))
    logged = captured_log.text
    assert {answer.status_code for answer in answers} == {200, 400, 404, 405, 409, 415, 422, 500}
    assert hits("".join(answer.text + str(answer.headers) for answer in answers)) == []
    assert hits(logged) == []
    assert hits(exposition()[0].decode()) == []
    finished = spans.get_finished_spans()
    assert len(finished) == len(answers), "a span of somebody else's making"
    assert hits("".join(one.to_json() for one in finished)) == []
    assert {"person.made", "http.unexpected_error", "python.warning", "foreign.message"} <= {
        line["event"] for line in captured_log.lines
    }
    assert '"sqlstate":"23505"' in logged


def test_the_search_finds_what_really_is_there(captured_log: CapturedLog) -> None:
    structlog.get_logger().info("person.made", neutral=NAME)
    assert hits(captured_log.text) == [NAME]
    assert hits(EVERYTHING.upper()) == list(CANARIES)
