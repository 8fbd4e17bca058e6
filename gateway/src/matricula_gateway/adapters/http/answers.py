"""The gateway's own answers: problems (RFC 9457) from the catalogue, ready to send.

Texts are constant; nothing of the request is repeated. Must not decide.
"""

import http
from typing import Final

import orjson

from matricula_chassis.http.problem import MEDIA_TYPE, ProblemCatalogue, problem_document
from matricula_gateway.application.rulings import Ruling, challenge_field

FieldList = list[tuple[bytes, bytes]]

_MEDIA_TYPE: Final = MEDIA_TYPE.encode("ascii")
_CONSTANT_FIELDS: Final = (
    (b"content-type", _MEDIA_TYPE),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
)
_PROTOCOL_RETRY: Final = {503: b"2", 429: b"1"}


class Answers:
    """Renders refusals. One per process."""

    def __init__(self, catalogue: ProblemCatalogue) -> None:
        self._catalogue = catalogue

    def refusal(
        self, ruling: Ruling, *, correlation_id: str, extra: FieldList
    ) -> tuple[int, FieldList, bytes]:
        """Return status, fields and body of a ruling; `extra` goes with the fields."""
        body = self._body(ruling.problem, ruling.status, correlation_id)
        fields: FieldList = [
            *_CONSTANT_FIELDS,
            (b"content-length", b"%d" % len(body)),
            (b"x-correlation-id", correlation_id.encode("ascii")),
            *extra,
        ]
        challenge = challenge_field(ruling)
        if challenge is not None:
            fields.append((b"www-authenticate", challenge))
        if ruling.status == http.HTTPStatus.BAD_REQUEST:
            fields.append((b"connection", b"close"))  # whoever sends this is not trusted with more
        if ruling.retry_after is not None:
            fields.append((b"retry-after", b"%d" % ruling.retry_after))
        return ruling.status, fields, body

    def protocol_refusal(self, status: int) -> bytes:
        """Return a whole response for a request that was not even well formed; it closes."""
        kind = self._catalogue.kind_of_status(status)
        body = self._body(kind.slug, status, None)
        lines = [f"HTTP/1.1 {status} {http.HTTPStatus(status).phrase}".encode("ascii")]
        lines += [name + b": " + value for name, value in _CONSTANT_FIELDS]
        lines += [b"content-length: %d" % len(body), b"connection: close"]
        if status in _PROTOCOL_RETRY:
            lines.append(b"retry-after: " + _PROTOCOL_RETRY[status])
        return b"\r\n".join([*lines, b"", body])

    def _body(self, slug: str, status: int, correlation_id: str | None) -> bytes:
        document = problem_document(
            self._catalogue.kind(slug, default_status=status), correlation_id=correlation_id
        )
        document["status"] = status  # the catalogue has fewer statuses than HTTP has refusals
        return orjson.dumps(document)
