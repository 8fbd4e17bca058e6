"""What is remembered of a token, and for how long."""

from types import MappingProxyType
from typing import Any

from matricula_chassis.auth.permissions import Policy
from matricula_chassis.auth.principal import Claims
from matricula_contracts import policy as contract
from matricula_gateway.application.sessions import SessionTable

POLICY = Policy.from_document(contract.DOCUMENT)


def claims(*, expires_at: int = 1_300, **changes: Any) -> Claims:
    values: dict[str, Any] = {
        "issuer": "i", "subject": "person-1", "audience": "a", "client_id": "front-end",
        "issued_at": 1_000, "not_before": None, "expires_at": expires_at, "token_id": "t",
        "ukprn": 10_000_001, "roles": frozenset({"dpo"}), "scopes": frozenset(), "acr": None,
        "purpose": None, "actor": None, "transaction": None, "values": MappingProxyType({}),
    }  # fmt: skip
    return Claims(**{**values, **changes})


class CountingSigner:
    def __init__(self) -> None:
        self.signed: list[tuple[str, dict[str, Any]]] = []

    def sign(self, claims: Any, *, audience: str) -> str:
        self.signed.append((audience, dict(claims)))
        return f"token-{len(self.signed)}"


def table(size: int = 10) -> SessionTable:
    return SessionTable(policy=POLICY, size=size, life_seconds=60)


def test_a_session_lives_until_its_life_is_over() -> None:
    sessions = table()
    made = sessions.add(b"t", claims(), now=1_000)
    assert sessions.get(b"t", now=1_059.9) is made
    assert sessions.get(b"t", now=1_060) is None
    assert len(sessions) == 0


def test_a_session_never_outlives_its_token() -> None:
    sessions = table()
    sessions.add(b"t", claims(expires_at=1_010), now=1_000)
    assert sessions.get(b"t", now=1_009.9) is not None
    assert sessions.get(b"t", now=1_010) is None


def test_the_session_used_longest_ago_makes_room() -> None:
    sessions = table(size=2)
    sessions.add(b"a", claims(), now=0)
    sessions.add(b"b", claims(), now=0)
    sessions.get(b"a", now=1)
    sessions.add(b"c", claims(), now=1)
    assert sessions.get(b"b", now=1) is None
    assert sessions.get(b"a", now=1) is not None


def test_a_withdrawn_key_ends_every_session() -> None:
    sessions = table()
    sessions.add(b"a", claims(), now=0)
    sessions.forget()
    assert sessions.get(b"a", now=0) is None


def test_an_internal_token_is_signed_once_for_service_and_purpose() -> None:
    session, signer = table().add(b"t", claims(), now=0), CountingSigner()
    first = session.internal_token("learner-api", None, signer=signer, now=0)
    assert session.internal_token("learner-api", None, signer=signer, now=44) == first
    assert session.internal_token("learner-api", "sar", signer=signer, now=44) != first
    assert session.internal_token("event-log", None, signer=signer, now=44) != first
    assert [audience for audience, _ in signer.signed] == [
        "learner-api",
        "learner-api",
        "event-log",
    ]


def test_an_internal_token_is_replaced_before_it_expires() -> None:
    session, signer = table().add(b"t", claims(), now=0), CountingSigner()
    first = session.internal_token("learner-api", None, signer=signer, now=0)
    assert session.internal_token("learner-api", None, signer=signer, now=46) != first


def test_another_signing_key_has_every_internal_token_signed_anew() -> None:
    sessions, signer = table(), CountingSigner()
    session = sessions.add(b"t", claims(), now=0)
    first = session.internal_token("learner-api", None, signer=signer, now=0)
    sessions.forget_internal()
    assert session.internal_token("learner-api", None, signer=signer, now=0) != first


def test_the_internal_claims_name_caller_scope_and_who_acts() -> None:
    session = table().add(b"t", claims(actor="person-7", acr="mfa"), now=0)
    signer = CountingSigner()
    session.internal_token("learner-api", "sar", signer=signer, now=0)
    assert signer.signed == [
        (
            "learner-api",
            {"sub": "person-1", "client_id": "front-end", "ukprn": 10_000_001, "roles": ["dpo"],
             "purpose": "sar", "acr": "mfa", "act": {"sub": "person-7"}},
        )
    ]  # fmt: skip


def test_the_purpose_of_the_token_counts_when_none_is_stated() -> None:
    session = table().add(b"t", claims(purpose="sar"), now=0)
    signer = CountingSigner()
    session.internal_token("learner-api", None, signer=signer, now=0)
    assert signer.signed[0][1]["purpose"] == "sar"


def test_made_up_purposes_leave_no_trace_in_memory() -> None:
    session = table().add(b"t", claims(), now=0)
    operation = POLICY.operation("get_learner")
    for number in range(1_000):
        assert session.decide(operation, f"purpose-{number}").reason == "purpose_unknown"
    assert len(session._decisions) == 0
