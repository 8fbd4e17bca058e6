"""Encrypted files: every byte comes back, a crash loses nothing acknowledged, changes show."""
# lint-skip: file-size one file format, and every way to damage or resume it

import io
import os
import random
import signal
import subprocess
import sys
import textwrap
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from matricula_chassis.crypto import (
    CHUNK_BYTES,
    AlreadyFinished,
    EncryptedFileBroken,
    EncryptedFileReader,
    EncryptedFileWriter,
    FileInUse,
    SealBroken,
    SubordinateKey,
    UnknownKey,
    new_key,
)
from matricula_chassis.crypto.frames import FRAME_OVERHEAD_BYTES

KEK = SubordinateKey(bytes([0x42]) * 32, key_id="00112233445566aa")
CONTEXT = b"upload|1"
HEADER_BYTES = 6 + 8 + 3 + 12 + 32 + 16


def create(path: Path) -> EncryptedFileWriter:
    return EncryptedFileWriter.create(path, kek=KEK, context=CONTEXT)


def resume(path: Path, *, trusted_offset: int = 0) -> EncryptedFileWriter:
    return EncryptedFileWriter.resume(path, kek=KEK, context=CONTEXT, trusted_offset=trusted_offset)


def reader(path: Path, *, allow_unfinished: bool = False) -> EncryptedFileReader:
    return EncryptedFileReader(path, kek=KEK, context=CONTEXT, allow_unfinished=allow_unfinished)


def content(path: Path, *, allow_unfinished: bool = False) -> bytes:
    with reader(path, allow_unfinished=allow_unfinished) as file:
        return file.read()


def some_bytes(size: int, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(size)  # noqa: S311 - repeatable on purpose


def written(path: Path, data: bytes) -> Path:
    with create(path) as writer:
        writer.write(data)
        writer.finish()
    return path


# Made with another implementation of AES-256-GCM (Node.js), not with this one.
KNOWN_FILE = (
    "4d454601004700112233445566aa0100016465666768696a6b6c6d6e6f5b22bedb88288b3bae1f8a5330468325"
    "fd34f41353c905cc16e76c9b4492433c6c36669cb7a6b671dde1bf56e071fb56000000066465666768696a6b6c"
    "6d6e6f2e72ac150dc9be318853ef6de5d53834c3c8cb48d394800000046465666768696a6b6c6d6e6f247aad12"
    "f393a3112548278918066a531ac4f050"
)


def test_a_file_of_another_implementation_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "known"
    path.write_bytes(bytes.fromhex(KNOWN_FILE))
    assert content(path) == b"first last"


@pytest.mark.parametrize(
    "size",
    [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES, 1_000_003],
)
def test_what_was_written_comes_back(tmp_path: Path, size: int) -> None:
    data = some_bytes(size)
    path = tmp_path / "file"
    writer = create(path)
    assert writer.write(data) == size
    assert writer.offset == size
    assert writer.finish() == size
    with reader(path) as file:
        assert file.size == size
        assert file.read() == data
        assert file.read() == b""


def test_a_full_file_costs_little_more_than_its_content(tmp_path: Path) -> None:
    path = written(tmp_path / "file", some_bytes(10 * CHUNK_BYTES))
    assert path.stat().st_size == HEADER_BYTES + 10 * CHUNK_BYTES + 11 * FRAME_OVERHEAD_BYTES
    assert path.stat().st_mode & 0o777 == 0o600


def test_no_plaintext_reaches_the_disk(tmp_path: Path) -> None:
    data = b"canary-of-the-plaintext " * 10_000
    path = written(tmp_path / "file", data)
    assert b"canary" not in path.read_bytes()


def test_two_files_of_one_content_share_no_frame(tmp_path: Path) -> None:
    one, two = (written(tmp_path / name, b"same" * 30_000).read_bytes() for name in "ab")
    assert one[HEADER_BYTES:] != two[HEADER_BYTES:]
    assert one[6 + 8 : HEADER_BYTES] != two[6 + 8 : HEADER_BYTES]


@settings(max_examples=60, deadline=None)
@given(
    pieces=st.lists(st.integers(0, 2 * CHUNK_BYTES + 3), max_size=8),
    ends=st.lists(st.sampled_from(["go on", "flush", "fsync", "close", "die"]), min_size=8),
)
def test_any_way_of_writing_gives_the_same_content(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[int], ends: list[str]
) -> None:
    """After each piece the writer goes on, or ends in one of three ways and is resumed."""
    path = tmp_path_factory.mktemp("any") / "file"
    whole = some_bytes(sum(pieces))
    writer = create(path)
    acknowledged = 0
    try:
        for size, end in zip(pieces, ends, strict=False):
            offset = writer.offset
            writer.write(whole[offset : offset + size])
            if end == "flush":
                writer.flush()
            elif end == "fsync":
                acknowledged = writer.fsync()
                assert acknowledged == writer.offset
            elif end == "close":
                acknowledged = writer.offset
                writer.close()
                writer = resume(path, trusted_offset=acknowledged)
            elif end == "die":
                writer._close_descriptor()
                writer = resume(path, trusted_offset=acknowledged)
            assert writer.offset >= acknowledged
        writer.write(whole[writer.offset :])
        assert writer.finish() == len(whole)
    finally:
        if writer._descriptor >= 0:
            writer._close_descriptor()
    assert content(path) == whole


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_reading_anywhere_is_like_reading_a_plain_file(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    plain = some_bytes(data.draw(st.sampled_from([0, 10, CHUNK_BYTES, 2 * CHUNK_BYTES + 77])))
    path = tmp_path_factory.mktemp("read") / "file"
    with create(path) as writer:
        half = len(plain) // 2
        writer.write(plain[:half])
        writer.fsync()  # leaves a short frame in the middle
        writer.write(plain[half:])
        writer.finish()
    model = io.BytesIO(plain)
    with reader(path) as file:
        for _ in range(12):
            action = data.draw(st.sampled_from(["read", "readinto", "set", "cur", "end", "line"]))
            if action == "read":
                size = data.draw(st.one_of(st.none(), st.integers(-1, len(plain) + 5)))
                assert file.read(size) == model.read(size)
            elif action == "readinto":
                size = data.draw(st.integers(0, len(plain) + 5))
                ours, theirs = bytearray(size), bytearray(size)
                assert file.readinto(ours) == model.readinto(theirs)
                assert ours == theirs
            elif action == "set":
                offset = data.draw(st.integers(0, len(plain) + 5))
                assert file.seek(offset) == model.seek(offset)
            elif action == "line":
                assert file.readline() == model.readline()
            else:
                whence = os.SEEK_CUR if action == "cur" else os.SEEK_END
                at = model.tell() if action == "cur" else len(plain)
                offset = data.draw(st.integers(-at, 10))
                assert file.seek(offset, whence) == model.seek(offset, whence)
            assert file.tell() == model.tell()


def test_a_reader_behaves_as_a_closed_and_read_only_file(tmp_path: Path) -> None:
    file = reader(written(tmp_path / "file", b"text"))
    assert file.readable()
    assert file.seekable()
    assert not file.writable()
    for offset, whence in ((-1, os.SEEK_SET), (-5, os.SEEK_END), (0, 9)):
        with pytest.raises(ValueError):
            file.seek(offset, whence)
    file.close()
    file.close()
    for use in (file.read, file.tell, lambda: file.seek(0), lambda: file.readinto(bytearray(1))):
        with pytest.raises(ValueError, match="closed"):
            use()


def test_zipfile_reads_from_it(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("learners.xml", b"<Message/>" * 50_000)
    path = written(tmp_path / "file", packed.getvalue())
    with reader(path) as file, zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None
        assert archive.read("learners.xml") == b"<Message/>" * 50_000


def test_lxml_reads_from_it(tmp_path: Path) -> None:
    document = b"<Message>" + b"<Learner>x</Learner>" * 30_000 + b"</Message>"
    path = written(tmp_path / "file", document)
    with reader(path) as file:
        events = etree.iterparse(file, tag="Learner", resolve_entities=False)
        assert sum(1 for _ in events) == 30_000


def test_a_file_needs_its_key_and_its_context(tmp_path: Path) -> None:
    path = written(tmp_path / "file", b"text")
    stranger = SubordinateKey(new_key(), key_id=KEK.key_id)
    with pytest.raises(SealBroken):
        EncryptedFileReader(path, kek=stranger, context=CONTEXT)
    with pytest.raises(SealBroken):
        EncryptedFileReader(path, kek=KEK, context=b"upload|2")
    with pytest.raises(UnknownKey):
        EncryptedFileReader(path, kek=SubordinateKey(new_key(), key_id="ff" * 8), context=CONTEXT)


def test_a_file_is_never_begun_twice(tmp_path: Path) -> None:
    path = written(tmp_path / "file", b"text")
    with pytest.raises(FileExistsError):
        create(path)
    assert content(path) == b"text"


def test_a_file_has_one_writer_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with create(path) as writer:
        writer.write(b"text")
        with pytest.raises(FileInUse):
            resume(path)
    with resume(path) as writer:
        assert writer.offset == 4


def test_a_finished_file_takes_nothing_more(tmp_path: Path) -> None:
    path = written(tmp_path / "file", b"text")
    with pytest.raises(AlreadyFinished):
        resume(path)
    with pytest.raises(AlreadyFinished):
        resume(path, trusted_offset=4)
    writer = create(tmp_path / "other")
    writer.finish()
    with pytest.raises(ValueError, match="closed"):
        writer.write(b"x" * CHUNK_BYTES)


def test_an_unfinished_file_is_not_believed_unless_asked(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with create(path) as writer:
        writer.write(b"text")
        writer.fsync()
        with pytest.raises(EncryptedFileBroken):
            content(path)
        assert content(path, allow_unfinished=True) == b"text"


# What somebody who can change the file could try.


def frames_of(path: Path) -> tuple[bytes, list[bytes]]:
    raw = path.read_bytes()
    header, rest, frames = raw[:HEADER_BYTES], raw[HEADER_BYTES:], []
    while rest:
        size = FRAME_OVERHEAD_BYTES + (int.from_bytes(rest[:4], "big") & 0x7FFFFFFF)
        frames.append(rest[:size])
        rest = rest[size:]
    return header, frames


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    path = tmp_path / "victim"
    with create(path) as writer:
        for number in range(4):
            writer.write(some_bytes(1_000, seed=number))
            writer.fsync()
        writer.finish()
    return path


def refused(path: Path, raw: bytes) -> None:
    path.write_bytes(raw)
    with pytest.raises((EncryptedFileBroken, SealBroken, UnknownKey)):
        content(path)


def test_frames_cannot_be_swapped_dropped_repeated_or_inserted(victim: Path) -> None:
    header, (a, b, c, d, last) = frames_of(victim)
    for frames in (
        (b, a, c, d, last), (a, c, b, d, last), (b, c, d, last), (a, b, c, last),
        (a, a, b, c, d, last), (a, b, c, d, d, last), (a, b, c, d, last, last), (last,),
        (a, b, c, d, last, a), (a, a, c, d, last),
    ):  # fmt: skip
        refused(victim, header + b"".join(frames))


def test_frames_of_another_file_do_not_fit(victim: Path, tmp_path: Path) -> None:
    header, (a, b, c, d, last) = frames_of(victim)
    _, (other, _) = frames_of(written(tmp_path / "other", some_bytes(CHUNK_BYTES)))
    refused(victim, header + a + other + c + d + last)
    other_header, _ = frames_of(written(tmp_path / "third", b""))
    refused(victim, other_header + a + b + c + d + last)


def test_a_file_cut_anywhere_does_not_open(victim: Path) -> None:
    raw = victim.read_bytes()
    _, frames = frames_of(victim)
    borders = {HEADER_BYTES + sum(map(len, frames[:n])) for n in range(len(frames))}
    for cut in {*borders, 0, 3, 6, HEADER_BYTES - 1, len(raw) - 1, len(raw) - 40, 2_000}:
        refused(victim, raw[:cut])


def test_a_forged_end_after_a_cut_is_found(victim: Path) -> None:
    header, (a, b, *_) = frames_of(victim)
    refused(victim, header + a + b + (0x80000000).to_bytes(4, "big") + bytes(28))
    marked = (0x80000000 | 1_000).to_bytes(4, "big") + b[4:]
    refused(victim, header + a + marked)


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_a_changed_bit_anywhere_is_found(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("bits") / "file"
    with create(path) as writer:
        for _ in range(3):
            writer.write(b"text")
            writer.flush()
        writer.finish()
    raw = bytearray(path.read_bytes())
    position = data.draw(st.integers(0, len(raw) - 1))
    raw[position] ^= 1 << data.draw(st.integers(0, 7))
    refused(path, bytes(raw))


def test_bytes_after_the_end_are_found(victim: Path) -> None:
    refused(victim, victim.read_bytes() + b"\0")


# What a crash can leave behind.


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_torn_write_is_cut_off_and_the_rest_goes_on(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """The file ends anywhere after what was acknowledged, perhaps with garbage at its end."""
    path = tmp_path_factory.mktemp("torn") / "file"
    whole = some_bytes(3 * CHUNK_BYTES + 500)
    writer = create(path)
    writer.write(whole[: CHUNK_BYTES + 100])
    acknowledged = writer.fsync()
    durable_size = path.stat().st_size
    writer.write(whole[CHUNK_BYTES + 100 :])
    writer.flush()
    writer.close()
    kept = data.draw(st.integers(durable_size, path.stat().st_size))
    garbage = data.draw(st.sampled_from([b"", b"\0" * 40, b"\0" * 70_000, os.urandom(90)]))
    path.write_bytes(path.read_bytes()[:kept] + garbage)
    trusted = data.draw(st.sampled_from([0, acknowledged]))
    with resume(path, trusted_offset=trusted) as again:
        assert again.offset >= acknowledged
        again.write(whole[again.offset :])
        assert again.finish() == len(whole)
    assert content(path) == whole


def test_a_frame_with_the_right_length_and_wrong_bytes_is_cut_off(tmp_path: Path) -> None:
    """After a power cut a file may have its new size without its new bytes."""
    path = tmp_path / "file"
    with create(path) as writer:
        writer.write(b"a" * 1_000)
        acknowledged = writer.fsync()
        writer.write(b"b" * 1_000)
        writer.flush()
    raw = path.read_bytes()
    path.write_bytes(raw[:-500] + bytes(500))
    with resume(path, trusted_offset=acknowledged) as writer:
        assert writer.offset == 1_000
    path.write_bytes(raw[:-500] + bytes(500))
    with resume(path) as writer:
        assert writer.offset == 1_000


def test_a_forged_end_does_not_finish_a_file_that_is_resumed(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with create(path) as writer:
        writer.write(b"a" * 1_000)
        writer.fsync()
    path.write_bytes(path.read_bytes() + (0x80000000).to_bytes(4, "big") + bytes(28))
    with resume(path, trusted_offset=1_000) as writer:
        assert writer.offset == 1_000


def test_bytes_that_were_acknowledged_and_are_gone_are_not_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with create(path) as writer:
        writer.write(b"a" * 1_000)
        writer.fsync()
        writer.write(b"b" * 1_000)
        acknowledged = writer.fsync()
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(EncryptedFileBroken):
        resume(path, trusted_offset=acknowledged)
    with resume(path) as writer:
        assert writer.offset == 1_000


def test_a_file_that_died_in_its_header_is_broken(tmp_path: Path) -> None:
    path = tmp_path / "file"
    create(path).close()
    raw = path.read_bytes()
    for cut in (0, 5, HEADER_BYTES - 1):
        path.write_bytes(raw[:cut])
        with pytest.raises(EncryptedFileBroken):
            resume(path)


def test_a_full_disk_leaves_a_file_that_goes_on_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    whole = some_bytes(5 * CHUNK_BYTES)
    pwrite, room = os.pwrite, [2 * CHUNK_BYTES]

    def small_disk(descriptor: int, data: bytes, offset: int) -> int:
        if room[0] <= 0:
            raise OSError(28, "No space left on device")
        done = pwrite(descriptor, bytes(data)[: room[0]], offset)
        room[0] -= done
        return done

    writer = create(path)
    monkeypatch.setattr(os, "pwrite", small_disk)
    with pytest.raises(OSError, match="No space"):
        writer.write(whole)
    assert writer.offset == CHUNK_BYTES
    whole_frames = HEADER_BYTES + CHUNK_BYTES + FRAME_OVERHEAD_BYTES
    assert path.stat().st_size == whole_frames
    monkeypatch.setattr(os, "pwrite", pwrite)
    assert writer.fsync() == CHUNK_BYTES
    writer.write(whole[writer.offset :])
    writer.finish()
    assert content(path) == whole


def test_a_writer_that_cannot_begin_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_arguments: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(OSError, match="No space"):
        create(tmp_path / "file")
    assert list(tmp_path.iterdir()) == []


def test_kill_9_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    """A process writes and acknowledges until it is killed; another one goes on."""
    path = tmp_path / "file"
    program = textwrap.dedent(
        """
        import sys
        from matricula_chassis.crypto import EncryptedFileWriter, SubordinateKey
        kek = SubordinateKey(bytes([0x42]) * 32, key_id="00112233445566aa")
        make = EncryptedFileWriter.resume if sys.argv[2] == "again" else EncryptedFileWriter.create
        writer = make(sys.argv[1], kek=kek, context=b"upload|1")
        pattern = bytes(range(251)) * 1_000
        while True:
            start = writer.offset % 251
            writer.write(pattern[start:start + 70_001])
            print(writer.fsync(), flush=True)
        """
    )
    acknowledged = 0
    for life in ("first", "again", "again"):
        with subprocess.Popen(
            [sys.executable, "-c", program, str(path), life], stdout=subprocess.PIPE
        ) as child:
            assert child.stdout is not None
            for _ in range(7):
                acknowledged = int(child.stdout.readline())
            child.send_signal(signal.SIGKILL)
    with resume(path, trusted_offset=acknowledged) as writer:
        assert writer.offset >= acknowledged > 20 * 70_001 - 1
        size = writer.finish()
    pattern = bytes(range(251)) * (size // 251 + 1)
    assert content(path) == pattern[:size]
