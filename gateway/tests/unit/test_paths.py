"""One spelling of a path, or none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matricula_gateway.domain.paths import PathRefused, check_query, normalise_path, split_target

KEPT = [
    b"/", b"/v1/learners", b"/v1/learners/01976b2e-7c00-7000-8000-000000000001", b"/v1/learners/",
    b"/.well-known/x", b"/a~b_c-d.e", b"/a:b@c!$&'()*+,=",
]  # fmt: skip
RESPELT = [
    (b"/%6cearners", b"/learners"), (b"/%7Ex", b"/~x"), (b"/a%20b", b"/a%20b"),
    (b"/a%c3%a9", b"/a%C3%A9"), (b"/a%5b%5D", b"/a%5B%5D"),
]  # fmt: skip
REFUSED = [
    (b"", "not_origin_form"), (b"*", "not_origin_form"), (b"v1", "not_origin_form"),
    (b"http://a/b", "not_origin_form"), (b"//a", "empty_segment"), (b"/a//b", "empty_segment"),
    (b"/a//", "empty_segment"), (b"/..", "dot_segment"), (b"/a/../b", "dot_segment"),
    (b"/a/.", "dot_segment"), (b"/./a", "dot_segment"), (b"/a/%2e%2e/b", "ambiguous_escape"),
    (b"/a/.%2E/b", "ambiguous_escape"), (b"/a%2fb", "ambiguous_escape"),
    (b"/a%5Cb", "ambiguous_escape"), (b"/a%00", "ambiguous_escape"),
    (b"/a%0d%0a", "ambiguous_escape"), (b"/a%7f", "ambiguous_escape"),
    (b"/a%3bb", "ambiguous_escape"), (b"/%252e", "ambiguous_escape"), (b"/a;b", "path_character"),
    (b"/a\\b", "path_character"), (b"/a b", "path_character"), (b"/a#b", "path_character"),
    (b"/a%", "path_character"), (b"/a%4", "path_character"), (b"/a%zz", "path_character"),
    (b"/\xc3\xa9", "path_character"), (b"/a%c0%af", "path_not_utf8"), (b"/a%ff", "path_not_utf8"),
    (b"/" + b"a" * 2_048, "path_too_long"),
]  # fmt: skip


@pytest.mark.parametrize("path", KEPT)
def test_a_plain_path_is_kept(path: bytes) -> None:
    assert normalise_path(path) == path


@pytest.mark.parametrize(("path", "spelling"), RESPELT)
def test_escapes_have_one_spelling(path: bytes, spelling: bytes) -> None:
    assert normalise_path(path) == spelling


@pytest.mark.parametrize(("path", "reason"), REFUSED)
def test_what_two_programs_might_read_differently_is_refused(path: bytes, reason: str) -> None:
    with pytest.raises(PathRefused) as refused:
        normalise_path(path)
    assert refused.value.reason == reason


@given(st.binary(max_size=40).map(lambda tail: b"/" + tail))
def test_a_path_that_was_normalised_stays_as_it_is(path: bytes) -> None:
    try:
        once = normalise_path(path)
    except PathRefused:
        return
    assert normalise_path(once) == once
    segments = once.split(b"/")[1:]
    assert not {b".", b"..", *([b""] if len(segments) > 1 else [])} & set(segments[:-1])
    assert not set(once) & set(b"\\;?# \r\n\x00")


@pytest.mark.parametrize("query", [b"", b"a=1&b=%20x", b"limit=5&cursor=ab%3D%3D", b"a[]=1|2"])
def test_a_plain_query_is_kept(query: bytes) -> None:
    assert check_query(query) == query


@pytest.mark.parametrize("query", [b"a=%00", b"a=%", b"a b", b"a=\xff", b"a#b", b"x" * 5_000])
def test_a_query_that_is_not_plain_is_refused(query: bytes) -> None:
    with pytest.raises(PathRefused):
        check_query(query)


def test_a_target_is_split_at_its_first_question_mark() -> None:
    assert split_target(b"/a?b=1?c") == (b"/a", b"b=1?c")
    assert split_target(b"/a") == (b"/a", b"")
