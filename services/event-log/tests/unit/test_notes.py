"""Signed notes, keys, checkpoints and proof files in their C2SP text forms."""

from base64 import b64encode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from event_log.domain.notes import Checkpoint, NoteError, SignerKey, VerifierKey, open_note
from event_log.domain.tlog_proof import render_proof

# Key pair and note of the examples of golang.org/x/mod/sumdb/note.
GO_SECRET = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
GO_PUBLIC = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)


def test_the_published_example_of_go_note_is_made_and_read() -> None:
    signer = SignerKey.parse(GO_SECRET)
    assert signer.verifier().text() == GO_PUBLIC
    assert signer.secret_text() == GO_SECRET
    text = GO_NOTE.rpartition("\n\n")[0] + "\n"
    assert signer.sign(text) == GO_NOTE
    assert open_note(GO_NOTE, VerifierKey.parse(GO_PUBLIC)) == text


def test_a_note_is_refused_without_a_good_signature_by_the_key(signer: SignerKey) -> None:
    note = signer.sign("text\n")
    key = signer.verifier()
    other = SignerKey.generate(signer.name)
    for bad in (
        note.replace("text", "test"),
        note.removesuffix("\n"),
        "text\n",
        other.sign("text\n"),
        note.replace(signer.name, "example.test/other"),
    ):
        with pytest.raises(NoteError):
            open_note(bad, key)


def test_signatures_of_witnesses_are_passed_over(signer: SignerKey) -> None:
    witness = SignerKey.generate("witness.test").sign("text\n").rpartition("\n\n")[2]
    note = signer.sign("text\n")
    assert open_note(note + witness, signer.verifier()) == "text\n"
    first, _, last = note.rpartition("\n\n")
    assert open_note(f"{first}\n\n{witness}{last}", signer.verifier()) == "text\n"


@settings(deadline=None)
@given(size=st.integers(0, 2**63), root=st.binary(min_size=32, max_size=32))
def test_checkpoints_survive_writing_and_reading(size: int, root: bytes) -> None:
    checkpoint = Checkpoint("example.test/log", size, root)
    assert Checkpoint.parse(checkpoint.text()) == checkpoint


@pytest.mark.parametrize(
    "text",
    ["", "a\n1\n", "a\n01\nAAAA\n", "a\n-1\nAAAA\n", f"a\n1\n{b64encode(b'x').decode()}\n", "a\n1\n?\n",
     "\n1\nAAAA\n", "a\n\u0661\nAAAA\n"],
)  # fmt: skip
def test_malformed_checkpoints_are_refused(text: str) -> None:
    with pytest.raises(NoteError):
        Checkpoint.parse(text)


@pytest.mark.parametrize(
    "text",
    ["", "a+b", "name+00000000+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", GO_PUBLIC[:-4],
     GO_PUBLIC.replace("+AR", "+AB"), "na me+c74f20a3+" + GO_PUBLIC.split("+", 2)[2], GO_SECRET],
)  # fmt: skip
def test_malformed_keys_are_refused(text: str) -> None:
    with pytest.raises(NoteError):
        VerifierKey.parse(text)


def test_a_proof_file_has_the_lines_of_the_specification() -> None:
    text = render_proof(
        73, [b"\0" * 32, b"\1" * 32], checkpoint="example.test\n109\nroot\n\n— sig\n"
    )
    assert text.split("\n") == [
        "c2sp.org/tlog-proof@v1",
        "index 73",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=",
        "",
        "example.test",
        "109",
        "root",
        "",
        "— sig",
        "",
    ]
