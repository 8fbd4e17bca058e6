"""Damaged files of every kind end in records, faults or a refusal; never in anything else."""

import os
import resource
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from learner_api.domain.record import ParsedRecord
from learner_api.domain.record_file import FileRefused, Limits

CANARY = "Zzcanaryname"
LIMITS = Limits(max_record_bytes=200_000)
EXAMPLES = int(os.environ.get("MATRICULA_EXAMPLES", "200"))
SNIPPETS = [
    b"<", b">", b"&", b'"', b",", b"\n", b"\r", b"\0", b"\xff", b"\xc3", b"{", b"}", b"[", b"]", b"]]>",
    b"<!--", b"<!DOCTYPE x [", b"<![CDATA[", b"</Learner>", b"<Learner>", b"<ULN>", b"Learner,", b"null",
    b"\\ud800", b"99999999999999999999", b"2025-02-30", b"\xef\xbb\xbf", b"\xff\xfe", b"PK\x03\x04",
    b"<?xml version='1.0' encoding='utf-16'?>", b"&#0;", b"&#xD800;", b"\xed\xa0\x80", b"xmlns:x='y' ",
]  # fmt: skip

EDIT = st.one_of(
    st.tuples(st.just("cut"), st.floats(0, 1), st.integers(1, 400)),
    st.tuples(st.just("flip"), st.floats(0, 1), st.integers(1, 255)),
    st.tuples(st.just("insert"), st.floats(0, 1), st.sampled_from(SNIPPETS)),
    st.tuples(st.just("copy"), st.floats(0, 1), st.integers(1, 400)),
    st.tuples(st.just("end"), st.floats(0, 1), st.none()),
)


def edited(content: bytes, edits: list[tuple[str, float, Any]]) -> bytes:
    result = bytearray(content)
    for action, share, what in edits:
        place = int(share * len(result))
        if action == "cut":
            del result[place : place + what]
        elif action == "flip" and place < len(result):
            result[place] ^= what
        elif action == "insert":
            result[place:place] = what
        elif action == "copy":
            result[place:place] = result[place : place + what]
        elif action == "end":
            del result[place:]
    return bytes(result)


@pytest.fixture(scope="module", name="originals")
def _originals(ilr: Any) -> dict[str, bytes]:
    learners = [item | {"FamilyName": CANARY} for item in ilr.learners(4)]
    files = {kind: ilr.write(kind, learners) for kind in ilr.FORMATS}
    files["utf-16"] = files["xml"].decode().replace('"utf-8"', '"utf-16"').encode("utf-16")
    files["zip"] = ilr.zipped(("a.xml", files["xml"]))
    return files


@pytest.mark.parametrize("kind", ["xml", "csv", "ndjson", "utf-16", "zip"])
def test_a_damaged_file_gives_records_or_a_refusal(
    ilr: Any, originals: dict[str, bytes], kind: str
) -> None:
    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(edits=st.lists(EDIT, min_size=1, max_size=4))
    def check(edits: list[tuple[str, float, Any]]) -> None:
        told = ""
        try:
            records = ilr.read(edited(originals[kind], edits), limits=LIMITS, filename=f"a.{kind}")
        except FileRefused as refusal:
            told = repr([refusal.args, refusal.context, refusal.faults])
            records = []
        assert CANARY not in told
        for record in records:
            assert isinstance(record, ParsedRecord)
            assert CANARY not in repr(record.faults)

    check()


@pytest.mark.parametrize("kind", ["xml", "ndjson", "utf-16"])
def test_a_file_cut_at_any_byte_never_passes_as_the_whole(
    ilr: Any, originals: dict[str, bytes], kind: str
) -> None:
    content = originals[kind].rstrip(b"\n\r" if kind != "utf-16" else b"")
    whole = len(ilr.read(content))
    for end in range(1, len(content) - 2, 37):
        try:
            records = ilr.read(content[:end], filename=f"a.{kind}")
        except FileRefused:
            continue
        assert kind == "ndjson"
        assert len(records) < whole or records[-1].reasons == ("schema",)


@given(content=st.binary(max_size=300))
def test_any_bytes_give_a_refusal(ilr: Any, content: bytes) -> None:
    for name in ("a.xml", "a.csv", "a.ndjson", "a.zip"):
        with pytest.raises(FileRefused):
            ilr.read(content, filename=name)


PEAK = """
import io, resource, sys
from matricula_testkit.ilr.learners import learner
from matricula_testkit.ilr.writers import XmlWriter
from learner_api.adapters.files.submission import open_submission
head = {head!r}
stream = io.BytesIO()
writer = XmlWriter(stream, head)
writer.write(learner(1, 1))
writer.close()
start, _, rest = stream.getvalue().partition(b"<Learner>")
one = b"<Learner>" + rest.removesuffix(b"</Message>\\n")
class Many(io.RawIOBase):
    size = len(start) + {count} * len(one) + 10
    at = 0
    def seek(self, offset, whence=0):
        self.at = offset + (self.size if whence == 2 else 0)
        return self.at
    def tell(self):
        return self.at
    def read(self, size=-1):
        made = bytearray()
        while len(made) < size and self.at < self.size:
            inside = self.at - len(start)
            if inside < 0:
                piece = start[self.at:]
            elif inside < {count} * len(one):
                piece = one[inside % len(one):]
            else:
                piece = b"</Message>"[inside - {count} * len(one):]
            piece = piece[:size - len(made)]
            made += piece
            self.at += len(piece)
        return bytes(made)
assert sum(1 for _ in open_submission(Many()).records()) == {count}
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def test_the_parsers_own_memory_does_not_grow_with_the_file(ilr: Any) -> None:
    """libxml2's memory is not Python's, so whole processes are compared."""
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss > 0
    peaks = []
    for count in (1_000, 20_000):
        done = subprocess.run(
            [sys.executable, "-c", PEAK.format(head=ilr.head(), count=count)],
            check=True, capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        peaks.append(int(done.stdout))
    assert peaks[1] < peaks[0] * 1.05 + 1_000
