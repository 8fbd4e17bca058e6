"""The table of refusals: for each reason the status, the problem and the RFC 6750 error code.

And the one pure function that decides on a request that has a route and a verified caller. Must
not do I/O or keep anything.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from matricula_chassis.auth.permissions import Policy
from matricula_chassis.auth.policy_document import Operation
from matricula_chassis.auth.principal import Principal

REALM: Final = "matricula"


@dataclass(frozen=True, slots=True)
class Ruling:
    """What becomes of a request. `challenge` is the RFC 6750 error, "" for none, None: no field."""

    allowed: bool
    reason: str
    status: int = 200
    problem: str = ""
    challenge: str | None = None
    retry_after: int | None = None

    @property
    def is_admitted(self) -> bool:
        """Whether the caller may do it: a service that fails afterwards does not change that."""
        return self.allowed or self.reason.startswith("upstream_")


ALLOWED: Final = Ruling(allowed=True, reason="allowed")


def _refuse(
    reason: str,
    status: int,
    problem: str,
    *,
    challenge: str | None = None,
    retry_after: int | None = None,
) -> Ruling:
    return Ruling(
        allowed=False,
        reason=reason,
        status=status,
        problem=problem,
        challenge=challenge,
        retry_after=retry_after,
    )


_RETRY_SECONDS: Final = 2

REFUSALS: Final[Mapping[str, Ruling]] = {
    ruling.reason: ruling
    for ruling in (
        _refuse("bad_target", 400, "bad-request"),
        _refuse("field_repeated", 400, "bad-request"),
        _refuse("route_unknown", 404, "not-found"),
        _refuse("method_unknown", 405, "method-not-allowed"),
        _refuse("token_missing", 401, "unauthenticated", challenge=""),
        _refuse("token_refused", 401, "unauthenticated", challenge="invalid_token"),
        _refuse("keys_unavailable", 503, "unavailable", retry_after=_RETRY_SECONDS),
        _refuse("role_missing", 403, "forbidden", challenge="insufficient_scope"),
        _refuse("purpose_missing", 403, "missing-purpose", challenge="insufficient_scope"),
        _refuse("purpose_unknown", 403, "purpose-not-allowed", challenge="insufficient_scope"),
        _refuse(
            "purpose_not_permitted", 403, "purpose-not-allowed", challenge="insufficient_scope"
        ),
        _refuse("step_up_required", 403, "step-up-required", challenge="insufficient_scope"),
        _refuse("rate_limited", 429, "rate-limited"),
        _refuse("body_too_large", 413, "payload-too-large"),
        _refuse("body_malformed", 400, "bad-request"),
        _refuse("body_slow", 408, "request-timeout"),
        _refuse("not_recorded", 503, "unavailable", retry_after=_RETRY_SECONDS),
        _refuse("upstream_unreachable", 503, "unavailable", retry_after=_RETRY_SECONDS),
        _refuse("upstream_busy", 503, "unavailable", retry_after=_RETRY_SECONDS),
        _refuse("upstream_open", 503, "unavailable", retry_after=_RETRY_SECONDS),
        _refuse("upstream_timeout", 504, "unavailable", retry_after=_RETRY_SECONDS),
        _refuse("upstream_reset", 502, "unavailable", retry_after=_RETRY_SECONDS),
        _refuse("upstream_malformed", 502, "unavailable", retry_after=_RETRY_SECONDS),
        _refuse("internal", 500, "internal-error"),
    )
}
"""Every refusal of the gateway by reason; the reason goes into the record, never to the client."""


def decide(
    operation: Operation,
    principal: Principal,
    *,
    policy: Policy,
    stated_purpose: str | None,
) -> Ruling:
    """Decide whether a verified caller may use an operation. Pure; the same in every process.

    `principal.purpose` is the purpose in force: the one stated with the request, else the token's.
    """
    if operation.internal:
        return REFUSALS["route_unknown"]
    if stated_purpose is not None and stated_purpose not in policy.purposes:
        return REFUSALS["purpose_unknown"]
    decision = policy.allows(principal, operation)
    return ALLOWED if decision.allowed else REFUSALS[decision.reason]


def challenge_field(ruling: Ruling) -> bytes | None:
    """Return the value of WWW-Authenticate for a ruling (RFC 6750 section 3), or None."""
    if ruling.challenge is None:
        return None
    if ruling.challenge == "":
        return f'Bearer realm="{REALM}"'.encode("ascii")
    return f'Bearer realm="{REALM}", error="{ruling.challenge}"'.encode("ascii")
