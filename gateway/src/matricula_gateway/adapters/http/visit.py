"""One request on its way through the gateway: what has been found out about it so far.

Holds values only. Must not decide or send.
"""

from dataclasses import dataclass, field
from typing import Any

from matricula_chassis.auth.policy_document import Operation
from matricula_gateway.adapters.http.answers import FieldList
from matricula_gateway.application.rulings import Ruling
from matricula_gateway.application.sessions import Session
from matricula_gateway.domain.framing import Framing


class Refused(Exception):  # noqa: N818 - named as the fact it states
    """The request ends here. `code` goes into the record; `fields` go with the answer."""

    def __init__(
        self, ruling: Ruling, *, code: str | None = None, fields: FieldList | None = None
    ) -> None:
        super().__init__("request refused")
        self.ruling = ruling
        self.code = code
        self.fields: FieldList = fields or []


class ClientGone(Exception):  # noqa: N818 - named as the fact it states
    """The client has left; nobody is there to answer."""


@dataclass(slots=True)
class Visit:
    """See the module. `started` is monotonic seconds; the rest is filled in step by step."""

    method: str
    started: float
    framing: Framing
    stream: Any
    """The ClientStream of this request."""
    path: bytes = b""
    query: bytes = b""
    lines: bytes = b""
    correlation_id: str = ""
    traceparent: str | None = None
    operation: Operation | None = None
    session: Session | None = None
    purpose: str | None = None
    fields: FieldList = field(default_factory=list)
    """Response fields of the gateway's own: RateLimit and the correlation id."""
    is_recorded: bool = False
