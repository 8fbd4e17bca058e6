"""Ambiguous, malformed and hostile HTTP/1.1 through a real socket: nothing of it reaches a service
in another sense than the gateway gave it (no desync), and no identity can be spoofed.
"""

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest

MARKER = "/v1/learners/marker"


@dataclass(frozen=True)
class Case:
    """`raw` is sent in one piece; `{auth}` stands for the header of a good token.

    `statuses` are the answers in order; `targets` what the service saw. A case that ends without
    an error is followed by a marker request on the same connection, which must arrive as such.
    """

    name: str
    raw: bytes
    statuses: tuple[int, ...]
    targets: tuple[str, ...] = ()


def get(target: bytes = b"/v1/learners", *lines: bytes, version: bytes = b"HTTP/1.1") -> bytes:
    head = [b"GET " + target + b" " + version, b"Host: gateway.test", b"{auth}", *lines]
    return b"\r\n".join(head) + b"\r\n\r\n"


def post(*lines: bytes, body: bytes = b"", target: bytes = b"/v1/learners") -> bytes:
    head = [b"POST " + target + b" HTTP/1.1", b"Host: gateway.test", b"{auth}", *lines]
    return b"\r\n".join(head) + b"\r\n\r\n" + body


HIDDEN = b"GET /v1/learners/hidden HTTP/1.1\r\nHost: x\r\n{auth}\r\n\r\n"
CHUNKED = b"Transfer-Encoding: chunked"
END = b"0\r\n\r\n"
OK = ("/v1/learners",)

FRAMING = [
    Case("length_and_chunked", post(b"Content-Length: 5", CHUNKED, body=END + HIDDEN), (400,)),
    Case("chunked_and_length", post(CHUNKED, b"Content-Length: 5", body=END + HIDDEN), (400,)),
    Case("two_equal_lengths", post(b"Content-Length: 2", b"Content-Length: 2", body=b"{}"), (400,)),
    Case("two_lengths", post(b"Content-Length: 2", b"Content-Length: 40", body=HIDDEN), (400,)),
    Case("list_of_lengths", post(b"Content-Length: 2, 2", body=b"{}"), (400,)),
    Case("signed_length", post(b"Content-Length: +2", body=b"{}"), (400,)),
    Case("negative_length", post(b"Content-Length: -1", body=b"{}"), (400,)),
    Case("hexadecimal_length", post(b"Content-Length: 0x2", body=b"{}"), (400,)),
    Case("empty_length", post(b"Content-Length: ", body=b"{}"), (400,)),
    Case("overflowing_length", post(b"Content-Length: 18446744073709551618", body=b"{}"), (400,)),
    Case("length_with_space_inside", post(b"Content-Length: 2 0", body=b"{}"), (400,)),
    Case("unknown_encoding", post(b"Transfer-Encoding: xchunked", body=END), (501,)),
    Case("encoding_with_tail", post(b"Transfer-Encoding: chunked, identity", body=END), (400,)),
    Case("encoding_with_head", post(b"Transfer-Encoding: gzip, chunked", body=END), (501,)),
    Case("two_encodings", post(CHUNKED, b"Transfer-Encoding: identity", body=END), (400,)),
    Case("two_equal_encodings", post(CHUNKED, CHUNKED, body=END + HIDDEN), (400,)),
    Case("encoding_with_tab", post(b"Transfer-Encoding:\tchunked", body=END), (200,), OK),
    Case("encoding_with_vt", post(b"Transfer-Encoding: \x0bchunked", body=END), (400,)),
    Case("encoding_in_capitals", post(b"TRANSFER-ENCODING: CHUNKED", body=END), (200,), OK),
    Case("space_before_colon", post(b"Transfer-Encoding : chunked", body=END), (400,)),
    Case("space_before_length_colon", post(b"Content-Length : 2", body=b"{}"), (400,)),
    Case("folded_encoding", post(b"Transfer-Encoding:\r\n chunked", body=END), (400,)),
    Case("folded_field", get(b"/v1/learners", b"Accept: text/\r\n plain"), (400,)),
    Case("field_begins_with_space", b"GET / HTTP/1.1\r\n Host: x\r\n\r\n", (400,)),
    Case("bare_line_feeds", b"GET /v1/learners HTTP/1.1\nHost: x\n\n", (400,)),
    Case("bare_line_feed_in_head", get(b"/v1/learners", b"Accept: a\nX-User: root"), (400,)),
    Case("bare_carriage_return", get(b"/v1/learners", b"Accept: a\rX-User: root"), (400,)),
    Case("null_in_value", get(b"/v1/learners", b"Accept: a\x00b"), (400,)),
    Case("null_in_name", get(b"/v1/learners", b"Acc\x00ept: a"), (400,)),
    Case("control_in_value", get(b"/v1/learners", b"Accept: a\x01b"), (400,)),
    Case("field_without_colon", get(b"/v1/learners", b"Accept"), (400,)),
    Case("field_without_name", get(b"/v1/learners", b": a"), (400,)),
    Case("quote_in_name", get(b"/v1/learners", b'Acc"ept: a'), (400,)),
]

CHUNKS = [
    Case("chunk_extension", post(CHUNKED, body=b"2;a=b\r\n{}\r\n" + END), (200,), OK),
    Case("chunk_extension_line_feed", post(CHUNKED, body=b"2;a\n{}\r\n" + END), (400,), OK),
    Case("chunk_line_feed", post(CHUNKED, body=b"2\n{}\n0\n\n"), (400,), OK),
    Case("chunk_space", post(CHUNKED, body=b"2 \r\n{}\r\n" + END), (400,), OK),
    Case("chunk_prefix", post(CHUNKED, body=b"0x2\r\n{}\r\n" + END), (400,), OK),
    Case("chunk_sign", post(CHUNKED, body=b"-2\r\n{}\r\n" + END), (400,), OK),
    Case("chunk_overflow", post(CHUNKED, body=b"ffffffffffffffff1\r\n{}"), (400,), OK),
    Case("chunk_too_long", post(CHUNKED, body=b"2\r\n{}XX" + END), (400,), OK),
    Case("chunk_too_short", post(CHUNKED, body=b"8\r\n{}\r\n" + END + b"xxxx" + END), (400,), OK),
    Case(
        "trailers_are_not_headers",
        post(CHUNKED, body=b"2\r\n{}\r\n0\r\nX-User: root\r\nIf-Match: trailer\r\n\r\n"),
        (200,),
        OK,
    ),
    Case("length_in_trailer", post(CHUNKED, body=b"0\r\nContent-Length: 9\r\n\r\n"), (400,), OK),
    Case(
        "token_in_trailer",
        post(CHUNKED, body=b"0\r\nAuthorization: Bearer x\r\n\r\n"),
        (200,),
        OK,
    ),
    Case(
        "endless_extension",
        post(CHUNKED, body=b"1;" + b"a" * 300_000 + b"\r\nx\r\n" + END),
        (400,),
        OK,
    ),
]  # fmt: skip

TARGETS = [
    Case("dot_segments", get(b"/v1/agreements/../learners"), (400,)),
    Case("encoded_dot_segments", get(b"/v1/x/%2e%2e/learners"), (400,)),
    Case("half_encoded_dots", get(b"/v1/x/.%2E/learners"), (400,)),
    Case("single_dot", get(b"/v1/./learners"), (400,)),
    Case("double_slash", get(b"//v1/learners"), (400,)),
    Case("double_slash_inside", get(b"/v1//learners"), (400,)),
    Case("semicolon", get(b"/v1/learners;x=1"), (400,)),
    Case("encoded_semicolon", get(b"/v1/learners%3bx"), (400,)),
    Case("backslash", get(b"/v1\\learners"), (400,)),
    Case("encoded_backslash", get(b"/v1%5clearners"), (400,)),
    Case("encoded_slash", get(b"/v1%2flearners"), (400,)),
    Case("encoded_null", get(b"/v1/learners%00"), (400,)),
    Case("encoded_newline", get(b"/v1/learners/%0d%0aX-User:%20root"), (400,)),
    Case("encoded_percent", get(b"/v1/%256cearners"), (400,)),
    Case("overlong_utf8", get(b"/v1/x/%c0%ae%c0%ae/learners"), (400,)),
    Case("broken_escape", get(b"/v1/learners/%4"), (400,)),
    Case("raw_utf8", get("/v1/learners/é".encode()), (400,)),
    Case("null_in_target", get(b"/v1/lear\x00ners"), (400,)),
    Case("fragment", get(b"/v1/learners#x"), (400,)),
    Case("absolute_form", get(b"http://gateway.test/v1/learners"), (400,)),
    Case("absolute_form_other_host", get(b"http://127.0.0.1:8101/v1/learners"), (400,)),
    Case("asterisk_form", b"OPTIONS * HTTP/1.1\r\nHost: x\r\n{auth}\r\n\r\n", (400,)),
    Case("authority_form", b"CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n" + HIDDEN, (400,)),
    Case("escapes_of_plain_letters", get(b"/v1/%6cearners"), (200,), OK),
    Case("other_escapes_in_capitals", get(b"/v1/learners/a%c3%a9"), (200,), ("/v1/learners/a%C3%A9",)),
    Case("trailing_slash", get(b"/v1/learners/"), (404,)),
    Case("another_case", get(b"/V1/learners"), (404,)),
    Case("internal_operation", post(b"Content-Length: 2", body=b"{}", target=b"/v1/decisions"), (404,)),
    Case("long_target", get(b"/v1/learners/" + b"a" * 7_000), (414,)),
    Case("long_path", get(b"/v1/learners/" + b"a" * 3_000), (400,)),
    Case("null_in_query", get(b"/v1/learners?x=%00"), (400,)),
]  # fmt: skip

HEADS = [
    Case("no_host", b"GET /v1/learners HTTP/1.1\r\n{auth}\r\n\r\n", (400,)),
    Case("two_hosts", get(b"/v1/learners", b"Host: other"), (400,)),
    Case("strange_host", b"GET /v1/learners HTTP/1.1\r\nHost: a/b\r\n{auth}\r\n\r\n", (400,)),
    Case("http_1_0", get(version=b"HTTP/1.0"), (505,)),
    Case("http_2_0", get(version=b"HTTP/2.0"), (505,)),
    Case("http_1_2", get(version=b"HTTP/1.2"), (400,)),
    Case("http_0_9", b"GET /v1/learners\r\n\r\n", (505,)),
    Case("preface_of_http_2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", (400,)),
    Case("tls_hello", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 64, (400,)),
    Case("unknown_method", b"STEAL /v1/learners HTTP/1.1\r\nHost: x\r\n\r\n", (400,)),
    Case("method_in_small_letters", b"get /v1/learners HTTP/1.1\r\nHost: x\r\n\r\n", (400,)),
    Case("method_that_is_not_listed", b"TRACE /v1/learners HTTP/1.1\r\nHost: x\r\n{auth}\r\n\r\n", (405,)),
    Case("connection_strips_token", get(b"/v1/learners", b"Connection: authorization"), (400,)),
    Case("connection_strips_length", get(b"/v1/learners", b"Connection: close, Content-Length"), (400,)),
    Case("connection_strips_identity", get(b"/v1/learners", b"Connection: x-correlation-id"), (400,)),
    Case("connection_names_x_sub", get(b"/v1/learners", b"Connection: x-sub", b"X-Sub: root"), (200,), OK),
    Case("upgrade_to_h2c", get(b"/v1/learners", b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c",
                               b"HTTP2-Settings: AAMAAABk"), (400,)),
    Case("upgrade_with_body", post(b"Connection: upgrade", b"Upgrade: x", b"Content-Length: 9",
                                   body=HIDDEN), (400,)),
    Case("upgrade_without_connection", get(b"/v1/learners", b"Upgrade: websocket"), (400,)),
    Case("unknown_expectation", post(b"Expect: 200-ok", b"Content-Length: 2", body=b"{}"), (417,)),
    Case("header_over_8_kb", get(b"/v1/learners", b"Accept: " + b"a" * 8_500), (431,)),
    Case("head_over_16_kb", get(b"/v1/learners", *[b"X-%d: " % n + b"a" * 1000 for n in range(17)]), (431,)),
    Case("head_without_end", b"GET /v1/learners HTTP/1.1\r\nX: " + b"a" * 400_000, (431,)),
    Case("too_many_fields", get(b"/v1/learners", *[b"X-%d: a" % n for n in range(70)]), (431,)),
    Case("two_tokens", get(b"/v1/learners", b"Authorization: Bearer x"), (400,)),
    Case("two_correlation_ids", get(b"/v1/learners", b"X-Correlation-ID: a", b"X-Correlation-ID: b"), (400,)),
    Case("two_purposes", get(b"/v1/learners", b"Purpose-Of-Use: sar", b"Purpose-Of-Use: emergency"), (400,)),
    Case("leading_empty_lines", b"\r\n\r\n" + get(), (200,), OK),
    Case("body_on_get", get(b"/v1/learners", b"Content-Length: 2") + b"{}", (200,), OK),
]  # fmt: skip

ORDER = [
    Case(
        "pipelined",
        get(b"/v1/learners/1") + get(b"/v1/learners/2") + get(b"/v1/learners/3"),
        (200, 200, 200),
        ("/v1/learners/1", "/v1/learners/2", "/v1/learners/3"),
    ),
    Case(
        "pipelined_with_bodies",
        post(b"Content-Length: 2", body=b"{}") + post(CHUNKED, body=b"2\r\n{}\r\n" + END) + get(),
        (200, 200, 200),
        ("/v1/learners",) * 3,
    ),
    Case("longer_than_its_length", post(b"Content-Length: 2", body=b"{}XXXX"), (200, 400), OK),
    Case(
        "malformed_second",
        get(b"/v1/learners/1") + b"GET /v1/learners/2 HTTP/1.1\nHost: x\n\n",
        (200, 400),
        ("/v1/learners/1",),
    ),
    Case(
        "smuggled_in_the_body",
        post(b"Content-Length: %d" % len(HIDDEN.replace(b"{auth}", b"")),
             body=HIDDEN.replace(b"{auth}", b"")),
        (200,),
        OK,
    ),
    Case("data_after_close", get(b"/v1/learners", b"Connection: close") + HIDDEN, (200,), OK),
    Case("flood_of_pipelined", get(b"/v1/learners/1") * 40, (200,) * 17 + (429,),
         ("/v1/learners/1",) * 17),
]  # fmt: skip

CASES = [*FRAMING, *CHUNKS, *TARGETS, *HEADS, *ORDER]


async def exchange(port: int, raw: bytes, *, until: float = 30.0) -> bytes:
    """Send everything, then read until the gateway closes or the marker is answered."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    received = b""
    try:
        writer.write(raw)
        async with asyncio.timeout(until):
            while b"marker-end" not in received:
                part = await reader.read(65536)
                if not part:
                    break
                received += part
    except (ConnectionResetError, BrokenPipeError):
        pass  # what was received until then is what counts
    finally:
        writer.close()
    return received


def statuses(received: bytes) -> tuple[int, ...]:
    """The statuses of the responses in a byte stream that consists of responses only."""
    found = []
    while received:
        head, _, rest = received.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 "), head[:80]
        found.append(int(head[9:12]))
        fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
        length = int(fields.get(b"content-length", b"0"))
        received = rest[length:]
    return tuple(found)


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
async def test_no_request_is_read_in_two_ways(case: Case, gateway: Any, stub: Any) -> None:
    await stub.forget()
    auth = f"Authorization: {gateway.bearer(sub=case.name)['Authorization']}".encode()
    marker = b"GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{auth}\r\n\r\n" % MARKER.encode()
    ends_well = case.statuses[-1] in {200, 404, 405} and b"close" not in case.raw
    raw = (case.raw + (marker if ends_well else b"")).replace(b"{auth}", auth)
    received = await exchange(gateway.port, raw)
    wanted = case.statuses + ((200,) if ends_well else ())
    assert statuses(received) == wanted
    seen = await stub.seen()
    targets = tuple(one["target"] for one in seen)
    if case.statuses == (400,):
        # A body that turns out malformed may have been announced to the service by then.
        assert targets in {(), case.targets}
    else:
        assert targets == case.targets + ((MARKER,) if ends_well else ())
    for one in seen:
        names = [name for name, _ in one["fields"]]
        assert not {"x-user", "x-sub", "x-forwarded-user"} & set(names)
        assert names.count("authorization") == names.count("host") == 1
        assert ["if-match", "trailer"] not in one["fields"]
    assert b"x-inside" not in received


def test_the_corpus_has_its_size() -> None:
    names = [case.name for case in CASES]
    assert len(set(names)) == len(names) >= 60


async def test_a_malformed_head_is_a_problem_document(gateway: Any) -> None:
    received = await exchange(gateway.port, b"GET /x HTTP/1.1\r\nHost x\r\n\r\n")
    head, _, body = received.partition(b"\r\n\r\n")
    assert b"content-type: application/problem+json" in head
    assert b"connection: close" in head
    assert b'"type":"/problems/bad-request"' in body


async def test_bytes_one_by_one_are_read_like_bytes_at_once(gateway: Any, stub: Any) -> None:
    await stub.forget()
    auth = f"Authorization: {gateway.bearer()['Authorization']}".encode()
    raw = (post(CHUNKED, body=b"2\r\n{}\r\n" + END) + get(b"/v1/learners/2")).replace(
        b"{auth}", auth
    )
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
    for index in range(len(raw)):
        writer.write(raw[index : index + 1])
        if index % 50 == 0:
            await asyncio.sleep(0.001)
    received = b""
    async with asyncio.timeout(30):
        while received.count(b"HTTP/1.1 200") < 2:
            received += await reader.read(65536)
    writer.close()
    assert [one["target"] for one in await stub.seen()] == ["/v1/learners", "/v1/learners/2"]


async def test_answers_to_pipelined_requests_keep_their_order(gateway: Any, stub: Any) -> None:
    auth = f"Authorization: {gateway.bearer(sub='order')['Authorization']}".encode()
    slow = get(b"/v1/learners/1", b"Prefer: stub=bytes:900000")
    raw = (slow + get(b"/v1/learners/2") + b"nonsense\r\n\r\n").replace(b"{auth}", auth)
    received = await exchange(gateway.port, raw)
    first = received.index(b"x" * 100)
    second = received.index(b'"received": 0')
    third = received.index(b"HTTP/1.1 400")
    assert first < second < third
