"""The Idempotency-Key of a POST: who sent it, the key, and the hash of what was asked.

Storing and replaying outcomes is the unit of work's; here a request only becomes a value.
"""

import hashlib
import re
from typing import Annotated, Final

import orjson
from fastapi import Header, Request

from matricula_chassis.db.idempotency import IdempotencyKey
from matricula_chassis.errors import Invalid
from matricula_chassis.http.authentication import authenticated
from matricula_chassis.http.problem import ParameterFault, ParameterFaults

_KEY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{7,127}")
_PATTERN: Final = rf'^(?:{_KEY.pattern}|"{_KEY.pattern}")$'


async def idempotency_key(
    request: Request,
    header: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            description="A fresh random key (a UUID, say); the same key repeats the same request.",
            json_schema_extra={"x-required": True, "pattern": _PATTERN},
        ),
    ] = None,
) -> IdempotencyKey:
    """Return the key of a request whose caller is known.

    Raises Invalid("idempotency-key-required") when the header is absent, and a 400 problem that
    names the header when it is malformed. The draft's quoted form and the bare form are one key.
    """
    caller = await authenticated(request)
    if header is None:
        raise Invalid("idempotency-key-required")
    key = header.removeprefix('"').removesuffix('"') if header.startswith('"') else header
    if _KEY.fullmatch(key) is None:
        raise ParameterFaults(
            "bad-request",
            [
                ParameterFault(
                    place="header",
                    name="Idempotency-Key",
                    code="malformed",
                    message="A key has 8 to 128 letters, digits, dots, colons, hyphens or "
                    "underscores.",
                )
            ],
        )
    digest = request_hash(
        client_id=caller.client_id,
        method=request.method,
        target=_target(request),
        body=await request.body(),
    )
    return IdempotencyKey(client_id=caller.client_id, key=key, request_hash=digest)


def request_hash(*, client_id: str, method: str, target: bytes, body: bytes) -> bytes:
    """Return the SHA-256 of a request; JSON bodies that mean the same have the same hash.

    The client is part of it, so equal bodies of two clients cannot be recognised as equal.
    """
    try:
        canonical = orjson.dumps(orjson.loads(body), option=orjson.OPT_SORT_KEYS) if body else b""
    except orjson.JSONDecodeError:
        canonical = body
    digest = hashlib.sha256()
    for part in (client_id.encode(), method.encode(), target, canonical):
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.digest()


def _target(request: Request) -> bytes:
    path: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    query: bytes = request.scope.get("query_string", b"")
    return path.partition(b"?")[0] + b"?" + query
