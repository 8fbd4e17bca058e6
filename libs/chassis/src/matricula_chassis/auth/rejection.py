"""Why a token was refused: one code per check, in the order in which the checks run.

The code goes to the metric and the decision record. A client never sees it: it gets an RFC 6750
error and nothing else.
"""

from enum import Enum, unique
from typing import Final

from prometheus_client import Counter

TOKENS_REJECTED: Final = Counter(
    "matricula_tokens_rejected",
    "Tokens refused, by the check that refused them.",
    ("step", "reason"),
)


@unique
class Reason(Enum):
    """A check that can refuse a token: its code and its place in the order of checks."""

    SIZE = ("size", 1)
    SHAPE = ("shape", 2)
    HEADER_JSON = ("header_json", 3)
    HEADER_MEMBER = ("header_member", 4)
    TYPE = ("typ", 5)
    ALGORITHM = ("alg", 6)
    PAYLOAD_JSON = ("payload_json", 7)
    ISSUER = ("iss", 8)
    UNKNOWN_KEY = ("unknown_key", 9)
    KEYS_UNAVAILABLE = ("keys_unavailable", 9)
    SIGNATURE = ("signature", 10)
    CLAIM_MISSING = ("claim_missing", 11)
    CLAIM_TYPE = ("claim_type", 12)
    AUDIENCE = ("aud", 13)
    EXPIRED = ("expired", 14)
    NOT_YET_VALID = ("not_yet_valid", 15)
    ISSUED_IN_FUTURE = ("issued_in_future", 16)
    LIFETIME = ("lifetime", 17)
    IDENTITY = ("identity", 18)
    KEY_BINDING = ("cnf", 19)
    SCOPE = ("scope", 20)

    def __init__(self, code: str, step: int) -> None:
        self.code = code
        self.step = step


class TokenRejected(Exception):  # noqa: N818 - named as the fact it states
    """The token must not be believed; `reason` names the first check that it failed.

    Making one counts it. `is_outage` is true when the token may be good, but the issuer's keys
    could not be had: nobody is let in, and the answer is 503, not 401.
    """

    def __init__(self, reason: Reason) -> None:
        super().__init__("token rejected")
        self.reason = reason
        TOKENS_REJECTED.labels(step=str(reason.step), reason=reason.code).inc()

    @property
    def is_outage(self) -> bool:
        """Whether the refusal says nothing about the token itself."""
        return self.reason is Reason.KEYS_UNAVAILABLE
