"""Which header fields pass, and how a head is judged."""

import pytest

from matricula_gateway.domain.fields import (
    REQUEST_FIELDS,
    FieldRepeated,
    extended,
    response_fields,
    take_in,
)
from matricula_gateway.domain.framing import HeadRefused, judge_head

HOST = (b"host", b"gateway.test")
NONE: frozenset[bytes] = frozenset()


def test_only_listed_fields_go_on() -> None:
    intake = take_in(
        [HOST, (b"accept", b"a"), (b"x-user", b"root"), (b"accept", b"b"), (b"x_user", b"r")],
        passing=REQUEST_FIELDS,
        named=NONE,
    )
    assert intake.lines == b"accept: a\r\naccept: b\r\n"


def test_the_token_and_the_purpose_are_taken_and_do_not_go_on() -> None:
    headers = [HOST, (b"authorization", b"Bearer t"), (b"purpose-of-use", b"sar")]
    intake = take_in(headers, passing=REQUEST_FIELDS, named=NONE)
    assert (intake.authorization, intake.purpose, intake.lines) == (b"Bearer t", b"sar", b"")


@pytest.mark.parametrize("name", [b"authorization", b"idempotency-key", b"upload-offset"])
def test_a_field_that_may_occur_once_is_refused_twice(name: bytes) -> None:
    with pytest.raises(FieldRepeated):
        take_in([(name, b"1"), (name, b"1")], passing=REQUEST_FIELDS, named=NONE)


def test_a_malformed_traceparent_is_dropped_from_the_record() -> None:
    intake = take_in([(b"traceparent", b"00-xyz")], passing=REQUEST_FIELDS, named=NONE)
    assert intake.traceparent is None


@pytest.mark.parametrize(
    "name", ["Authorization", "host", "x-forwarded-user", "Cookie", "proxy-x", "connection"]
)
def test_no_setting_lets_identity_or_framing_pass(name: str) -> None:
    with pytest.raises(ValueError, match="never passes"):
        extended([name])


def test_a_setting_adds_a_field() -> None:
    assert b"x-batch" in extended(["X-Batch"])


def test_fields_of_one_hop_are_taken_out_of_an_answer() -> None:
    headers = [
        (b"connection", b"close, X-Inside"), (b"x-inside", b"1"), (b"etag", b'"1"'),
        (b"transfer-encoding", b"chunked"), (b"server", b"s"), (b"date", b"d"),
    ]  # fmt: skip
    assert response_fields(headers) == [(b"etag", b'"1"')]


def test_a_head_without_body_fields_has_no_body() -> None:
    framing = judge_head("1.1", [HOST, (b"accept", b"a")])
    assert (framing.length, framing.expects_continue, framing.connection) == (0, False, NONE)


def test_a_head_tells_length_expectation_and_named_fields() -> None:
    framing = judge_head(
        "1.1",
        [HOST, (b"content-length", b"12 "), (b"expect", b"100-Continue"),
         (b"connection", b"keep-alive, X-Sub")],
    )  # fmt: skip
    assert framing.length == 12
    assert framing.expects_continue
    assert framing.connection == frozenset({b"x-sub"})


@pytest.mark.parametrize(
    ("version", "headers", "status"),
    [
        ("1.0", [HOST], 505),
        ("1.1", [], 400),
        ("1.1", [HOST, HOST], 400),
        ("1.1", [(b"host", b"a b")], 400),
        ("1.1", [HOST, (b"content-length", b"1"), (b"transfer-encoding", b"chunked")], 400),
        ("1.1", [HOST, (b"content-length", b"1" * 20)], 400),
        ("1.1", [HOST, (b"transfer-encoding", b"gzip, chunked")], 501),
        ("1.1", [HOST, (b"upgrade", b"h2c")], 400),
        ("1.1", [HOST, (b"expect", b"x")], 417),
        ("1.1", [HOST, (b"connection", b"host")], 400),
    ],
)
def test_an_ambiguous_head_is_refused(
    version: str, headers: list[tuple[bytes, bytes]], status: int
) -> None:
    with pytest.raises(HeadRefused) as refused:
        judge_head(version, headers)
    assert refused.value.status == status
