"""The checks on a token that need no key: size, shape, header, claims, in a fixed order.

Pure functions over bytes and plain values; the first failing check raises TokenRejected. The
signature is the business of `tokens`.
"""

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Any, Final

from matricula_chassis.auth.principal import Claims
from matricula_chassis.auth.rejection import Reason, TokenRejected

ALGORITHM: Final = "ES256"
TOKEN_TYPE: Final = "at+jwt"  # noqa: S105 - a media type, RFC 9068 section 2.1
MAX_TOKEN_BYTES: Final = 8_192
MAX_HEADER_BYTES: Final = 384
"""Less than the 512 bytes that joserfc takes in base64url, so that both backends agree."""
MAX_KEY_ID_LENGTH: Final = 128
CLOCK_SKEW: Final = timedelta(seconds=30)

_HEADER_MEMBERS: Final = frozenset({"alg", "typ", "kid"})
_SIGNATURE_BYTES: Final = 64
_COMPACT: Final = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+", re.ASCII)
_SCOPE: Final = re.compile(r"[\x21\x23-\x5B\x5D-\x7E]+( [\x21\x23-\x5B\x5D-\x7E]+)*")
_REQUIRED: Final = ("iss", "exp", "aud", "sub", "client_id", "iat", "jti")
_TEXTS: Final = ("sub", "client_id", "jti", "aud", "scope", "acr", "purpose", "txn")
_TIMES: Final = ("exp", "iat", "nbf")
_LATEST_TIME: Final = 253_402_300_799  # the last second of the year 9999
_MAX_IDENTIFIER: Final = 255
_MAX_ROLES: Final = 64
_UKPRN_RANGE: Final = range(10_000_000, 100_000_000)


@dataclass(frozen=True, slots=True)
class UnverifiedToken:
    """A token of the right shape whose signature has not been checked; not to be believed."""

    text: str
    key_id: str
    issuer: str
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ClaimRules:
    """What the claims of one issuer's tokens must satisfy."""

    max_lifetime: timedelta
    requires_not_before: bool = False


def read_unverified(token: str) -> UnverifiedToken:
    """Take a token apart without believing it; raises TokenRejected (steps 1 to 7)."""
    if not 0 < len(token) <= MAX_TOKEN_BYTES:
        raise TokenRejected(Reason.SIZE)
    if _COMPACT.fullmatch(token) is None:
        raise TokenRejected(Reason.SHAPE)
    header_segment, payload_segment, signature_segment = token.split(".")
    header_bytes = _decode_segment(header_segment)
    payload_bytes = _decode_segment(payload_segment)
    if len(_decode_segment(signature_segment)) != _SIGNATURE_BYTES:
        raise TokenRejected(Reason.SHAPE)
    header = _read_header(header_bytes)
    payload = _read_object(payload_bytes, Reason.PAYLOAD_JSON)
    issuer = payload.get("iss")
    if not isinstance(issuer, str):
        raise TokenRejected(Reason.ISSUER)
    return UnverifiedToken(text=token, key_id=header["kid"], issuer=issuer, payload=payload)


def _decode_segment(segment: str) -> bytes:
    """Decode base64url without padding, in its one canonical form (RFC 4648 section 3.5)."""
    try:
        decoded = urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
    except ValueError:
        raise TokenRejected(Reason.SHAPE) from None
    if urlsafe_b64encode(decoded).rstrip(b"=") != segment.encode("ascii"):
        raise TokenRejected(Reason.SHAPE)
    return decoded


def _read_header(raw: bytes) -> Mapping[str, Any]:
    if len(raw) > MAX_HEADER_BYTES:
        raise TokenRejected(Reason.SIZE)
    header = _read_object(raw, Reason.HEADER_JSON)
    if not _HEADER_MEMBERS.issuperset(header):
        raise TokenRejected(Reason.HEADER_MEMBER)
    if header.get("typ") != TOKEN_TYPE:
        raise TokenRejected(Reason.TYPE)
    if header.get("alg") != ALGORITHM:
        raise TokenRejected(Reason.ALGORITHM)
    key_id = header.get("kid")
    if not isinstance(key_id, str) or not 0 < len(key_id) <= MAX_KEY_ID_LENGTH:
        raise TokenRejected(Reason.UNKNOWN_KEY)
    return header


def _read_object(raw: bytes, reason: Reason) -> dict[str, Any]:
    try:
        value = _DECODER.decode(raw.decode("utf-8"))
    except (ValueError, RecursionError):
        raise TokenRejected(reason) from None
    if not isinstance(value, dict):
        raise TokenRejected(reason)
    return value


def _unique_members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member occurs twice")
    return members


def _no_constant(_name: str) -> None:
    raise ValueError("not a JSON number")


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_unique_members, parse_constant=_no_constant)


def check_claims(
    payload: Mapping[str, Any], *, rules: ClaimRules, audience: str, now: float
) -> Claims:
    """Check the claims of a token whose signature holds; raises TokenRejected (from step 11 on).

    `now` is in seconds since the epoch; CLOCK_SKEW is allowed on nbf and iat, none on exp.
    """
    _check_types(payload, rules)
    if payload["aud"] != audience:
        raise TokenRejected(Reason.AUDIENCE)
    _check_times(payload, rules, now)
    for name in ("sub", "client_id", "jti"):
        if not 0 < len(payload[name]) <= _MAX_IDENTIFIER or not payload[name].isprintable():
            raise TokenRejected(Reason.IDENTITY)
    if "cnf" in payload:
        # A token bound to a key must not be honoured as a bearer token (RFC 7800 section 3).
        raise TokenRejected(Reason.KEY_BINDING)
    if payload.get("scope") is not None and _SCOPE.fullmatch(payload["scope"]) is None:
        raise TokenRejected(Reason.SCOPE)
    return _claims_of(payload)


def _check_types(payload: Mapping[str, Any], rules: ClaimRules) -> None:
    required = (*_REQUIRED, "nbf") if rules.requires_not_before else _REQUIRED
    for name in required:
        if name not in payload:
            raise TokenRejected(Reason.CLAIM_MISSING)
    for name in _TEXTS:
        if not isinstance(payload.get(name, ""), str):
            raise TokenRejected(Reason.CLAIM_TYPE)
    for name in _TIMES:
        value = payload.get(name, 0)
        if type(value) is not int or not 0 <= value <= _LATEST_TIME:
            raise TokenRejected(Reason.CLAIM_TYPE)
    _check_scope_claims(payload)


def _check_scope_claims(payload: Mapping[str, Any]) -> None:
    ukprn = payload.get("ukprn")
    if ukprn is not None and (type(ukprn) is not int or ukprn not in _UKPRN_RANGE):
        raise TokenRejected(Reason.CLAIM_TYPE)
    roles = payload.get("roles", [])
    if not isinstance(roles, list) or len(roles) > _MAX_ROLES:
        raise TokenRejected(Reason.CLAIM_TYPE)
    if not all(isinstance(role, str) and role for role in roles):
        raise TokenRejected(Reason.CLAIM_TYPE)
    actor = payload.get("act")
    if actor is not None and not (
        isinstance(actor, dict) and isinstance(actor.get("sub"), str) and actor["sub"]
    ):
        raise TokenRejected(Reason.CLAIM_TYPE)


def _check_times(payload: Mapping[str, Any], rules: ClaimRules, now: float) -> None:
    skew = CLOCK_SKEW.total_seconds()
    issued_at, expires_at = payload["iat"], payload["exp"]
    if now >= expires_at:
        raise TokenRejected(Reason.EXPIRED)
    if payload.get("nbf", 0) > now + skew:
        raise TokenRejected(Reason.NOT_YET_VALID)
    if issued_at > now + skew:
        raise TokenRejected(Reason.ISSUED_IN_FUTURE)
    if not 0 < expires_at - issued_at <= rules.max_lifetime.total_seconds():
        raise TokenRejected(Reason.LIFETIME)


def _claims_of(payload: Mapping[str, Any]) -> Claims:
    actor = payload.get("act")
    return Claims(
        issuer=payload["iss"],
        subject=payload["sub"],
        audience=payload["aud"],
        client_id=payload["client_id"],
        issued_at=payload["iat"],
        not_before=payload.get("nbf"),
        expires_at=payload["exp"],
        token_id=payload["jti"],
        ukprn=payload.get("ukprn"),
        roles=frozenset(payload.get("roles", ())),
        scopes=frozenset(payload["scope"].split(" ")) if payload.get("scope") else frozenset(),
        acr=payload.get("acr"),
        purpose=payload.get("purpose"),
        actor=actor["sub"] if actor else None,
        transaction=payload.get("txn"),
        values=MappingProxyType(dict(payload)),
    )
