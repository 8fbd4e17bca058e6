"""Requests that must be refused and that carry personal data where it does not belong.

In JSON values and names, addresses, query strings, header fields and broken bodies: through the
gateway and straight at a service.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import httpx
import orjson
from tests.e2e.canaries import Canary


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request. `path` begins with a slash; `content` is sent as it is."""

    method: str
    path: str
    content: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)

    async def send(self, http: httpx.AsyncClient, base: str, token: str) -> httpx.Response:
        """Send it with a good token unless it brings credentials of its own."""
        headers = {"Authorization": f"Bearer {token}", **self.headers}
        return await http.request(
            self.method, base + self.path, content=self.content, headers=headers
        )


def attempts(canary: Canary, learner_id: str) -> Iterator[Attempt]:
    """Yield every kind of refused request, filled with the values of a canary."""
    record = canary.record
    yield from _bodies(record, learner_id)
    for value in canary.values:
        text = quote(value)
        yield Attempt("GET", f"/v1/learners/{text}")
        yield Attempt("GET", f"/v1/{text}")
        yield Attempt("GET", f"/v1/learners?cursor={text}")
        yield Attempt("GET", f"/v1/learners?updated_since={text}")
        yield Attempt("GET", f"/v1/submissions/{text}/records?state={text}")
        yield Attempt("GET", f"/v1/events?subject={text}&{text}={text}&limit={text}")
        yield Attempt("PATCH", f"/v1/learners/{learner_id}", b"{}", _json({"If-Match": value}))
        yield Attempt("GET", "/v1/learners", headers={"Authorization": f"Bearer {value}"})
        yield Attempt("GET", "/v1/learners", headers={"Authorization": f"Basic {value}"})
        yield Attempt("POST", "/v1/learners", b"{}", {"Content-Type": f"text/{text}"})
        yield Attempt(
            "GET",
            f"/v1/learners/{text}",
            headers={
                "User-Agent": value,
                "X-Correlation-Id": value,
                "X-Request-Id": value,
                "traceparent": value,
                "tracestate": f"name={text}",
                "baggage": f"name={text}",
                "Purpose": value,
                "X-Forwarded-For": value,
                "Referer": f"https://example.org/{text}",
            },
        )
        yield Attempt("PUT", "/v1/learners", value.encode())
        yield Attempt(text[:8].upper().replace("%", "X"), f"/v1/{text}")


def _bodies(record: dict[str, Any], learner_id: str) -> Iterator[Attempt]:
    good = {"record": record}
    for broken in (
        orjson.dumps(good)[:-9],
        orjson.dumps({**good, record["FamilyName"]: record["Email"]}),
        orjson.dumps({"record": {**record, "NoSuchField": record["AddLine1"]}}),
        orjson.dumps({"record": {**record, record["FamilyName"]: 1}}),
        orjson.dumps({"record": dict.fromkeys(record, record["FamilyName"] + " 7")}),
        orjson.dumps({"record": {**record, "ULN": record["NINumber"], "Sex": record["TelNo"]}}),
        orjson.dumps({"record": [record]}),
        orjson.dumps({"record": record["GivenNames"]}),
        orjson.dumps(good).replace(b"ine ", b"\x00 "),
        orjson.dumps(good).decode().encode("utf-16"),
    ):
        key = {"Idempotency-Key": record["FamilyName"] + " " + record["DateOfBirth"]}
        yield Attempt("POST", "/v1/learners", broken, _json(key))
        yield Attempt("POST", "/v1/learners", broken, _json({"Idempotency-Key": "one-key"}))
        yield Attempt("PATCH", f"/v1/learners/{learner_id}", broken, _json({"If-Match": '"1"'}))
        yield Attempt("POST", "/v1/learners/search", broken, _json({}))
    for search in (
        {"FamilyName": record["FamilyName"] * 40},
        {"DateOfBirth": record["DateOfBirth"]},
        {"Name": record["FamilyName"]},
        {"ULN": record["FamilyName"]},
        {"NINumber": record["Email"]},
    ):
        yield Attempt("POST", "/v1/learners/search", orjson.dumps(search), _json({}))


def _json(headers: dict[str, str]) -> dict[str, str]:
    return {"Content-Type": "application/json", **headers}
